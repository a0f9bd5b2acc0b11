"""Random histories of an office: how they are drawn, how they are lived, and a naive count.

The naive count reads the rows and adds them up one by one; it shares nothing with ``counting``.
"""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock, office, recording, rollups, succession, visits
from satisfaction.database import reading, unit_of_work
from satisfaction.models import (
    Configuration,
    Desk,
    Level,
    Procedure,
    Rating,
    RatingReason,
    RatingVoid,
    Reason,
    Unit,
    Visit,
)
from satisfaction.periods import Period
from satisfaction.recording import ReasonsGiven, Tap
from satisfaction.terms import Channel, Leaning, Outcome, RatingSource, UnitKind

FIRST_DAY = date(2025, 12, 27)
DAYS = 9
TODAY = FIRST_DAY + timedelta(days=DAYS - 1)
NOW = datetime.combine(TODAY, time(15, 0), tzinfo=clock.OFFICE_ZONE)
FOUNDED = date(2024, 1, 1)
WARDS = 4
EDGES = [time(0, 0), time(7, 30), time(11, 0, 0, 1), time(23, 59, 59, 999_000)]


@dataclass(frozen=True)
class Serving:
    """One visit and what becomes of it."""

    desk: int
    at: datetime
    procedure: int | None
    channel: Channel
    level: int | None = None
    source: RatingSource = RatingSource.KIOSK
    delay: timedelta = timedelta(0)
    correction: int | None = None
    is_voided: bool = False
    reasons: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Opinion:
    """One answer without a visit."""

    desk: int
    at: datetime
    level: int
    source: RatingSource
    is_voided: bool = False


@dataclass(frozen=True)
class Rebuild:
    """The daily counts of a day are stored anew."""

    day: date


@dataclass(frozen=True)
class Move:
    """From a day on a ward stands under another unit, or under none."""

    ward: int
    day: date
    parent: int | None


@dataclass(frozen=True)
class Plan:
    """What happens, in this order; moves are entered first."""

    moves: tuple[Move, ...]
    steps: tuple[Serving | Opinion | Rebuild, ...]


days = st.integers(0, DAYS - 1).map(lambda offset: FIRST_DAY + timedelta(days=offset))
moments = st.builds(datetime.combine, days, st.sampled_from(EDGES)).map(
    lambda local: min(local.replace(tzinfo=clock.OFFICE_ZONE), NOW)
)
delays = st.sampled_from([timedelta(0), timedelta(seconds=1), timedelta(hours=8)])
servings = st.builds(
    Serving,
    desk=st.integers(0, 2 * WARDS - 1),
    at=moments,
    procedure=st.none() | st.integers(0, 2),
    channel=st.sampled_from(Channel),
    level=st.none() | st.integers(1, 3),
    source=st.sampled_from(RatingSource),
    delay=delays,
    correction=st.none() | st.integers(1, 3),
    is_voided=st.sampled_from([False, False, True]),
    reasons=st.frozensets(st.sampled_from(["wait", "manner", "fee"]), max_size=2),
)
opinions = st.builds(
    Opinion,
    desk=st.integers(0, 2 * WARDS - 1),
    at=moments,
    level=st.integers(1, 3),
    source=st.sampled_from(RatingSource),
    is_voided=st.sampled_from([False, False, True]),
)
rebuilds = st.builds(Rebuild, day=days.filter(lambda day: day < TODAY))


@st.composite
def moves(draw: st.DrawFn) -> tuple[Move, ...]:
    """Draw a history of parents: two roots, 0 and 1, above wards that may stand under wards."""
    drawn = []
    for ward in range(2, 2 + WARDS):
        for day in sorted(draw(st.sets(days, max_size=2))):
            parent = draw(st.none() | st.integers(0, ward - 1))
            drawn.append(Move(ward, day, parent))
    return tuple(drawn)


plans = st.builds(
    Plan,
    moves=moves(),
    steps=st.lists(servings | servings | opinions | rebuilds, min_size=1, max_size=16).map(tuple),
)


@dataclass
class World:
    """A planted office: two roots and their wards, with two desks to each ward."""

    units: list[Unit]
    codes: dict[int, str]
    desks: list[Desk]
    procedures: list[Procedure]
    sectors: dict[int, str]
    configurations: list[Configuration]
    parents: dict[int, list[tuple[date, int | None]]] = field(default_factory=dict)

    def stood_under(self, unit: int, root: int, day: date) -> bool:
        """Say whether a unit stood within another on a day, by climbing from parent to parent."""
        current: int | None = unit
        while current is not None and current != root:
            dated = [parent for since, parent in self.parents.get(current, []) if since <= day]
            current = dated[-1] if dated else None
        return current == root


def plant(plan: Plan) -> World:
    """Plant an office of its own for one example."""
    mark = uuid.uuid4().hex[:8]
    with unit_of_work() as session:
        scales = office.load_scales(session)
        units = [
            office.add_unit(
                session, f"{mark}{n}", name=f"Đơn vị {n}", kind=UnitKind.WARD, from_day=FOUNDED
            )
            for n in range(2 + WARDS)
        ]
        desks = [
            office.add_desk(session, unit, code=str(n), name=f"Bàn {n}", from_day=FOUNDED)
            for unit in units[2:]
            for n in (1, 2)
        ]
        sectors = [office.ensure_sector(session, f"{mark} {n}") for n in range(2)]
        procedures = [
            office.add_procedure(
                session,
                f"{mark}.{n}",
                name=f"Thủ tục {n}",
                short_name=f"Thủ tục {n}",
                sector=sectors[n % 2],
                valid_from_day=FOUNDED,
            )
            for n in range(3)
        ]
        configurations = [
            office.configure_unit(
                session,
                units[0],
                scale=scales[code],
                from_at=clock.start_of_day(FOUNDED),
                allows_unlinked=True,
            )
            for code in ("five", "three")
        ]
        sector_names = {one.id: f"{mark} {n % 2}" for n, one in enumerate(procedures)}
        codes = {unit.id: f"{mark}{n}" for n, unit in enumerate(units)}
        world = World(units, codes, desks, procedures, sector_names, configurations)
        for move in plan.moves:
            parent = None if move.parent is None else units[move.parent]
            succession.move_unit(session, units[move.ward], parent, from_day=move.day)
            world.parents.setdefault(units[move.ward].id, []).append(
                (move.day, parent.id if parent else None)
            )
    return world


def live(world: World, plan: Plan) -> None:
    """Let a plan happen."""
    for step in plan.steps:
        with unit_of_work() as session:
            if isinstance(step, Rebuild):
                rollups.rebuild_day(session, step.day)
            elif isinstance(step, Opinion):
                given = _tap(world, step, step.level, step.at)
                recording.record_rating(session, given)
                _void(session, step.is_voided, given)
            else:
                _serve(session, world, step)


def _serve(session: Session, world: World, step: Serving) -> None:
    with clock.replaced(step.at):
        visit = visits.open_visit(
            session,
            visits.NewVisit(
                desk_id=world.desks[step.desk].id,
                channel=step.channel,
                procedure_id=None
                if step.procedure is None
                else world.procedures[step.procedure].id,
            ),
        )
        visits.close_visit(session, visit.id)
    if step.level is None:
        return
    tapped_at = min(step.at + step.delay, NOW)
    given = _tap(world, step, step.level, tapped_at, visit=visit.token)
    recording.record_rating(session, given)
    if step.correction is None:
        _give_reasons(session, step, given)
    if step.correction is not None:
        again = _tap(
            world,
            step,
            step.correction,
            min(tapped_at + timedelta(seconds=20), NOW),
            visit=visit.token,
            supersedes=given.rating_id,
        )
        recording.record_rating(session, again)
        _give_reasons(session, step, again)
    _void(session, step.is_voided, given)


def _give_reasons(session: Session, step: Serving, given: Tap) -> None:
    if step.reasons:
        reasons = ReasonsGiven(
            rating_id=given.rating_id, kiosk_id=None, reasons=tuple(sorted(step.reasons))
        )
        recording.record_reasons(session, reasons)


def _void(session: Session, is_voided: bool, given: Tap) -> None:
    if is_voided:
        recording.void_rating(session, given.rating_id, account_id=None, explanation="thử máy")


def _tap(
    world: World,
    step: Serving | Opinion,
    level: int,
    tapped_at: datetime,
    *,
    visit: uuid.UUID | None = None,
    supersedes: uuid.UUID | None = None,
) -> Tap:
    configuration = world.configurations[step.desk % 2]
    return Tap(
        rating_id=recording.new_rating_id(),
        desk_id=world.desks[step.desk].id,
        configuration_id=configuration.id,
        scale_id=configuration.scale_id,
        level=level,
        tapped_at=tapped_at,
        source=step.source,
        visit=visit,
        supersedes=supersedes,
    )


@dataclass
class Sums:
    """What one line has to say."""

    finished: int = 0
    rated: int = 0
    levels: Counter[tuple[int, int]] = field(default_factory=Counter)
    unlinked: int = 0
    voided: int = 0


@dataclass(frozen=True)
class Fact:
    """One row of the database with everything along which it can be counted."""

    unit_id: int
    desk_id: int
    day: date
    procedure_id: int | None
    channel: Channel
    source: RatingSource | None
    scale_and_level: tuple[int, int] | None = None
    is_rated: bool = False
    is_voided: bool = False
    is_linked: bool = True
    hour: int | None = None
    leaning: Leaning | None = None
    reasons: frozenset[str] = frozenset()

    @property
    def is_answer(self) -> bool:
        """Say whether it counts in a share."""
        return self.scale_and_level is not None and self.is_linked and not self.is_voided


def read_rows(world: World) -> list[Fact]:
    """Read this office's visits and the last ratings of their chains, row by row."""
    ours = {unit.id for unit in world.units}
    with reading() as session:
        seen = {visit.id: visit for visit in session.scalars(select(Visit))}
        levels = {level.id: level for level in session.scalars(select(Level))}
        voided = set(session.scalars(select(RatingVoid.rating_seq)))
        ratings = session.scalars(select(Rating)).all()
        chosen = select(RatingReason.rating_seq, Reason.code).join(
            Reason, Reason.id == RatingReason.reason_id
        )
        reasons: dict[int, set[str]] = {}
        for seq, code in session.execute(chosen):
            reasons.setdefault(seq, set()).add(code)
    superseded = {rating.supersedes_seq for rating in ratings}
    found = [
        Fact(
            unit_id=visit.unit_id,
            desk_id=visit.desk_id,
            day=visit.closed_day,
            procedure_id=visit.procedure_id,
            channel=visit.channel,
            source=None,
            is_rated=visit.outcome is Outcome.RATED,
        )
        for visit in seen.values()
        if visit.unit_id in ours and visit.closed_day is not None
    ]
    for rating in ratings:
        if rating.unit_id not in ours or rating.seq in superseded or rating.local_day is None:
            continue
        visit = seen[rating.visit_id] if rating.visit_id else None
        level = levels[rating.level_id]
        found.append(
            Fact(
                unit_id=rating.unit_id,
                desk_id=rating.desk_id,
                day=rating.local_day,
                procedure_id=visit.procedure_id if visit else None,
                channel=visit.channel if visit else Channel.UNKNOWN,
                source=rating.source,
                scale_and_level=(level.scale_id, level.position),
                is_voided=rating.seq in voided,
                is_linked=visit is not None,
                hour=clock.local_time(rating.tapped_at).hour,
                leaning=level.leaning,
                reasons=frozenset(reasons.get(rating.seq, ())),
            )
        )
    return found


def add_up(facts: list[Fact], world: World, root: int, period: Period) -> list[Fact]:
    """Return the facts that belong to a unit, and what stood under it, in a period."""
    return [
        fact
        for fact in facts
        if fact.day in period and world.stood_under(fact.unit_id, root, fact.day)
    ]


def sum_of(facts: list[Fact]) -> Sums:
    """Add rows up, one by one."""
    sums = Sums()
    for fact in facts:
        if fact.scale_and_level is None:
            sums.finished += 1
            sums.rated += fact.is_rated
        elif fact.is_voided:
            sums.voided += 1
        elif not fact.is_linked:
            sums.unlinked += 1
        else:
            sums.levels[fact.scale_and_level] += 1
    return sums
