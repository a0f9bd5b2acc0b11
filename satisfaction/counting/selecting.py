"""What counts as an answer and what as a finished visit; one meaning for every count.

Refuses to know periods and filters: those belong to who asks.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Integer, Select, case, func, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from satisfaction import clock
from satisfaction.models import Level, Rating, RatingMark, RatingReason, RatingVoid, Reason, Visit
from satisfaction.models.scale import MOST_LEVELS
from satisfaction.series import CORRECTED
from satisfaction.terms import ALLEGATIONS, Channel, Leaning, Outcome, Standing

_superseder = aliased(Rating, name="superseder")
STANDING = case(
    (RatingVoid.rating_seq.is_not(None), Standing.VOIDED.value),
    (Rating.visit_id.is_(None), Standing.UNLINKED.value),
    else_=Standing.LINKED.value,
)
CHANNEL = func.coalesce(Visit.channel, literal(Channel.UNKNOWN, Visit.channel.type))
POSITIONS = range(1, MOST_LEVELS + 1)
OUTCOMES = tuple(Outcome)
IS_MARKED = Rating.seq.in_(select(RatingMark.rating_seq))
IS_ANSWER = (Rating.visit_id.is_not(None), RatingVoid.rating_seq.is_(None))
PROCEDURE = func.coalesce(Visit.procedure_id, literal(0))
LEANINGS = tuple(Leaning)
_BY_OUTCOME = tuple(
    func.count(case((Visit.outcome == outcome, 1))).label(outcome.value) for outcome in OUTCOMES
)
_ZONE = clock.local_time(datetime(2026, 1, 1, tzinfo=UTC)).utcoffset() or timedelta(0)
_ZONE_SECONDS = int(_ZONE.total_seconds())


class LocalHour(FunctionElement[int]):
    """The hour, 0 to 23, of the office's wall clock in which a rating was given.

    Time: the device's time, corrected as ``placing`` corrects it to find the day.
    """

    type = Integer()
    inherit_cache = True
    name = "local_hour"


@compiles(LocalHour, "sqlite")
def _hour_on_sqlite(element: LocalHour, compiler: SQLCompiler, **options: Any) -> str:
    corrected, received = (compiler.process(one, **options) for one in element.clauses)
    return f"((min({corrected}, {received}) / 1000000 + {_ZONE_SECONDS}) % 86400 / 3600)"


@compiles(LocalHour, "postgresql")
def _hour_on_postgresql(element: LocalHour, compiler: SQLCompiler, **options: Any) -> str:
    corrected, received = (compiler.process(one, **options) for one in element.clauses)
    zone = clock.OFFICE_ZONE.key
    return f"extract(hour FROM timezone('{zone}', least({corrected}, {received})))::integer"


HOUR = LocalHour(CORRECTED, Rating.received_at)


def standing_ratings(*columns: Any) -> Select[Any]:
    """Return a grouped count over the last rating of each chain; one meaning for all counts."""
    return (
        select(*columns, func.count().label("amount"))
        .select_from(Rating)
        .outerjoin(Visit, Visit.id == Rating.visit_id)
        .outerjoin(RatingVoid, RatingVoid.rating_seq == Rating.seq)
        .outerjoin(_superseder, _superseder.supersedes_seq == Rating.seq)
        .join(Level, Level.id == Rating.level_id)
        .where(_superseder.seq.is_(None))
        .group_by(*columns)
    )


def finished_visits(*columns: Any) -> Select[Any]:
    """Return a grouped count over finished visits, one column for each outcome."""
    return (
        select(*columns, func.count().label("finished"), *_BY_OUTCOME)
        .select_from(Visit)
        .where(Visit.closed_day.is_not(None))
        .group_by(*columns)
    )


def reasoned_ratings(*columns: Any) -> Select[Any]:
    """Return, of the answers that do not count as satisfied, how many gave which reason.

    Reasons that follow a satisfied answer praise, so they are not these.
    """
    return (
        standing_ratings(*columns)
        .join(RatingReason, RatingReason.rating_seq == Rating.seq)
        .where(*IS_ANSWER, Level.leaning != Leaning.SATISFIED)
    )


def reasoning_ratings(*columns: Any) -> Select[Any]:
    """Return how many such answers gave a reason at all, and one that is no allegation.

    Shape: ``reasoned`` and ``reasoned_openly``.
    """
    given = select(RatingReason.rating_seq).where(RatingReason.rating_seq == Rating.seq)
    openly = given.join(Reason, Reason.id == RatingReason.reason_id).where(
        Reason.code.not_in(ALLEGATIONS)
    )
    return (
        standing_ratings(*columns)
        .with_only_columns(
            *columns,
            func.count().label("reasoned"),
            func.count(case((openly.exists(), 1))).label("reasoned_openly"),
        )
        .where(*IS_ANSWER, Level.leaning != Leaning.SATISFIED, given.exists())
    )
