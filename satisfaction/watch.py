"""What an administrator has to look at: devices, what they lost or delivered in vain, odd desks.

Refuses to say how anybody was rated, and to touch what stands outside of the officer's units.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from satisfaction import clock, fleet
from satisfaction.calendars import read_calendar
from satisfaction.configurations import Changes, change_configuration
from satisfaction.counting import count_served
from satisfaction.credentials import ask_renewal
from satisfaction.errors import NotFoundError
from satisfaction.fleet import PairingPlace
from satisfaction.heartbeats import (
    KioskCondition,
    KioskStatus,
    KioskTrouble,
    always,
    list_conditions,
    list_statuses,
)
from satisfaction.models import Desk, Kiosk, KioskEvent, Rating, Unit, Visit
from satisfaction.office import find_configuration, get_unit, list_desks, name_of, names_of
from satisfaction.periods import Period, day_period
from satisfaction.refusals import RefusalPage, list_refusals
from satisfaction.terms import DeskKind, KioskEventKind
from satisfaction.text import clean

MANY_SERVED = 40
LOOKED_BACK = timedelta(days=7)
MOST_EVENTS = 50


@dataclass(frozen=True)
class Event:
    """Something that happened to a device."""

    at: datetime
    kiosk_name: str
    kind: KioskEventKind


@dataclass(frozen=True)
class UndatedRatings:
    """How many ratings of a device are counted on no day, because its clock cannot be trusted."""

    kiosk_name: str
    amount: int


@dataclass(frozen=True)
class RestoredVisits:
    """How many visits of a desk a restored server learned of from devices, and when they ended."""

    desk_name: str
    amount: int
    first_at: datetime
    last_at: datetime


class DeskTrouble(StrEnum):
    """Why an administrator should look at a desk."""

    NEVER_RATED = "never_rated"


@dataclass(frozen=True, kw_only=True)
class Alert:
    """Something that somebody has to see to: what, at which device or desk, since when.

    ``figures`` hold what is to be said with it: ``queue`` and ``missing`` ratings, ``served``
    citizens within ``days``, and by how many ``seconds`` a clock is off.
    """

    kind: KioskTrouble | DeskTrouble
    subject: str
    unit_name: str
    since: datetime | None = None
    figures: Mapping[str, int] = field(default_factory=dict)


URGENCY = (
    KioskTrouble.RATINGS_MISSING,
    KioskTrouble.STORE_NOT_KEPT,
    KioskTrouble.SILENT,
    KioskTrouble.OLD_QUEUE,
    KioskTrouble.LONG_QUEUE,
    KioskTrouble.WRONG_CLOCK,
    DeskTrouble.NEVER_RATED,
    KioskTrouble.NEVER_SEEN,
    KioskTrouble.OLD_VERSION,
)


@dataclass(frozen=True)
class Place:
    """Where a device may stand: a desk, or the lobby of a unit."""

    key: str
    name: str


@dataclass(frozen=True)
class UnitPolicy:
    """What a unit's devices do when nothing tells them of a visit."""

    unit_id: int
    name: str
    allows_unlinked: bool


@dataclass(frozen=True, kw_only=True)
class FleetSheet:
    """All that the page of devices shows."""

    alerts: Sequence[Alert]
    statuses: Sequence[KioskStatus]
    events: Sequence[Event]
    refused: RefusalPage
    undated: Sequence[UndatedRatings]
    restored: Sequence[RestoredVisits]
    places: Sequence[Place]
    policies: Sequence[UnitPolicy]


def read_fleet(
    session: Session, scope: Set[int], *, version: str, refused_page: int = 1
) -> FleetSheet:
    """Return the devices of these units and what is odd about them."""
    units = [get_unit(session, unit_id) for unit_id in sorted(scope)]
    expected_since = _expected_since(session)
    return FleetSheet(
        alerts=list_alerts(session, scope, version=version),
        statuses=list_statuses(session, scope, version=version, expected_since=expected_since),
        events=_list_events(session, scope),
        refused=list_refusals(session, scope, page=refused_page),
        undated=_list_undated(session, scope),
        restored=_list_restored(session, scope),
        places=_list_places(session, scope, units),
        policies=_list_policies(session, units),
    )


def list_alerts(session: Session, scope: Set[int], *, version: str) -> list[Alert]:
    """Return what has to be seen to in these units now, the most urgent first.

    ``version`` is the newest that devices should run; an empty one is not judged.
    Time: a device is silent only while its unit is open; where nobody has set hours, always.
    """
    expected_since = _expected_since(session)
    names = names_of(session, scope, clock.today())
    conditions = list_conditions(session, scope, version=version, expected_since=expected_since)
    found = [
        _as_alert(condition, trouble, names[condition.unit_id])
        for condition in conditions
        for trouble in condition.troubles
    ]
    found += _find_unrated_desks(session, scope, names)
    return sorted(found, key=lambda alert: URGENCY.index(alert.kind))


def _expected_since(session: Session) -> Callable[[int], datetime | None]:
    """Return since when a unit's devices are to be heard, asked once for each unit."""
    now = clock.now()
    calendar = read_calendar(session, day_period(clock.local_day(now)))

    @cache
    def expected_since(unit_id: int) -> datetime | None:
        if calendar.is_open(unit_id, now) is None:
            return always(unit_id)
        return calendar.open_since(unit_id, now)

    return expected_since


def _as_alert(condition: KioskCondition, trouble: KioskTrouble, unit_name: str) -> Alert:
    beat = condition.beat
    since: datetime | None = None
    figures: dict[str, int] = {}
    if trouble is KioskTrouble.NEVER_SEEN or beat is None:
        since = condition.enrolled_at
    elif trouble is KioskTrouble.SILENT:
        since = beat.at
    elif trouble in {KioskTrouble.LONG_QUEUE, KioskTrouble.OLD_QUEUE}:
        since, figures = beat.oldest_queued_at, {"queue": beat.queue_length}
    elif trouble is KioskTrouble.WRONG_CLOCK:
        figures = {"seconds": abs(beat.clock_offset_ms) // 1000}
    elif trouble is KioskTrouble.RATINGS_MISSING:
        figures = {"missing": beat.missing}
    return Alert(
        kind=trouble, subject=condition.name, unit_name=unit_name, since=since, figures=figures
    )


def _list_events(session: Session, scope: Set[int]) -> list[Event]:
    rows = session.execute(
        select(KioskEvent.at, Kiosk.name, KioskEvent.kind)
        .join(Kiosk, Kiosk.id == KioskEvent.kiosk_id)
        .where(Kiosk.unit_id.in_(scope))
        .order_by(KioskEvent.at.desc(), KioskEvent.id.desc())
        .limit(MOST_EVENTS)
    )
    return [Event(*row) for row in rows]


def _list_undated(session: Session, scope: Set[int]) -> list[UndatedRatings]:
    rows = session.execute(
        select(Kiosk.name, func.count())
        .select_from(Rating)
        .join(Kiosk, Kiosk.id == Rating.kiosk_id)
        .where(Rating.local_day.is_(None), Rating.unit_id.in_(scope))
        .group_by(Kiosk.id, Kiosk.name)
        .order_by(Kiosk.name)
    )
    return [UndatedRatings(*row) for row in rows]


def _list_restored(session: Session, scope: Set[int]) -> list[RestoredVisits]:
    rows = session.execute(
        select(Desk.name, func.count(), func.min(Visit.closed_at), func.max(Visit.closed_at))
        .select_from(Visit)
        .join(Desk, Desk.id == Visit.desk_id)
        .where(Visit.is_restored, Visit.unit_id.in_(scope))
        .group_by(Desk.id, Desk.name)
        .order_by(Desk.name)
    )
    return [
        RestoredVisits(name, amount, first_at, last_at)
        for name, amount, first_at, last_at in rows
        if first_at is not None and last_at is not None
    ]


def _find_unrated_desks(session: Session, scope: Set[int], names: Mapping[int, str]) -> list[Alert]:
    """Return the desks that served 40 citizens or more within seven days and were never rated."""
    today = clock.today()
    period = Period(today - LOOKED_BACK + timedelta(days=1), today + timedelta(days=1))
    silent = {
        desk_id: served.finished
        for desk_id, served in count_served(session, scope, period).items()
        if served.finished >= MANY_SERVED and not served.rated
    }
    desks = session.scalars(select(Desk).where(Desk.id.in_(silent), Desk.kind == DeskKind.COUNTER))
    return [
        Alert(
            kind=DeskTrouble.NEVER_RATED,
            subject=desk.name,
            unit_name=names[desk.unit_id],
            figures={"served": silent[desk.id], "days": LOOKED_BACK.days},
        )
        for desk in sorted(desks, key=lambda desk: (-silent[desk.id], desk.id))
    ]


def _list_places(session: Session, scope: Set[int], units: Sequence[Unit]) -> list[Place]:
    today = clock.today()
    names = {unit.id: name_of(unit, today).name for unit in units}
    desks = [
        Place(f"desk-{desk.id}", f"{desk.name} · {names[desk.unit_id]}")
        for desk in list_desks(session, scope, today)
        if desk.kind is DeskKind.COUNTER
    ]
    return desks + [Place(f"lobby-{unit_id}", name) for unit_id, name in names.items()]


def _list_policies(session: Session, units: Sequence[Unit]) -> list[UnitPolicy]:
    found = []
    for unit in units:
        configuration = find_configuration(session, unit.id, clock.now())
        if configuration is not None:
            name = name_of(unit, clock.today()).name
            found.append(UnitPolicy(unit.id, name, configuration.allows_unlinked))
    return found


@dataclass(frozen=True)
class CodeWanted:
    """For which place, by its key, a code is wanted, what the device is to be called, by whom."""

    place: str
    name: str
    made_by_id: int


def make_code(session: Session, scope: Set[int], wanted: CodeWanted) -> str:
    """Return a pairing code for a desk, or a lobby, within these units.

    Raises: NotFoundError for any other place.
    """
    known = {
        place.key: place
        for place in _list_places(session, scope, [get_unit(session, one) for one in scope])
    }
    if wanted.place not in known:
        raise NotFoundError(place=wanted.place)
    kind, _, number = wanted.place.partition("-")
    desk = session.get(Desk, int(number)) if kind == "desk" else None
    place = PairingPlace(
        unit_id=desk.unit_id if desk else int(number),
        desk_id=desk.id if desk else None,
        name=clean(wanted.name) or known[wanted.place].name.partition(" · ")[0],
    )
    return fleet.make_pairing_code(session, place, made_by_id=wanted.made_by_id)


def revoke(session: Session, scope: Set[int], kiosk_id: int, *, revoked_by_id: int) -> None:
    """Take the credential of a device of these units away; a second time changes nothing.

    Raises: NotFoundError for a device of any other unit.
    """
    kiosk = session.get(Kiosk, kiosk_id)
    if kiosk is None or kiosk.unit_id not in scope:
        raise NotFoundError(kiosk_id=kiosk_id)
    if kiosk.revoked_at is None:
        fleet.revoke_kiosk(session, kiosk, revoked_by_id=revoked_by_id)


def renew(session: Session, scope: Set[int], kiosk_id: int, *, asked_by_id: int) -> None:
    """Have a device of these units get a new credential with its next heartbeat.

    Raises: NotFoundError for a device of any other unit, and for one that was revoked.
    """
    kiosk = session.get(Kiosk, kiosk_id)
    if kiosk is None or kiosk.unit_id not in scope or kiosk.revoked_at is not None:
        raise NotFoundError(kiosk_id=kiosk_id)
    ask_renewal(session, kiosk, asked_by_id=asked_by_id)


def allow_unlinked(
    session: Session, scope: Set[int], unit_id: int, *, allows: bool, changed_by_id: int
) -> None:
    """Say whether a unit takes opinions from its devices that name no visit, from now on.

    Raises: NotFoundError for any other unit; UnitNotConfiguredError.
    """
    if unit_id not in scope:
        raise NotFoundError(unit_id=unit_id)
    changes = Changes(allows_unlinked=allows)
    change_configuration(session, get_unit(session, unit_id), changes, changed_by_id=changed_by_id)
