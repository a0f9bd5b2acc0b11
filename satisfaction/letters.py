"""Plan letters: each once for its reader and its period, stored in the transaction that claims it.

Refuses to send anything and to write a letter twice: who inserts the run inserts the outbox rows.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from satisfaction import clock, ledger
from satisfaction.digests import Digest, Facts, Reader, build_digest
from satisfaction.letter_facts import JOB, list_corrections, read_facts, read_guest_facts
from satisfaction.models import Delivery, JobRun, Letter, RefusedAddress, Subscription
from satisfaction.periods import Period, day_period, month_period, week_period
from satisfaction.subscriptions import find_reader, kinds_of
from satisfaction.terms import DeliveryState, Language, LetterKind
from satisfaction.timetable import DAYS_CAUGHT_UP, days_until, moment
from satisfaction.troubles import Trouble

MORNING = time(8)
GIVEN_UP_AFTER = timedelta(hours=72)
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True)
class Rendered:
    """A letter in words."""

    subject: str
    plain: str
    html: str


@dataclass(frozen=True)
class Attachment:
    """A file that goes with the letter of each reader who sees counts."""

    name: str
    content: bytes


Render = Callable[[Digest, Language], Rendered]


class ReadReport(Protocol):
    """Read what goes as a file with letters; only who makes the file knows what it is."""

    def __call__(self, session: Session, unit_id: int, *, period: Period) -> Any:
        """Return the figures of the file."""


MakeFile = Callable[[Any], Attachment | None]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How letters are read: the figures of the file with them, and which counts are small.

    ``read_troubles`` reads what is wrong with the system itself, for who runs it.
    """

    read_report: ReadReport
    read_troubles: Callable[[Session], Sequence[Trouble]]
    limit: int


@dataclass(frozen=True, kw_only=True)
class Writing:
    """How letters are written: their words, and the file with them, if one can be made."""

    render: Render
    make_file: MakeFile


@dataclass(frozen=True, order=True)
class Slot:
    """Letters of one kind, of one unit, that are due at one moment."""

    planned_at: datetime
    unit_id: int
    kind: LetterKind
    period: Period


@dataclass(frozen=True)
class Draft:
    """One reader's letter, ready to be put into the outbox."""

    subscription_id: int
    address: str
    language: Language
    figures: dict[str, Any]
    rendered: Rendered


@dataclass(frozen=True)
class Gathered:
    """What the letters of one slot say, read from one state and not written yet.

    A file takes seconds to be drawn: no transaction may stay open for that, because on SQLite a
    reader keeps citizens' taps waiting.
    """

    slot: Slot
    digests: tuple[tuple[Subscription, Digest], ...]
    result: dict[str, int]
    report: Any = None


@dataclass(frozen=True)
class Batch:
    """Everything that is planned for one slot, and what is said of it in the ledger."""

    slot: Slot
    drafts: tuple[Draft, ...]
    result: dict[str, int]
    file: Attachment | None = None


def slots_of(subscription: Subscription, now: datetime) -> list[Slot]:
    """Return when a subscription's letters were due within the days that are caught up.

    Time: daily at the reader's hour; on Mondays and on the first of a month in the morning, of
    the week or month that is over. Nothing from before the subscription.
    """
    kinds = kinds_of(subscription)
    found: list[Slot] = []
    for day in days_until(now):
        due = [(LetterKind.DAILY, time(subscription.hour), day_period(day))]
        eve = day - timedelta(days=1)
        if day.weekday() == 0:
            due.append((LetterKind.WEEKLY, MORNING, week_period(eve)))
        if day.day == 1:
            due.append((LetterKind.MONTHLY, MORNING, month_period(eve)))
        found += [
            Slot(moment(day, at), subscription.unit_id, kind, period)
            for kind, at, period in due
            if kind in kinds and subscription.created_at <= moment(day, at) <= now
        ]
    return found


def list_due(session: Session) -> list[Slot]:
    """Return the slots that are due and that nobody has planned, oldest first."""
    now = clock.now()
    live = session.scalars(select(Subscription).where(Subscription.ended_at.is_(None)))
    due = {slot for one in live for slot in slots_of(one, now)}
    first = clock.local_day(now) - timedelta(days=DAYS_CAUGHT_UP)
    rows = select(JobRun.job, JobRun.unit_id, JobRun.planned_at).where(
        JobRun.unit_id.is_not(None), JobRun.local_day >= first
    )
    planned = {tuple(row) for row in session.execute(rows)}
    return sorted(
        slot for slot in due if (JOB[slot.kind], slot.unit_id, slot.planned_at) not in planned
    )


def gather_slot(session: Session, slot: Slot, how: Reading) -> Gathered:
    """Read the letters of a slot for those who asked for them at this hour, and may see them."""
    facts = _read(session, slot, how)
    if is_silent(facts) and not facts.troubles:
        return _silent(slot, facts)
    wanted = session.scalars(
        select(Subscription).where(
            Subscription.unit_id == slot.unit_id, Subscription.ended_at.is_(None)
        )
    )
    now = clock.now()
    asked = [one for one in wanted if slot in slots_of(one, now)]
    gathered = _gather(session, slot, facts=facts, asked=asked, how=how)
    return _troubles_alone(gathered, facts) if is_silent(facts) else gathered


def _silent(slot: Slot, facts: Facts) -> Gathered:
    return Gathered(slot, (), {"closed" if facts.is_open is False else "nothing": 1})


def _troubles_alone(gathered: Gathered, facts: Facts) -> Gathered:
    """Leave the letters to who is told of a trouble of the system; a silent day tells no more."""
    told = tuple((one, digest) for one, digest in gathered.digests if digest.troubles)
    if not told:
        return _silent(gathered.slot, facts)
    return replace(gathered, digests=told, result={"letters": len(told), "answers": 0})


def gather_by_hand(session: Session, slot: Slot, how: Reading) -> Gathered:
    """Read the letters of a slot for all who ask for this kind, at whatever hour, of any day."""
    asked = list_wanted(session, slot.kind, [slot.unit_id])
    return _gather(session, slot, facts=_read(session, slot, how), asked=asked, how=how)


def write_letters(gathered: Gathered, writing: Writing) -> Batch:
    """Put letters into words and draw their file; not to be called within a transaction."""
    result, file = dict(gathered.result), None
    if gathered.report is not None:
        file = writing.make_file(gathered.report)
        if file is None:
            result["no_file"] = 1
    drafts = tuple(
        _draft(one, digest, is_without_file="no_file" in result, writing=writing)
        for one, digest in gathered.digests
    )
    return Batch(gathered.slot, drafts, result, file)


def _read(session: Session, slot: Slot, how: Reading) -> Facts:
    facts = read_facts(
        session, slot.unit_id, kind=slot.kind, period=slot.period, planned_at=slot.planned_at
    )
    is_daily = slot.kind is LetterKind.DAILY
    return replace(facts, troubles=tuple(how.read_troubles(session)) if is_daily else ())


def is_silent(facts: Facts) -> bool:
    """Say whether a day has nothing to tell of its unit: no answer, and no device that failed.

    On a day on which the unit is closed a device is no reason to write; who runs the system is
    told of its troubles on any day. Weeks and months are always told of.
    """
    if facts.kind is not LetterKind.DAILY or facts.total.answers:
        return False
    return facts.is_open is False or not facts.devices


@dataclass(frozen=True)
class _Told:
    """What there is to tell: to who sees single answers, and to others, if anything."""

    facts: Facts
    to_guests: Facts | None

    def to(self, reader: Reader) -> Facts | None:
        return self.facts if reader.has_account else self.to_guests


def _gather(
    session: Session,
    slot: Slot,
    *,
    facts: Facts,
    asked: Sequence[Subscription],
    how: Reading,
) -> Gathered:
    readers = [(one, find_reader(session, one)) for one in asked]
    has_guests = any(reader and not reader.has_account for _, reader in readers)
    to_guests = (
        read_guest_facts(session, slot.unit_id, facts=facts, limit=how.limit)
        if has_guests
        else None
    )
    told = _Told(facts, to_guests)
    digests = tuple(
        (one, digest)
        for one, reader in readers
        if reader and (digest := _digest(session, one, reader=reader, told=told))
    )
    result = {"letters": len(digests)}
    if len(digests) < len(asked):
        # The answers are what nobody was told of whom this letter did not concern.
        result |= {"unneeded": len(asked) - len(digests), "answers": facts.total.answers}
    report = None
    if slot.kind is LetterKind.MONTHLY and any(one.reader.has_account for _, one in digests):
        report = how.read_report(session, slot.unit_id, period=slot.period)
    return Gathered(slot, digests, result, report)


def _digest(
    session: Session, subscription: Subscription, *, reader: Reader, told: _Told
) -> Digest | None:
    """Return what one reader is told; None where that is nothing, or nothing that is needed."""
    facts = told.to(reader)
    if facts is None:
        return None
    corrections = (
        list_corrections(session, subscription, kind=facts.kind, period=facts.period)
        if reader.has_account
        else ()
    )
    digest = build_digest(facts, reader, corrections=corrections)
    return None if subscription.is_only_when_needed and not digest.is_needed else digest


def _draft(
    subscription: Subscription, digest: Digest, *, is_without_file: bool, writing: Writing
) -> Draft:
    lacks_file = is_without_file and digest.reader.has_account
    return Draft(
        subscription.id,
        digest.reader.address,
        subscription.language,
        digest.frozen(),
        writing.render(replace(digest, lacks_file=lacks_file), subscription.language),
    )


def plan_batch(session: Session, batch: Batch, *, host: str) -> int | None:
    """Claim a slot and put its letters into the outbox; None where somebody was first.

    Writes: job_run, letter, letter_delivery, all of them or nothing.
    """
    slot = batch.slot
    new = ledger.NewRun(JOB[slot.kind], slot.planned_at, unit_id=slot.unit_id, result=batch.result)
    if ledger.plan_run(session, new) is None:
        return None
    return put_into_outbox(session, batch, host=host) if batch.drafts else 0


def put_into_outbox(session: Session, batch: Batch, *, host: str) -> int:
    """Insert the letters that are not there yet; return how many were new.

    Writes: letter, letter_delivery.
    """
    letter_id = _ensure_letter(session, batch)
    insert = _INSERT[session.get_bind().dialect.name]
    refused = set(session.scalars(select(RefusedAddress.address)))
    now, new = clock.now(), 0
    for draft in batch.drafts:
        is_refused = draft.address in refused
        values = {
            "letter_id": letter_id,
            "subscription_id": draft.subscription_id,
            "address": draft.address,
            "language": draft.language,
            "planned_at": now,
            "figures": draft.figures,
            "subject": draft.rendered.subject,
            "plain": draft.rendered.plain,
            "html": draft.rendered.html,
            "message_id": message_id(batch.slot, draft.address, host=host),
            "state": DeliveryState.FAILED if is_refused else DeliveryState.PLANNED,
            "tries": 0,
            "repeats": 0,
            "next_try_at": now,
            "give_up_at": now + GIVEN_UP_AFTER,
            "problem": "address refused" if is_refused else "",
        }
        statement = insert(Delivery).values(values).on_conflict_do_nothing()
        new += session.scalar(statement.returning(Delivery.id)) is not None
    return new


def message_id(slot: Slot, address: str, *, host: str) -> str:
    """Return the identity of a letter: the same for ever for its kind, unit, period and reader."""
    parts = (slot.kind.value, slot.unit_id, slot.period.first_day.isoformat(), address)
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()
    return f"<{slot.kind.value}.{slot.period.first_day:%Y%m%d}.{digest[:24]}@{host}>"


def _ensure_letter(session: Session, batch: Batch) -> int:
    slot = batch.slot
    insert = _INSERT[session.get_bind().dialect.name](Letter)
    values = {
        "kind": slot.kind,
        "unit_id": slot.unit_id,
        "first_day": slot.period.first_day,
        "end_day": slot.period.end_day,
        "created_at": clock.now(),
        "file": batch.file.content if batch.file else None,
        "file_name": batch.file.name if batch.file else "",
    }
    session.execute(insert.values(values).on_conflict_do_nothing())
    found: int = session.scalars(
        select(Letter.id).where(
            Letter.kind == slot.kind,
            Letter.unit_id == slot.unit_id,
            Letter.first_day == slot.period.first_day,
        )
    ).one()
    return found


def list_wanted(session: Session, kind: LetterKind, unit_ids: Sequence[int]) -> Sequence[Any]:
    """Return the live subscriptions of these units that ask for a kind of letter."""
    live = session.scalars(
        select(Subscription)
        .where(Subscription.unit_id.in_(unit_ids), Subscription.ended_at.is_(None))
        .order_by(Subscription.unit_id, Subscription.id)
    )
    return [one for one in live if kind in kinds_of(one)]


def list_units(session: Session, kind: LetterKind) -> list[int]:
    """Return the units of which somebody asks for a kind of letter."""
    live = session.scalars(select(Subscription).where(Subscription.ended_at.is_(None)))
    return sorted({one.unit_id for one in live if kind in kinds_of(one)})
