"""Paper slips that an officer enters for a desk and a day. Refuses to guess whose slip one is.

A slip's source stays paper wherever figures are shown by source. The log says who entered it and
never which level it bore.
"""

import uuid
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.comments import list_answer
from satisfaction.dossiers import normalise_code
from satisfaction.errors import DeskNotFoundError, RatingRefusedError, SlipRefusedError
from satisfaction.faults import SlipFault
from satisfaction.models import Configuration, Desk, Dossier, Rating, Unit, Visit
from satisfaction.office import find_configuration, list_desks, name_of
from satisfaction.recording import RecordingOutcome, Tap, record_ratings
from satisfaction.screens import Choice, LevelChoice, list_levels, list_reasons
from satisfaction.terms import (
    AuditAction,
    DeskKind,
    Layout,
    RatingSource,
    RecordingResult,
    RefusalReason,
)
from satisfaction.text import clean

NOON = time(12)
_MOST_MATCHES = 20
_FAULTS = {
    RefusalReason.LEVEL_OF_ANOTHER_SCALE: SlipFault.NO_SUCH_LEVEL,
    RefusalReason.UNKNOWN_CONFIGURATION: SlipFault.NO_SUCH_LEVEL,
    RefusalReason.UNKNOWN_REASON: SlipFault.NO_SUCH_LEVEL,
    RefusalReason.RETIRED_DESK: SlipFault.DESK_DID_NOT_SERVE,
    RefusalReason.TIME_IN_FUTURE: SlipFault.TIME_TO_COME,
    RefusalReason.UNLINKED_NOT_ALLOWED: SlipFault.NO_VISIT,
    RefusalReason.ALREADY_RATED: SlipFault.VISIT_RATED,
}


@dataclass(frozen=True)
class SlipDesk:
    """A desk for which slips may be entered."""

    id: int
    name: str
    unit_name: str


@dataclass(frozen=True, kw_only=True)
class SlipSheet:
    """What the page for a stack of slips shows: one desk and one day, what it may answer, how many
    were entered.
    """

    desks: tuple[SlipDesk, ...]
    desk: SlipDesk | None
    day: date
    configuration_id: int
    scale_id: int
    levels: tuple[LevelChoice, ...]
    reasons: tuple[Choice, ...]
    allows_unlinked: bool
    entered: int


@dataclass(frozen=True, kw_only=True)
class Slip:
    """One slip as it was typed; a time is known only where the slip bears one.

    ``words_of_visit`` are a ticket number or a dossier's code, whichever the slip bears.
    """

    rating_id: uuid.UUID
    desk_id: int
    day: date
    level: int
    configuration_id: int
    scale_id: int
    at: time | None = None
    ticket_number: str = ""
    code: str = ""
    reasons: tuple[str, ...] = ()
    comment: str = ""
    is_assisted: bool = False

    @property
    def names_visit(self) -> bool:
        """Whether the slip says which visit it belongs to."""
        return bool(clean(self.ticket_number) or normalise_code(self.code).code)


@dataclass(frozen=True)
class SlipEntered:
    """What became of a slip: new or known, tied to its visit or counted apart."""

    outcome: RecordingOutcome
    is_linked: bool


def read_slips(
    session: Session, unit_ids: Set[int], desk_id: int | None, *, day: date
) -> SlipSheet:
    """Return the page's content; only the choice without a desk, or for one not there that day.

    Raises: DeskNotFoundError for a desk outside these units; SlipRefusedError for a day to come, or
    one on which nothing was asked at the desk.
    """
    if day > clock.today():
        raise SlipRefusedError(fault=SlipFault.DAY_TO_COME)
    desks = _list_desks(session, unit_ids, day)
    desk = next((desk for desk in desks if desk.id == desk_id), None)
    if desk_id is not None:
        _get_desk(session, unit_ids, desk_id)
    if desk is None:
        return SlipSheet(
            desks=desks,
            desk=None,
            day=day,
            configuration_id=0,
            scale_id=0,
            levels=(),
            reasons=(),
            allows_unlinked=False,
            entered=0,
        )
    configuration = _configuration(session, _get_desk(session, unit_ids, desk.id), day)
    return SlipSheet(
        desks=desks,
        desk=desk,
        day=day,
        configuration_id=configuration.id,
        scale_id=configuration.scale_id,
        levels=list_levels(configuration),
        reasons=list_reasons(session, configuration.reason_codes),
        allows_unlinked=configuration.allows_unlinked,
        entered=_count_entered(session, desk.id, day),
    )


def _list_desks(session: Session, unit_ids: Set[int], day: date) -> tuple[SlipDesk, ...]:
    desks = [desk for desk in list_desks(session, unit_ids, day) if desk.kind is DeskKind.COUNTER]
    units = session.scalars(select(Unit).where(Unit.id.in_({desk.unit_id for desk in desks})))
    names = {unit.id: name_of(unit, day).name for unit in units}
    return tuple(SlipDesk(desk.id, desk.name, names[desk.unit_id]) for desk in desks)


def _get_desk(session: Session, unit_ids: Set[int], desk_id: int) -> Desk:
    desk = session.get(Desk, desk_id)
    if desk is None or desk.unit_id not in unit_ids or desk.kind is not DeskKind.COUNTER:
        raise DeskNotFoundError(desk_id=desk_id)
    return desk


def _configuration(session: Session, desk: Desk, day: date) -> Configuration:
    """Return what was asked at a desk at the end of a day, or is asked now."""
    at = min(clock.end_of_day(day) - timedelta(microseconds=1), clock.now())
    configuration = find_configuration(session, desk.unit_id, at)
    if configuration is None:
        raise SlipRefusedError(fault=SlipFault.NOT_CONFIGURED)
    return configuration


def _count_entered(session: Session, desk_id: int, day: date) -> int:
    amount = select(func.count()).where(
        Rating.local_day == day, Rating.desk_id == desk_id, Rating.source == RatingSource.PAPER
    )
    return session.scalar(amount) or 0


def record_slip(
    session: Session, unit_ids: Set[int], slip: Slip, *, account_id: int | None
) -> SlipEntered:
    """Record one slip: tied to the one finished, unrated visit that it names at its desk and day.

    A slip that names no visit, or none that can be found, is counted apart as unlinked where the
    office takes such ratings. A slip sent again changes nothing.
    Time: the slip's time, or noon of its day; what lies ahead of now is taken as now, if the slip
    bears no time.
    Writes: rating, audit_entry; nothing when the slip is refused.
    Raises: DeskNotFoundError, also for a desk outside these units; SlipRefusedError.
    """
    desk = _get_desk(session, unit_ids, slip.desk_id)
    if slip.day > clock.today():
        raise SlipRefusedError(fault=SlipFault.DAY_TO_COME)
    visit, fault = _find_visit(session, desk, slip)
    outcome = record_ratings(session.connection(), [_as_tap(slip, visit)])[0]
    if outcome.result is RecordingResult.CONFLICT:
        raise RatingRefusedError(RefusalReason.CONFLICT, rating_id=slip.rating_id)
    if outcome.reason is not None:
        known = _FAULTS.get(outcome.reason)
        if known is None:
            raise RatingRefusedError(outcome.reason, rating_id=slip.rating_id)
        raise SlipRefusedError(fault=fault if known is SlipFault.NO_VISIT and fault else known)
    if outcome.result is RecordingResult.RECORDED:
        record_deed(
            session,
            AuditAction.PAPER_ENTERED,
            account_id=account_id,
            unit_id=desk.unit_id,
            detail={
                "rating_id": str(slip.rating_id),
                "desk_id": desk.id,
                "day": slip.day.isoformat(),
                "is_linked": visit is not None,
            },
        )
    return SlipEntered(outcome, visit is not None)


def _as_tap(slip: Slip, visit: Visit | None) -> Tap:
    return Tap(
        rating_id=slip.rating_id,
        desk_id=slip.desk_id,
        configuration_id=slip.configuration_id,
        scale_id=slip.scale_id,
        level=slip.level,
        tapped_at=_when(slip),
        is_timed_here=slip.at is None,
        visit=visit.token if visit else None,
        source=RatingSource.PAPER,
        is_assisted=slip.is_assisted,
        layout=Layout.PAPER,
        reasons=slip.reasons,
        comment=slip.comment,
    )


def _when(slip: Slip) -> datetime:
    at = datetime.combine(slip.day, slip.at or NOON, tzinfo=clock.OFFICE_ZONE)
    return at if slip.at is not None else min(at, clock.now())


def _find_visit(session: Session, desk: Desk, slip: Slip) -> tuple[Visit | None, SlipFault | None]:
    """Return the visit that a slip names, or why there is none.

    Raises: SlipRefusedError when the visit has been rated: one rating counts for a visit.
    """
    if not slip.names_visit:
        return None, None
    matching = _list_matching(session, desk, slip)
    fresh = [visit for visit in matching if not _is_rated_by_another(session, visit, slip)]
    if len(fresh) == 1:
        return fresh[0], None
    if fresh:
        return None, SlipFault.SEVERAL_VISITS
    if matching:
        raise SlipRefusedError(fault=SlipFault.VISIT_RATED)
    return None, SlipFault.NO_VISIT


def _list_matching(session: Session, desk: Desk, slip: Slip) -> Sequence[Visit]:
    wanted = select(Visit).where(Visit.closed_day == slip.day, Visit.desk_id == desk.id)
    if ticket_number := clean(slip.ticket_number):
        wanted = wanted.where(Visit.ticket_number == ticket_number)
    if code := normalise_code(slip.code).code:
        wanted = wanted.join(Dossier).where(Dossier.code == code)
    return session.scalars(wanted.order_by(Visit.id).limit(_MOST_MATCHES)).all()


def _is_rated_by_another(session: Session, visit: Visit, slip: Slip) -> bool:
    """Say whether a visit has an answer that is not this very slip, sent once more."""
    answer = list_answer(session.connection(), visit.id)
    if not answer:
        return False
    ids = session.scalars(select(Rating.id).where(Rating.seq.in_(answer)))
    return slip.rating_id not in set(ids)
