"""What an officer does at a desk: choose one, open a visit, end it, see whether it was rated.

Refuses desks and visits outside the officer's units, and to say how a visit was rated.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from satisfaction import clock, visits
from satisfaction.dossiers import DEFAULT_SOURCE, find_or_add_dossier, normalise_code
from satisfaction.errors import DeskNotFoundError, ProcedureNotFoundError, VisitNotFoundError
from satisfaction.invitations import find_rated_at_desk
from satisfaction.models import Desk, Dossier, Kiosk, Procedure, Unit, Visit
from satisfaction.office import list_desks, list_procedures, name_of
from satisfaction.terms import Answered, DeskKind, Outcome, VisitKind
from satisfaction.text import clean

RECENT_VISITS = 8


@dataclass(frozen=True)
class DeskChoice:
    """A desk that an officer may serve."""

    id: int
    name: str
    detail: str
    unit_name: str


@dataclass(frozen=True)
class ProcedureChoice:
    """A procedure that a visit may be about."""

    id: int
    code: str
    name: str


@dataclass(frozen=True, kw_only=True)
class ServedVisit:
    """What the officer sees of one serving; it holds no level, so none can be shown."""

    id: int
    ticket_number: str
    code: str
    is_code_irregular: bool
    procedure: str
    kind: VisitKind
    opened_at: datetime
    closed_at: datetime | None
    answered: Answered
    was_left_open: bool
    is_assisted: bool
    is_offline: bool


@dataclass(frozen=True)
class Progress:
    """The visit that a desk serves now, and what became of the last ones of today."""

    serving: ServedVisit | None
    recent: tuple[ServedVisit, ...]

    @property
    def version(self) -> str:
        """A word that changes whenever an officer has something new to see."""
        answers = (f"{visit.id}{visit.answered}" for visit in self.recent)
        return ".".join([self._serving_word, *answers])

    @property
    def _serving_word(self) -> str:
        return str(self.serving.id) if self.serving else "-"

    def serves_another(self, version: str) -> bool:
        """Say whether the desk's visit is another than in an earlier version."""
        return version.split(".")[0] != self._serving_word


@dataclass(frozen=True, kw_only=True)
class DeskSheet:
    """All that the desk page shows; without a desk only the choice."""

    desks: tuple[DeskChoice, ...]
    desk: DeskChoice | None
    progress: Progress
    procedures: tuple[ProcedureChoice, ...]
    has_kiosk: bool


@dataclass(frozen=True, kw_only=True)
class VisitWanted:
    """What an officer enters when a citizen steps up; all but the desk may be left out."""

    desk_id: int
    code: str = ""
    ticket_number: str = ""
    procedure_id: int | None = None
    kind: VisitKind = VisitKind.INTAKE
    opened_by_id: int | None = None


@dataclass(frozen=True)
class Ended:
    """At which desk a visit has ended, and whether a kiosk asks about it there."""

    desk_id: int
    is_asked: bool
    was_left_open: bool


def read_sheet(session: Session, unit_ids: Set[int], desk_id: int | None) -> DeskSheet:
    """Return the desk page's content; a single desk chooses itself, a foreign one is ignored."""
    today = clock.today()
    desks = _list_choices(session, unit_ids, today)
    if len(desks) == 1:
        desk_id = desks[0].id
    desk = next((desk for desk in desks if desk.id == desk_id), None)
    if desk is None:
        return DeskSheet(
            desks=desks, desk=None, progress=Progress(None, ()), procedures=(), has_kiosk=False
        )
    return DeskSheet(
        desks=desks,
        desk=desk,
        progress=_read_progress(session, desk.id),
        procedures=tuple(
            ProcedureChoice(procedure.id, procedure.national_code, procedure.short_name)
            for procedure in list_procedures(session, today)
        ),
        has_kiosk=_has_kiosk(session, desk.id),
    )


def _list_choices(session: Session, unit_ids: Set[int], today: date) -> tuple[DeskChoice, ...]:
    desks = [desk for desk in list_desks(session, unit_ids, today) if desk.kind is DeskKind.COUNTER]
    names = _unit_names(session, desks, today)
    return tuple(DeskChoice(desk.id, desk.name, desk.detail, names[desk.unit_id]) for desk in desks)


def _unit_names(session: Session, desks: Sequence[Desk], today: date) -> dict[int, str]:
    units = session.scalars(select(Unit).where(Unit.id.in_({desk.unit_id for desk in desks})))
    return {unit.id: name_of(unit, today).name for unit in units}


def read_progress(session: Session, unit_ids: Set[int], desk_id: int) -> Progress:
    """Return what changes on the desk page by itself.

    Raises: DeskNotFoundError, also for a desk outside these units.
    """
    return _read_progress(session, _get_desk(session, unit_ids, desk_id).id)


def choose_desk(session: Session, unit_ids: Set[int], desk_id: int) -> int:
    """Return the key of a desk that may be served.

    Raises: DeskNotFoundError, also for a desk outside these units.
    """
    return _get_desk(session, unit_ids, desk_id).id


def open_visit(session: Session, unit_ids: Set[int], wanted: VisitWanted) -> Visit:
    """Begin serving a citizen with what was typed or scanned; an unusual code is kept and flagged.

    Writes: visit, and dossier for a code that is not known yet.
    Raises: DeskNotFoundError, also for a desk outside these units; ProcedureNotFoundError;
    DeskBusyError, DeskRetiredError.
    """
    desk = _get_desk(session, unit_ids, wanted.desk_id)
    procedure_id = wanted.procedure_id
    if procedure_id is not None:
        _check_procedure(session, procedure_id)
    dossier = _find_dossier(session, desk, wanted)
    if dossier is not None and procedure_id is None:
        procedure_id = dossier.procedure_id
    return visits.open_visit(
        session,
        visits.NewVisit(
            desk_id=desk.id,
            kind=wanted.kind,
            ticket_number=clean(wanted.ticket_number),
            dossier_id=dossier.id if dossier else None,
            procedure_id=procedure_id,
            opened_by_id=wanted.opened_by_id,
        ),
    )


def end_visit(
    session: Session, unit_ids: Set[int], visit_id: int, *, is_assisted: bool = False
) -> Ended:
    """Finish serving, which brings the question up on the desk's kiosk, if it has one.

    Nobody is asked about a visit of an earlier day: whoever now stands there was not served then.
    Raises: VisitNotFoundError, also for a visit outside these units; VisitClosedError.
    """
    if visits.get_visit(session, visit_id).unit_id not in unit_ids:
        raise VisitNotFoundError(visit_id=visit_id)
    visit = visits.close_visit(session, visit_id, is_assisted=is_assisted)
    was_left_open = _was_left_open(visit)
    if was_left_open:
        visits.end_question(session, visit.token, desk_id=visit.desk_id, outcome=Outcome.NOT_SHOWN)
    is_asked = not was_left_open and _has_kiosk(session, visit.desk_id)
    return Ended(visit.desk_id, is_asked=is_asked, was_left_open=was_left_open)


def keep_assisted(session: Session, unit_ids: Set[int], visit_id: int) -> bool:
    """Note that a citizen is helped to rate; say whether that came before the answer.

    A visit that looks unanswered takes the note, or it would tell of an answer from elsewhere;
    that answer stays as it was given.
    Raises: VisitNotFoundError, also for a visit outside these units; VisitOpenError.
    """
    visit = visits.get_visit(session, visit_id)
    if visit.unit_id not in unit_ids:
        raise VisitNotFoundError(visit_id=visit_id)
    if visits.keep_assisted(session, visit_id):
        return True
    if _tell_answered(session, [visit])[visit_id] is Answered.NOT_YET:
        visit.is_assisted = True
        session.flush()
    return visit.is_assisted


def _has_kiosk(session: Session, desk_id: int) -> bool:
    enrolled = exists().where(Kiosk.desk_id == desk_id, Kiosk.revoked_at.is_(None))
    return bool(session.scalar(select(enrolled)))


def _get_desk(session: Session, unit_ids: Set[int], desk_id: int) -> Desk:
    desk = session.get(Desk, desk_id)
    if desk is None or desk.unit_id not in unit_ids or desk.kind is not DeskKind.COUNTER:
        raise DeskNotFoundError(desk_id=desk_id)
    return desk


def _check_procedure(session: Session, procedure_id: int) -> None:
    procedure, today = session.get(Procedure, procedure_id), clock.today()
    if (
        procedure is None
        or today < procedure.valid_from_day
        or (procedure.valid_until_day is not None and today >= procedure.valid_until_day)
    ):
        raise ProcedureNotFoundError(procedure_id=procedure_id)


def _find_dossier(session: Session, desk: Desk, wanted: VisitWanted) -> Dossier | None:
    if not normalise_code(wanted.code).code:
        return None
    return find_or_add_dossier(
        session,
        source_system=DEFAULT_SOURCE,
        code=wanted.code,
        unit_id=desk.unit_id,
        procedure_id=wanted.procedure_id,
        desk_id=desk.id,
    )


def _read_progress(session: Session, desk_id: int) -> Progress:
    serving = visits.find_open_visit(session, desk_id)
    recent = visits.list_recent_visits(session, desk_id, most=RECENT_VISITS)
    answered = _tell_answered(session, recent)
    return Progress(
        _as_served(serving, Answered.NOT_YET) if serving else None,
        tuple(_as_served(visit, answered[visit.id]) for visit in recent),
    )


def _as_served(visit: Visit, answered: Answered) -> ServedVisit:
    return ServedVisit(
        id=visit.id,
        ticket_number=visit.ticket_number,
        code=visit.dossier.code if visit.dossier else "",
        is_code_irregular=bool(visit.dossier and visit.dossier.is_code_irregular),
        procedure=visit.procedure.short_name if visit.procedure else "",
        kind=visit.kind,
        opened_at=visit.opened_at,
        closed_at=visit.closed_at,
        answered=answered,
        was_left_open=_was_left_open(visit),
        is_assisted=visit.is_assisted,
        is_offline=visit.is_offline,
    )


def _was_left_open(visit: Visit) -> bool:
    """Say whether a visit was forgotten when its day ended."""
    end = clock.local_day(visit.closed_at) if visit.closed_at else clock.today()
    return clock.local_day(visit.opened_at) < end


def _tell_answered(session: Session, found: Sequence[Visit]) -> dict[int, Answered]:
    """Return what the desk may know of these visits' questions.

    One that was answered by phone looks as if it never had been: not answered once its question
    has been on the desk's kiosk, and else as long as nobody else was served after it.
    """
    rated = {visit.id for visit in found if visit.outcome is Outcome.RATED}
    seen = find_rated_at_desk(session, rated) if rated else set()
    told: dict[int, Answered] = {}
    for visit in found:
        if visit.id in rated - seen:
            is_asked = _would_be_asked(session, visit)
            told[visit.id] = Answered.NOT_YET if is_asked else Answered.NOT_RATED
        elif visit.id in rated:
            told[visit.id] = Answered.RATED
        else:
            told[visit.id] = Answered.NOT_RATED if visit.outcome else Answered.NOT_YET
    return told


def _would_be_asked(session: Session, visit: Visit) -> bool:
    """Say whether nothing would have ended a visit's question if nobody had answered it."""
    if _was_left_open(visit) or (visit.shown_at and _has_kiosk(session, visit.desk_id)):
        return False
    later = exists().where(Visit.desk_id == visit.desk_id, Visit.closed_at > visit.closed_at)
    return not session.scalar(select(later.where(Visit.closed_day >= visit.closed_day)))
