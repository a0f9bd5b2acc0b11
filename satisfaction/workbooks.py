"""Open the workbooks of XLSX files: their sheets, strings and formats of dates.

Refuses workbooks of other programs' forms and damaged ones. Reads what a list needs and no more:
no charts, no links to other files, no macros. Source: ECMA-376 Part 1, 18.2 to 18.8.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from satisfaction.archives import (
    Attributes,
    PartParser,
    list_elements,
    local_name,
    open_archive,
    relations_of,
    size_of,
    unpack,
)
from satisfaction.errors import ImportRefusedError
from satisfaction.faults import FileFault, RowFault
from satisfaction.sheets import LONGEST_CELL, Book, Sheet, unescape

MOST_SHEETS = 1000
_MAIN_PARTS = {"workbook", "workbookPr", "sheet"}
MOST_STYLES = 200_000
MOST_STRING_BYTES = 128 * 2**20
MOST_STRINGS = 3_000_000
_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|[_*].')
_DATE_SIGNS = re.compile(r"[dmyhs]", re.IGNORECASE)


@contextmanager
def open_workbook(path: Path) -> Iterator[Sequence[Sheet]]:
    """Open a workbook's visible sheets.

    Raises: ImportRefusedError.
    """
    with open_archive(path) as archive:
        main = next(
            (to for _, kind, to in relations_of(archive, "") if kind == "officeDocument"), ""
        )
        if not main.endswith(".xml") or main not in archive.NameToInfo:
            raise ImportRefusedError(reason=FileFault.OTHER_FORMAT)
        yield _read_workbook(archive, main)


def _read_workbook(archive: zipfile.ZipFile, main: str) -> list[Sheet]:
    elements = list_elements(archive, main, wanted=_MAIN_PARTS, most=MOST_SHEETS)
    if not any(tag == "workbook" for tag, _ in elements):
        raise ImportRefusedError(reason=FileFault.OTHER_FORMAT)
    targets: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for key, kind, target in relations_of(archive, main):
        targets[key] = target
        kinds.setdefault(kind, target)
    is_1904 = any(
        element.get("date1904", "0") in {"1", "true", "on"}
        for tag, element in elements
        if tag == "workbookPr"
    )
    book = Book(
        archive=archive,
        is_1904=is_1904,
        strings=_read_strings(archive, kinds["sharedStrings"]) if "sharedStrings" in kinds else [],
        date_styles=_read_date_styles(archive, kinds["styles"]) if "styles" in kinds else set(),
    )
    return [
        Sheet(element.get("name", ""), targets[element["id"]], book)
        for tag, element in elements
        if tag == "sheet"
        and element.get("state", "visible") == "visible"
        and "/worksheets/" in f"/{targets.get(element.get('id', ''), '')}"
    ]


def _read_strings(archive: zipfile.ZipFile, name: str) -> list[str | RowFault]:
    """Return the strings that cells share, by their number."""
    if size_of(archive, name) > MOST_STRING_BYTES:
        raise ImportRefusedError(reason=FileFault.UNPACKS_TOO_LARGE)
    reader = _StringReader()
    parser = PartParser(reader.start, reader.end, reader.text)
    for chunk in unpack(archive, name):
        parser.feed(chunk)
    parser.feed(b"", is_last=True)
    return reader.strings


class _StringReader:
    """Collect strings as their elements pass; how a word is read aloud is no part of it."""

    def __init__(self) -> None:
        self.strings: list[str | RowFault] = []
        self._pieces: list[str] = []
        self._length = 0
        self._is_text = self._is_aloud = False

    def start(self, name: str, _: Attributes) -> None:
        """See an element begin."""
        tag = local_name(name)
        if tag == "t":
            self._is_text = not self._is_aloud
        elif tag == "si":
            self._pieces, self._length = [], 0
        elif tag == "rPh":
            self._is_aloud = True

    def end(self, name: str) -> None:
        """See an element end."""
        self._is_text = False
        tag = local_name(name)
        if tag == "si":
            is_long = self._length > LONGEST_CELL
            self.strings.append(RowFault.TOO_LONG if is_long else unescape("".join(self._pieces)))
            if len(self.strings) > MOST_STRINGS:
                raise ImportRefusedError(reason=FileFault.UNPACKS_TOO_LARGE)
        elif tag == "rPh":
            self._is_aloud = False

    def text(self, piece: str) -> None:
        """See text; no more of it is kept than a cell can have."""
        if self._is_text:
            self._length += len(piece)
            if self._length <= LONGEST_CELL:
                self._pieces.append(piece)


def _read_date_styles(archive: zipfile.ZipFile, name: str) -> set[str]:
    """Return the numbers of the cell styles that show a number as a date."""
    formats = {str(known) for known in _DATE_FORMATS}
    styles: set[str] = set()
    number = 0
    is_cell_style = False
    wanted = {"numFmt", "cellStyleXfs", "cellXfs", "xf"}
    for tag, element in list_elements(archive, name, wanted=wanted, most=MOST_STYLES):
        if tag == "numFmt":
            code = _NOT_SHOWN.sub("", element.get("formatCode", "").partition(";")[0])
            is_date = bool(_DATE_SIGNS.search(code)) and code.lower() != "general"
            (formats.add if is_date else formats.discard)(element.get("numFmtId", ""))
        elif tag in {"cellStyleXfs", "cellXfs"}:
            is_cell_style = tag == "cellXfs"
        elif tag == "xf" and is_cell_style:
            if element.get("numFmtId", "0") in formats:
                styles.add(str(number))
            number += 1
    return styles
