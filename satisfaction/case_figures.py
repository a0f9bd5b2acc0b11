"""Figures of the cases: how many are open, and how long an answer takes. Refuses to show a case.

An officer's figures hold the cases that the officer sees, and no others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.deadlines import WorkingDays, read_working_days
from satisfaction.models import Case, CaseEvent
from satisfaction.periods import Period
from satisfaction.terms import CaseDeed, CaseKind, CaseState
from satisfaction.voice_rows import Reader


@dataclass(frozen=True)
class OpenCases:
    """How many cases wait, how many of them past their day, and since when the oldest does.

    ``oldest_overdue_day`` is since when the oldest of those past their day waits.
    """

    open: int
    unseen: int
    overdue: int
    oldest_day: date | None
    oldest_overdue_day: date | None


@dataclass(frozen=True)
class AnswerTimes:
    """How long answers took: of the cases closed in a period, and of those still owed at its end.

    Units: ``median_days`` in working days of each case's unit, None without closed cases. The
    share within the deadline is ``in_time`` of ``owed``: closed ones, and those past their day.
    The deadline is the one that was set first: moving it later changes nothing here.
    """

    period: Period
    closed: int
    in_time: int
    overdue: int
    median_days: float | None

    @property
    def owed(self) -> int:
        """How many answers were owed by the end of the period."""
        return self.closed + self.overdue

    @property
    def in_time_share(self) -> float | None:
        """How many of the owed answers came by their day, as a fraction."""
        return self.in_time / self.owed if self.owed else None


def sees_case(reader: Reader, unit_ids: frozenset[int] | None = None) -> ColumnElement[bool]:
    """Return the condition of being a case that this reader sees, in all units or in these."""
    units = reader.cases if unit_ids is None else reader.cases & unit_ids
    return Case.unit_id.in_(sorted(units)) & or_(
        Case.kind != CaseKind.ALLEGATION, Case.unit_id.in_(sorted(units & reader.allegations))
    )


def count_open(
    session: Session, reader: Reader, *, unit_ids: frozenset[int] | None = None
) -> OpenCases:
    """Return how many cases wait for an answer today, in all of the reader's units or in these."""
    today = clock.today()
    row = session.execute(
        select(
            func.count(),
            func.count(case((Case.state == CaseState.NEW, 1))),
            func.count(case((Case.due_day < today, 1))),
            func.min(Case.opened_day),
            func.min(case((Case.due_day < today, Case.opened_day))),
        ).where(sees_case(reader, unit_ids), Case.state != CaseState.DONE)
    ).one()
    return OpenCases(*row)


def count_overdue(
    session: Session, unit_ids: frozenset[int], *, with_allegations: bool
) -> tuple[int, date | None]:
    """Return how many answers units owe past their day, and since which day the oldest waits."""
    kinds = [kind for kind in CaseKind if with_allegations or kind is not CaseKind.ALLEGATION]
    row = session.execute(
        select(func.count(), func.min(Case.opened_day)).where(
            Case.unit_id.in_(sorted(unit_ids)),
            Case.kind.in_(kinds),
            Case.state != CaseState.DONE,
            Case.due_day < clock.today(),
        )
    ).one()
    return row[0], row[1]


def measure_answers(
    session: Session,
    reader: Reader,
    period: Period,
    *,
    unit_ids: frozenset[int] | None = None,
) -> AnswerTimes:
    """Return how long answers took in a period, of the cases that the reader sees."""
    first_due = _first_due()
    closed = session.execute(
        select(
            Case.unit_id, Case.opened_day, Case.closed_day, Case.due_day, first_due.label("first")
        ).where(
            sees_case(reader, unit_ids),
            Case.closed_day >= period.first_day,
            Case.closed_day < period.end_day,
        )
    ).all()
    last = min(period.end_day, clock.today())
    overdue = session.scalar(
        select(func.count()).where(
            sees_case(reader, unit_ids),
            or_(first_due < last.isoformat(), first_due.is_(None) & (Case.due_day < last)),
            or_(Case.closed_day.is_(None), Case.closed_day >= period.end_day),
        )
    )
    return AnswerTimes(
        period=period,
        closed=len(closed),
        in_time=sum(
            row.closed_day <= (date.fromisoformat(row.first) if row.first else row.due_day)
            for row in closed
        ),
        overdue=overdue or 0,
        median_days=_median(_durations(session, closed)),
    )


def _first_due() -> ColumnElement[Any]:
    """Return the deadline that a case had before it was moved first, as text; none if it was not.

    The history keeps it, and days as text stand in the order of days.
    """
    return (
        select(CaseEvent.detail["from_day"].as_string())
        .where(CaseEvent.case_id == Case.id, CaseEvent.deed == CaseDeed.DUE_CHANGED)
        .order_by(CaseEvent.at, CaseEvent.id)
        .limit(1)
        .correlate(Case)
        .scalar_subquery()
    )


def _durations(session: Session, closed: Sequence[Any]) -> list[int]:
    """Return for each case how many working days lay between its opening and its end."""
    if not closed:
        return []
    first = min(row.opened_day for row in closed)
    last = max(row.closed_day for row in closed)
    days: WorkingDays = read_working_days(session, first, last)
    return [days.count(row.unit_id, row.opened_day, until=row.closed_day) for row in closed]


def _median(values: Sequence[int]) -> float | None:
    if not values:
        return None
    ordered, middle = sorted(values), len(values) // 2
    if len(ordered) % 2:
        return float(ordered[middle])
    return (ordered[middle - 1] + ordered[middle]) / 2
