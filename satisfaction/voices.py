"""Citizens' voices as officers may see them: low ratings and words, by day and half-day.

Refuses the ticket, the dossier, the minute and the order of what came in: within a half-day the
order is a keyed shuffle, and a voice is named by a pseudonym.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.counting.selecting import HOUR
from satisfaction.errors import VoiceNotFoundError
from satisfaction.findings import NOON
from satisfaction.models import (
    Desk,
    Level,
    Procedure,
    Rating,
    RatingMark,
    RatingReason,
    Reason,
    Visit,
)
from satisfaction.office import find_units, name_of
from satisfaction.periods import Period
from satisfaction.series import CORRECTED
from satisfaction.terms import (
    ALLEGATIONS,
    CaseState,
    Channel,
    HalfDay,
    Layout,
    Leaning,
    Mark,
    RatingSource,
)
from satisfaction.text import search_form
from satisfaction.voice_rows import (
    IS_ALLEGATION,
    Reader,
    Wanted,
    case_token_of,
    end_of_shown,
    select_voices,
    state_of,
    words_of,
)

PAGE_LENGTH = 25
LATE = timedelta(hours=1)
FURTHER_READ_TIMES = 4
UNSEEN_DAYS = 31
LONGEST_MEMORY = Period(date(2000, 1, 1), date(2200, 1, 1))


@dataclass(frozen=True, kw_only=True)
class Voice:
    """One voice; ``name`` is its pseudonym, and there is no way from here to a person.

    ``words`` is None where there are none or they are hidden from this reader, and empty where they
    were erased. ``was_late`` says that a device could not send it at once.
    """

    name: str
    unit_id: int
    unit_name: str
    desk_name: str
    day: date
    half_day: HalfDay
    procedure_name: str
    level_vi: str
    level_en: str
    face: int
    leaning: Leaning
    reasons: tuple[tuple[str, str, str], ...]
    words: str | None
    hides_words: bool
    channel: Channel
    source: RatingSource
    layout: Layout
    is_assisted: bool
    was_late: bool
    marks: tuple[Mark, ...]
    is_allegation: bool
    state: CaseState
    case_token: uuid.UUID | None


@dataclass(frozen=True, kw_only=True)
class VoicePage:
    """One page of voices, and how many there are in all.

    ``unlinked`` of them belong to no visit, so that no figure of the overview holds them.
    """

    voices: tuple[Voice, ...]
    total: int
    unlinked: int
    page: int
    page_count: int


@dataclass(frozen=True)
class Unseen:
    """How many voices nobody has looked at, how many of them have words, and since which day."""

    count: int
    with_words: int
    oldest_day: date | None


def list_voices(session: Session, reader: Reader, wanted: Wanted, *, page: int = 1) -> VoicePage:
    """Return one page of the voices that are asked for, the newest half-day first.

    A page beyond the last one is the last one.
    """
    counts, unlinked = _count_by_day(session, reader, wanted)
    total = sum(counts.values())
    page_count = max(1, -(-total // PAGE_LENGTH))
    page = min(max(1, page), page_count)
    first = (page - 1) * PAGE_LENGTH
    seqs = _slice(session, reader, wanted, counts=counts, first=first, length=PAGE_LENGTH)
    voices = _load(session, reader, wanted, seqs=seqs)
    return VoicePage(
        voices=voices, total=total, unlinked=unlinked, page=page, page_count=page_count
    )


def list_latest(
    session: Session, reader: Reader, *, limit: int = 5, days: int = 7
) -> tuple[Voice, ...]:
    """Return the latest voices of the last days, today included, in the order of the list."""
    return list_newest(session, reader, Wanted(period=_last_days(days)), limit=limit)


def list_newest(
    session: Session, reader: Reader, wanted: Wanted, *, limit: int
) -> tuple[Voice, ...]:
    """Return the newest of the voices that are asked for, in the order of the list.

    Only as many days are read as it takes, from the last one that is shown backwards; each is
    read whole, because within a half-day the order says nothing.
    """
    end = min(wanted.period.end_day, end_of_shown(session, reader, wanted))
    days = (end - wanted.period.first_day).days
    read = 0
    while read < days:
        read = min(days, read * FURTHER_READ_TIMES if read > 1 else read + 1)
        part = replace(wanted, period=Period(end - timedelta(days=read), end))
        found = _matching(session, reader, part)
        if len(found) >= limit or read == days:
            seqs = _run_of(reader, _by_half_day(found), 0, limit)
            return _load(session, reader, part, seqs=seqs)
    return ()


def count_unseen(
    session: Session, reader: Reader, unit_ids: frozenset[int] | None = None
) -> Unseen:
    """Return how many voices of the last month nobody has looked at, of all units or of these."""
    wanted = Wanted(period=_last_days(UNSEEN_DAYS), unit_ids=unit_ids, state=CaseState.NEW)
    columns = {
        "amount": func.count(),
        "with_words": func.count(words_of()["spoken_at"]),
        "oldest": func.min(Rating.local_day),
    }
    row = session.execute(select_voices(session, reader, wanted, columns=columns)).one()
    return Unseen(row.amount, row.with_words, row.oldest)


def get_voice(session: Session, reader: Reader, name: str) -> Voice:
    """Return one voice by its pseudonym.

    Raises: VoiceNotFoundError, also for what this officer does not see or not yet.
    """
    seq = reader.names.find(name)
    wanted = Wanted(period=LONGEST_MEMORY)
    found = _load(session, reader, wanted, seqs=[seq]) if seq is not None else ()
    if not found:
        raise VoiceNotFoundError(name=name)
    return found[0]


def find_voice(session: Session, reader: Reader, seq: int, *, day: date) -> Voice | None:
    """Return the voice of a rating of a day, as this officer sees it; None where it is none."""
    wanted = Wanted(period=Period(day, day + timedelta(days=1)))
    return next(iter(_load(session, reader, wanted, seqs=[seq])), None)


def count_marked(session: Session, desk_id: int, *, day: date, mark: Mark) -> int:
    """Return how many ratings of a desk's day bear a mark."""
    found = (
        select(func.count())
        .select_from(RatingMark)
        .join(Rating, Rating.seq == RatingMark.rating_seq)
        .where(Rating.desk_id == desk_id, Rating.local_day == day, RatingMark.mark == mark)
    )
    return session.scalar(found) or 0


def get_seq(session: Session, reader: Reader, name: str) -> int:
    """Return the rating behind a pseudonym, for what is kept with it.

    Raises: VoiceNotFoundError, as :func:`get_voice`.
    """
    get_voice(session, reader, name)
    seq = reader.names.find(name)
    assert seq is not None
    return seq


def _last_days(days: int) -> Period:
    end = clock.today() + timedelta(days=1)
    return Period(end - timedelta(days=days), end)


def _count_by_day(session: Session, reader: Reader, wanted: Wanted) -> tuple[dict[date, int], int]:
    """Return how many voices each day has, the newest day first, and how many have no visit."""
    if wanted.words:
        found = _matching(session, reader, wanted)
        counts = Counter(row.day for row in found)
        newest_first = {day: counts[day] for day in sorted(counts, reverse=True)}
        return newest_first, sum(row.visit is None for row in found)
    columns = {
        "day": Rating.local_day,
        "amount": func.count(),
        "linked": func.count(Rating.visit_id),
    }
    rows = session.execute(
        select_voices(session, reader, wanted, columns=columns)
        .group_by(Rating.local_day)
        .order_by(Rating.local_day.desc())
    ).all()
    return {row.day: row.amount for row in rows}, sum(row.amount - row.linked for row in rows)


def _slice(
    session: Session,
    reader: Reader,
    wanted: Wanted,
    *,
    counts: dict[date, int],
    first: int,
    length: int,
) -> list[int]:
    """Return the ratings of one run of the list; only the days that it touches are read."""
    ends = list(accumulate(counts.values()))
    touched = [
        day
        for day, end, amount in zip(counts, ends, counts.values(), strict=True)
        if end > first and end - amount < first + length
    ]
    if not touched:
        return []
    before = sum(amount for day, amount in counts.items() if day > touched[0])
    rows = [row for row in _matching(session, reader, wanted, days=touched) if row.day in touched]
    return _run_of(reader, _by_half_day(rows), first - before, length)


def _by_half_day(rows: Iterable[Any]) -> dict[tuple[date, HalfDay], list[int]]:
    halves: dict[tuple[date, HalfDay], list[int]] = {}
    for row in rows:
        halves.setdefault((row.day, _half_day(row.hour)), []).append(row.seq)
    return halves


def _run_of(
    reader: Reader, halves: dict[tuple[date, HalfDay], list[int]], first: int, length: int
) -> list[int]:
    """Return one run of the voices, half-day by half-day; only those that it touches are mixed."""
    run: list[int] = []
    passed = 0
    for place in sorted(halves, key=_newest_first, reverse=True):
        seqs = halves[place]
        if passed + len(seqs) > first:
            mixed = reader.names.shuffled(seqs)
            begin = max(0, first - passed)
            run += mixed[begin : begin + length - len(run)]
        passed += len(seqs)
        if len(run) >= length:
            break
    return run


def _newest_first(place: tuple[date, HalfDay]) -> tuple[date, bool]:
    return place[0], place[1] is HalfDay.AFTERNOON


def _matching(
    session: Session, reader: Reader, wanted: Wanted, *, days: Sequence[date] = ()
) -> list[Any]:
    """Return the keys, days and hours of voices, of these days or of all, whose words match."""
    columns = {
        "seq": Rating.seq,
        "day": Rating.local_day,
        "hour": HOUR,
    }
    if wanted.words:
        columns |= {"unit": Rating.unit_id, "visit": Rating.visit_id} | words_of()
    found = select_voices(session, reader, wanted, columns=columns)
    if days:
        found = found.where(Rating.local_day.in_(days))
    rows = session.execute(found).all()
    looked_for = search_form(wanted.words).split()
    if not looked_for:
        return list(rows)
    return [row for row in rows if row.unit in reader.words and _says(looked_for, _words(row))]


def _says(looked_for: Iterable[str], words: str | None) -> bool:
    """Say whether words hold all that is looked for, with or without marks."""
    plain = search_form(words or "")
    return all(word in plain for word in looked_for)


def _words(row: Any) -> str | None:
    """Return a voice's words: None for none, empty for those that were erased."""
    return None if row.spoken_at is None else row.body or ""


def _half_day(hour: int) -> HalfDay:
    """Return the half of the day in which an answer was given, by the hour that it counts in."""
    return HalfDay.MORNING if hour < NOON else HalfDay.AFTERNOON


def _load(
    session: Session, reader: Reader, wanted: Wanted, *, seqs: Sequence[int]
) -> tuple[Voice, ...]:
    """Return the voices of these ratings in this order; what is not shown is left out."""
    if not seqs:
        return ()
    columns = {
        "seq": Rating.seq,
        "unit": Rating.unit_id,
        "desk": Rating.desk_id,
        "day": Rating.local_day,
        "hour": HOUR,
        "given_at": CORRECTED,
        "received_at": Rating.received_at,
        "source": Rating.source,
        "layout": Rating.layout,
        "is_assisted": Rating.is_assisted,
        "procedure": Visit.procedure_id,
        "channel": Visit.channel,
        "level": Level.id,
        "is_secret": IS_ALLEGATION,
        "state": state_of(),
        "case_token": case_token_of(),
    } | words_of()
    found = select_voices(session, reader, wanted, columns=columns).where(Rating.seq.in_(seqs))
    rows = {row.seq: row for row in session.execute(found)}
    around = _Around(session, list(rows.values()))
    return tuple(around.voice(reader, rows[seq]) for seq in seqs if seq in rows)


class _Around:
    """What stands around some voices: their units, desks, procedures, levels, reasons, marks."""

    def __init__(self, session: Session, rows: Sequence[Any]) -> None:
        seqs = [row.seq for row in rows]
        self._units = find_units(session, {row.unit for row in rows})
        self._desks = _by_id(session, Desk, {row.desk for row in rows})
        self._procedures = _by_id(session, Procedure, {row.procedure for row in rows} - {None})
        self._levels = _by_id(session, Level, {row.level for row in rows})
        self._reasons = session.execute(
            select(RatingReason.rating_seq, Reason.code, Reason.label_vi, Reason.label_en)
            .join(Reason, Reason.id == RatingReason.reason_id)
            .where(RatingReason.rating_seq.in_(seqs))
            .order_by(Reason.id)
        ).all()
        self._marks = session.execute(
            select(RatingMark.rating_seq, RatingMark.mark)
            .where(RatingMark.rating_seq.in_(seqs))
            .order_by(RatingMark.mark)
        ).all()

    def voice(self, reader: Reader, row: Any) -> Voice:
        """Return a voice as this officer may see it."""
        sees_all, reads = row.unit in reader.allegations, row.unit in reader.words
        level, procedure = self._levels[row.level], self._procedures.get(row.procedure)
        return Voice(
            name=reader.names.name(row.seq),
            unit_id=row.unit,
            unit_name=name_of(self._units[row.unit], row.day).name,
            desk_name=self._desks[row.desk].name,
            day=row.day,
            half_day=_half_day(row.hour),
            procedure_name=procedure.short_name if procedure else "",
            level_vi=level.label_vi,
            level_en=level.label_en,
            face=level.face,
            leaning=level.leaning,
            reasons=self._reasons_of(row.seq, sees_all=sees_all),
            words=_words(row) if reads else None,
            hides_words=not reads and _words(row) is not None,
            channel=row.channel or Channel.UNKNOWN,
            source=row.source,
            layout=row.layout,
            is_assisted=row.is_assisted,
            was_late=row.received_at - row.given_at > LATE,
            marks=tuple(found.mark for found in self._marks if found.rating_seq == row.seq),
            is_allegation=sees_all and bool(row.is_secret),
            state=CaseState(row.state),
            case_token=row.case_token,
        )

    def _reasons_of(self, seq: int, *, sees_all: bool) -> tuple[tuple[str, str, str], ...]:
        return tuple(
            (reason.code, reason.label_vi, reason.label_en)
            for reason in self._reasons
            if reason.rating_seq == seq and (sees_all or reason.code not in ALLEGATIONS)
        )


def _by_id(session: Session, model: Any, ids: Iterable[int]) -> dict[int, Any]:
    found = session.scalars(select(model).where(model.id.in_(sorted(ids))))
    return {one.id: one for one in found}
