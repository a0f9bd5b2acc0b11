"""What the pages of voices and cases show around a list: what can be chosen, and whom to ask.

Refuses units, desks, procedures and reasons that the reader does not reach, as if they were not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from satisfaction import cases, clock, voices
from satisfaction.case_figures import AnswerTimes, OpenCases, count_open, measure_answers
from satisfaction.cases import CasePage, CasesWanted
from satisfaction.colleagues import Colleague, list_helpers
from satisfaction.errors import (
    DeskNotFoundError,
    NotFoundError,
    ProcedureNotFoundError,
    UnitNotFoundError,
)
from satisfaction.heirs import units_reached
from satisfaction.models import Desk, Procedure, Reason, Unit
from satisfaction.office import existed_during, name_of, segments_under
from satisfaction.periods import Period, day_period
from satisfaction.terms import ALLEGATIONS
from satisfaction.text import sort_key
from satisfaction.voice_rows import Reader, Wanted
from satisfaction.voices import VoicePage


@dataclass(frozen=True)
class Option:
    """Something to choose, by its key or code; ``name_en`` where it has one."""

    key: int | str
    name: str
    name_en: str = ""


@dataclass(frozen=True, kw_only=True)
class VoiceSheet:
    """The list of voices with everything that its filters offer."""

    page: VoicePage
    units: tuple[Option, ...]
    desks: tuple[Option, ...]
    procedures: tuple[Option, ...]
    reasons: tuple[Option, ...]
    colleagues: tuple[Colleague, ...]
    is_demonstration: bool


@dataclass(frozen=True, kw_only=True)
class CaseList:
    """The list of cases with its filters, how many are open, and how long answers took."""

    page: CasePage
    open: OpenCases
    times: AnswerTimes
    units: tuple[Option, ...]
    desks: tuple[Option, ...]
    colleagues: tuple[Colleague, ...]
    is_demonstration: bool


def read_voices(
    session: Session, reader: Reader, wanted: Wanted, *, unit_id: int | None, page: int
) -> VoiceSheet:
    """Return a page of voices of a unit, or of all that the reader reaches.

    Raises: UnitNotFoundError, DeskNotFoundError, ProcedureNotFoundError, NotFoundError for what
    is outside.
    """
    within = _within_period(session, reader.voices, unit_id, wanted.period)
    units = _list_units(session, reader.voices, wanted.period, asked=unit_id)
    desks = _list_desks(session, within)
    procedures = _list_procedures(session, wanted.period)
    reasons = _list_reasons(session, sees_allegations=bool(reader.allegations & within))
    _check(wanted.desk_id, desks, DeskNotFoundError)
    _check(wanted.procedure_id, procedures, ProcedureNotFoundError)
    _check(wanted.reason, reasons, NotFoundError)
    found = voices.list_voices(session, reader, replace(wanted, unit_ids=within), page=page)
    return VoiceSheet(
        page=found,
        units=units,
        desks=desks,
        procedures=procedures,
        reasons=reasons,
        colleagues=list_helpers(session, within & reader.handling),
        is_demonstration=_is_demonstration(session, within),
    )


def read_cases(
    session: Session,
    reader: Reader,
    wanted: CasesWanted,
    *,
    unit_id: int | None,
    page: int,
    period: Period,
) -> CaseList:
    """Return a page of cases of a unit, or of all that the reader reaches, with their figures.

    Raises: UnitNotFoundError, DeskNotFoundError for what is outside.
    """
    within = _within(session, reader.cases, unit_id)
    desks = _list_desks(session, within)
    _check(wanted.desk_id, desks, DeskNotFoundError)
    return CaseList(
        page=cases.list_cases(session, reader, replace(wanted, unit_ids=within), page=page),
        open=count_open(session, reader, unit_ids=within),
        times=measure_answers(session, reader, period, unit_ids=within),
        units=_list_units(session, reader.cases, day_period(clock.today()), asked=unit_id),
        desks=desks,
        colleagues=list_helpers(session, within & reader.handling),
        is_demonstration=_is_demonstration(session, within),
    )


def _within(session: Session, scope: frozenset[int], unit_id: int | None) -> frozenset[int]:
    """Return the units of a question about today, with those that a unit answers for."""
    if unit_id is None:
        return scope
    if unit_id not in scope:
        raise UnitNotFoundError(unit_id=unit_id)
    return units_reached(session, [unit_id], clock.today()) & scope


def _within_period(
    session: Session, scope: frozenset[int], unit_id: int | None, period: Period
) -> frozenset[int]:
    """Return the units of a question about a period, as the figures of that period have them."""
    if unit_id is None:
        return scope
    if unit_id not in scope:
        raise UnitNotFoundError(unit_id=unit_id)
    segments = segments_under(session, unit_id, period)
    return frozenset().union(*[segment.unit_ids for segment in segments]) & scope


def _check(wanted: int | str | None, offered: Iterable[Option], error: type[NotFoundError]) -> None:
    if wanted is not None and wanted not in {option.key for option in offered}:
        raise error(wanted=wanted)


def _list_units(
    session: Session, scope: frozenset[int], period: Period, *, asked: int | None
) -> tuple[Option, ...]:
    """Return the units that were there during a period, and the one that is asked for."""
    units = session.scalars(select(Unit).where(Unit.id.in_(sorted(scope))))
    return _sorted(
        Option(unit.id, name_of(unit, period.last_day).name)
        for unit in units
        if unit.id == asked or existed_during(unit, period)
    )


def _list_desks(session: Session, within: frozenset[int]) -> tuple[Option, ...]:
    """Return the desks of these units, those that serve no more as well."""
    today = clock.today()
    desks = session.scalars(select(Desk).where(Desk.unit_id.in_(sorted(within)))).all()
    if len({desk.unit_id for desk in desks}) > 1:
        return _sorted(
            Option(desk.id, f"{desk.name} · {name_of(desk.unit, today).name}") for desk in desks
        )
    return _sorted(Option(desk.id, desk.name) for desk in desks)


def _list_procedures(session: Session, period: Period) -> tuple[Option, ...]:
    found = session.scalars(
        select(Procedure).where(
            Procedure.valid_from_day < period.end_day,
            or_(Procedure.valid_until_day.is_(None), Procedure.valid_until_day > period.first_day),
        )
    )
    return _sorted(Option(one.id, f"{one.short_name} · {one.national_code}") for one in found)


def _list_reasons(session: Session, *, sees_allegations: bool) -> tuple[Option, ...]:
    """Return the reasons that may be asked for; an allegation only where it may be seen."""
    found = session.scalars(select(Reason).order_by(Reason.id))
    return tuple(
        Option(one.code, one.label_vi, one.label_en)
        for one in found
        if sees_allegations or one.code not in ALLEGATIONS
    )


def _is_demonstration(session: Session, within: frozenset[int]) -> bool:
    found = session.scalars(select(Unit.is_demonstration).where(Unit.id.in_(sorted(within)))).all()
    return any(found)


def _sorted(options: Iterable[Option]) -> tuple[Option, ...]:
    return tuple(sorted(options, key=lambda one: (sort_key(one.name), str(one.key))))
