"""Single ratings to be taken away, one line each, for who may see single ratings. Streams by day.

Refuses the ticket, the dossier, the minute and the order in which ratings came: a line has the day
and the half of it, and within a half-day the lines are shuffled. Refuses the day that runs, and
what came in after the last closing up to which every unit asked for shows its voices. An
allegation's reason, and the words with it, are left out for who may not see allegations, and all
words for who may not read any.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from satisfaction import clock
from satisfaction.counting.selecting import CHANNEL, HOUR, STANDING
from satisfaction.database import UtcTime
from satisfaction.errors import UnitNotFoundError
from satisfaction.models import (
    Comment,
    Desk,
    Procedure,
    Rating,
    RatingMark,
    RatingReason,
    RatingVoid,
    Reason,
    Scale,
    Unit,
    Visit,
)
from satisfaction.office import Segment, name_of, segments_under
from satisfaction.periods import Period
from satisfaction.policies import read_policies
from satisfaction.terms import ALLEGATIONS, Channel, Leaning, Mark, RatingSource, Standing

NOON = 12
MOST_AT_ONCE = 500
_superseder = aliased(Rating, name="superseder")


@dataclass(frozen=True, kw_only=True)
class RatingLine:
    """One rating as it may leave the house."""

    day: date
    is_morning: bool
    unit_code: str
    unit_name: str
    desk_code: str
    desk_name: str
    procedure_code: str
    procedure_name: str
    channel: Channel
    source: RatingSource
    scale: str
    position: int
    level_vi: str
    level_en: str
    leaning: Leaning
    standing: Standing
    is_assisted: bool
    marks: tuple[Mark, ...]
    reasons: tuple[tuple[str, str], ...]
    words: str


@dataclass(frozen=True)
class LinesWanted:
    """The ratings of a unit and a period that came in before a moment, and who asks for them."""

    unit_id: int
    unit_code: str
    period: Period
    segments: tuple[Segment, ...]
    with_allegations: bool
    with_words: bool
    before: datetime
    count: int

    @property
    def values(self) -> dict[str, datetime]:
        """What the statements are run with."""
        return {"before": self.before}


def ask_for_lines(
    session: Session,
    unit_id: int,
    period: Period,
    *,
    visible: Set[int],
    allegations: Set[int],
    words: Set[int],
) -> LinesWanted:
    """Return what will be streamed, and how many lines it has; days that are not over are left out.

    Shape: ``visible``, ``allegations`` and ``words`` are the units within which the officer may see
    these.
    Raises: UnitNotFoundError, also for a unit outside.
    """
    unit = session.get(Unit, unit_id)
    if unit is None or unit_id not in visible:
        raise UnitNotFoundError(unit_id=unit_id)
    segments = tuple(segments_under(session, unit_id, period))
    before = _find_closing(session, frozenset().union(*[part.unit_ids for part in segments]))
    count = sum(
        session.scalar(
            _select(func.count()).where(
                Rating.local_day >= part.period.first_day,
                Rating.local_day < min(part.period.end_day, clock.today()),
                Rating.unit_id.in_(sorted(part.unit_ids)),
            ),
            {"before": before},
        )
        or 0
        for part in segments
    )
    code = name_of(unit, period.last_day).code
    return LinesWanted(
        unit_id,
        code,
        period,
        segments,
        with_allegations=unit_id in allegations,
        with_words=unit_id in words,
        before=before,
        count=count,
    )


def _find_closing(session: Session, unit_ids: Set[int]) -> datetime:
    """Return the closing up to which all these units show what came in, today's start at latest."""
    now, policies = clock.now(), read_policies(session)
    closings = (policies.shown_until(unit_id, now) for unit_id in unit_ids)
    return min(clock.start_of_day(clock.local_day(now)), *closings)


def _select(*columns: Any) -> Select[Any]:
    """Return a query over the last rating of each chain."""
    return (
        select(*columns)
        .select_from(Rating)
        .outerjoin(Visit, Visit.id == Rating.visit_id)
        .outerjoin(RatingVoid, RatingVoid.rating_seq == Rating.seq)
        .outerjoin(_superseder, _superseder.supersedes_seq == Rating.seq)
        .where(_superseder.seq.is_(None), Rating.received_at < bindparam("before", type_=UtcTime))
    )


_LINE = _select(
    Rating.seq,
    Rating.id,
    Rating.unit_id,
    Rating.desk_id,
    Rating.level_id,
    Rating.source,
    Rating.is_assisted,
    Visit.procedure_id,
    CHANNEL.label("channel"),
    STANDING.label("standing"),
    HOUR.label("hour"),
)


# What comes today is left out until tomorrow, or who asks again and again would see it come.
_WORDS = select(Comment.rating_seq, Comment.body).where(
    Comment.given_at < bindparam("before", type_=UtcTime)
)
_EARLIER = select(Rating.seq, Rating.supersedes_seq).where(Rating.supersedes_seq.is_not(None))


def list_days(wanted: LinesWanted) -> Iterator[tuple[date, frozenset[int]]]:
    """Yield the days that are over, each with the units that belong to it."""
    for part in wanted.segments:
        for day in part.period.days():
            if day < clock.today():
                yield day, part.unit_ids


class LineReader:
    """Reads the lines of one day after another; names are read once."""

    def __init__(self, session: Session, wanted: LinesWanted) -> None:
        self._wanted = wanted
        last = wanted.period.last_day
        self._units = {
            unit.id: (name_of(unit, last).code, name_of(unit, last).name)
            for unit in session.scalars(select(Unit))
        }
        self._desks = {
            row.id: (row.code, row.name)
            for row in session.execute(select(Desk.id, Desk.code, Desk.name))
        }
        self._procedures = {
            row.id: (row.national_code, row.short_name)
            for row in session.execute(
                select(Procedure.id, Procedure.national_code, Procedure.short_name)
            )
        }
        self._levels = {
            level.id: (f"{scale.code}-{scale.version}", level)
            for scale in session.scalars(select(Scale))
            for level in scale.levels
        }
        self._reasons = {reason.id: reason for reason in session.scalars(select(Reason))}

    def read_day(self, session: Session, day: date, units: frozenset[int]) -> list[RatingLine]:
        """Return the lines of a day: its morning, then its afternoon, each shuffled."""
        found = _LINE.where(Rating.local_day == day, Rating.unit_id.in_(sorted(units)))
        rows = sorted(session.execute(found, self._wanted.values), key=_shuffled)
        seqs = [row.seq for row in rows]
        reasons = self._gather(
            session, select(RatingReason.rating_seq, RatingReason.reason_id), seqs
        )
        marks = self._gather(session, select(RatingMark.rating_seq, RatingMark.mark), seqs)
        words = self._read_words(session, seqs) if self._wanted.with_words else {}
        return [
            self._line(
                row,
                day,
                reasons=reasons.get(row.seq, []),
                marks=marks.get(row.seq, []),
                words=words.get(row.seq, []),
            )
            for row in rows
        ]

    def _read_words(self, session: Session, seqs: Sequence[int]) -> Mapping[int, list[Any]]:
        """Return the words of each rating, also those that came to one which it corrects."""
        words = dict(self._gather(session, _WORDS, seqs))
        last = {seq: seq for seq in seqs}
        while earlier := self._gather(session, _EARLIER, list(last)):
            last = {found[0]: last[seq] for seq, found in earlier.items()}
            for seq, given in self._gather(session, _WORDS, list(last)).items():
                words.setdefault(last[seq], given)
        return words

    def _gather(
        self, session: Session, statement: Any, seqs: Sequence[int]
    ) -> Mapping[int, list[Any]]:
        """Return what belongs to each of these ratings, a few hundred at a time."""
        found: dict[int, list[Any]] = defaultdict(list)
        key = statement.selected_columns[0]
        for first in range(0, len(seqs), MOST_AT_ONCE):
            part = statement.where(key.in_(seqs[first : first + MOST_AT_ONCE]))
            for seq, value in session.execute(part, self._wanted.values):
                found[seq].append(value)
        return found

    def _line(
        self,
        row: Any,
        day: date,
        *,
        reasons: Sequence[int],
        marks: Sequence[Mark],
        words: Sequence[str | None],
    ) -> RatingLine:
        unit_code, unit_name = self._units[row.unit_id]
        desk_code, desk_name = self._desks[row.desk_id]
        procedure_code, procedure_name = self._procedures.get(row.procedure_id, ("", ""))
        scale, level = self._levels[row.level_id]
        given = [self._reasons[one] for one in sorted(reasons)]
        is_secret = not self._wanted.with_allegations and any(
            reason.code in ALLEGATIONS for reason in given
        )
        return RatingLine(
            day=day,
            is_morning=row.hour < NOON,
            unit_code=unit_code,
            unit_name=unit_name,
            desk_code=desk_code,
            desk_name=desk_name,
            procedure_code=procedure_code,
            procedure_name=procedure_name,
            channel=row.channel,
            source=row.source,
            scale=scale,
            position=level.position,
            level_vi=level.label_vi,
            level_en=level.label_en,
            leaning=level.leaning,
            standing=Standing(row.standing),
            is_assisted=row.is_assisted,
            marks=tuple(sorted(marks)),
            reasons=tuple(
                (reason.label_vi, reason.label_en)
                for reason in given
                if not (is_secret and reason.code in ALLEGATIONS)
            ),
            words="" if is_secret else (words[0] or "" if words else ""),
        )


def _shuffled(row: Any) -> tuple[bool, bytes]:
    """Return a place within the half-day that says nothing of the time; the id itself would."""
    return row.hour >= NOON, hashlib.sha256(row.id.bytes).digest()
