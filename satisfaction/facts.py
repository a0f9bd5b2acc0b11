"""What the database knows about delivered taps, read once for a group. Refuses to judge.

The statements are compiled once and few for any number of taps, because a tap waits for them.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from satisfaction.models import Configuration, Desk, Kiosk, Level, Rating, Reason, Visit
from satisfaction.placing import CountedTime, Placement, find_backdated, place
from satisfaction.taps import Tap
from satisfaction.terms import Mark

Row = Any


@dataclass(frozen=True)
class Shown:
    """What a configuration allowed a citizen to answer; never changes, so it may be kept."""

    scale_id: int
    level_ids: dict[int, int]
    allows_unlinked: bool


@dataclass
class Reference:
    """Configurations and reasons of one database, read once each."""

    shown: dict[int, Shown] = field(default_factory=dict)
    reason_ids: dict[str, int] = field(default_factory=dict)

    def load(self, connection: Connection, taps: Sequence[Tap]) -> None:
        """Read what these taps name and what has not been read before.

        Other threads use the same reference, so that it never holds half a configuration.
        """
        missing = {tap.configuration_id for tap in taps} - self.shown.keys()
        found: dict[int, Shown] = {}
        for row in connection.execute(_CONFIGURATIONS, {"ids": list(missing)}) if missing else ():
            shown = found.setdefault(row.id, Shown(row.scale_id, {}, row.allows_unlinked))
            shown.level_ids[row.position] = row.level_id
        self.shown.update(found)
        self.load_reasons(connection, {code for tap in taps for code in tap.reasons})

    def load_reasons(self, connection: Connection, codes: Iterable[str]) -> None:
        """Read the reasons' keys when one of these codes has not been seen."""
        if set(codes) - self.reason_ids.keys():
            rows = connection.execute(select(Reason.code, Reason.id))
            self.reason_ids.update({row.code: row.id for row in rows})


@dataclass
class Facts:
    """What the database knows about a group of taps, read at the start of its transaction."""

    connection: Connection
    reference: Reference
    received_at: datetime
    ratings: dict[uuid.UUID, Row]
    visits: dict[uuid.UUID, Row]
    desks: dict[int, Row]
    kiosks: dict[int, Row]
    placements: dict[Tap, Placement] = field(default_factory=dict)

    def desk_of(self, tap: Tap) -> Row | None:
        """Return the desk of a tap: the one it names, or its visit's."""
        if tap.desk_id is not None:
            return self.desks.get(tap.desk_id)
        visit = self.visits.get(tap.visit) if tap.visit else None
        return self.desks.get(visit.desk_id) if visit is not None else None


_rating = Rating.__table__
_first = aliased(Rating, name="first")
_superseder = aliased(Rating, name="superseder")
_CONFIGURATIONS = (
    select(
        Configuration.id,
        Configuration.scale_id,
        Configuration.allows_unlinked,
        Level.position,
        Level.id.label("level_id"),
    )
    .join(Level, Level.scale_id == Configuration.scale_id)
    .where(Configuration.id.in_(bindparam("ids", expanding=True)))
)
RATINGS = (
    select(*_rating.c, Visit.token.label("visit_token"), _superseder.seq.label("superseded_by"))
    .outerjoin(Visit, Visit.id == Rating.visit_id)
    .outerjoin(_superseder, _superseder.supersedes_seq == Rating.seq)
    .where(Rating.id.in_(bindparam("ids", expanding=True)))
)
_VISITS = (
    select(
        Visit.id,
        Visit.token,
        Visit.unit_id,
        Visit.desk_id,
        Visit.closed_at,
        Visit.closed_day,
        _first.seq.label("first_seq"),
    )
    .outerjoin(_first, and_(_first.visit_id == Visit.id, _first.supersedes_seq.is_(None)))
    .where(Visit.token.in_(bindparam("tokens", expanding=True)))
)
_DESKS = select(Desk.id, Desk.unit_id, Desk.from_day, Desk.until_day).where(
    Desk.id.in_(bindparam("ids", expanding=True))
)
_last = aliased(Rating, name="last")
_last_seq = (
    select(Rating.seq)
    .where(Rating.kiosk_id == Kiosk.id, Rating.device_counter.is_not(None))
    .order_by(Rating.device_epoch.desc(), Rating.device_counter.desc())
    .limit(1)
    .correlate(Kiosk)
    .scalar_subquery()
)
_KIOSKS = (
    select(
        Kiosk.id,
        Kiosk.unit_id,
        Kiosk.desk_id,
        Kiosk.enrolled_at,
        Kiosk.revoked_at,
        _last.device_epoch,
        _last.device_counter,
        _last.tapped_at,
        _last.clock_offset_ms,
    )
    .outerjoin(_last, _last.seq == _last_seq)
    .where(Kiosk.id.in_(bindparam("ids", expanding=True)))
)
_BEFORE = (
    select(Rating.device_counter, Rating.tapped_at, Rating.clock_offset_ms)
    .where(
        Rating.kiosk_id == bindparam("kiosk"),
        Rating.device_epoch == bindparam("epoch"),
        Rating.device_counter < bindparam("counter"),
    )
    .order_by(Rating.device_counter.desc())
    .limit(1)
)


def read_facts(
    connection: Connection, taps: Sequence[Tap], *, reference: Reference, received_at: datetime
) -> Facts:
    """Read, in four statements but for late deliveries, what these taps are judged by.

    Ratings are read last: one that another transaction stores meanwhile is then known by its id,
    before its visit is found rated.
    """
    ids = {tap.rating_id for tap in taps} | {tap.supersedes for tap in taps if tap.supersedes}
    tokens = {tap.visit for tap in taps if tap.visit}
    kiosks = {tap.kiosk_id for tap in taps if tap.kiosk_id}
    visits = connection.execute(_VISITS, {"tokens": list(tokens)}).all() if tokens else []
    named = {tap.desk_id for tap in taps} | {visit.desk_id for visit in visits}
    desks = connection.execute(_DESKS, {"ids": list(named - {None})})
    known = connection.execute(_KIOSKS, {"ids": list(kiosks)}) if kiosks else ()
    ratings = connection.execute(RATINGS, {"ids": list(ids)})
    facts = Facts(
        connection=connection,
        reference=reference,
        received_at=received_at,
        ratings={row.id: row for row in ratings},
        visits={row.token: row for row in visits},
        desks={row.id: row for row in desks},
        kiosks={row.id: row for row in known},
    )
    facts.placements = {
        tap: place(tap.tapped_at, tap.clock_offset_ms, received_at=received_at) for tap in taps
    }
    for tap in _find_backdated(facts, taps):
        placed = facts.placements[tap]
        facts.placements[tap] = Placement(
            placed.corrected_at, None, (*placed.marks, Mark.BACKDATED)
        )
    return facts


def _find_backdated(facts: Facts, taps: Sequence[Tap]) -> list[Tap]:
    """Return the new taps whose times run against their device's counters."""
    following: dict[tuple[int, int], list[Tap]] = {}
    found: list[Tap] = []
    for tap in taps:
        last = facts.kiosks.get(tap.kiosk_id) if tap.kiosk_id is not None else None
        if last is None or tap.device_counter is None or tap.rating_id in facts.ratings:
            continue
        if last.device_epoch == tap.device_epoch and last.device_counter > tap.device_counter:
            found += _pick_backdated(facts, _read_before(facts.connection, tap), [tap])
        else:
            following.setdefault((last.id, tap.device_epoch or 0), []).append(tap)
    for (kiosk_id, epoch), group in following.items():
        last = facts.kiosks[kiosk_id]
        found += _pick_backdated(facts, last if last.device_epoch == epoch else None, group)
    return found


def _read_before(connection: Connection, tap: Tap) -> Row | None:
    """Return the accepted rating that a late delivery of an older counter comes after."""
    wanted = {"kiosk": tap.kiosk_id, "epoch": tap.device_epoch, "counter": tap.device_counter}
    return connection.execute(_BEFORE, wanted).one_or_none()


def _pick_backdated(facts: Facts, accepted: Row | None, taps: Sequence[Tap]) -> list[Tap]:
    before = None
    if accepted is not None:
        placed = place(accepted.tapped_at, accepted.clock_offset_ms, received_at=facts.received_at)
        before = CountedTime(accepted.device_counter, placed.corrected_at)
    times = [
        CountedTime(tap.device_counter, facts.placements[tap].corrected_at)
        for tap in taps
        if tap.device_counter is not None
    ]
    backdated = find_backdated(before, times)
    return [tap for tap in taps if tap.device_counter in backdated]
