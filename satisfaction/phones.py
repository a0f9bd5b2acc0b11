"""What a citizen's own phone shows: the question about a visit, or about a desk. Refuses to write.

Refuses also to say how a visit was rated, to whoever holds its link.
"""

import uuid
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.comments import has_comment, list_answer
from satisfaction.errors import OpinionsNotTakenError, UnitNotConfiguredError
from satisfaction.invitations import get_invitation
from satisfaction.models import Desk, Level, Rating, Visit
from satisfaction.office import find_configuration, get_unit, name_of
from satisfaction.opinions import get_card
from satisfaction.screens import Choice, LevelChoice, Question, ask_about, list_levels, list_reasons
from satisfaction.terms import FollowUp, Leaning


class LinkState(StrEnum):
    """What a link that is not over offers."""

    EARLY = "early"
    ASK = "ask"
    WORDS = "words"
    DONE = "done"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class PhoneSheet:
    """All that a phone page says of the office, and what may be answered."""

    office_title: str
    unit_name: str
    desk_name: str
    configuration_id: int
    scale_id: int
    levels: tuple[LevelChoice, ...]
    reasons: tuple[Choice, ...]
    follow_up: FollowUp
    follow_up_most: int
    we_changed_vi: str
    we_changed_en: str
    emblem_digest: str
    question: Question | None

    def following(self, level: int) -> "Following":
        """Return what is asked after an answer."""
        leanings = {choice.position: choice.leaning for choice in self.levels}
        if self.follow_up is FollowUp.ALL:
            is_good = leanings.get(level) is Leaning.SATISFIED
            return Following.BEST if is_good else Following.BETTER
        is_asked = self.follow_up is FollowUp.LOW and level <= self.follow_up_most
        return Following.BETTER if is_asked else Following.WORDS


class Following(StrEnum):
    """What a page asks after an answer, besides words of the citizen's own."""

    BETTER = "better"
    BEST = "best"
    WORDS = "words"


@dataclass(frozen=True)
class InvitedSheet:
    """A link's page, and what it offers."""

    sheet: PhoneSheet
    state: LinkState
    following: Following


@dataclass(frozen=True)
class CardSheet:
    """The page of a desk's card."""

    sheet: PhoneSheet
    following: Following


def read_invitation(
    session: Session, token: str, *, rating_id: uuid.UUID | None = None
) -> InvitedSheet:
    """Return what the page of a link shows; ``rating_id`` is the answer that it has just given.

    Raises: InvitationNotFoundError, InvitationExpiredError, UnitNotConfiguredError.
    """
    invitation = get_invitation(session, token, for_words=True)
    visit = invitation.visit
    sheet = _read_sheet(session, visit.desk, visit)
    state = _find_state(session, visit, is_used=invitation.used_at is not None)
    return InvitedSheet(sheet, state, _find_following(session, sheet, rating_id))


def _find_following(session: Session, sheet: PhoneSheet, rating_id: uuid.UUID | None) -> Following:
    """Return what is asked after an answer; to one who has not just given it, nothing of it."""
    level = session.scalar(
        select(Level.position)
        .join(Rating, Rating.level_id == Level.id)
        .where(Rating.id == rating_id)
    )
    return Following.WORDS if level is None else sheet.following(level)


def _find_state(session: Session, visit: Visit, *, is_used: bool) -> LinkState:
    if visit.closed_at is None:
        return LinkState.EARLY
    if not list_answer(session.connection(), visit.id):
        return LinkState.CLOSED if is_used else LinkState.ASK
    return LinkState.DONE if has_comment(session, visit.id) else LinkState.WORDS


def read_card(session: Session, word: str, *, rating_id: uuid.UUID | None = None) -> CardSheet:
    """Return what the page of a desk's card shows; ``rating_id`` is the answer just given.

    Raises: CardNotFoundError; OpinionsNotTakenError where the office takes none, or the desk no
    longer serves; UnitNotConfiguredError.
    """
    card = get_card(session, word)
    desk, today = card.desk, clock.today()
    configuration = find_configuration(session, desk.unit_id, clock.now())
    if configuration is not None and not configuration.allows_unlinked:
        raise OpinionsNotTakenError(desk_id=desk.id)
    if desk.until_day is not None and desk.until_day <= today:
        raise OpinionsNotTakenError(desk_id=desk.id)
    sheet = _read_sheet(session, desk, None)
    return CardSheet(sheet, _find_following(session, sheet, rating_id))


def _read_sheet(session: Session, desk: Desk, visit: Visit | None) -> PhoneSheet:
    now = clock.now()
    configuration = find_configuration(session, desk.unit_id, now)
    if configuration is None:
        raise UnitNotConfiguredError(unit_id=desk.unit_id)
    unit = get_unit(session, desk.unit_id)
    is_over = visit is not None and visit.closed_at is not None
    return PhoneSheet(
        office_title=configuration.office_title,
        unit_name=name_of(unit, clock.local_day(now)).name,
        desk_name=desk.name,
        configuration_id=configuration.id,
        scale_id=configuration.scale_id,
        levels=list_levels(configuration),
        reasons=list_reasons(session, configuration.reason_codes),
        follow_up=configuration.follow_up,
        follow_up_most=configuration.follow_up_most,
        we_changed_vi=configuration.we_changed_vi,
        we_changed_en=configuration.we_changed_en,
        emblem_digest=configuration.emblem_digest or "",
        question=ask_about(visit) if visit is not None and is_over else None,
    )
