"""Cards on desks, and the opinions that come by them. Refuses to tie an opinion to a visit.

Anybody can open a card's page, so an opinion is counted apart, as unlinked, only where the office
takes such opinions, and only so many in an hour from one device, one network and at one desk.
Nothing is kept of what is refused here: a stranger could fill the tables with it.
"""

import secrets
import uuid
from collections.abc import Sequence, Set
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.comments import record_comment
from satisfaction.errors import (
    CardNotFoundError,
    DeskNotFoundError,
    OpinionsNotTakenError,
    RatingConflictError,
    RatingRefusedError,
)
from satisfaction.models import Desk, DeskCard, Rating
from satisfaction.office import find_configuration, get_unit, list_desks, name_of
from satisfaction.quotas import Allowance, check_allowances, use_allowances
from satisfaction.recording import (
    ReasonsGiven,
    RecordingOutcome,
    Tap,
    record_ratings,
    record_reasons,
)
from satisfaction.taps import CitizenWords, PhoneAnswer
from satisfaction.terms import (
    AuditAction,
    DeskKind,
    Layout,
    RatingSource,
    RecordingResult,
    RefusalReason,
)

WORD_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
WORD_LENGTH = 8


@dataclass(frozen=True, kw_only=True)
class OpinionLimits:
    """How many opinions count within an hour."""

    per_device: int
    per_network: int
    per_desk: int


@dataclass(frozen=True, kw_only=True)
class Claimant:
    """Where an opinion comes from, by words that are never stored as they are."""

    device: str
    network: str
    limits: OpinionLimits
    key: bytes

    def allowances(self, card: DeskCard) -> tuple[Allowance, ...]:
        """Return what an opinion uses up; the network's counts for each unit by itself."""
        unit_and_network = f"{card.desk.unit_id} {self.network}"
        return (
            Allowance("device", self.device, self.limits.per_device),
            Allowance("network", unit_and_network, self.limits.per_network),
            Allowance("desk", str(card.desk_id), self.limits.per_desk),
        )


@dataclass(frozen=True)
class CardOfDesk:
    """A desk, its card if it has one, and whether the office takes opinions by it."""

    desk: Desk
    unit_name: str
    card: DeskCard | None
    takes_opinions: bool


def list_cards(session: Session, unit_ids: Set[int]) -> list[CardOfDesk]:
    """Return the desks in rooms that serve today within these units, each with its card."""
    desks = [
        desk
        for desk in list_desks(session, unit_ids, clock.today())
        if desk.kind is DeskKind.COUNTER
    ]
    cards = _cards_of(session, [desk.id for desk in desks])
    units = {desk.unit_id: _describe(session, desk.unit_id) for desk in desks}
    return [
        CardOfDesk(desk, units[desk.unit_id][0], cards.get(desk.id), units[desk.unit_id][1])
        for desk in desks
    ]


def _describe(session: Session, unit_id: int) -> tuple[str, bool]:
    """Return a unit's name, and whether it takes opinions that name no visit."""
    configuration = find_configuration(session, unit_id, clock.now())
    name = name_of(get_unit(session, unit_id), clock.today()).name
    return name, configuration is not None and configuration.allows_unlinked


def _cards_of(session: Session, desk_ids: Sequence[int]) -> dict[int, DeskCard]:
    found = session.scalars(
        select(DeskCard).where(DeskCard.desk_id.in_(desk_ids), DeskCard.retired_at.is_(None))
    )
    return {card.desk_id: card for card in found}


def make_card(
    session: Session, unit_ids: Set[int], *, desk_id: int, made_by_id: int | None = None
) -> DeskCard:
    """Give a desk a card; the one that it had before opens nothing from now on.

    Writes: desk_card, audit_entry.
    Raises: DeskNotFoundError, also for a desk outside these units.
    """
    desk = session.scalar(select(Desk).where(Desk.id == desk_id).with_for_update(key_share=True))
    if desk is None or desk.unit_id not in unit_ids or desk.kind is not DeskKind.COUNTER:
        raise DeskNotFoundError(desk_id=desk_id)
    for former in _cards_of(session, [desk_id]).values():
        former.retired_at = clock.now()
    session.flush()
    card = DeskCard(
        desk_id=desk_id,
        word="".join(secrets.choice(WORD_ALPHABET) for _ in range(WORD_LENGTH)),
        made_by_id=made_by_id,
        made_at=clock.now(),
    )
    session.add(card)
    session.flush()
    record_deed(
        session,
        AuditAction.CARD_MADE,
        account_id=made_by_id,
        unit_id=desk.unit_id,
        detail={"desk_id": desk_id, "card_id": card.id},
    )
    return card


def get_card(session: Session, word: str) -> DeskCard:
    """Return the card with a word, in whatever case, with its desk.

    Raises: CardNotFoundError, also for a card that was replaced.
    """
    plain = word.upper()
    if len(plain) != WORD_LENGTH or set(plain) - set(WORD_ALPHABET):
        raise CardNotFoundError()
    card = session.scalar(
        select(DeskCard)
        .where(DeskCard.word == plain, DeskCard.retired_at.is_(None))
        .options(joinedload(DeskCard.desk))
    )
    if card is None:
        raise CardNotFoundError()
    return card


def get_card_of_desk(session: Session, unit_ids: Set[int], desk_id: int) -> CardOfDesk:
    """Return a desk with its card.

    Raises: CardNotFoundError, also for a desk outside these units.
    """
    card = session.scalar(
        select(DeskCard)
        .join(Desk)
        .where(
            DeskCard.desk_id == desk_id,
            DeskCard.retired_at.is_(None),
            Desk.unit_id.in_(list(unit_ids)),
        )
        .options(joinedload(DeskCard.desk))
    )
    if card is None:
        raise CardNotFoundError(desk_id=desk_id)
    unit_name, takes_opinions = _describe(session, card.desk.unit_id)
    return CardOfDesk(card.desk, unit_name, card, takes_opinions)


def check_claimant(
    session: Session, word: str, claimant: Claimant, *, rating_id: uuid.UUID
) -> None:
    """Refuse early, without writing, one who has given as many opinions as are counted.

    An opinion that is sent again is let through, to get its first answer.
    Raises: CardNotFoundError; AllowanceUsedUpError.
    """
    card = get_card(session, word)
    if session.scalar(select(Rating.seq).where(Rating.id == rating_id)) is None:
        check_allowances(session, claimant.allowances(card), key=claimant.key)


def give_opinion(
    session: Session, word: str, answer: PhoneAnswer, *, claimant: Claimant
) -> RecordingOutcome:
    """Record an opinion on a desk, unlinked; the same one sent again is *known* and uses nothing.

    Writes: rating, quota_use; nothing when it is refused.
    Raises: CardNotFoundError; OpinionsNotTakenError; AllowanceUsedUpError; RatingConflictError;
    RatingRefusedError.
    """
    card = get_card(session, word)
    tap = Tap(
        rating_id=answer.rating_id,
        desk_id=card.desk_id,
        configuration_id=answer.configuration_id,
        scale_id=answer.scale_id,
        level=answer.level,
        tapped_at=clock.now(),
        is_timed_here=True,
        source=RatingSource.QR,
        language=answer.language,
        layout=Layout.STACK,
    )
    outcome = record_ratings(session.connection(), [tap])[0]
    if outcome.reason is RefusalReason.UNLINKED_NOT_ALLOWED:
        raise OpinionsNotTakenError(desk_id=card.desk_id)
    if outcome.result is RecordingResult.CONFLICT:
        raise RatingConflictError(RefusalReason.CONFLICT, rating_id=answer.rating_id)
    if outcome.reason is not None:
        raise RatingRefusedError(outcome.reason, rating_id=answer.rating_id)
    if outcome.result is RecordingResult.RECORDED:
        use_allowances(session, claimant.allowances(card), key=claimant.key)
    return outcome


def add_opinion_words(session: Session, rating_id: uuid.UUID, words: CitizenWords) -> None:
    """Store what is added to an opinion; each of both is stored once.

    Raises: RatingRefusedError; RatingNotFoundError.
    """
    if words.reasons:
        record_reasons(
            session, ReasonsGiven(rating_id=rating_id, kiosk_id=None, reasons=words.reasons)
        )
    if words.comment:
        record_comment(session, rating_id, words.comment)
