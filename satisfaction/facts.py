"""What the database knows about delivered taps, read once for a group. Refuses to judge.

The statements are compiled once and few for any number of taps, because a tap waits for them.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from satisfaction.credentials import find_replaced
from satisfaction.models import Configuration, Desk, Kiosk, Level, Rating, Reason, Visit
from satisfaction.placing import CountedTime, Placement, find_backdated, place
from satisfaction.series import Store, list_accepted
from satisfaction.statements import ByKeys
from satisfaction.taps import Tap
from satisfaction.terms import Mark, RatingSource

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
        for row in _CONFIGURATIONS.run(connection, missing) if missing else ():
            shown = found.setdefault(row.id, Shown(row.scale_id, {}, row.allows_unlinked))
            shown.level_ids[row.position] = row.level_id
        self.shown.update(found)
        self.load_reasons(connection, {code for tap in taps for code in tap.reasons})

    def load_reasons(self, connection: Connection, codes: Iterable[str]) -> None:
        """Read the reasons' keys when one of these codes has not been seen."""
        if set(codes) - self.reason_ids.keys():
            rows = connection.execute(select(Reason.code, Reason.id))
            self.reason_ids.update({row.code: row.id for row in rows})


@dataclass(frozen=True)
class DeskFacts:
    """Where and when a desk serves."""

    id: int
    unit_id: int
    from_day: date
    until_day: date | None


@dataclass
class Facts:
    """What the database knows about a group of taps, read at the start of its transaction."""

    connection: Connection
    reference: Reference
    received_at: datetime
    ratings: dict[uuid.UUID, Row]
    visits: dict[uuid.UUID, Row]
    desks: dict[int, DeskFacts]
    kiosks: dict[int, Row]
    placements: dict[Tap, Placement] = field(default_factory=dict)

    def is_assisted(self, tap: Tap) -> bool:
        """Say whether a citizen was helped: the tap says so, or the officer did of its visit."""
        if tap.is_assisted or tap.source is not RatingSource.KIOSK or tap.visit is None:
            return tap.is_assisted
        visit = self.visits.get(tap.visit)
        return visit is not None and bool(visit.is_assisted)

    def desk_of(self, tap: Tap) -> DeskFacts | None:
        """Return the desk of a tap: the one it names, or its visit's."""
        if tap.desk_id is not None:
            return self.desks.get(tap.desk_id)
        visit = self.visits.get(tap.visit) if tap.visit else None
        return self.desks.get(visit.desk_id) if visit is not None else None


_rating = Rating.__table__
_first = aliased(Rating, name="first")
_superseder = aliased(Rating, name="superseder")
_CONFIGURATIONS = ByKeys(
    select(
        Configuration.id,
        Configuration.scale_id,
        Configuration.allows_unlinked,
        Level.position,
        Level.id.label("level_id"),
    ).join(Level, Level.scale_id == Configuration.scale_id),
    Configuration.id.expression,
)
RATINGS = ByKeys(
    select(*_rating.c, Visit.token.label("visit_token"), _superseder.seq.label("superseded_by"))
    .outerjoin(Visit, Visit.id == Rating.visit_id)
    .outerjoin(_superseder, _superseder.supersedes_seq == Rating.seq),
    Rating.id.expression,
)
_VISITS = ByKeys(
    select(
        Visit.id,
        Visit.token,
        Visit.unit_id,
        Visit.desk_id,
        Visit.closed_at,
        Visit.closed_day,
        Visit.is_assisted,
        _first.seq.label("first_seq"),
    ).outerjoin(_first, and_(_first.visit_id == Visit.id, _first.supersedes_seq.is_(None))),
    Visit.token.expression,
)
_DESKS = ByKeys(select(Desk.id, Desk.unit_id, Desk.from_day, Desk.until_day), Desk.id.expression)
_neighbour = aliased(Kiosk, name="neighbour")
_earliest = select(func.min(_neighbour.enrolled_at)).correlate(Kiosk)
_FIRST_ENROLLED = func.coalesce(
    _earliest.where(_neighbour.desk_id == Kiosk.desk_id).scalar_subquery(),
    _earliest.where(
        _neighbour.desk_id.is_(None), _neighbour.unit_id == Kiosk.unit_id
    ).scalar_subquery(),
)
_KIOSK = select(
    Kiosk.id,
    Kiosk.token_hash,
    Kiosk.unit_id,
    Kiosk.desk_id,
    _FIRST_ENROLLED.label("first_enrolled_at"),
    Kiosk.revoked_at,
    Desk.unit_id.label("desk_unit_id"),
    Desk.from_day,
    Desk.until_day,
).outerjoin(Desk, Desk.id == Kiosk.desk_id)
_KIOSKS = ByKeys(_KIOSK, Kiosk.id.expression)
_KIOSKS_BY_CREDENTIAL = ByKeys(_KIOSK, Kiosk.token_hash.expression)


def find_kiosks(connection: Connection, credentials: Collection[bytes]) -> dict[bytes, Row]:
    """Return the kiosks, revoked ones too, that hold these hashed credentials."""
    if not credentials:
        return {}
    found = {row.token_hash: row for row in _KIOSKS_BY_CREDENTIAL.run(connection, credentials)}
    if replaced := find_replaced(connection, set(credentials) - found.keys()):
        rows = _KIOSKS_BY_CREDENTIAL.run(connection, replaced.values()).all()
        by_hash = {row.token_hash: row for row in rows}
        found |= {new: by_hash[old] for new, old in replaced.items()}
    return found


def stand_together(connection: Connection, kiosk_ids: Collection[int]) -> bool:
    """Say whether these kiosks stand, or stood, at the same place: at one desk, or in one lobby."""
    places = select(Kiosk.unit_id, Kiosk.desk_id).where(Kiosk.id.in_(kiosk_ids)).distinct()
    return len(connection.execute(places).all()) == 1


def read_facts(
    connection: Connection,
    taps: Sequence[Tap],
    *,
    reference: Reference,
    received_at: datetime,
    kiosks: Iterable[Row] = (),
) -> Facts:
    """Read, in few statements, what these taps are judged by; ``kiosks`` were read just before.

    Ratings are read last: one that another transaction stores meanwhile is then known by its id,
    before its visit is found rated.
    """
    ids = {tap.rating_id for tap in taps} | {tap.supersedes for tap in taps if tap.supersedes}
    tokens = {tap.visit for tap in taps if tap.visit}
    visits = _VISITS.run(connection, tokens).all() if tokens else []
    known = {row.id: row for row in kiosks}
    if missing := {tap.kiosk_id for tap in taps if tap.kiosk_id} - known.keys():
        known |= {row.id: row for row in _KIOSKS.run(connection, missing)}
    named = {tap.desk_id for tap in taps} | {visit.desk_id for visit in visits}
    desks = _read_desks(connection, named - {None}, known.values())
    facts = Facts(
        connection=connection,
        reference=reference,
        received_at=received_at,
        ratings={row.id: row for row in RATINGS.run(connection, ids)},
        visits={row.token: row for row in visits},
        desks=desks,
        kiosks=known,
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


def _read_desks(
    connection: Connection, named: set[int | None], kiosks: Iterable[Row]
) -> dict[int, DeskFacts]:
    """Return the named desks; those at which the kiosks stand were read with these."""
    desks = {
        row.desk_id: DeskFacts(row.desk_id, row.desk_unit_id, row.from_day, row.until_day)
        for row in kiosks
        if row.desk_id is not None
    }
    if missing := named - desks.keys():
        for row in _DESKS.run(connection, missing):
            desks[row.id] = DeskFacts(row.id, row.unit_id, row.from_day, row.until_day)
    return desks


def _find_backdated(facts: Facts, taps: Sequence[Tap]) -> list[Tap]:
    """Return the new taps whose times run against their device's counters.

    One whose day is unknown anyway is neither judged nor a measure for others.
    """
    stores: dict[tuple[int, int], list[Tap]] = {}
    for tap in taps:
        if tap.kiosk_id is None or tap.device_counter is None or tap.rating_id in facts.ratings:
            continue
        if tap.kiosk_id in facts.kiosks and facts.placements[tap].local_day is not None:
            stores.setdefault((tap.kiosk_id, tap.device_epoch or 0), []).append(tap)
    found: list[Tap] = []
    for (kiosk_id, epoch), arriving in stores.items():
        kiosk = facts.kiosks[kiosk_id]
        times = [
            CountedTime(tap.device_counter or 0, facts.placements[tap].corrected_at)
            for tap in arriving
        ]
        store = Store(epoch, kiosk.unit_id, kiosk.desk_id)
        counters = {one.counter for one in times}
        backdated = find_backdated(list_accepted(facts.connection, store, counters), times)
        found += [tap for tap in arriving if tap.device_counter in backdated]
    return found
