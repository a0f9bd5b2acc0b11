"""Read the lines of a catalogue: procedures or desks. Refuses a line with one unreadable cell.

Headings are compared without marks, case, spaces and signs, as those of dossiers' lists are.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from satisfaction.cells import read_day, read_procedure_code, read_text
from satisfaction.dossier_rows import RowProblem, show_cell
from satisfaction.errors import ImportRefusedError, OfficeChangeRefusedError
from satisfaction.faults import FileFault, OfficeFault, RowFault
from satisfaction.headings import MOST_SHOWN_SIGNS, choose_table, heading_key
from satisfaction.lines import Cell, Line, Table
from satisfaction.terms import CatalogueKind, DeskKind
from satisfaction.text import clean
from satisfaction.wording import read_code, read_words


class CatalogueField(StrEnum):
    """What a column of a catalogue can say."""

    CODE = "code"
    NAME = "name"
    SHORT_NAME = "short_name"
    SECTOR = "sector"
    DETAIL = "detail"
    KIND = "kind"
    FROM_DAY = "from_day"
    UNTIL_DAY = "until_day"


_DAYS = {
    CatalogueField.FROM_DAY: "tungay ngaybatdau hieuluctu hieuluctungay ngayhieuluc apdungtu from",
    CatalogueField.UNTIL_DAY: "denngay dentruocngay ngayketthuc hethieuluc ngayhethieuluc until",
}
_HEADINGS: Mapping[CatalogueKind, Mapping[CatalogueField, str]] = {
    CatalogueKind.PROCEDURES: _DAYS
    | {
        CatalogueField.CODE: "ma matthc mathutuc mathutuchanhchinh masotthc maquocgia code",
        CatalogueField.NAME: "ten tentthc tenthutuc tenthutuchanhchinh tenchinhthuc"
        " thutuchanhchinh name",
        CatalogueField.SHORT_NAME: "tenngan tenrutgon tenviettat tengoi shortname",
        CatalogueField.SECTOR: "linhvuc tenlinhvuc sector",
    },
    CatalogueKind.DESKS: _DAYS
    | {
        CatalogueField.CODE: "ma maban maquay soban soquay code",
        CatalogueField.NAME: "ten tenban tenquay ban quay name",
        CatalogueField.DETAIL: "chitiet mota nhiemvu noidung linhvuc detail",
        CatalogueField.KIND: "loai loaiban loaiquay kind",
    },
}
LONGEST: Mapping[CatalogueKind, Mapping[CatalogueField, int]] = {
    CatalogueKind.PROCEDURES: {
        CatalogueField.CODE: 40,
        CatalogueField.NAME: 1000,
        CatalogueField.SHORT_NAME: 120,
        CatalogueField.SECTOR: 200,
    },
    CatalogueKind.DESKS: {
        CatalogueField.CODE: 32,
        CatalogueField.NAME: 120,
        CatalogueField.DETAIL: 200,
        CatalogueField.KIND: 40,
    },
}
_KINDS = {
    "counter": DeskKind.COUNTER,
    "taicho": DeskKind.COUNTER,
    "bantaicho": DeskKind.COUNTER,
    "tructiep": DeskKind.COUNTER,
    "remote": DeskKind.REMOTE,
    "tructuyen": DeskKind.REMOTE,
    "buuchinh": DeskKind.REMOTE,
    "tructuyenbuuchinh": DeskKind.REMOTE,
}
_MISSING = {
    CatalogueKind.PROCEDURES: RowFault.PROCEDURE_CODE_MISSING,
    CatalogueKind.DESKS: RowFault.DESK_CODE_MISSING,
}
_FAULTS = {
    OfficeFault.WORDS_TOO_LONG: RowFault.TOO_LONG,
    OfficeFault.ODD_SIGNS: RowFault.ODD_SIGNS,
    OfficeFault.ODD_CODE: RowFault.ODD_CODE,
}


@dataclass(frozen=True)
class CatalogueColumns:
    """Where the fields of a catalogue stand, and the headings that nobody knows."""

    line_number: int
    places: Mapping[CatalogueField, int]
    headings: Mapping[CatalogueField, str]
    unknown: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CatalogueRow:
    """One line that can be kept; None is a column that is missing or a cell that is empty."""

    number: int
    code: str
    raw_name: str = ""
    name: str | None = None
    short_name: str | None = None
    sector: str | None = None
    detail: str | None = None
    kind: DeskKind | None = None
    from_day: date | None = None
    until_day: date | None = None


def find_catalogue(tables: Sequence[Table], kind: CatalogueKind) -> tuple[Table, CatalogueColumns]:
    """Return the table whose headings are those of a catalogue, and its columns.

    Raises: ImportRefusedError.
    """
    return choose_table(tables, lambda lines: _find_columns(lines, kind))


def _find_columns(lines: Sequence[Line], kind: CatalogueKind) -> CatalogueColumns | None:
    known = {word: name for name, words in _HEADINGS[kind].items() for word in words.split()}
    best: CatalogueColumns | None = None
    for line in lines:
        columns = _read_headings(line, known)
        enough = {CatalogueField.CODE, CatalogueField.NAME} <= columns.places.keys()
        if enough and (best is None or len(columns.places) > len(best.places)):
            best = columns
    return best


def _read_headings(line: Line, known: Mapping[str, CatalogueField]) -> CatalogueColumns:
    places: dict[CatalogueField, int] = {}
    headings: dict[CatalogueField, str] = {}
    unknown: list[str] = []
    doubled: list[str] = []
    for place, cell in enumerate(line.cells):
        key = heading_key(cell) if isinstance(cell, str) else ""
        name, shown = known.get(key), clean(str(cell)[:200])[:MOST_SHOWN_SIGNS]
        if name is None:
            unknown += [shown] if key else []
        elif name in places:
            doubled.append(shown)
        else:
            places[name], headings[name] = place, shown
    if doubled and {CatalogueField.CODE, CatalogueField.NAME} <= places.keys():
        raise ImportRefusedError(
            reason=FileFault.DUPLICATE_HEADING, headings=tuple(doubled), line=line.number
        )
    return CatalogueColumns(line.number, places, headings, tuple(unknown))


@dataclass
class CatalogueReader:
    """Reads lines into rows; what is wrong is kept in ``problems``, repaired text is counted."""

    kind: CatalogueKind
    columns: CatalogueColumns
    is_1904: bool | None
    problems: list[RowProblem] = field(default_factory=list)
    repaired: int = 0

    def read(self, line: Line) -> CatalogueRow | None:
        """Return the row of a line; None for an empty line and for one with a problem."""
        cells = {
            name: line.cells[place] if place < len(line.cells) else None
            for name, place in self.columns.places.items()
        }
        if all(cell in {None, ""} for cell in cells.values()):
            return None
        before = len(self.problems)
        self.repaired += sum(
            isinstance(cell, str) and not unicodedata.is_normalized("NFC", cell)
            for cell in cells.values()
        )
        code = self._read_code(line.number, cells)
        texts = {
            name: self._read_text(line.number, name, cells[name])
            for name in LONGEST[self.kind]
            if name in cells and name not in {CatalogueField.CODE, CatalogueField.KIND}
        }
        days = {name: self._read_day(line.number, name, cells.get(name)) for name in _DAYS}
        kind = self._read_kind(line.number, cells.get(CatalogueField.KIND))
        first, until = days[CatalogueField.FROM_DAY], days[CatalogueField.UNTIL_DAY]
        if first is not None and until is not None and until <= first:
            self._refuse(line.number, CatalogueField.UNTIL_DAY, cells, RowFault.UNTIL_BEFORE_FROM)
        if len(self.problems) > before or code is None:
            return None
        return CatalogueRow(
            number=line.number,
            code=code,
            raw_name=str(cells.get(CatalogueField.NAME) or ""),
            name=texts.get(CatalogueField.NAME),
            short_name=texts.get(CatalogueField.SHORT_NAME),
            sector=texts.get(CatalogueField.SECTOR),
            detail=texts.get(CatalogueField.DETAIL),
            kind=kind,
            from_day=first,
            until_day=until,
        )

    def refuse_row(self, row: CatalogueRow, fault: RowFault, *, first: int | None = None) -> None:
        """Keep that a row that could be read cannot be kept."""
        heading = self.columns.headings[CatalogueField.CODE]
        self.problems.append(RowProblem(row.number, heading, row.code, fault, first))

    def _refuse(
        self,
        number: int,
        name: CatalogueField,
        cells: Mapping[CatalogueField, Cell],
        fault: RowFault,
    ) -> None:
        shown, heading = show_cell(cells.get(name)), self.columns.headings.get(name, "")
        self.problems.append(RowProblem(number, heading, shown, fault))

    def _read_code(self, number: int, cells: Mapping[CatalogueField, Cell]) -> str | None:
        cell = cells[CatalogueField.CODE]
        is_national = self.kind is CatalogueKind.PROCEDURES
        text = read_procedure_code(cell) if is_national else read_text(cell, longest=200)
        fault = text if isinstance(text, RowFault) else None
        if fault is None:
            longest = LONGEST[self.kind][CatalogueField.CODE]
            try:
                return read_code(str(text or ""), field="code", longest=longest)
            except OfficeChangeRefusedError as problem:
                why = problem.fields["fault"]
                fault = _MISSING[self.kind] if why is OfficeFault.NO_WORDS else _FAULTS[why]
        self._refuse(number, CatalogueField.CODE, cells, fault)
        return None

    def _read_text(self, number: int, name: CatalogueField, cell: Cell) -> str | None:
        longest = LONGEST[self.kind][name]
        text = read_text(cell, longest=4 * longest)
        fault = text if isinstance(text, RowFault) else None
        if fault is None:
            try:
                words = read_words(str(text or ""), field=name, longest=longest, may_be_empty=True)
            except OfficeChangeRefusedError as problem:
                fault = _FAULTS[problem.fields["fault"]]
            else:
                return words or None
        self._refuse(number, name, {name: cell}, fault)
        return None

    def _read_day(self, number: int, name: CatalogueField, cell: Cell) -> date | None:
        day = read_day(cell, is_1904=self.is_1904)
        if isinstance(day, RowFault):
            self._refuse(number, name, {name: cell}, day)
            return None
        return day

    def _read_kind(self, number: int, cell: Cell) -> DeskKind | None:
        text = read_text(cell)
        if text is None:
            return None
        kind = None if isinstance(text, RowFault) else _KINDS.get(heading_key(text))
        if kind is None:
            self._refuse(
                number, CatalogueField.KIND, {CatalogueField.KIND: cell}, RowFault.UNKNOWN_KIND
            )
        return kind
