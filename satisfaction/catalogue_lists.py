"""Import catalogues of procedures and desks from CSV and XLSX. Refuses to store half of a file.

Good lines are stored together or not at all; the same file again changes nothing. What a line
says replaces what was known: words are written better in place, and a line that says from when,
later than what is known, begins a version of its own.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.catalogue_desks import DeskPlanner
from satisfaction.catalogue_procedures import ProcedurePlanner
from satisfaction.catalogue_rows import (
    CatalogueColumns,
    CatalogueReader,
    CatalogueRow,
    find_catalogue,
)
from satisfaction.dossier_rows import RowProblem
from satisfaction.editing import Editor
from satisfaction.faults import RowFault
from satisfaction.models import Desk, Procedure
from satisfaction.tables import open_tables
from satisfaction.terms import (
    AuditAction,
    CatalogueKind,
    Planned,
)
from satisfaction.text import clean

Transactions = Callable[[], AbstractContextManager[Session]]
Progress = Callable[[int, int], None]
MOST_DUPLICATES = 1000


class Likeness(StrEnum):
    """How two lines that look alike differ."""

    SAME_RECORD = "same_record"
    SAME_BUT_FORM = "same_but_form"


@dataclass(frozen=True)
class Duplicate:
    """Lines under different codes that say the same; number 0 is what was known before."""

    likeness: Likeness
    name: str
    lines: tuple[tuple[int, str], ...]


@dataclass(frozen=True, kw_only=True)
class CatalogueOrder:
    """Which file, of what, for which unit when it is of desks, and who sent it."""

    path: Path
    kind: CatalogueKind
    most_bytes: int
    editor: Editor
    unit_id: int | None = None


@dataclass
class CatalogueReport:
    """What an import did, or a dry run would do."""

    kind: CatalogueKind
    sha256: str
    is_dry_run: bool
    columns: CatalogueColumns
    lines: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    repaired: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)


class Planner(Protocol):
    """Says what a row would do, and does it."""

    def plan(self, row: CatalogueRow) -> Planned | RowFault:
        """Say what a row would do, or why it cannot be kept."""

    def apply(self, row: CatalogueRow) -> None:
        """Do what was planned."""


def import_catalogue(
    order: CatalogueOrder,
    *,
    reading: Transactions,
    writing: Transactions | None = None,
    progress: Progress = lambda done, total: None,
) -> CatalogueReport:
    """Read a catalogue and store its good lines; without ``writing``, only say what would be done.

    Writes: procedure and sector, or desk, and the log, in one transaction.
    Raises: ImportRefusedError for a file that cannot be read; UnitNotFoundError.
    """
    with open_tables(order.path, most_bytes=order.most_bytes) as tables:
        table, columns = find_catalogue(tables, order.kind)
        total = table.check()
        reader = CatalogueReader(order.kind, columns, table.is_1904)
        report = CatalogueReport(order.kind, _digest(order.path), writing is None, columns)
        rows: list[CatalogueRow] = []
        for line in table.lines(columns.places.values()):
            if line.number > columns.line_number:
                report.lines += any(cell not in {None, ""} for cell in line.cells)
                row = reader.read(line)
                rows += [row] if row else []
                progress(line.number, total)
    rows = _refuse_repeated(rows, reader)
    with (writing or reading)() as session:
        known = _known_names(session, order)
        _carry_out(_planner(session, order), rows, reader, report)
        report.duplicates = _find_duplicates(rows, known)
        report.problems = sorted(reader.problems, key=lambda problem: problem.number)
        report.bad = len({problem.number for problem in report.problems})
        report.repaired = reader.repaired
        if writing is not None:
            _keep_deed(session, order, report)
    return report


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _planner(session: Session, order: CatalogueOrder) -> Planner:
    if order.kind is CatalogueKind.PROCEDURES:
        return ProcedurePlanner(session, order.editor)
    return DeskPlanner(session, order.editor, order.unit_id or 0)


def _refuse_repeated(rows: Iterable[CatalogueRow], reader: CatalogueReader) -> list[CatalogueRow]:
    """Refuse all but the first line of a code."""
    first: dict[str, CatalogueRow] = {}
    for row in rows:
        earlier = first.setdefault(row.code, row)
        if earlier is not row:
            reader.refuse_row(row, RowFault.DUPLICATE_CODE, first=earlier.number)
    return list(first.values())


def _carry_out(
    planner: Planner,
    rows: Sequence[CatalogueRow],
    reader: CatalogueReader,
    report: CatalogueReport,
) -> None:
    for row in rows:
        planned = planner.plan(row)
        if isinstance(planned, RowFault):
            reader.refuse_row(row, planned)
            continue
        report.new += planned is Planned.NEW
        report.changed += planned is Planned.CHANGED
        report.unchanged += planned is Planned.UNCHANGED
        if planned is not Planned.UNCHANGED and not report.is_dry_run:
            planner.apply(row)


Known = Mapping[str, Sequence[tuple[str, str]]]


def _known_names(session: Session, order: CatalogueOrder) -> Known:
    """Return what is valid today by name: the codes and the stored names."""
    found: dict[str, list[tuple[str, str]]] = {}
    today = clock.today()
    if order.kind is CatalogueKind.PROCEDURES:
        for one in session.scalars(select(Procedure).options(joinedload(Procedure.sector))):
            if _holds(one.valid_until_day, today):
                key = _key(one.name, one.sector.name)
                found.setdefault(key, []).append((one.national_code, one.name))
        return found
    for desk in session.scalars(select(Desk).where(Desk.unit_id == (order.unit_id or 0))):
        if _holds(desk.until_day, today):
            found.setdefault(_key(desk.name, desk.detail), []).append((desk.code, desk.name))
    return found


def _holds(until_day: date | None, today: date) -> bool:
    return until_day is None or until_day > today


def _key(name: str, other: str) -> str:
    return f"{clean(name).casefold()}\n{clean(other).casefold()}"


def _find_duplicates(rows: Sequence[CatalogueRow], known: Known) -> list[Duplicate]:
    """Return the groups of lines, and of what was known, that say the same under other codes."""
    groups: dict[str, list[tuple[int, str, str]]] = {}
    for row in rows:
        if row.name:
            key = _key(row.name, row.sector or row.detail or "")
            groups.setdefault(key, []).append((row.number, row.code, row.raw_name))
    found: list[Duplicate] = []
    for key, lines in groups.items():
        codes = {code for _number, code, _raw in lines}
        others = [(0, code, name) for code, name in sorted(known.get(key, ())) if code not in codes]
        together = others + lines
        if len(together) > 1 and len(found) < MOST_DUPLICATES:
            forms = {raw.strip() for _number, _code, raw in together}
            is_form = len(forms) > 1 and len({clean(raw) for raw in forms}) == 1
            found.append(
                Duplicate(
                    Likeness.SAME_BUT_FORM if is_form else Likeness.SAME_RECORD,
                    clean(together[0][2]),
                    tuple((number, code) for number, code, _raw in together),
                )
            )
    return found


def _keep_deed(session: Session, order: CatalogueOrder, report: CatalogueReport) -> None:
    record_deed(
        session,
        AuditAction.CATALOGUE_IMPORTED,
        account_id=order.editor.account_id,
        unit_id=order.unit_id,
        network=order.editor.network,
        detail={
            "what": "catalogue_imported",
            "kind": order.kind.value,
            "sha256": report.sha256,
            "after": {
                name: getattr(report, name)
                for name in ("lines", "new", "changed", "unchanged", "bad", "repaired")
            },
        },
    )
