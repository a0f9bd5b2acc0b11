"""What kiosks send, checked for shape. Meaning is checked by the core."""

import re
import uuid
from datetime import UTC, datetime
from typing import Annotated, Literal

from flask import current_app
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
)

from satisfaction import clock, sync
from satisfaction.dockets import DeskPass, Docket, read_docket, read_pass
from satisfaction.offline_visits import Served
from satisfaction.recording import ReasonsGiven, Tap
from satisfaction.terms import Language, Layout, Outcome

ClockOffset = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)] | None
Counter = Annotated[int, Field(ge=0, le=2**31 - 1)]
ReasonCode = Annotated[str, Field(pattern="^[a-z_]{1,24}$")]
MOST_REASONS = 12
FIRST_TIME = datetime(1970, 1, 1, tzinfo=UTC)
LAST_TIME = datetime(2200, 1, 1, tzinfo=UTC)


def _within_reckoning(instant: datetime) -> datetime:
    """Bring a clock that is centuries off into years that can be reckoned with."""
    return max(FIRST_TIME, min(instant, LAST_TIME))


def _written_out(value: object) -> object:
    """Take no number for a time: no device writes one, and it would be a day of some century.

    Raises: ValueError for what is no text.
    """
    if not isinstance(value, str | datetime):
        raise ValueError("no time")
    return value


DeviceTime = Annotated[AwareDatetime, AfterValidator(_within_reckoning)]


def known_language(code: object) -> Language:
    """Return a language as ratings keep it; a further one counts as Vietnamese, the first.

    Raises: ValueError for what is no language.
    """
    if not isinstance(code, str) or re.fullmatch("[a-z]{2,3}", code) is None:
        raise ValueError("no language")
    return Language(code) if code in set(Language) else Language.VI


def _known_docket(word: object) -> Docket | None:
    """Return what this server wrote; a docket that is none does not hold up what it came with."""
    return read_docket(word, str(current_app.secret_key))


GivenDocket = Annotated[Docket | None, BeforeValidator(_known_docket)]


def _known_pass(word: object) -> DeskPass | None:
    return read_pass(word, str(current_app.secret_key))


class ServedMessage(BaseModel):
    """What a desk's page said of a visit that it opened without the server, by its own clock."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    desk_pass: Annotated[DeskPass | None, BeforeValidator(_known_pass), Field(alias="pass")]
    opened_at: DeviceTime
    closed_at: DeviceTime
    procedure: Annotated[str, Field(max_length=40)] = ""


GivenServed = ServedMessage | None


def as_served(message: GivenServed, clock_offset_ms: int | None) -> Served | None:
    """Return the core's form of what a desk's page said; nothing where its pass is none."""
    if message is None or message.desk_pass is None:
        return None
    return Served(
        desk_pass=message.desk_pass,
        opened_at=message.opened_at,
        closed_at=message.closed_at,
        procedure=message.procedure,
        clock_offset_ms=clock_offset_ms,
    )


class RatingMessage(BaseModel):
    """One tap as the touch page sends it.

    Time: ``tapped_at`` is the device's own time with its zone; ``clock_offset_ms`` is what has to
    be added to it to get the server's time, where the device has measured it. ``docket`` is
    what the server told of the visit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: uuid.UUID
    visit: uuid.UUID | None = None
    configuration: Counter
    scale: Counter
    level: Annotated[int, Field(ge=1, le=7)]
    tapped_at: Annotated[AwareDatetime, BeforeValidator(_written_out)]
    clock_offset_ms: ClockOffset = None
    epoch: Counter | None = None
    counter: Counter | None = None
    language: Annotated[Language, BeforeValidator(known_language)] = Language.VI
    layout: Layout = Layout.ROW
    supersedes: uuid.UUID | None = None
    docket: GivenDocket = None

    @field_validator("tapped_at")
    @classmethod
    def _within_centuries(cls, value: datetime) -> datetime:
        if not 1970 <= value.year <= 2200:
            raise ValueError("not a time of this system")
        return value

    def as_tap(self, *, kiosk_id: int, desk_id: int | None) -> Tap:
        """Return the core's form of this message, from the device that sent it."""
        return Tap(
            rating_id=self.id,
            desk_id=desk_id,
            kiosk_id=kiosk_id,
            configuration_id=self.configuration,
            scale_id=self.scale,
            level=self.level,
            tapped_at=self.tapped_at,
            visit=self.visit,
            device_epoch=self.epoch,
            device_counter=self.counter,
            language=self.language,
            layout=self.layout,
            clock_offset_ms=self.clock_offset_ms,
            supersedes=self.supersedes,
            docket=self.docket,
        )


class LiveRating(RatingMessage):
    """A tap that is delivered alone; ``device_now`` is the device's time when it was sent."""

    device_now: DeviceTime | None = None

    def as_measured(self, *, kiosk_id: int, desk_id: int | None) -> Tap:
        """Return the core's form of this message, with the clock offset that holds for it."""
        given = self.as_tap(kiosk_id=kiosk_id, desk_id=desk_id)
        if self.device_now is None:
            return given
        return sync.measured(given, self.device_now, received_at=clock.now())


class ReasonsMessage(BaseModel):
    """What was chosen after a rating, which may be nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rating: uuid.UUID
    reasons: Annotated[tuple[ReasonCode, ...], Field(max_length=MOST_REASONS)]

    def as_given(self, *, kiosk_id: int) -> ReasonsGiven:
        """Return the core's form of this message, from the device that sent it."""
        return ReasonsGiven(rating_id=self.rating, kiosk_id=kiosk_id, reasons=self.reasons)


class OutcomeMessage(BaseModel):
    """That a question was put and not answered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    visit: uuid.UUID
    outcome: Literal[Outcome.SKIPPED, Outcome.TIMED_OUT]


class RatingForm(BaseModel):
    """One tap as the page without JavaScript sends it: a form, timed by the server."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: uuid.UUID
    visit: uuid.UUID
    configuration: Counter
    scale: Counter
    level: Annotated[int, Field(ge=1, le=7)]
    layout: Layout = Layout.ROW
    supersedes: uuid.UUID | None = None

    def as_tap(self, *, kiosk_id: int, desk_id: int | None, language: Language) -> Tap:
        """Return the core's form of this message, from the device that sent it."""
        return Tap(
            rating_id=self.id,
            desk_id=desk_id,
            kiosk_id=kiosk_id,
            configuration_id=self.configuration,
            scale_id=self.scale,
            level=self.level,
            tapped_at=clock.now(),
            is_timed_here=True,
            visit=self.visit,
            language=language,
            layout=self.layout,
            supersedes=self.supersedes,
        )
