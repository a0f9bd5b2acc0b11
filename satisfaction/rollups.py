"""Rebuild the daily counts of a closed day from its ratings and visits. Never increments.

Time: a day may be rebuilt any number of times, and late; ratings that arrive afterwards mark it,
and a marked day is counted live until it is rebuilt again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.counting.kept import forget_stored
from satisfaction.counting.selecting import (
    CHANNEL,
    HOUR,
    IS_ANSWER,
    OUTCOMES,
    POSITIONS,
    PROCEDURE,
    STANDING,
    finished_visits,
    reasoned_ratings,
    reasoning_ratings,
    standing_ratings,
)
from satisfaction.database import LocalDay
from satisfaction.days import hold_day_alone
from satisfaction.errors import InvalidPeriodError
from satisfaction.models import (
    CountedDay,
    DailyCount,
    DailyHourCount,
    DailyProcedureCount,
    DailyProcedureVisitCount,
    DailyReasonCount,
    DailyReasonedCount,
    DailyVisitCount,
    Level,
    Rating,
    RatingReason,
    Unit,
    Visit,
)
from satisfaction.periods import Period
from satisfaction.terms import Leaning

Row = dict[str, Any]
_UPSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
# Made once: building these statements takes as long as running them for a quiet day.
_DAY = bindparam("day", type_=LocalDay)
_PLACE = (Rating.unit_id, Rating.desk_id, PROCEDURE.label("procedure_key"))
_BY_CHANNEL = (*_PLACE, CHANNEL.label("channel"))
_RATINGS = standing_ratings(
    *_BY_CHANNEL,
    Level.scale_id,
    Rating.source,
    STANDING.label("standing"),
    Level.position,
).where(Rating.local_day == _DAY)
_VISITS = finished_visits(
    Visit.unit_id, Visit.desk_id, PROCEDURE.label("procedure_key"), Visit.channel
).where(Visit.closed_day == _DAY)
_HOURS = standing_ratings(
    Rating.unit_id, Rating.desk_id, HOUR.label("hour"), CHANNEL.label("channel"), Level.leaning
).where(*IS_ANSWER, Rating.local_day == _DAY)
_GIVEN = reasoned_ratings(*_BY_CHANNEL, RatingReason.reason_id).where(Rating.local_day == _DAY)
_REASONED = reasoning_ratings(*_BY_CHANNEL).where(Rating.local_day == _DAY)
_LEVELS = tuple(f"level_{n}" for n in POSITIONS)


def rebuild_day(session: Session, day: date) -> None:
    """Store the counts of a closed day anew.

    Writes: all daily counts of the day; its mark is taken away.
    Raises: InvalidPeriodError for today or a day to come, which are counted live.
    """
    _refuse_open([day])
    hold_day_alone(session.connection(), day)
    ratings = _read(session, _RATINGS, day, _spread_level)
    visits = _read(session, _VISITS, day, dict)
    hours = _read(session, _HOURS, day, _spread_leaning)
    stored: tuple[tuple[Any, Iterable[Row]], ...] = (
        (DailyCount, _sum_up(_without_procedure(ratings), _LEVELS)),
        (DailyVisitCount, _sum_up(_without_procedure(visits), ("finished", *OUTCOMES))),
        (DailyProcedureCount, _sum_up(ratings, _LEVELS)),
        (DailyProcedureVisitCount, _without_outcomes(visits)),
        (DailyHourCount, _sum_up(hours, tuple(Leaning))),
        (DailyReasonCount, _read(session, _GIVEN, day, _name_given)),
        (DailyReasonedCount, _read(session, _REASONED, day, dict)),
    )
    for model, rows in stored:
        # Most of these tables begin with the unit, so a day is found there unit by unit.
        units = model.unit_id.in_(select(Unit.id))
        session.execute(delete(model).where(units, model.local_day == day))
        if found := [{**row, "local_day": day} for row in rows]:
            session.execute(insert(model), found)
    upsert = _UPSERT[session.get_bind().dialect.name](CountedDay)
    state = {"local_day": day, "rebuilt_at": clock.now(), "marked_at": None}
    session.execute(
        upsert.values(state).on_conflict_do_update(index_elements=["local_day"], set_=state)
    )
    forget_stored()


def rebuild_days(session: Session, days: Iterable[date]) -> None:
    """Store the counts of closed days anew; those on which nothing ever happened in one go.

    For an office that nobody else writes to yet: no day is held while it is looked for.
    Writes: all daily counts of the days. Raises: those of ``rebuild_day``.
    """
    days = set(days)
    _refuse_open(days)
    happened = {
        *session.scalars(select(Rating.local_day).distinct()),
        *session.scalars(select(Visit.closed_day).distinct()),
        *session.scalars(select(CountedDay.local_day)),
    }
    for day in sorted(days & happened):
        rebuild_day(session, day)
    quiet = [{"local_day": day, "rebuilt_at": clock.now()} for day in sorted(days - happened)]
    if quiet:
        session.execute(insert(CountedDay), quiet)
    forget_stored()


def _refuse_open(days: Iterable[date]) -> None:
    for day in days:
        if day >= clock.today():
            raise InvalidPeriodError(day=day)


def _read(
    session: Session, wanted: Select[Any], day: date, form: Callable[[Any], Row]
) -> list[Row]:
    return [form(row) for row in session.execute(wanted, {"day": day}).mappings()]


def _spread_level(row: Any) -> Row:
    """Return a count of one level as one column among those of all levels."""
    place = {name: value for name, value in row.items() if name not in {"position", "amount"}}
    return {**place, **dict.fromkeys(_LEVELS, 0), f"level_{row['position']}": row["amount"]}


def _spread_leaning(row: Any) -> Row:
    place = {name: value for name, value in row.items() if name not in {"leaning", "amount"}}
    return {**place, **dict.fromkeys(Leaning, 0), row["leaning"]: row["amount"]}


def _name_given(row: Any) -> Row:
    return {("given" if name == "amount" else name): value for name, value in row.items()}


def _without_procedure(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        yield {name: value for name, value in row.items() if name != "procedure_key"}


def _without_outcomes(rows: Iterable[Row]) -> Iterator[Row]:
    dropped = set(OUTCOMES) - {"rated"}
    for row in rows:
        yield {name: value for name, value in row.items() if name not in dropped}


def _sum_up(rows: Iterable[Row], amounts: Sequence[str]) -> list[Row]:
    """Return one row for each place, with its amounts added up."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        place = tuple(value for name, value in row.items() if name not in amounts)
        if place not in found:
            found[place] = dict(row)
            continue
        for name in amounts:
            found[place][name] += row[name]
    return list(found.values())


def list_stale_days(session: Session, *, most: int = 4000) -> Sequence[date]:
    """Return closed days that have no stored counts or are marked, oldest first."""
    first = session.scalar(select(func.min(Rating.local_day)))
    first_visit = session.scalar(select(func.min(Visit.closed_day)))
    days = [day for day in (first, first_visit) if day is not None]
    if not days:
        return []
    current = set(
        session.scalars(
            select(CountedDay.local_day).where(
                CountedDay.marked_at.is_(None), CountedDay.rebuilt_at.is_not(None)
            )
        )
    )
    today, start = clock.today(), min(days)
    span = (start + timedelta(days=n) for n in range((today - start).days))
    return [day for day in span if day not in current][:most]


def find_settled(session: Session, period: Period) -> datetime | None:
    """Return when a closed period's counts were last stored; None while they may still change."""
    if period.end_day > clock.today() or any(day in period for day in list_stale_days(session)):
        return None
    last = session.scalar(
        select(func.max(CountedDay.rebuilt_at)).where(
            CountedDay.local_day >= period.first_day, CountedDay.local_day < period.end_day
        )
    )
    return last or clock.start_of_day(period.end_day)
