"""Delivered answers and the answer to each, as values. Refuses to know what is stored."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime

from satisfaction import clock
from satisfaction.dockets import Docket
from satisfaction.masking import mask_personal_numbers
from satisfaction.terms import Language, Layout, RatingSource, RecordingResult, RefusalReason
from satisfaction.text import clean

LONGEST_COMMENT = 500


@dataclass(frozen=True, kw_only=True)
class Tap:
    """One answer as it was delivered.

    ``desk_id`` is None where the visit alone says at which desk it was: in the lobby, on a phone.
    Time: ``tapped_at`` is the device's own aware time; ``clock_offset_ms`` added to it gives the
    server's time; ``placing`` says what is made of both. ``is_timed_here`` says that ``tapped_at``
    was taken by this server on arrival, as for a plain form, so that a repeated delivery comes
    with another one. ``docket`` is what the server told the device of the visit; it is looked at
    only where the visit is not known.
    Units: ``level`` is the position on the scale, 1 the lowest.
    Raises: ValueError for a naive time, before it can hold up the batch it came with.
    """

    rating_id: uuid.UUID
    desk_id: int | None
    configuration_id: int
    scale_id: int
    level: int
    tapped_at: datetime
    is_timed_here: bool = False
    visit: uuid.UUID | None = None
    kiosk_id: int | None = None
    device_epoch: int | None = None
    device_counter: int | None = None
    source: RatingSource = RatingSource.KIOSK
    is_assisted: bool = False
    language: Language = Language.VI
    layout: Layout = Layout.ROW
    clock_offset_ms: int | None = None
    supersedes: uuid.UUID | None = None
    reasons: tuple[str, ...] = ()
    comment: str = ""
    docket: Docket | None = None

    def __hash__(self) -> int:
        """Return a hash that costs little; taps are looked up by themselves many times."""
        return hash(self.rating_id)

    def __post_init__(self) -> None:
        clock.require_aware(self.tapped_at)
        if self.comment:
            object.__setattr__(self, "comment", storable_comment(self.comment))


@dataclass(frozen=True, kw_only=True)
class ReasonsGiven:
    """Reasons chosen after a rating was stored."""

    rating_id: uuid.UUID
    kiosk_id: int | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RecordingOutcome:
    """The answer to one delivered rating; a repeated delivery gets the first answer's fields."""

    rating_id: uuid.UUID
    result: RecordingResult
    received_at: datetime
    reason: RefusalReason | None = None


@dataclass(frozen=True, kw_only=True)
class PhoneAnswer:
    """What a citizen chose on a phone, under the configuration that the page showed."""

    rating_id: uuid.UUID
    configuration_id: int
    scale_id: int
    level: int
    language: Language = Language.VI


@dataclass(frozen=True, kw_only=True)
class CitizenWords:
    """What a citizen adds to an answer; either may be left out."""

    reasons: tuple[str, ...] = ()
    comment: str = ""


def storable_comment(text: str) -> str:
    """Return a comment as it may be stored: in plain form, without numbers that name a person.

    Hidden before it is cut, so that a cut cannot leave a part of a number that is not known as one.
    """
    return mask_personal_numbers(clean(text))[:LONGEST_COMMENT]


def comment_commitment(comment: str, salt: bytes) -> bytes:
    """Return the salted commitment of a comment.

    Shape: 32 bytes, SHA-256 of the domain word, the salt and the text in UTF-8.
    """
    return hashlib.sha256(b"c1" + salt + comment.encode()).digest()
