"""Store invented visits with their dossiers and answers, each at the moment it is said to be.

Refuses to write a rating itself: every answer goes through ``recording``, an hour's answers at a
time, with the clock set to the hour's last one.
"""

import itertools
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.facts import Reference
from satisfaction.models import Configuration, Desk, Dossier, Kiosk, Visit
from satisfaction.recording import record_ratings
from satisfaction.taps import Tap
from satisfaction.terms import (
    Channel,
    Language,
    Layout,
    Outcome,
    RatingSource,
    RecordingResult,
    VisitKind,
)

REASON_WEIGHTS = {"wait": 30, "unclear": 18, "fee": 1}
USUAL_WEIGHT = 10
SOURCE_SYSTEM = "minh-hoa"
MORNING = time(7, 30)
AFTERNOON = time(13, 30)
NOON_SECOND = 4 * 3600
OPEN_SECONDS = NOON_SECOND + 3 * 3600 + 1800
DEVICE_EPOCH = 0


@dataclass(frozen=True)
class Place:
    """A desk with the device that stands there and what it shows."""

    desk: Desk
    kiosk: Kiosk | None
    configuration: Configuration


@dataclass(frozen=True, kw_only=True)
class PlannedDossier:
    """A case as it will be stored; the fields are those of the model."""

    code: str
    unit_id: int
    desk_id: int
    procedure_id: int
    channel: Channel
    received_day: date
    due_day: date
    finished_day: date | None
    returned_day: date | None
    is_digitised: bool


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a citizen answered, and when."""

    rating_id: uuid.UUID
    tapped_at: datetime
    level: int
    reasons: tuple[str, ...] = ()
    is_assisted: bool = False
    language: Language = Language.VI
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class Serving:
    """One visit as it will be stored; ``answer`` stands exactly where it was rated."""

    place: Place
    token: uuid.UUID
    kind: VisitKind
    channel: Channel
    procedure_id: int | None
    opened_at: datetime
    closed_at: datetime
    outcome: Outcome
    answer: Answer | None = None
    dossier: PlannedDossier | None = None
    ticket_number: str = ""

    @property
    def settled_at(self) -> datetime:
        """The moment from which nothing more happens to this visit."""
        return self.answer.tapped_at if self.answer else self.closed_at


@dataclass
class Invention:
    """Where the invented details come from; the same seed always gives the same ones."""

    random: Random
    reason_codes: Sequence[str] = field(default_factory=tuple)

    def token(self) -> uuid.UUID:
        """Return a random visit token."""
        return uuid.UUID(int=self.random.getrandbits(128), version=4)

    def rating_id(self, at: datetime) -> uuid.UUID:
        """Return an id as a device would have made it then.

        Shape: UUIDv7: 48 bits of milliseconds, version, 12 and 62 random bits (RFC 9562).
        """
        milliseconds = int(at.timestamp() * 1000)
        value = milliseconds << 80 | 0x7 << 76 | self.random.getrandbits(12) << 64
        return uuid.UUID(int=value | 0b10 << 62 | self.random.getrandbits(62))

    def moments(self, day: date, count: int) -> list[tuple[datetime, datetime]]:
        """Return so many servings within the opening hours of a day, one after another."""
        if not count:
            return []
        slot = OPEN_SECONDS / count
        spans = []
        for number in range(count):
            length = min(slot * 0.8, self.random.uniform(150, 660))
            start = slot * number + self.random.uniform(0, slot - length)
            opened = open_second(day, start)
            spans.append((opened, opened + timedelta(seconds=int(length))))
        return spans

    def answer(self, channel: Channel, closed_at: datetime, *, level: int) -> Answer:
        """Return an answer: at the desk within half a minute, online within hours."""
        at_desk = channel is Channel.IN_PERSON
        delay = self.random.uniform(3, 30) if at_desk else self.random.uniform(120, 4 * 3600)
        tapped_at = closed_at + timedelta(milliseconds=int(delay * 1000))
        gives_reasons = level <= 3 and bool(self.reason_codes) and self.random.random() < 0.55
        return Answer(
            rating_id=self.rating_id(tapped_at),
            tapped_at=tapped_at,
            level=level,
            reasons=self._reasons() if gives_reasons else (),
            is_assisted=at_desk and self.random.random() < 0.03,
            language=Language.EN if self.random.random() < 0.02 else Language.VI,
        )

    def _reasons(self) -> tuple[str, ...]:
        """Return one reason or two: an accusation seldom, as these offices bear real names."""
        chosen: set[str] = set()
        for _ in range(self.random.choice((1, 1, 2))):
            left = [code for code in self.reason_codes if code not in chosen]
            weights = [REASON_WEIGHTS.get(code, USUAL_WEIGHT) for code in left]
            chosen |= set(self.random.choices(left, weights))
        return tuple(sorted(chosen))

    def silence(self, channel: Channel) -> Outcome:
        """Return why a question was not answered."""
        if channel is not Channel.IN_PERSON:
            return Outcome.EXPIRED
        return self.random.choices(
            (Outcome.TIMED_OUT, Outcome.SKIPPED, Outcome.EXPIRED, Outcome.NOT_SHOWN),
            weights=(60, 22, 12, 6),
        )[0]


def open_second(day: date, second: float) -> datetime:
    """Return the instant of a second of the opening hours, the pause at noon left out."""
    whole = int(second)
    is_morning = whole < NOON_SECOND
    begin, offset = (MORNING, whole) if is_morning else (AFTERNOON, whole - NOON_SECOND)
    local = datetime.combine(day, begin, tzinfo=clock.OFFICE_ZONE) + timedelta(seconds=offset)
    return clock.require_aware(local)


def store(session: Session, servings: Sequence[Serving]) -> None:
    """Store dossiers and visits, then record the answers.

    Writes: dossier, visit, and through ``recording`` all that a rating writes.
    """
    servings = sorted(servings, key=lambda serving: serving.closed_at)
    dossier_ids = _store_dossiers(session, [s.dossier for s in servings if s.dossier])
    session.execute(
        insert(Visit),
        [_visit_row(s, dossier_ids.get(s.dossier.code) if s.dossier else None) for s in servings],
    )
    _record(session, [s for s in servings if s.answer])


def _store_dossiers(session: Session, dossiers: Sequence[PlannedDossier]) -> dict[str, int]:
    if not dossiers:
        return {}
    rows = [{"source_system": SOURCE_SYSTEM, **asdict(dossier)} for dossier in dossiers]
    session.execute(insert(Dossier), rows)
    stored = session.execute(
        select(Dossier.code, Dossier.id).where(Dossier.source_system == SOURCE_SYSTEM)
    )
    return {row.code: row.id for row in stored}


def _visit_row(serving: Serving, dossier_id: int | None) -> dict[str, object]:
    was_shown = serving.outcome is not Outcome.NOT_SHOWN
    return {
        "token": serving.token,
        "unit_id": serving.place.desk.unit_id,
        "desk_id": serving.place.desk.id,
        "kind": serving.kind,
        "channel": serving.channel,
        "ticket_number": serving.ticket_number,
        "dossier_id": dossier_id,
        "procedure_id": serving.procedure_id,
        "opened_at": serving.opened_at,
        "closed_at": serving.closed_at,
        "closed_day": clock.local_day(serving.closed_at),
        "shown_at": serving.closed_at + timedelta(seconds=1) if was_shown else None,
        "outcome": None if serving.answer else serving.outcome,
    }


def _record(session: Session, servings: Iterable[Serving]) -> None:
    """Record the answers in the order of their taps, each kiosk counting its own."""
    connection, reference = session.connection(), Reference()
    counters: dict[int, int] = {}
    taps = sorted((_as_tap(s) for s in servings), key=lambda tap: tap.tapped_at)
    for _, group in itertools.groupby(taps, key=lambda tap: tap.tapped_at.strftime("%F %H")):
        batch = [_numbered(tap, counters) for tap in group]
        with clock.replaced(batch[-1].tapped_at + timedelta(seconds=1)):
            outcomes = record_ratings(connection, batch, reference=reference)
        assert all(outcome.result is RecordingResult.RECORDED for outcome in outcomes), outcomes


def _as_tap(serving: Serving) -> Tap:
    assert serving.answer is not None
    answer, place = serving.answer, serving.place
    at_kiosk = place.kiosk is not None
    return Tap(
        rating_id=answer.rating_id,
        desk_id=place.desk.id,
        configuration_id=place.configuration.id,
        scale_id=place.configuration.scale_id,
        level=answer.level,
        tapped_at=answer.tapped_at,
        visit=serving.token,
        kiosk_id=place.kiosk.id if place.kiosk else None,
        source=RatingSource.KIOSK if at_kiosk else RatingSource.LINK,
        layout=Layout.ROW if at_kiosk else Layout.STACK,
        clock_offset_ms=0 if at_kiosk else None,
        is_assisted=answer.is_assisted,
        language=answer.language,
        reasons=answer.reasons,
        comment=answer.comment,
    )


def _numbered(tap: Tap, counters: dict[int, int]) -> Tap:
    """Give a kiosk's tap the next number of its device."""
    if tap.kiosk_id is None:
        return tap
    counters[tap.kiosk_id] = counters.get(tap.kiosk_id, 0) + 1
    return replace(tap, device_epoch=DEVICE_EPOCH, device_counter=counters[tap.kiosk_id])
