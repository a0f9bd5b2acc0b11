"""The figures that an officer asks for, with all that the officer may choose from.

Refuses units, desks and procedures that the officer's roles do not reach, as if they were not.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from satisfaction import clock, counting
from satisfaction.errors import DeskNotFoundError, ProcedureNotFoundError, UnitNotFoundError
from satisfaction.figures import CountQuery, Figures
from satisfaction.models import Desk, Procedure, Unit
from satisfaction.office import existed_during, find_units, name_of, names_of, segments_under
from satisfaction.parents import list_parent_links
from satisfaction.periods import Period, day_period
from satisfaction.terms import Channel, Dimension, RatingSource
from satisfaction.text import sort_key


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked; without a unit, of the first one that the officer may see."""

    period: Period
    by: Dimension = Dimension.DESK
    unit_id: int | None = None
    desk_id: int | None = None
    procedure_id: int | None = None
    channel: Channel | None = None
    source: RatingSource | None = None


@dataclass(frozen=True)
class Choice:
    """Something to choose: a unit, a desk or a procedure; ``depth`` is its place in a tree."""

    id: int
    name: str
    detail: str = ""
    depth: int = 0


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The answer, and what else could be asked."""

    figures: Figures
    units: tuple[Choice, ...]
    desks: tuple[Choice, ...]
    procedures: tuple[Choice, ...]


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A question that an officer may ask, and what else could be asked."""

    query: CountQuery
    units: tuple[Choice, ...]
    desks: tuple[Choice, ...]
    procedures: tuple[Choice, ...]


def build_overview(session: Session, unit_ids: Set[int], wanted: Wanted) -> Overview:
    """Return the figures of a unit that the officer may see, and the choices around them.

    Raises: those of ``open_scope``; counting's errors.
    """
    scope = open_scope(session, unit_ids, wanted)
    return Overview(
        figures=counting.count(session, scope.query),
        units=scope.units,
        desks=scope.desks,
        procedures=scope.procedures,
    )


def open_scope(session: Session, unit_ids: Set[int], wanted: Wanted) -> Scope:
    """Return the question about a unit that the officer may see, and the choices around it.

    Shape: ``unit_ids`` are those where the officer may see counts today. What stood under them
    for the whole of the period may be asked for as well, because it is part of their figures.
    Raises: UnitNotFoundError, DeskNotFoundError, ProcedureNotFoundError, also for what is
    outside.
    """
    units = _list_units(session, unit_ids, wanted.period)
    unit_id = wanted.unit_id
    if unit_id is None:
        unit_id = _first_living(session, units, wanted.period)
    if unit_id not in {unit.id for unit in units}:
        raise UnitNotFoundError(unit_id=unit_id)
    desks = _list_desks(session, unit_id, wanted.period)
    if wanted.desk_id is not None and wanted.desk_id not in {desk.id for desk in desks}:
        raise DeskNotFoundError(desk_id=wanted.desk_id)
    procedures = _list_procedures(session, wanted.period)
    known = {procedure.id for procedure in procedures}
    if wanted.procedure_id is not None and wanted.procedure_id not in known:
        raise ProcedureNotFoundError(procedure_id=wanted.procedure_id)
    query = CountQuery(
        unit_id=unit_id,
        period=wanted.period,
        by=wanted.by,
        desk_id=wanted.desk_id,
        procedure_id=wanted.procedure_id,
        channel=wanted.channel,
        source=wanted.source,
    )
    return Scope(query=query, units=units, desks=desks, procedures=procedures)


def _list_units(session: Session, unit_ids: Set[int], period: Period) -> tuple[Choice, ...]:
    """Return the units that may be asked for, each after the one that it stands under."""
    allowed = set(unit_ids)
    for root in _roots(session, unit_ids):
        segments = segments_under(session, root, period)
        allowed |= frozenset.intersection(*[segment.unit_ids for segment in segments])
    units = find_units(session, allowed)
    parents = _parents(session, allowed, period)
    choices: list[Choice] = []
    roots = [unit_id for unit_id in allowed if unit_id not in parents]
    _add_tree(choices, roots, units, parents=parents, period=period)
    return tuple(choices)


def _roots(session: Session, unit_ids: Set[int]) -> Set[int]:
    """Return the units that stand under none of the others today."""
    return unit_ids - _parents(session, unit_ids, day_period(clock.today())).keys()


def _parents(session: Session, unit_ids: Set[int], period: Period) -> Mapping[int, int]:
    """Return for each unit the one among these under which it stood on the period's last day."""
    return {
        link.unit_id: link.parent_id
        for link in list_parent_links(session, day_period(period.last_day))
        if link.unit_id in unit_ids and link.parent_id in unit_ids
    }


def _add_tree(
    choices: list[Choice],
    level: Iterable[int],
    units: Mapping[int, Unit],
    *,
    parents: Mapping[int, int],
    period: Period,
    depth: int = 0,
) -> None:
    """Add these units in reading order, each with what stands under it."""
    named = [
        (name_of(units[unit_id], period.last_day), unit_id) for unit_id in level if unit_id in units
    ]
    for name, unit_id in sorted(named, key=lambda pair: (sort_key(pair[0].name), pair[1])):
        choices.append(Choice(unit_id, name.name, name.code, depth))
        under = [child for child, parent in parents.items() if parent == unit_id]
        _add_tree(choices, under, units, parents=parents, period=period, depth=depth + 1)


def _first_living(session: Session, units: Iterable[Choice], period: Period) -> int | None:
    """Return the first unit that existed at the end of a period, or the first that ever was."""
    ids = [unit.id for unit in units]
    known = find_units(session, ids)
    last_day = day_period(period.last_day)
    living = (unit_id for unit_id in ids if existed_during(known[unit_id], last_day))
    return next(living, ids[0] if ids else None)


def _list_desks(session: Session, unit_id: int, period: Period) -> tuple[Choice, ...]:
    """Return the desks that served within a unit during a period, its own first."""
    under = {one for part in segments_under(session, unit_id, period) for one in part.unit_ids}
    desks = session.execute(
        select(Desk.id, Desk.unit_id, Desk.name, Desk.detail).where(
            Desk.unit_id.in_(under),
            Desk.from_day < period.end_day,
            or_(Desk.until_day.is_(None), Desk.until_day > period.first_day),
        )
    )
    names = names_of(session, under, period.last_day)
    placed = [(desk.unit_id != unit_id, names[desk.unit_id], desk) for desk in desks]
    return tuple(
        Choice(desk.id, desk.name, unit_name if is_elsewhere else desk.detail)
        for is_elsewhere, unit_name, desk in sorted(
            placed,
            key=lambda place: (place[0], sort_key(place[1]), sort_key(place[2].name), place[2].id),
        )
    )


def _list_procedures(session: Session, period: Period) -> tuple[Choice, ...]:
    """Return the procedures that were valid during a period."""
    procedures = session.execute(
        select(Procedure.id, Procedure.short_name, Procedure.national_code).where(
            Procedure.valid_from_day < period.end_day,
            or_(
                Procedure.valid_until_day.is_(None),
                Procedure.valid_until_day > period.first_day,
            ),
        )
    )
    return tuple(
        Choice(procedure.id, procedure.short_name, procedure.national_code)
        for procedure in sorted(procedures, key=lambda one: (sort_key(one.short_name), one.id))
    )
