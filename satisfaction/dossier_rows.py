"""Turn the lines of a list into rows of dossiers. Refuses a line of which one cell is unreadable.

What is merely unknown, as a procedure outside the catalogue, is noted and the row is kept.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.cells import (
    read_channel,
    read_code,
    read_day,
    read_procedure_code,
    read_text,
    read_yes_or_no,
)
from satisfaction.dossiers import DossierCode, DossierRow
from satisfaction.faults import RowFault
from satisfaction.headings import MOST_SHOWN_SIGNS, Columns, ListField, heading_key
from satisfaction.lines import Cell, Line
from satisfaction.models import Desk, Procedure
from satisfaction.terms import Channel
from satisfaction.text import clean

MOST_NOTED = 1000
Said = Mapping[ListField, Cell]


class RowProblem(NamedTuple):
    """Why a line was not kept: which cell of it, what stands there, and what is wrong with it.

    ``first_number`` is the line that has the same code, where that is the fault.
    """

    number: int
    heading: str
    value: str
    fault: RowFault
    first_number: int | None = None


class Version(NamedTuple):
    """Something that has a key of ours from one day until another (excluded)."""

    id: int
    from_day: date
    until_day: date | None


@dataclass
class Notes:
    """What was unknown in rows that are kept: each value with how often it stands there."""

    irregular_codes: Counter[str] = field(default_factory=Counter)
    procedures: Counter[str] = field(default_factory=Counter)
    desks: Counter[str] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)
    digitised: Counter[str] = field(default_factory=Counter)


def note(counter: Counter[str], value: str) -> None:
    """Count a value; beyond MOST_NOTED different ones the rest are counted together."""
    shown = value if value in counter or len(counter) < MOST_NOTED else "…"
    counter[shown] += 1


@dataclass(frozen=True)
class Lookup:
    """Procedures by code and by name, and a unit's desks, as lists name them."""

    procedures: dict[str, list[Version]]
    names: dict[str, set[str]]
    desks: dict[str, list[Version]]

    @classmethod
    def load(cls, session: Session, unit_id: int) -> "Lookup":
        """Read the catalogue and the unit's desks."""
        procedures: dict[str, list[Version]] = {}
        names: dict[str, set[str]] = {}
        for found in session.execute(
            select(
                Procedure.id,
                Procedure.national_code,
                Procedure.name,
                Procedure.short_name,
                Procedure.valid_from_day,
                Procedure.valid_until_day,
            ).order_by(Procedure.valid_from_day)
        ):
            version = Version(found.id, found.valid_from_day, found.valid_until_day)
            procedures.setdefault(found.national_code, []).append(version)
            for name in (found.name, found.short_name):
                names.setdefault(heading_key(name), set()).add(found.national_code)
        return cls(procedures, names, _load_desks(session, unit_id))

    def find_procedure(self, code: str, day: date | None) -> int | None:
        """Return the procedure as it was on a day, or as it was nearest to that day."""
        versions = self.procedures.get(code, [])
        begun = [version for version in versions if day is None or version.from_day <= day]
        return (begun[-1] if begun else versions[0]).id if versions else None

    def find_desk(self, name: str, day: date | None) -> int | None:
        """Return the one desk of this code or name that served on a day."""
        serving = {
            version.id
            for version in self.desks.get(heading_key(name), ())
            if day is None
            or (version.from_day <= day and (version.until_day is None or day < version.until_day))
        }
        return serving.pop() if len(serving) == 1 else None


def _load_desks(session: Session, unit_id: int) -> dict[str, list[Version]]:
    desks: dict[str, list[Version]] = {}
    for found in session.execute(
        select(Desk.id, Desk.code, Desk.name, Desk.from_day, Desk.until_day).where(
            Desk.unit_id == unit_id
        )
    ):
        version = Version(found.id, found.from_day, found.until_day)
        for key in {heading_key(found.code), heading_key(found.name)}:
            desks.setdefault(key, []).append(version)
    return desks


class LineReader:
    """Read one list's lines."""

    def __init__(self, columns: Columns, lookup: Lookup, *, is_1904: bool | None) -> None:
        self.notes = Notes()
        self.problems: list[RowProblem] = []
        self._columns = columns
        self._lookup = lookup
        self._is_1904 = is_1904
        self._today = clock.today()
        self._places = tuple(columns.places.items())

    def pick(self, line: Line) -> Said:
        """Return what a line says, by field; nothing for headings again, or column numbers."""
        cells, end = line.cells, len(line.cells)
        said = {
            wanted: cells[place]
            for wanted, place in self._places
            if place < end and not is_empty(cells[place])
        }
        if line.number == self._columns.line_number + 1 and _counts_up(self._columns, said):
            return {}
        return {} if self._columns.is_heading_again(said.get(ListField.CODE)) else said

    def read(self, number: int, said: Said) -> DossierRow | None:
        """Return a line's row; None, with its problems kept, where a cell cannot be read."""
        before = len(self.problems)
        code = self._code(number, said)
        received = self._day(number, said, ListField.RECEIVED_DAY)
        due = self._day(number, said, ListField.DUE_DAY)
        finished = self._day(number, said, ListField.FINISHED_DAY)
        returned = self._day(number, said, ListField.RETURNED_DAY)
        if received and finished and finished < received:
            fault = RowFault.FINISHED_BEFORE_RECEIVED
            self._refuse(number, said, ListField.FINISHED_DAY, fault=fault)
        if code is None or len(self.problems) > before:
            return None
        if code.is_irregular:
            note(self.notes.irregular_codes, code.code)
        return DossierRow(
            code=code,
            channel=self._channel(said),
            procedure_id=self._procedure(said, received or finished),
            desk_id=self._desk(said, received or finished),
            received_day=received,
            due_day=due,
            finished_day=finished,
            returned_day=returned,
            is_digitised=self._digitised(said),
        )

    def _refuse(self, number: int, said: Said, wanted: ListField, *, fault: RowFault) -> None:
        value, heading = show_cell(said.get(wanted)), self._columns.headings[wanted]
        self.problems.append(RowProblem(number, heading, value, fault))

    def _code(self, number: int, said: Said) -> DossierCode | None:
        code = read_code(said.get(ListField.CODE))
        if isinstance(code, DossierCode):
            return code
        self._refuse(number, said, ListField.CODE, fault=code or RowFault.CODE_MISSING)
        return None

    def _day(self, number: int, said: Said, wanted: ListField) -> date | None:
        if wanted not in said:
            return None
        day = read_day(said[wanted], is_1904=self._is_1904)
        if isinstance(day, date) and day > self._today and wanted is not ListField.DUE_DAY:
            day = RowFault.FUTURE_DAY
        if isinstance(day, RowFault):
            self._refuse(number, said, wanted, fault=day)
            return None
        return day

    def _channel(self, said: Said) -> Channel:
        cell = said.get(ListField.CHANNEL)
        if cell is None:
            return Channel.UNKNOWN
        channel = read_channel(cell, has_numbers=self._columns.has_numbered_channels)
        if channel is Channel.UNKNOWN:
            note(self.notes.channels, show_cell(cell))
        return channel

    def _procedure(self, said: Said, day: date | None) -> int | None:
        code = read_procedure_code(said.get(ListField.PROCEDURE_CODE))
        if code is None:
            code = self._procedure_by_name(said)
        if code is None:
            return None
        found = None if isinstance(code, RowFault) else self._lookup.find_procedure(code, day)
        if found is None:
            note(self.notes.procedures, show_cell(code))
        return found

    def _procedure_by_name(self, said: Said) -> str | RowFault | None:
        """Return the code of the one procedure of this name, or else the name itself."""
        name = read_text(said.get(ListField.PROCEDURE_NAME))
        if name is None or isinstance(name, RowFault):
            return name
        codes = self._lookup.names.get(heading_key(name), set())
        return next(iter(codes)) if len(codes) == 1 else name

    def _desk(self, said: Said, day: date | None) -> int | None:
        name = read_text(said.get(ListField.DESK))
        if name is None:
            return None
        found = None if isinstance(name, RowFault) else self._lookup.find_desk(name, day)
        if found is None:
            note(self.notes.desks, show_cell(name))
        return found

    def _digitised(self, said: Said) -> bool | None:
        cell = said.get(ListField.DIGITISED)
        answer = read_yes_or_no(cell)
        if answer is None and cell is not None:
            note(self.notes.digitised, show_cell(cell))
        return answer


def show_cell(cell: Cell) -> str:
    """Return a cell's first words for a report."""
    if cell is None or isinstance(cell, RowFault):
        return ""
    text = clean(str(cell)[: 4 * MOST_SHOWN_SIGNS])
    return text if len(text) <= MOST_SHOWN_SIGNS else f"{text[: MOST_SHOWN_SIGNS - 1]}…"


def is_empty(cell: Cell) -> bool:
    """Say whether nothing stands in a cell."""
    return cell is None or cell == "" or (isinstance(cell, str) and cell.isspace())


def _counts_up(columns: Columns, said: Said) -> bool:
    """Say whether a line only numbers the columns: (1), (2), (3) …, as printed lists do."""
    numbers = {columns.places[wanted]: str(said[wanted]).strip(" ()[]") for wanted in said}
    offsets = [
        int(number) - place
        for place, number in numbers.items()
        if number.isascii() and number.isdecimal() and len(number) < 4
    ]
    return len(offsets) > 1 and len(set(offsets)) == 1 and len(numbers) - len(offsets) <= 1
