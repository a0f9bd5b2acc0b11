"""Know the columns of a list of dossiers by their headings. Refuses columns about persons.

Headings are compared without marks, case, spaces and signs, so that “Mã hồ sơ”, “MA HO SO” and
“MaHoSo” are one. A column that is not recognised is named and left alone.
Source: field names of one-stop systems in use (MaHoSo, KenhThucHien, NgayKetThucXuLy …).
"""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Protocol, TypeVar

from satisfaction.errors import ImportRefusedError
from satisfaction.faults import FileFault
from satisfaction.lines import MOST_COLUMNS, Cell, Line, Table
from satisfaction.text import clean, search_form

HEADING_WITHIN_LINES = 20
MOST_SHOWN_SIGNS = 60
_DIGIT = re.compile(r"\d")


class ListField(StrEnum):
    """What a column of a list can say; the last three are recognised and not kept."""

    CODE = "code"
    PROCEDURE_CODE = "procedure_code"
    PROCEDURE_NAME = "procedure_name"
    DESK = "desk"
    CHANNEL = "channel"
    RECEIVED_DAY = "received_day"
    DUE_DAY = "due_day"
    FINISHED_DAY = "finished_day"
    RETURNED_DAY = "returned_day"
    DIGITISED = "digitised"
    SECTOR = "sector"
    SUBMITTED_DAY = "submitted_day"
    IGNORED = "ignored"


NOT_KEPT = {ListField.SECTOR, ListField.SUBMITTED_DAY, ListField.IGNORED}
_HEADINGS = {
    ListField.CODE: "mahoso masohoso sohoso mahs sobiennhan mabiennhan",
    ListField.PROCEDURE_CODE: "matthc mathutuc mathutuchanhchinh masotthc",
    ListField.PROCEDURE_NAME: "tentthc tenthutuc tenthutuchanhchinh thutuc thutuchanhchinh tthc",
    ListField.DESK: "quay soquay maquay quaytiepnhan quayso",
    ListField.CHANNEL: "kenh kenhthuchien kenhtiepnhan kenhnop hinhthuctiepnhan hinhthucnop"
    " hinhthucnophoso",
    ListField.RECEIVED_DAY: "ngaytiepnhan ngaytiepnhanhoso ngaynhan ngaynhanhoso thoigiantiepnhan"
    " thoidiemtiepnhan",
    ListField.DUE_DAY: "ngayhentra ngayhentraketqua ngayhentrakq ngayhen hentra hentraketqua"
    " thoigianhentra",
    ListField.FINISHED_DAY: "ngayketthucxuly ngayketthuc ngayxulyxong ngayhoanthanh"
    " ngayhoanthanhxuly thoigianketthucxuly",
    ListField.RETURNED_DAY: "ngaytra ngaytraketqua ngaytrakq ngaytrahoso ngaytrathucte",
    ListField.DIGITISED: "sohoa sohoahoso dasohoa",
    ListField.SECTOR: "linhvuc tenlinhvuc malinhvuc",
    ListField.SUBMITTED_DAY: "ngaynop ngaynophoso thoigiannop",
}
FIELDS: dict[str, ListField] = {
    heading: field for field, headings in _HEADINGS.items() for heading in headings.split()
}
_NUMBERED_CHANNELS = {"kenh", "kenhthuchien"}
_PERSONAL = (
    "hoten hovaten tencongdan tennguoi chuhoso nguoinop nguoiyeucau nguoidexuat congdan cmnd cccd"
    " cancuoc sodinhdanh madinhdanhcanhan chungminh hochieu giayto dienthoai sdt didong diachi"
    " noio thuongtru tamtru email thudientu ngaysinh namsinh gioitinh taikhoan"
)


@dataclass(frozen=True)
class Columns:
    """Where the fields of a list stand, and what else stands there."""

    line_number: int
    places: Mapping[ListField, int]
    headings: Mapping[ListField, str]
    not_kept: tuple[str, ...]
    personal: tuple[str, ...]
    unknown: tuple[str, ...]
    has_numbered_channels: bool

    def is_heading_again(self, cell: Cell) -> bool:
        """Say whether a line repeats the headings, as printed lists do on every page."""
        if not isinstance(cell, str) or _DIGIT.search(cell):
            return False
        return heading_key(cell) == heading_key(self.headings[ListField.CODE])


def heading_key(text: str) -> str:
    """Return letters and digits only, without marks."""
    return _key_of_words(text[:200])


@lru_cache(maxsize=2048)
def _key_of_words(text: str) -> str:
    return "".join(sign for sign in search_form(text) if sign.isalnum())


def read_mapping(pairs: Iterable[str]) -> dict[str, ListField]:
    """Read “heading=field” pairs that say what a column is, or that it is to be ignored.

    Raises: ImportRefusedError for an unknown field, or for a column about persons.
    """
    mapping: dict[str, ListField] = {}
    for pair in pairs:
        heading, _, name = pair.rpartition("=")
        key = heading_key(heading)
        if not key or name.strip() not in set(ListField):
            raise ImportRefusedError(reason=FileFault.UNKNOWN_MAPPING, headings=(_shown(pair),))
        field = ListField(name.strip())
        if is_personal(key) and field is not ListField.IGNORED:
            raise ImportRefusedError(reason=FileFault.PERSONAL_MAPPING, headings=(_shown(heading),))
        mapping[key] = field
    return mapping


def is_personal(key: str) -> bool:
    """Say whether a heading announces data about a person."""
    return key not in FIELDS and any(word in key for word in _PERSONAL.split())


class Placed(Protocol):
    """Columns that were recognised, each at its place."""

    @property
    def places(self) -> Sized:
        """Return the places; how many there are says how much was recognised."""


Found = TypeVar("Found", bound=Placed)


def choose_table(
    tables: Sequence[Table], find: Callable[[Sequence[Line]], Found | None]
) -> tuple[Table, Found]:
    """Return the one table in whose first lines ``find`` knows the headings, and its columns.

    Raises: ImportRefusedError for none, and for several sheets: none is left out in silence.
    """
    found: list[tuple[Table, Found]] = []
    broken: ImportRefusedError | None = None
    for table in tables:
        try:
            first = list(itertools.islice(table.lines(), HEADING_WITHIN_LINES))
        except ImportRefusedError as problem:
            broken = broken or problem
            continue
        columns = find(first)
        if columns is not None:
            found.append((table, columns))
    if not found:
        raise broken or ImportRefusedError(reason=FileFault.NO_HEADINGS, most=HEADING_WITHIN_LINES)
    if len(found) > 1 and found[0][0].is_1904 is not None:
        raise ImportRefusedError(
            reason=FileFault.SEVERAL_LISTS, headings=tuple(table.name for table, _ in found)
        )
    return max(found, key=lambda pair: len(pair[1].places))


def find_columns(
    lines: Iterable[Line], mapping: Mapping[str, ListField] | None = None
) -> Columns | None:
    """Return the columns by the line that has the most known headings, a dossier's code included.

    Raises: ImportRefusedError when two columns claim one field, or for very many columns.
    """
    known = FIELDS | dict(mapping or {})
    best: Line | None = None
    most = 0
    for line in lines:
        fields = {known.get(_key(cell)) for cell in line.cells} - {None}
        if ListField.CODE in fields and len(fields) > most:
            best, most = line, len(fields)
    if best is None:
        return None
    if len(best.cells) > MOST_COLUMNS and best.cells[MOST_COLUMNS] not in {None, ""}:
        raise ImportRefusedError(reason=FileFault.TOO_MANY_COLUMNS, most=MOST_COLUMNS)
    _refuse_missing(best, mapping or {})
    return _read_columns(best, known)


def _key(cell: Cell) -> str:
    return heading_key(cell) if isinstance(cell, str) else ""


def _shown(text: str) -> str:
    return clean(text[:200])[:MOST_SHOWN_SIGNS]


def _refuse_missing(line: Line, mapping: Mapping[str, ListField]) -> None:
    keys = {_key(cell) for cell in line.cells}
    missing = tuple(key for key in mapping if key not in keys)
    if missing:
        raise ImportRefusedError(reason=FileFault.UNKNOWN_MAPPING, headings=missing)


def _read_columns(line: Line, known: Mapping[str, ListField]) -> Columns:
    places: dict[ListField, list[int]] = {}
    not_kept: list[str] = []
    personal: list[str] = []
    unknown: list[str] = []
    for place, cell in enumerate(line.cells):
        key = _key(cell)
        field = known.get(key)
        if field in NOT_KEPT:
            not_kept.append(_shown(str(cell)))
        elif field is not None:
            places.setdefault(field, []).append(place)
        elif key:
            (personal if is_personal(key) else unknown).append(_shown(str(cell)))
    _refuse_duplicates(line, places)
    headings = {field: _shown(str(line.cells[found[0]])) for field, found in places.items()}
    return Columns(
        line_number=line.number,
        places={field: found[0] for field, found in places.items()},
        headings=headings,
        not_kept=tuple(not_kept),
        personal=tuple(personal),
        unknown=tuple(unknown),
        has_numbered_channels=heading_key(headings.get(ListField.CHANNEL, ""))
        in _NUMBERED_CHANNELS,
    )


def _refuse_duplicates(line: Line, places: Mapping[ListField, Sequence[int]]) -> None:
    doubled = tuple(
        _shown(str(line.cells[place]))
        for found in places.values()
        if len(found) > 1
        for place in found
    )
    if doubled:
        raise ImportRefusedError(
            reason=FileFault.DUPLICATE_HEADING, headings=doubled, line=line.number
        )
