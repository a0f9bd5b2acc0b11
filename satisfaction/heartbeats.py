"""What kiosks say of themselves, and what it means: silent, behind, incomplete, cleared.

Refuses to guess: a hole in a device's counters is *not yet arrived* as long as its queue can hold
it, and *missing* beyond that.
"""

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from satisfaction import clock
from satisfaction.credentials import settle_credential
from satisfaction.models import Heartbeat, Kiosk, KioskEvent, Rating, Refusal
from satisfaction.terms import KioskEventKind

SILENT_AFTER = timedelta(minutes=5)
LONG_QUEUE = 200
OLD_QUEUE = timedelta(hours=24)
WRONG_CLOCK = timedelta(minutes=5)
MOST_WANTED = 500


@dataclass(frozen=True, kw_only=True)
class Beat:
    """One heartbeat.

    Units: ``clock_offset_ms`` is what has to be added to the device's time to get the server's.
    ``next_counter`` is the counter that the device's next rating will bear; they begin at 1.
    """

    queue_length: int
    oldest_queued_at: datetime | None
    device_epoch: int
    next_counter: int
    version: str
    clock_offset_ms: int
    free_bytes: int | None
    last_tap_at: datetime | None
    is_storage_kept: bool | None


@dataclass(frozen=True)
class BeatAnswer:
    """What a device learns from its heartbeat.

    ``wanted`` are counters whose ratings the server lacks; ``credential`` is what the device is
    to keep in place of the one it has.
    """

    wanted: tuple[int, ...]
    credential: str | None = field(default=None, repr=False)


def record_beat(
    session: Session, kiosk_id: int, beat: Beat, *, token: str | None = None
) -> BeatAnswer:
    """Keep a heartbeat, find out what is missing, and renew the credential ``token`` in time.

    Writes: the kiosk's heartbeat; an event when its store was cleared, when ratings are missing
    that its queue cannot hold, and when its clock goes wrong.
    """
    now = clock.now()
    last = session.get(Heartbeat, kiosk_id)
    if last is None:
        last = Heartbeat(kiosk_id=kiosk_id, device_epoch=beat.device_epoch, missing=0)
        last.complete_until, last.clock_offset_ms = 0, 0
    if beat.device_epoch != last.device_epoch:
        _raise(session, kiosk_id, KioskEventKind.STORE_CLEARED, epoch=beat.device_epoch)
        last.complete_until, last.missing = 0, 0
    was_wrong = is_clock_wrong(last.clock_offset_ms)
    if is_clock_wrong(beat.clock_offset_ms) and not was_wrong:
        _raise(session, kiosk_id, KioskEventKind.CLOCK_WRONG, offset_ms=beat.clock_offset_ms)
    lacking = _find_lacking(session, kiosk_id, beat, last.complete_until)
    last.complete_until = (lacking.first[0] if lacking.first else beat.next_counter) - 1
    missing = max(0, lacking.count - beat.queue_length)
    if missing > last.missing:
        _raise(session, kiosk_id, KioskEventKind.RATINGS_MISSING, missing=missing)
    last.at, last.missing = now, missing
    for name in (
        "queue_length",
        "oldest_queued_at",
        "device_epoch",
        "next_counter",
        "version",
        "clock_offset_ms",
        "free_bytes",
        "last_tap_at",
        "is_storage_kept",
    ):
        setattr(last, name, getattr(beat, name))
    session.add(last)
    session.flush()
    renewed = settle_credential(session, kiosk_id, token) if token is not None else None
    return BeatAnswer(lacking.first, renewed)


def is_clock_wrong(offset_ms: int) -> bool:
    """Say whether a device's clock is off by more than is put up with."""
    return abs(timedelta(milliseconds=offset_ms)) > WRONG_CLOCK


def _raise(session: Session, kiosk_id: int, kind: KioskEventKind, **detail: int) -> None:
    session.add(KioskEvent(kiosk_id=kiosk_id, at=clock.now(), kind=kind, detail=detail))


@dataclass(frozen=True)
class _Lacking:
    """How many counters the server lacks, and the first of them."""

    count: int
    first: tuple[int, ...]


def _find_lacking(session: Session, kiosk_id: int, beat: Beat, complete_until: int) -> _Lacking:
    """Return the counters of this epoch that the server has neither recorded nor refused.

    An epoch is a random number of one store, so what the same store delivered while the device
    was another kiosk of this place is not lacking. A device may claim any counter: the counters
    are never listed, only those that were seen.
    """
    if beat.next_counter - 1 <= complete_until:
        return _Lacking(0, ())
    place = select(Kiosk.unit_id, Kiosk.desk_id).where(Kiosk.id == kiosk_id).subquery()
    neighbours = select(Kiosk.id).join(
        place,
        (Kiosk.unit_id == place.c.unit_id) & Kiosk.desk_id.is_not_distinct_from(place.c.desk_id),
    )
    seen: set[int | None] = set()
    for model in (Rating, Refusal):
        seen |= set(
            session.scalars(
                select(model.device_counter).where(
                    model.kiosk_id.in_(neighbours),
                    model.device_epoch == beat.device_epoch,
                    model.device_counter > complete_until,
                    model.device_counter < beat.next_counter,
                )
            )
        )
    unseen = (n for n in range(complete_until + 1, beat.next_counter) if n not in seen)
    count = beat.next_counter - 1 - complete_until - len(seen)
    return _Lacking(count, tuple(itertools.islice(unseen, MOST_WANTED)))


class KioskTrouble(StrEnum):
    """Why an administrator should look at a kiosk."""

    NEVER_SEEN = "never_seen"
    SILENT = "silent"
    LONG_QUEUE = "long_queue"
    OLD_QUEUE = "old_queue"
    WRONG_CLOCK = "wrong_clock"
    RATINGS_MISSING = "ratings_missing"
    OLD_VERSION = "old_version"
    STORE_NOT_KEPT = "store_not_kept"


@dataclass(frozen=True)
class KioskStatus:
    """A kiosk, the last that it said, and what is wrong with it."""

    kiosk: Kiosk
    beat: Heartbeat | None
    troubles: tuple[KioskTrouble, ...]


@dataclass(frozen=True)
class KioskCondition:
    """What is wrong with a kiosk, and which one it is; ``beat`` has the last that it said.

    Shape: ``beat`` bears the columns of a heartbeat that are judged, not the heartbeat itself.
    """

    name: str
    unit_id: int
    enrolled_at: datetime
    beat: Any | None
    troubles: tuple[KioskTrouble, ...]


ExpectedSince = Callable[[int], datetime | None]


def always(_unit_id: int) -> datetime:
    """Say that a unit's devices are to be heard at any time, for nobody has set its hours."""
    return datetime.min.replace(tzinfo=UTC)


def list_statuses(
    session: Session,
    unit_ids: Collection[int],
    *,
    version: str,
    expected_since: ExpectedSince = always,
) -> Sequence[KioskStatus]:
    """Return the live kiosks of these units, troubled ones first; ``version`` is the newest.

    ``expected_since`` says since when a unit's devices are to be heard, None while it is closed.
    """
    rows = session.execute(
        _select_kiosks(unit_ids, Kiosk, Heartbeat).options(joinedload(Kiosk.desk))
    )
    statuses = [
        KioskStatus(
            kiosk,
            beat,
            find_troubles(beat, version=version, expected_since=expected_since(kiosk.unit_id)),
        )
        for kiosk, beat in rows
    ]
    return sorted(statuses, key=lambda status: not status.troubles)


def list_conditions(
    session: Session,
    unit_ids: Collection[int],
    *,
    version: str,
    expected_since: ExpectedSince = always,
) -> Sequence[KioskCondition]:
    """Return what is wrong with each live kiosk of these units, by unit and name.

    Reads no more than that takes; ``version`` and ``expected_since`` as for ``list_statuses``.
    """
    rows = session.execute(
        _select_kiosks(unit_ids, Kiosk.name, Kiosk.unit_id, Kiosk.enrolled_at, *_JUDGED)
    )
    return [
        KioskCondition(
            row.name,
            row.unit_id,
            row.enrolled_at,
            beat := row if row.at is not None else None,
            find_troubles(beat, version=version, expected_since=expected_since(row.unit_id)),
        )
        for row in rows
    ]


_JUDGED = (
    Heartbeat.at,
    Heartbeat.queue_length,
    Heartbeat.oldest_queued_at,
    Heartbeat.clock_offset_ms,
    Heartbeat.missing,
    Heartbeat.version,
    Heartbeat.is_storage_kept,
)


def _select_kiosks(unit_ids: Collection[int], *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Kiosk)
        .outerjoin(Heartbeat, Heartbeat.kiosk_id == Kiosk.id)
        .where(Kiosk.unit_id.in_(unit_ids), Kiosk.revoked_at.is_(None))
        .order_by(Kiosk.unit_id, Kiosk.name, Kiosk.id)
    )


def find_troubles(
    beat: Any | None, *, version: str, expected_since: datetime | None
) -> tuple[KioskTrouble, ...]:
    """Return what is wrong with a kiosk by its last heartbeat; no ``version`` is not judged.

    Shape: ``beat`` is a heartbeat, or a row of those of its columns that are judged.

    A device that was switched off for the night has some minutes from the opening on.
    """
    if beat is None:
        return (KioskTrouble.NEVER_SEEN,)
    now = clock.now()
    found = {
        KioskTrouble.SILENT: (
            expected_since is not None and now - max(beat.at, expected_since) > SILENT_AFTER
        ),
        KioskTrouble.LONG_QUEUE: beat.queue_length > LONG_QUEUE,
        KioskTrouble.OLD_QUEUE: (
            beat.oldest_queued_at is not None and now - beat.oldest_queued_at > OLD_QUEUE
        ),
        KioskTrouble.WRONG_CLOCK: is_clock_wrong(beat.clock_offset_ms),
        KioskTrouble.RATINGS_MISSING: beat.missing > 0,
        KioskTrouble.OLD_VERSION: bool(version) and beat.version.partition("-")[0] != version,
        KioskTrouble.STORE_NOT_KEPT: beat.is_storage_kept is False,
    }
    return tuple(trouble for trouble, is_so in found.items() if is_so)
