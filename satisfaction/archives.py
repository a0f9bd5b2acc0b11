"""Look through the parts of an XLSX archive. Refuses one made to exhaust memory, disk or time.

Every part is looked through once without keeping it, before the library that reads workbooks
sees it: that library builds whatever a part describes. The same look finds merged cells and
formulas whose values were never stored, neither of which the library shows while streaming.
"""

import re
import struct
import zipfile
from collections.abc import Callable
from typing import IO, NamedTuple
from xml.parsers import expat

from satisfaction.errors import ImportRefusedError
from satisfaction.lines import MOST_LINES
from satisfaction.terms import FileFault

MOST_UNPACKED_BYTES = 512 * 2**20
MOST_STRING_BYTES = 128 * 2**20
MOST_RATIO = 150
FREE_OF_RATIO_BYTES = 20 * 2**20
MOST_DIRECTORY_BYTES = 2**20
MOST_ELEMENTS_AT_ONCE = 300_000
MOST_MERGES = 20_000
_CHUNK_BYTES = 2**16
_MOST_SILENT_CHUNKS = 32
_LONGEST_END = 2**16 + 22 + 76
_COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_PLACE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.A)


class Merge(NamedTuple):
    """Cells of one column that were merged downwards; all but the first are empty in the file.

    Cells merged sideways stay as they are: that is how lists part their groups and titles.
    """

    first_row: int
    last_row: int
    column: int


def look_through(file: IO[bytes]) -> dict[str, "Look"]:
    """Look at every part of an archive, by its name.

    Raises: ImportRefusedError for one that unpacks to too much, or that is no workbook;
    whatever zipfile and zlib raise for a damaged one.
    """
    _check_directory(file)
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        if any(part.flag_bits & 1 for part in parts):
            raise ImportRefusedError(reason=FileFault.ENCRYPTED)
        if "xl/workbook.xml" not in archive.namelist():
            raise ImportRefusedError(reason=FileFault.OTHER_FORMAT)
        packed = sum(part.compress_size for part in parts)
        most = min(MOST_UNPACKED_BYTES, max(FREE_OF_RATIO_BYTES, packed * MOST_RATIO))
        if sum(part.file_size for part in parts) > most:
            raise ImportRefusedError(reason=FileFault.UNPACKS_TOO_LARGE)
        if any(part.compress_type not in _COMPRESSIONS for part in parts):
            raise ImportRefusedError(reason=FileFault.BROKEN)
        return {part.filename: _look_at(archive, part) for part in parts}


def _check_directory(file: IO[bytes]) -> None:
    """Refuse an archive of very many parts before its list of parts is read into memory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _LONGEST_END))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        raise zipfile.BadZipFile("no end of directory")
    (directory_bytes,) = struct.unpack_from("<L", tail, end + 12)
    end_64 = end - 76
    if end_64 >= 0 and tail.startswith(b"PK\x06\x06", end_64):
        (directory_bytes,) = struct.unpack_from("<Q", tail, end_64 + 40)
    if directory_bytes > MOST_DIRECTORY_BYTES:
        raise ImportRefusedError(reason=FileFault.UNPACKS_TOO_LARGE)
    file.seek(0)


def _look_at(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> "Look":
    """Feed one part to a parser that builds nothing; parts that are no XML are only unpacked."""
    look = Look(part.file_size)
    parser = expat.ParserCreate()
    parser.StartElementHandler = look.start
    parser.StartDoctypeDeclHandler = look.doctype
    silent = 0
    with archive.open(part) as content:
        while chunk := content.read(_CHUNK_BYTES):
            seen = look.elements
            look.feed(parser, chunk)
            silent = silent + 1 if look.is_xml and look.elements == seen else 0
            if silent > _MOST_SILENT_CHUNKS:
                raise ImportRefusedError(reason=FileFault.CELL_TOO_LONG, line=look.row)
    look.feed(parser, b"", is_last=True)
    return look


class Look:
    """What was seen in one part, in a few numbers."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.is_xml = True
        self.elements = 0
        self.row = 0
        self.merges: list[Merge] = []
        self.without_value: set[tuple[int, int]] = set()
        self._elements_before = 0
        self._cell = ("", 0)
        self._formula: tuple[str, int] | None = None
        self._seers: dict[str, Callable[[dict[str, str]], None]] = {
            "v": self._see_value,
            "c": self._see_cell,
            "f": self._see_formula,
            "row": self._see_row,
            "si": self._see_string,
            "mergeCell": self._see_merge,
        }

    def feed(self, parser: expat.XMLParserType, chunk: bytes, *, is_last: bool = False) -> None:
        """See the next bytes, until they are no XML."""
        if self.is_xml:
            try:
                parser.Parse(chunk, is_last)
            except expat.ExpatError:
                self.is_xml = False
        if is_last:
            self._keep_formula()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """See one element begin."""
        self.elements += 1
        see = self._seers.get(name if ":" not in name else name.rpartition(":")[2])
        if see is not None:
            see(attributes)
        if self.elements - self._elements_before > MOST_ELEMENTS_AT_ONCE:
            raise ImportRefusedError(reason=FileFault.BROKEN)

    def doctype(self, *_: object) -> None:
        """Refuse a document type: workbooks have none, and entities could grow without end."""
        raise ImportRefusedError(reason=FileFault.BROKEN)

    def _see_value(self, _: dict[str, str]) -> None:
        self._formula = None

    def _see_formula(self, _: dict[str, str]) -> None:
        self._formula = self._cell

    def _see_string(self, _: dict[str, str]) -> None:
        self._elements_before = self.elements
        if self.size > MOST_STRING_BYTES:
            raise ImportRefusedError(reason=FileFault.UNPACKS_TOO_LARGE)

    def _see_row(self, attributes: dict[str, str]) -> None:
        self._keep_formula()
        self._elements_before = self.elements
        number = attributes.get("r")
        row = int(number) if number is not None else self.row + 1
        if row <= self.row:
            raise ImportRefusedError(reason=FileFault.BROKEN)
        if row > MOST_LINES:
            raise ImportRefusedError(reason=FileFault.TOO_MANY_LINES, most=MOST_LINES)
        self.row = row
        self._cell = ("", 0)

    def _see_cell(self, attributes: dict[str, str]) -> None:
        if self._formula is not None:
            self._keep_formula()
        place = attributes.get("r", "")
        if place and not _PLACE.fullmatch(place):
            raise ImportRefusedError(reason=FileFault.BROKEN)
        self._cell = (place, self._cell[1] + 1)

    def _keep_formula(self) -> None:
        """Keep the place of a formula that no value followed."""
        if self._formula is not None:
            place, counted = self._formula
            self.without_value.add((self.row, _column(place) if place else counted))
            self._formula = None

    def _see_merge(self, attributes: dict[str, str]) -> None:
        first, _, last = attributes.get("ref", "").partition(":")
        start, end = _PLACE.fullmatch(first), _PLACE.fullmatch(last or first)
        if start is None or end is None or len(self.merges) >= MOST_MERGES:
            raise ImportRefusedError(reason=FileFault.BROKEN)
        if start[2] != end[2]:
            self.merges.append(Merge(int(start[2]), int(end[2]), _column(start[1])))


def _column(letters: str) -> int:
    """Return the number of a column by its letters; what follows them is not looked at."""
    number = 0
    for sign in letters.rstrip("0123456789"):
        number = number * 26 + ord(sign) - 64
    return number
