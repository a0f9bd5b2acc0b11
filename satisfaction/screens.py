"""What a kiosk's page is made of: the office, the desk, the scale, the reasons, the question.

Refuses to write, and to say how a visit was rated. The words of the page belong to the face.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, joinedload

from satisfaction import clock
from satisfaction.dockets import Docket
from satisfaction.errors import RatingNotFoundError, UnitNotConfiguredError
from satisfaction.models import Configuration, Desk, Level, Rating, Reason, Visit
from satisfaction.office import find_configuration, get_unit, name_of
from satisfaction.terms import FollowUp, Leaning
from satisfaction.verdicts import CORRECTION_WINDOW
from satisfaction.visits import Screen, find_screen


@dataclass(frozen=True)
class Choice:
    """One key of the question, or one reason: its name for the machine and for the citizen."""

    code: str
    label_vi: str
    label_en: str


@dataclass(frozen=True)
class LevelChoice(Choice):
    """One level of the scale; position 1 is the lowest, and a face stands for it."""

    position: int
    face: int
    leaning: Leaning


@dataclass(frozen=True)
class Question:
    """Which visit is being asked about; a correction supersedes an earlier rating.

    ``desk`` is named where the kiosk does not stand at it. ``docket`` goes with the answer.
    """

    visit: uuid.UUID
    ticket: str
    procedure: str
    closed_at: datetime
    docket: Docket
    supersedes: uuid.UUID | None = None
    desk: str = ""


@dataclass(frozen=True, kw_only=True)
class Display:
    """All that a kiosk's page says, but for the words that every page has."""

    screen: Screen
    office_title: str
    unit_name: str
    desk_name: str
    configuration_id: int
    scale_id: int
    levels: tuple[LevelChoice, ...]
    reasons: tuple[Choice, ...]
    follow_up: FollowUp
    follow_up_most: int
    allows_unlinked: bool
    idle_seconds: int
    has_chime: bool
    we_changed_vi: str
    we_changed_en: str
    emblem_digest: str
    question: Question | None

    @property
    def is_in_lobby(self) -> bool:
        """Whether the kiosk stands at no desk and has to ask which visit is meant."""
        return self.screen.desk_id is None

    def asks_reasons(self, level: int) -> bool:
        """Say whether the office wants to know more after this answer."""
        if self.follow_up is FollowUp.LOW:
            return level <= self.follow_up_most
        return self.follow_up is FollowUp.ALL

    def asking(self, question: Question) -> "Display":
        """Return the same display with another question."""
        return replace(self, question=question)


def load_display(session: Session, token_hash: bytes) -> Display:
    """Return what the kiosk with this credential has to show now.

    Raises: KioskNotFoundError for an unknown or revoked credential; UnitNotConfiguredError.
    """
    screen = find_screen(session.connection(), token_hash)
    now = clock.now()
    configuration = find_configuration(session, screen.unit_id, now)
    if configuration is None:
        raise UnitNotConfiguredError(unit_id=screen.unit_id)
    desk = session.get(Desk, screen.desk_id) if screen.desk_id is not None else None
    unit = get_unit(session, screen.unit_id)
    return Display(
        screen=screen,
        office_title=configuration.office_title,
        unit_name=name_of(unit, clock.local_day(now)).name,
        desk_name=desk.name if desk else "",
        configuration_id=configuration.id,
        scale_id=configuration.scale_id,
        levels=list_levels(configuration),
        reasons=list_reasons(session, configuration.reason_codes),
        follow_up=configuration.follow_up,
        follow_up_most=configuration.follow_up_most,
        allows_unlinked=configuration.allows_unlinked,
        idle_seconds=configuration.idle_seconds,
        has_chime=configuration.has_chime,
        we_changed_vi=configuration.we_changed_vi,
        we_changed_en=configuration.we_changed_en,
        emblem_digest=configuration.emblem_digest or "",
        question=_question(session, screen),
    )


def list_levels(configuration: Configuration) -> tuple[LevelChoice, ...]:
    """Return the levels that may be answered, the lowest first."""
    return tuple(
        LevelChoice(
            code=str(level.position),
            label_vi=level.label_vi,
            label_en=level.label_en,
            position=level.position,
            face=level.face,
            leaning=level.leaning,
        )
        for level in configuration.scale.levels
    )


def list_reasons(session: Session, codes: list[str]) -> tuple[Choice, ...]:
    """Return the office's reasons in the office's order."""
    known = {
        reason.code: Choice(reason.code, reason.label_vi, reason.label_en)
        for reason in session.scalars(select(Reason).where(Reason.code.in_(codes)))
    }
    return tuple(known[code] for code in codes if code in known)


def _question(session: Session, screen: Screen) -> Question | None:
    if screen.visit_id is None:
        return None
    visit = session.get(Visit, screen.visit_id, options=[joinedload(Visit.procedure)])
    return ask_about(visit) if visit is not None else None


def ask_about(visit: Visit, *, supersedes: uuid.UUID | None = None) -> Question:
    """Return the question about a finished visit."""
    assert visit.closed_at is not None
    return Question(
        visit=visit.token,
        ticket=visit.ticket_number,
        procedure=visit.procedure.short_name if visit.procedure else "",
        closed_at=visit.closed_at,
        docket=_docket(visit, visit.closed_at),
        supersedes=supersedes,
    )


def _docket(visit: Visit, closed_at: datetime) -> Docket:
    return Docket(
        visit=visit.token,
        unit_id=visit.unit_id,
        desk_id=visit.desk_id,
        kind=visit.kind,
        channel=visit.channel,
        ticket_number=visit.ticket_number,
        procedure=visit.procedure.national_code if visit.procedure else "",
        opened_by_id=visit.opened_by_id,
        opened_at=visit.opened_at,
        closed_at=closed_at,
        is_assisted=visit.is_assisted,
    )


@dataclass(frozen=True)
class Given:
    """A rating that a kiosk has taken, without its level.

    ``correction`` is the question that may be put again while the citizen is still there;
    ``is_satisfied`` chooses the wording of the question that follows.
    """

    rating_id: uuid.UUID
    ticket: str
    tapped_at: datetime
    is_satisfied: bool
    correction: Question | None


def get_given(session: Session, kiosk_id: int, rating_id: uuid.UUID) -> Given:
    """Return a rating that this kiosk has taken.

    Raises: RatingNotFoundError, also for the rating of another kiosk.
    """
    superseder = aliased(Rating)
    row = session.execute(
        select(Rating, superseder.seq, Level.leaning)
        .join(Level, Level.id == Rating.level_id)
        .outerjoin(superseder, superseder.supersedes_seq == Rating.seq)
        .where(Rating.id == rating_id, Rating.kiosk_id == kiosk_id)
    ).one_or_none()
    if row is None:
        raise RatingNotFoundError(rating_id=rating_id)
    rating: Rating = row[0]
    superseded_by: int | None = row[1]
    visit = _visit_of(session, rating)
    age = clock.now() - rating.tapped_at
    may_be_corrected = superseded_by is None and age <= CORRECTION_WINDOW
    return Given(
        rating_id=rating_id,
        ticket=visit.ticket_number if visit else "",
        tapped_at=rating.tapped_at,
        is_satisfied=row[2] is Leaning.SATISFIED,
        correction=ask_about(visit, supersedes=rating_id) if visit and may_be_corrected else None,
    )


def _visit_of(session: Session, rating: Rating) -> Visit | None:
    if rating.visit_id is None:
        return None
    return session.get(Visit, rating.visit_id, options=[joinedload(Visit.procedure)])
