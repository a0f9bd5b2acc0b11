"""Years of visits and ratings, written in bulk by the database itself, with their daily counts.

Refuses to be believed: the counts of sampled days are compared with the product's own rebuild.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    case,
    cast,
    create_engine,
    event,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import UUID

from bench.places import Place
from bench.planting import City
from satisfaction import clock, rollups
from satisfaction.counting.selecting import (
    CHANNEL,
    HOUR,
    PROCEDURE,
    reasoned_ratings,
    reasoning_ratings,
)
from satisfaction.database import LocalDay, UtcTime, reading, unit_of_work
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
    Reason,
    Visit,
)
from satisfaction.terms import (
    Channel,
    Language,
    Layout,
    Leaning,
    Outcome,
    RatingSource,
    Standing,
    VisitKind,
)

OPENING_HOURS = 8
DAYS_AT_ONCE = 30
SAMPLED_DAYS = 4
PROCEDURES_EACH = 9
ONE_IN = 3
# What citizens tap, by the place of the face: 22 of 25 are satisfied, as where an office does well.
FACES = (0, 1, 2, *[3] * 7, *[4] * 15)
COUNTS = (
    DailyCount,
    DailyVisitCount,
    DailyProcedureCount,
    DailyProcedureVisitCount,
    DailyHourCount,
    DailyReasonCount,
    DailyReasonedCount,
)
_tables = MetaData()
_moment = Table(
    "bench_moment",
    _tables,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("local_day", LocalDay, nullable=False),
    Column("is_rated", Integer, nullable=False),
)
_stand = Table(
    "bench_stand",
    _tables,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("unit_id", Integer, nullable=False),
    Column("desk_id", Integer, nullable=False),
    Column("kiosk_id", Integer, nullable=False),
)


@dataclass(frozen=True)
class Span:
    """On which days, and how many visits each desk has a day: rated ones and others."""

    first_day: date
    end_day: date
    rated: int
    unrated: int

    @property
    def days(self) -> list[date]:
        """The days, oldest first."""
        length = (self.end_day - self.first_day).days
        return [self.first_day + timedelta(days=n) for n in range(length)]


def write_history(place: Place, city: City, span: Span) -> int:
    """Write visits, ratings and the counts of all their days; return how many ratings."""
    moments = list(_moments(span))
    level_ids = _level_ids(city)
    with _bulk_connection(place) as connection:
        _tables.create_all(connection)
        connection.execute(insert(_stand), _stands(city))
        connection.execute(insert(_moment), moments)
        step = DAYS_AT_ONCE * (span.rated + span.unrated)
        for first in range(0, len(moments), step):
            _write_part(connection, city, level_ids, (first, first + step))
        rebuilt_at = clock.now()
        days = [{"local_day": day, "rebuilt_at": rebuilt_at} for day in span.days]
        connection.execute(insert(CountedDay), days)
        _tables.drop_all(connection)
    check_counts(span)
    return len(span.days) * span.rated * len(city.stands)


@contextmanager
def _bulk_connection(place: Place) -> Iterator[Connection]:
    """Connect without the care that an installation takes: here nothing can be lost but time."""
    engine = create_engine(place.settings().effective_database_url)
    if place.engine == "SQLite":

        @event.listens_for(engine, "connect")
        def hurry(connection: Any, _record: object) -> None:
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-200000"):
                connection.execute(f"PRAGMA {pragma}")

    with engine.begin() as connection:
        if place.engine == "PostgreSQL":
            connection.exec_driver_sql("SET session_replication_role = replica")
        yield connection
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE" if place.database_url else "ANALYZE")
    engine.dispose()


def _moments(span: Span) -> Iterator[dict[str, Any]]:
    """Yield the times of each day at which every desk finishes a visit, in order."""
    slots = span.rated + span.unrated
    step = timedelta(hours=OPENING_HOURS) / slots
    for number, day in enumerate(span.days):
        opens_at = clock.start_of_day(day) + timedelta(hours=8)
        for slot in range(slots):
            yield {
                "seq": number * slots + slot,
                "at": opens_at + slot * step,
                "local_day": day,
                "is_rated": int(slot < span.rated),
            }


def _stands(city: City) -> list[dict[str, int]]:
    return [
        {
            "place": place,
            "unit_id": stand.unit_id,
            "desk_id": stand.desk_id,
            "kiosk_id": stand.kiosk_id,
        }
        for place, stand in enumerate(city.stands)
    ]


def _level_ids(city: City) -> list[int]:
    scale_id = city.stands[0].scale_id
    wanted = select(Level.id).where(Level.scale_id == scale_id).order_by(Level.position)
    with reading() as session:
        return list(session.scalars(wanted))


def _write_part(
    connection: Connection, city: City, level_ids: list[int], part: tuple[int, int]
) -> None:
    """Write what happened in a run of moments."""
    stands = len(city.stands)
    number = _moment.c.seq * stands + _stand.c.place + 1
    first, end = part
    within = (_moment.c.seq >= first, _moment.c.seq < end)
    key = _key(connection, number)
    level = case(
        {place: level_ids[face] for place, face in enumerate(FACES[:-1])},
        value=(_moment.c.seq + _stand.c.place) % len(FACES),
        else_=level_ids[-1],
    )
    visits = {
        Visit.id: number,
        Visit.token: key,
        Visit.unit_id: _stand.c.unit_id,
        Visit.desk_id: _stand.c.desk_id,
        Visit.kind: literal(VisitKind.INTAKE, Visit.kind.type),
        Visit.channel: literal(Channel.IN_PERSON, Visit.channel.type),
        Visit.procedure_id: _procedure(city),
        Visit.opened_at: _moment.c.at,
        Visit.closed_at: _moment.c.at,
        Visit.closed_day: _moment.c.local_day,
        Visit.shown_at: _moment.c.at,
        Visit.outcome: case(
            (_moment.c.is_rated == 1, literal(Outcome.RATED, Visit.outcome.type)),
            else_=literal(Outcome.TIMED_OUT, Visit.outcome.type),
        ),
    }
    ratings = {
        Rating.seq: number,
        Rating.id: key,
        Rating.visit_id: number,
        Rating.unit_id: _stand.c.unit_id,
        Rating.desk_id: _stand.c.desk_id,
        Rating.level_id: level,
        Rating.configuration_id: literal(city.stands[0].configuration_id),
        Rating.kiosk_id: _stand.c.kiosk_id,
        Rating.device_epoch: literal(1),
        Rating.device_counter: _moment.c.seq,
        Rating.source: literal(RatingSource.KIOSK, Rating.source.type),
        Rating.language: literal(Language.VI, Rating.language.type),
        Rating.layout: literal(Layout.ROW, Rating.layout.type),
        Rating.tapped_at: _moment.c.at,
        Rating.received_at: _moment.c.at,
        Rating.clock_offset_ms: literal(0),
        Rating.local_day: _moment.c.local_day,
    }
    both = select(*visits.values()).select_from(_moment.join(_stand, literal(1) == 1))
    connection.execute(insert(Visit).from_select(list(visits), both.where(*within)))
    both = select(*ratings.values()).select_from(_moment.join(_stand, literal(1) == 1))
    rated = both.where(*within, _moment.c.is_rated == 1)
    connection.execute(insert(Rating).from_select(list(ratings), rated))
    _count_part(connection, city, level_ids, (first * stands + 1, end * stands + 1))


def _procedure(city: City) -> ColumnElement[int | None]:
    """Return the procedure of a visit: each desk has some, of which two come most often."""
    if not city.procedure_ids:
        return literal(None, Visit.procedure_id.type)
    of_desk = PROCEDURES_EACH * _stand.c.place
    spread = _moment.c.seq * _moment.c.seq % PROCEDURES_EACH
    return case(
        dict(enumerate(city.procedure_ids)), value=(of_desk + spread) % len(city.procedure_ids)
    )


def _key(connection: Connection, number: ColumnElement[int]) -> ColumnElement[Any]:
    """Return 16 bytes that grow with the number, as the keys of devices grow with time."""
    if connection.dialect.name == "sqlite":
        return cast(func.printf("%016d", number), LargeBinary)
    return cast(func.lpad(func.to_hex(number), 32, "0"), UUID)


def _count_part(
    connection: Connection, city: City, level_ids: list[int], numbers: tuple[int, int]
) -> None:
    """Write the reasons and the daily counts of whole days of visits and ratings."""
    first, end = numbers
    given = (Rating.seq >= first, Rating.seq < end)
    _give_reasons(connection, level_ids, given)
    levels: dict[str, ColumnElement[Any]] = {
        f"level_{place}": func.sum(case((Rating.level_id == level_id, 1), else_=0))
        for place, level_id in enumerate(level_ids, start=1)
    }
    levels |= {f"level_{place}": literal(0) for place in range(len(level_ids) + 1, 8)}
    place: dict[str, Any] = {
        "local_day": Rating.local_day,
        "desk_id": Rating.desk_id,
        "scale_id": literal(city.stands[0].scale_id),
        "channel": literal(Channel.IN_PERSON, DailyCount.channel.type),
        "source": Rating.source,
        "standing": literal(Standing.LINKED, DailyCount.standing.type),
        "unit_id": Rating.unit_id,
    }
    by_procedure = place | {"procedure_key": PROCEDURE}
    for model, keys in ((DailyCount, place), (DailyProcedureCount, by_procedure)):
        answers = select(*keys.values(), *levels.values()).select_from(Rating).where(*given)
        if model is DailyProcedureCount:
            answers = answers.join(Visit, Visit.id == Rating.visit_id)
        grouped = answers.group_by(Rating.local_day, Rating.desk_id, Rating.source, Rating.unit_id)
        if model is DailyProcedureCount:
            grouped = grouped.group_by(PROCEDURE)
        connection.execute(insert(model).from_select([*keys, *levels], grouped))
    _count_visits(connection, (Visit.id >= first, Visit.id < end))
    _count_hours_and_reasons(connection, given)


def _give_reasons(
    connection: Connection, level_ids: list[int], given: tuple[ColumnElement[bool], ...]
) -> None:
    """Have some of those who were not satisfied say why: one reason, and now and then a second."""
    reason_ids = connection.scalars(select(Reason.id).order_by(Reason.id)).all()
    low = Rating.level_id.in_(level_ids[:3])
    for step, one_in in ((0, ONE_IN), (4, ONE_IN * ONE_IN)):
        which = (Rating.seq // ONE_IN + step) % len(reason_ids)
        reason = case(dict(enumerate(reason_ids)), value=which)
        rows = select(Rating.seq, reason, Rating.received_at).where(
            *given, low, Rating.seq % one_in == 0
        )
        names = ["rating_seq", "reason_id", "given_at"]
        connection.execute(insert(RatingReason).from_select(names, rows))


def _count_visits(connection: Connection, finished: tuple[ColumnElement[bool], ...]) -> None:
    outcomes = {
        outcome.value: func.sum(case((Visit.outcome == outcome, 1), else_=0)) for outcome in Outcome
    }
    place: dict[str, Any] = {
        "local_day": Visit.closed_day,
        "desk_id": Visit.desk_id,
        "channel": Visit.channel,
        "unit_id": Visit.unit_id,
    }
    rated = {"rated": outcomes["rated"]}
    by_procedure = place | {"procedure_key": PROCEDURE}
    for model, keys, amounts in (
        (DailyVisitCount, place, outcomes),
        (DailyProcedureVisitCount, by_procedure, rated),
    ):
        counted = (
            select(*keys.values(), func.count(), *amounts.values())
            .where(*finished)
            .group_by(*keys.values())
        )
        connection.execute(insert(model).from_select([*keys, "finished", *amounts], counted))


def _count_hours_and_reasons(
    connection: Connection, given: tuple[ColumnElement[bool], ...]
) -> None:
    place: list[Any] = [
        Rating.unit_id.label("unit_id"),
        Rating.local_day.label("local_day"),
        Rating.desk_id.label("desk_id"),
        CHANNEL.label("channel"),
    ]
    leanings = {
        leaning.value: func.sum(case((Level.leaning == leaning, 1), else_=0)) for leaning in Leaning
    }
    keys = [*place, HOUR.label("hour")]
    hours = (
        select(*keys, *leanings.values())
        .select_from(Rating)
        .join(Visit, Visit.id == Rating.visit_id)
        .join(Level, Level.id == Rating.level_id)
        .where(*given)
        .group_by(*keys)
    )
    _insert(connection, DailyHourCount, [*keys, *leanings], hours)
    keys = [*place, PROCEDURE.label("procedure_key")]
    reason = RatingReason.reason_id.label("reason_id")
    reasons = reasoned_ratings(*keys, reason).where(*given)
    _insert(connection, DailyReasonCount, [*keys, reason, "given"], reasons)
    reasoning = reasoning_ratings(*keys).where(*given)
    _insert(connection, DailyReasonedCount, [*keys, "reasoned", "reasoned_openly"], reasoning)


def _insert(connection: Connection, model: Any, columns: list[Any], rows: Select[Any]) -> None:
    names = [one if isinstance(one, str) else one.name for one in columns]
    connection.execute(insert(model).from_select(names, rows))


def check_counts(span: Span) -> None:
    """Refuse counts that the product's own rebuild of a day would not have made."""
    days = span.days
    for day in days[:: max(1, len(days) // SAMPLED_DAYS)]:
        before = _counts_of(day)
        with unit_of_work() as session:
            rollups.rebuild_day(session, day)
        if not before[0] or before != _counts_of(day):
            raise RuntimeError(f"the bulk counts of {day} are not those of the product")


def _counts_of(day: date) -> list[list[tuple[str, ...]]]:
    with reading() as session:
        return [
            sorted(
                tuple(map(str, row))
                for row in session.execute(
                    select(*kind.__table__.c).where(kind.__table__.c.local_day == day)
                )
            )
            for kind in COUNTS
        ]
