"""Import lists of dossiers as one-stop systems export them. Refuses to store half a line.

Good lines are stored in batches of their own, so that a tap never waits for a whole file; since
the same list again changes nothing, an import that was broken off is simply repeated.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.dossier_rows import LineReader, Lookup, Notes, RowProblem
from satisfaction.dossiers import (
    DEFAULT_SOURCE,
    DossierRow,
    Holder,
    compare_dossiers,
    find_holder,
    write_dossiers,
)
from satisfaction.faults import RowFault
from satisfaction.headings import (
    Columns,
    ListField,
    choose_table,
    find_columns,
    read_mapping,
)
from satisfaction.lines import Line, Table
from satisfaction.models import Unit, UnitName
from satisfaction.office import name_of
from satisfaction.tables import open_tables
from satisfaction.terms import AuditAction
from satisfaction.text import sort_key

LINES_AT_ONCE = 2000
MOST_PROBLEMS = 100_000

Transactions = Callable[[], AbstractContextManager[Session]]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class ImportOrder:
    """Which file, for which unit, from which system; ``mapping`` are “heading=field” pairs."""

    path: Path
    unit_id: int
    most_bytes: int
    source_system: str = DEFAULT_SOURCE
    mapping: Sequence[str] = ()
    account_id: int | None = None
    network: str = ""


@dataclass
class ImportReport:
    """What an import did, or a dry run would do; ``lines`` are those that say anything."""

    sha256: str
    is_dry_run: bool
    columns: Columns
    table_name: str
    other_tables: tuple[str, ...]
    lines: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    unnamed_problems: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)


def list_units(session: Session, unit_ids: Set[int]) -> list[UnitName]:
    """Return what units are called today, in reading order."""
    today = clock.today()
    units = session.scalars(select(Unit).where(Unit.id.in_(list(unit_ids))))
    return sorted((name_of(unit, today) for unit in units), key=lambda name: sort_key(name.name))


def import_list(
    order: ImportOrder,
    *,
    reading: Transactions,
    writing: Transactions | None = None,
    progress: Progress = lambda done, total: None,
) -> ImportReport:
    """Read a list and store its good lines; without ``writing``, only say what would be done.

    ``progress`` is told how many lines are done, of how many.
    Writes: dossier, in one transaction for each LINES_AT_ONCE lines that change anything, and the
    log at the end, also when it was broken off.
    Raises: ImportRefusedError for a file that cannot be read; nothing of it is stored.
    """
    mapping = read_mapping(order.mapping)
    with open_tables(order.path, most_bytes=order.most_bytes) as tables:
        table, columns = _choose(tables, mapping)
        total = table.check()
        with reading() as session:
            lookup = Lookup.load(session, order.unit_id)
            holder = find_holder(session, source_system=order.source_system, unit_id=order.unit_id)
        report = ImportReport(
            sha256=_digest(order.path),
            is_dry_run=writing is None,
            columns=columns,
            table_name="" if table.is_1904 is None else table.name,
            other_tables=()
            if table.is_1904 is None
            else tuple(other.name for other in tables if other is not table),
        )
        reader = LineReader(columns, lookup, is_1904=table.is_1904)
        run = _Run(report, reader, holder, reading, writing)
        try:
            for lines in _batches(table.lines(columns.places.values()), after=columns.line_number):
                run.take(lines)
                progress(lines[-1].number, total)
        finally:
            if writing is not None:
                _keep_deed(order, report, writing)
    return report


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _choose(tables: Sequence[Table], mapping: dict[str, ListField]) -> tuple[Table, Columns]:
    """Return the one table whose headings are those of a list of dossiers.

    Raises: ImportRefusedError for none, and for several sheets: none is left out in silence.
    """
    return choose_table(tables, lambda lines: find_columns(lines, mapping))


def read_codes(path: Path, *, most_bytes: int) -> tuple[list[str], list[int]]:
    """Return the codes of a list's dossiers, each once, and the numbers of lines without one.

    Raises: ImportRefusedError.
    """
    codes: dict[str, None] = {}
    bad: list[int] = []
    with open_tables(path, most_bytes=most_bytes) as tables:
        table, columns = _choose(tables, {})
        table.check()
        place = columns.places[ListField.CODE]
        for line in table.lines([place]):
            cell = line.cells[place] if place < len(line.cells) else None
            if line.number <= columns.line_number or cell in {None, ""}:
                continue
            if isinstance(cell, str) and not isinstance(cell, RowFault):
                codes[cell] = None
            else:
                bad.append(line.number)
    return list(codes), bad


def _batches(lines: Iterator[Line], *, after: int) -> Iterator[list[Line]]:
    wanted = (line for line in lines if line.number > after)
    while batch := list(itertools.islice(wanted, LINES_AT_ONCE)):
        yield batch


class _Run:
    """One import under way."""

    def __init__(
        self,
        report: ImportReport,
        reader: LineReader,
        holder: Holder,
        reading: Transactions,
        writing: Transactions | None,
    ) -> None:
        self._report = report
        self._reader = reader
        self._holder = holder
        self._reading = reading
        self._writing = writing
        self._numbers: dict[str, int] = {}
        report.notes = reader.notes

    def take(self, lines: Sequence[Line]) -> None:
        """Read, compare and store some lines."""
        rows = [row for line in lines if (row := self._read(line)) is not None]
        with self._reading() as session:
            comparison = compare_dossiers(session, rows, self._holder)
        for row in comparison.foreign:
            self._refuse(row, RowFault.OTHER_UNIT, number=self._numbers[row.code.code])
        if self._writing is not None and (comparison.new or comparison.changed):
            with self._writing() as session:
                write_dossiers(session, comparison)
        report = self._report
        report.new += len(comparison.new)
        report.changed += len(comparison.changed)
        report.unchanged += len(comparison.unchanged)
        self._keep_problems()

    def _read(self, line: Line) -> DossierRow | None:
        said = self._reader.pick(line)
        if not said:
            return None
        self._report.lines += 1
        row = self._reader.read(line.number, said)
        if row is None:
            return None
        first = self._numbers.setdefault(row.code.code, line.number)
        if first != line.number:
            self._refuse(row, RowFault.DUPLICATE_CODE, number=line.number, first=first)
            return None
        return row

    def _refuse(
        self, row: DossierRow, fault: RowFault, *, number: int, first: int | None = None
    ) -> None:
        heading = self._report.columns.headings[ListField.CODE]
        self._reader.problems.append(RowProblem(number, heading, row.code.code, fault, first))

    def _keep_problems(self) -> None:
        """Move the reader's problems to the report, in the order of lines, up to a limit."""
        report, problems = self._report, sorted(self._reader.problems, key=lambda p: p.number)
        report.bad += len({problem.number for problem in problems})
        room = max(0, MOST_PROBLEMS - len(report.problems))
        report.problems += problems[:room]
        report.unnamed_problems += len(problems[room:])
        self._reader.problems.clear()


def _keep_deed(order: ImportOrder, report: ImportReport, writing: Transactions) -> None:
    with writing() as session:
        record_deed(
            session,
            AuditAction.DOSSIERS_IMPORTED,
            account_id=order.account_id,
            unit_id=order.unit_id,
            network=order.network,
            detail={
                "sha256": report.sha256,
                "source": order.source_system,
                "lines": report.lines,
                "new": report.new,
                "changed": report.changed,
                "unchanged": report.unchanged,
                "bad": report.bad,
            },
        )
