"""Open, finish and show visits; keep what became of each visit's question.

Refuses to say how a visit was rated: an officer learns only whether it was.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import and_, bindparam, func, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, joinedload

from satisfaction import clock
from satisfaction.credentials import find_replaced
from satisfaction.database import UtcTime, db
from satisfaction.days import hold_days, mark_days
from satisfaction.errors import (
    DeskBusyError,
    DeskNotFoundError,
    DeskRetiredError,
    KioskNotFoundError,
    VisitClosedError,
    VisitNotFoundError,
    VisitOpenError,
)
from satisfaction.models import Configuration, Desk, Kiosk, Visit
from satisfaction.terms import Channel, Outcome, VisitKind

SCREEN_LIFE = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class NewVisit:
    """What is known when a citizen steps up to a desk; all but the desk may be unknown."""

    desk_id: int
    kind: VisitKind = VisitKind.INTAKE
    channel: Channel = Channel.IN_PERSON
    ticket_number: str = ""
    dossier_id: int | None = None
    procedure_id: int | None = None
    opened_by_id: int | None = None


class ScreenState(StrEnum):
    """What a desk's kiosk has to show."""

    WAIT = "wait"
    RATE = "rate"


@dataclass(frozen=True)
class Screen:
    """What a kiosk has to show now, in so few fields that asking for it every 2 s is cheap.

    ``edition`` counts the configurations that are in force anywhere; it grows when this unit's
    may have changed, without a search for the parent whose configuration this unit uses.
    """

    kiosk_id: int
    unit_id: int
    desk_id: int | None
    visit_id: int | None
    visit: uuid.UUID | None
    closed_at: datetime | None
    was_shown: bool
    serving_ticket: str
    edition: int

    @property
    def state(self) -> ScreenState:
        """Whether there is a question to put."""
        return ScreenState.RATE if self.visit is not None else ScreenState.WAIT

    @property
    def version(self) -> str:
        """A word that changes whenever the screen has to."""
        question = self.visit.hex[-12:] if self.visit else "-"
        return f"{self.edition}.{question}.{self.serving_ticket}"


def open_visit(session: Session, new: NewVisit) -> Visit:
    """Begin serving a citizen at a desk.

    Raises: DeskBusyError while the desk serves another; DeskRetiredError; DeskNotFoundError.
    """
    desk = _lock_desk(session, new.desk_id)
    today = clock.today()
    if today < desk.from_day or (desk.until_day is not None and today >= desk.until_day):
        raise DeskRetiredError(desk_id=desk.id)
    if find_open_visit(session, desk.id) is not None:
        raise DeskBusyError(desk_id=desk.id)
    visit = Visit(
        token=uuid.uuid4(),
        unit_id=desk.unit_id,
        desk_id=desk.id,
        kind=new.kind,
        channel=new.channel,
        ticket_number=new.ticket_number,
        dossier_id=new.dossier_id,
        procedure_id=new.procedure_id,
        opened_by_id=new.opened_by_id,
        opened_at=clock.now(),
    )
    session.add(visit)
    session.flush()
    return visit


def _lock_desk(session: Session, desk_id: int) -> Desk:
    """Return a desk, held until the unit of work ends, so that it opens one visit at a time.

    Held so that ratings of the desk need not wait, whose foreign keys hold its key as well.
    """
    desk = session.scalar(select(Desk).where(Desk.id == desk_id).with_for_update(key_share=True))
    if desk is None:
        raise DeskNotFoundError(desk_id=desk_id)
    return desk


def close_visit(session: Session, visit_id: int, *, is_assisted: bool = False) -> Visit:
    """Finish serving: the desk's kiosk asks its question, and an older unanswered one expires.

    ``is_assisted`` says that the citizen will be helped to rate.
    Raises: VisitNotFoundError, VisitClosedError.
    """
    visit = _lock_visit(session, visit_id)
    if visit.closed_at is not None:
        raise VisitClosedError(visit_id=visit_id)
    unanswered = session.scalars(
        select(Visit).where(
            Visit.desk_id == visit.desk_id, Visit.outcome.is_(None), Visit.closed_at.is_not(None)
        )
    ).all()
    _expire(session, unanswered)
    closed_at = clock.now()
    hold_days(session.connection(), [clock.local_day(closed_at)])
    visit.closed_at, visit.closed_day = closed_at, clock.local_day(closed_at)
    visit.is_assisted = is_assisted
    session.flush()
    mark_days(session.connection(), [visit.closed_day])
    return visit


def keep_assisted(session: Session, visit_id: int) -> bool:
    """Keep that a citizen is helped to rate; say whether it was in time, before any answer.

    A rating that is stored is never changed, so help that is noted after it is not.
    Raises: VisitNotFoundError; VisitOpenError.
    """
    visit = _lock_visit(session, visit_id)
    if visit.closed_at is None:
        raise VisitOpenError(visit_id=visit_id)
    if visit.outcome is None:
        visit.is_assisted = True
        session.flush()
    return visit.is_assisted


def _lock_visit(session: Session, visit_id: int) -> Visit:
    """Return a visit as it is now, held until the unit of work ends: it is finished once."""
    visit = session.scalar(
        select(Visit)
        .where(Visit.id == visit_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if visit is None:
        raise VisitNotFoundError(visit_id=visit_id)
    return visit


def _expire(session: Session, unanswered: Sequence[Visit]) -> None:
    """End questions that nobody answered."""
    _end(
        session,
        {visit: Outcome.EXPIRED if visit.shown_at else Outcome.NOT_SHOWN for visit in unanswered},
    )


def expire_visits(session: Session) -> int:
    """End every question that is older than a screen lives; return how many there were."""
    oldest = clock.now() - SCREEN_LIFE
    stale = session.scalars(
        select(Visit).where(Visit.outcome.is_(None), Visit.closed_at < oldest).order_by(Visit.id)
    ).all()
    _expire(session, stale)
    return len(stale)


def _end(session: Session, outcomes: Mapping[Visit, Outcome]) -> None:
    """Keep outcomes unless a rating has come meanwhile, and have the days counted anew.

    Days are marked after all visits are written, as a rating does it, so that neither waits for
    the other in a circle.
    """
    days = {visit.closed_day for visit in outcomes if visit.closed_day is not None}
    connection = session.connection()
    hold_days(connection, days)
    for visit in sorted(outcomes, key=lambda visit: visit.id):
        session.execute(
            update(Visit)
            .where(Visit.id == visit.id, Visit.outcome.is_(None))
            .values(outcome=outcomes[visit])
            .execution_options(synchronize_session=False)
        )
        session.refresh(visit, ["outcome"])
    mark_days(connection, days)


def get_visit(session: Session, visit_id: int) -> Visit:
    """Return a visit by its key.

    Raises: VisitNotFoundError.
    """
    visit = session.get(Visit, visit_id)
    if visit is None:
        raise VisitNotFoundError(visit_id=visit_id)
    return visit


def get_visit_by_token(session: Session, token: uuid.UUID) -> Visit:
    """Return a visit by the name that devices know.

    Raises: VisitNotFoundError.
    """
    visit = session.scalar(
        select(Visit)
        .where(Visit.token == token)
        .options(joinedload(Visit.desk), joinedload(Visit.procedure))
    )
    if visit is None:
        raise VisitNotFoundError(token=token)
    return visit


def find_open_visit(session: Session, desk_id: int) -> Visit | None:
    """Return the visit that a desk is serving."""
    return session.scalar(
        select(Visit).where(
            Visit.desk_id == desk_id, Visit.outcome.is_(None), Visit.closed_at.is_(None)
        )
    )


def list_recent_visits(session: Session, desk_id: int, *, most: int = 5) -> list[Visit]:
    """Return a desk's latest finished visits of today, newest first."""
    return list(
        session.scalars(
            select(Visit)
            .where(Visit.desk_id == desk_id, Visit.closed_day == clock.today())
            .order_by(Visit.closed_at.desc())
            .limit(most)
            .options(joinedload(Visit.dossier), joinedload(Visit.procedure))
        )
    )


def end_question(
    session: Session, token: uuid.UUID, *, desk_id: int | None, outcome: Outcome
) -> Visit:
    """Keep that a question was skipped or not answered in time; a rating always outweighs it.

    ``desk_id`` is None for a device that asks for visits of any desk.
    Raises: VisitNotFoundError, also for a visit of another desk; VisitOpenError; ValueError for
    *rated*, which only a rating makes true.
    """
    if outcome is Outcome.RATED:
        raise ValueError("only a rating makes a visit rated")
    visit = get_visit_by_token(session, token)
    if desk_id is not None and visit.desk_id != desk_id:
        raise VisitNotFoundError(token=token)
    if visit.closed_at is None:
        raise VisitOpenError(token=token)
    if visit.outcome is None:
        _end(session, {visit: outcome})
    return visit


_EDITION = (
    select(func.count())
    .select_from(Configuration)
    .where(Configuration.from_at <= bindparam("now", type_=UtcTime))
    .scalar_subquery()
)
_SCREEN = (
    select(
        Kiosk.id.label("kiosk_id"),
        Kiosk.unit_id,
        Kiosk.desk_id,
        Visit.id.label("visit_id"),
        Visit.token,
        Visit.closed_at,
        Visit.shown_at,
        Visit.ticket_number,
        _EDITION.label("edition"),
    )
    .outerjoin(Visit, and_(Visit.desk_id == Kiosk.desk_id, Visit.outcome.is_(None)))
    .where(Kiosk.token_hash == bindparam("token_hash"), Kiosk.revoked_at.is_(None))
)


def find_screen(connection: Connection, token_hash: bytes) -> Screen:
    """Return what the kiosk with this credential has to show; one indexed read.

    Raises: KioskNotFoundError for an unknown or revoked credential.
    """
    now = clock.now()
    rows = connection.execute(_SCREEN, {"token_hash": token_hash, "now": now}).all()
    if not rows and (replaced := find_replaced(connection, [token_hash])):
        wanted = {"token_hash": replaced[token_hash], "now": now}
        rows = connection.execute(_SCREEN, wanted).all()
    if not rows:
        raise KioskNotFoundError()
    oldest = now - SCREEN_LIFE
    asked = max(
        (row for row in rows if row.closed_at is not None and row.closed_at > oldest),
        key=lambda row: row.closed_at,
        default=None,
    )
    serving = next((row for row in rows if row.token is not None and row.closed_at is None), None)
    return Screen(
        kiosk_id=rows[0].kiosk_id,
        unit_id=rows[0].unit_id,
        desk_id=rows[0].desk_id,
        visit_id=asked.visit_id if asked else None,
        visit=asked.token if asked else None,
        closed_at=asked.closed_at if asked else None,
        was_shown=asked is not None and asked.shown_at is not None,
        serving_ticket=serving.ticket_number if serving else "",
        edition=rows[0].edition,
    )


def read_screen(token_hash: bytes) -> Screen:
    """Return what a kiosk has to show, on a connection of its own, for those who ask often.

    Raises: as ``find_screen``.
    """
    with db.engine.connect() as connection:
        return find_screen(connection, token_hash)


def keep_shown(session: Session, visit_id: int) -> None:
    """Keep that a visit's question has been on a screen."""
    session.execute(
        update(Visit)
        .where(Visit.id == visit_id, Visit.shown_at.is_(None))
        .values(shown_at=clock.now())
    )
