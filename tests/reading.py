"""Read reports back, as an office's own programs would: workbook, PDF and page."""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser

import openpyxl
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

Lines = Mapping[str, Sequence[object]]
FORMULA = re.compile(rb"<f[ >/]|<hyperlink")


def read_workbook(content: bytes) -> dict[str, list[tuple[object, ...]]]:
    """Return the cells of each sheet; a formula would be read as one."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def counts_of_workbook(content: bytes) -> set[object]:
    """Return every number of a workbook that is written as a count and not as a share."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {
        cell.value
        for sheet in book
        for line in sheet.iter_rows()
        for cell in line
        if cell.number_format == "#,##0" and cell.value is not None
    }


def formulas_of(content: bytes) -> list[str]:
    """Return which parts of a workbook contain a formula or a link."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return [
            name
            for name in parts.namelist()
            if name.startswith("xl/worksheets/") and FORMULA.search(parts.read(name))
        ]


def text_of_pdf(content: bytes) -> str:
    """Return the text of a PDF, as a reader would copy it, with single spaces."""
    return " ".join(pages_of_pdf(content))


def pages_of_pdf(content: bytes) -> list[str]:
    """Return the text of each page of a PDF, with single spaces."""
    pages = PdfReader(io.BytesIO(content)).pages
    return [" ".join(page.extract_text().split()) for page in pages]


def fonts_of_pdf(content: bytes) -> set[tuple[str, bool]]:
    """Return the fonts that a PDF names, without the mark of a subset, and whether it has them."""
    found = set()
    for page in PdfReader(io.BytesIO(content)).pages:
        resources = page["/Resources"].get_object()
        assert isinstance(resources, DictionaryObject)
        for font in resources.get("/Font", DictionaryObject()).values():
            for descendant in font.get_object()["/DescendantFonts"].get_object():
                one = descendant.get_object()
                descriptor = one["/FontDescriptor"].get_object()
                is_embedded = bool({"/FontFile", "/FontFile2", "/FontFile3"} & descriptor.keys())
                found.add((str(one["/BaseFont"]).rpartition("+")[2], is_embedded))
    return found


class PaperReader(HTMLParser):
    """The cells of a report's page: by dimension and key, and its facts."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, dict[str, list[str]]] = {}
        self.facts: dict[str, str] = {}
        self._by = self._key = self._fact = ""
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Enter a table, a line or a cell."""
        found = {name: value or "" for name, value in attrs}
        if tag == "table":
            self._by = found.get("data-by", "")
        elif tag == "tr":
            self._key, self._fact = found.get("data-key", ""), found.get("data-fact", "")
        elif tag == "td" and found.get("class") == "n":
            self._cell = []

    def handle_data(self, data: str) -> None:
        """Keep what stands in a cell."""
        if self._cell is not None:
            self._cell.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Leave a cell."""
        if tag != "td" or self._cell is None:
            return
        text = " ".join("".join(self._cell).split())
        self._cell = None
        if self._by and self._key:
            self.tables.setdefault(self._by, {}).setdefault(self._key, []).append(text)
        elif self._fact:
            self.facts[self._fact] = text


def read_paper(html: str) -> PaperReader:
    """Read a report's page."""
    reader = PaperReader()
    reader.feed(html)
    return reader
