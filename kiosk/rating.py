"""The touch page: waiting, rating, reasons, thanks; each also as a plain form.

The forms here serve devices whose JavaScript does not run. Others draw the screens themselves and
deliver to ``ratings``, ``reasons`` and ``outcomes``.
"""

import uuid
from typing import Any

from flask import Blueprint, Response, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from werkzeug.exceptions import BadRequest, UnprocessableEntity

from kiosk.credential import keep_credential, token_hash
from kiosk.faults import show_faults_as_paused
from kiosk.forms import MOST_REASONS, OutcomeMessage, RatingForm, ReasonsMessage
from kiosk.pad import pad_facts
from kiosk.pages import (
    REASONS_SECONDS,
    STAY_SECONDS,
    THANKS_SECONDS,
    WAIT_SECONDS,
    ScreenName,
    address,
    language,
    layout,
    name_desk,
    render_screen,
)
from kiosk.screen import load_shown
from satisfaction import clock, fleet, lobby, recording, screens, visits
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import DeskNotFoundError
from satisfaction.fleet import Device
from satisfaction.recording import CORRECTION_WINDOW, Recorder
from satisfaction.screens import Display, Given, Question
from satisfaction.terms import FollowUp, Outcome, RecordingResult
from satisfaction.web.compression import compressed
from satisfaction.web.formats import as_clock, as_moment
from satisfaction.web.guards import for_kiosk
from satisfaction.web.setup import RECORDER

blueprint = Blueprint("rating", __name__)
show_faults_as_paused(blueprint)


@blueprint.get("/")
@for_kiosk
@compressed
def index() -> ResponseReturnValue:
    """Show what the kiosk has to show now, or the question of a rating that is to be corrected.

    In the lobby it is the question of the visit whose ticket was found just before.
    """
    display = load_shown(token_hash())
    named = request.args.get("visit", type=uuid.UUID)
    if display.is_in_lobby and named is not None:
        display = display.asking(_find_question(display, named))
    corrected = request.args.get("again", type=uuid.UUID)
    if corrected is not None:
        given = _get_given(display, corrected)
        if given.correction is None:
            is_late = clock.now() - given.tapped_at > CORRECTION_WINDOW
            return redirect(_too_late(corrected) if is_late else address("rating.index"), 303)
        return _render_correction(display.asking(given.correction), corrected, given)
    response = _render_question(display) if display.question else _render_wait(display)
    keep_credential(response)
    return response


def _find_question(display: Display, visit: uuid.UUID) -> Question:
    screen = display.screen
    device = Device(kiosk_id=screen.kiosk_id, desk_id=None, unit_id=screen.unit_id)
    with reading() as session:
        return lobby.ask_about_visit(session, device, visit)


def _render_wait(display: Display) -> Response:
    facts = pad_facts() if display.is_in_lobby else {"serving": display.screen.serving_ticket}
    seconds = display.idle_seconds if display.is_in_lobby else WAIT_SECONDS
    return render_screen(
        ScreenName.WAIT, display, facts=facts, refresh=(seconds, address("rating.index"))
    )


def _too_late(rating_id: uuid.UUID) -> str:
    """Return where it is said that a rating can no longer be changed."""
    return address("rating.thanks", rating_id=rating_id, late=1)


def _render_correction(display: Display, rating_id: uuid.UUID, given: Given) -> Response:
    """Ask again for as long as a correction is taken, and then say that this is over."""
    left = CORRECTION_WINDOW - (clock.now() - given.tapped_at)
    seconds = max(1, int(left.total_seconds()))
    return _render_question(display, seconds=seconds, refresh=(seconds, _too_late(rating_id)))


def _render_question(
    display: Display, *, seconds: int = 0, refresh: tuple[int, str] | None = None
) -> Response:
    question = display.question
    assert question is not None
    fields: dict[str, Any] = {
        "id": recording.new_rating_id(),
        "visit": question.visit,
        "configuration": display.configuration_id,
        "scale": display.scale_id,
        "layout": layout(),
    }
    if question.supersedes is not None:
        fields["supersedes"] = question.supersedes
    return render_screen(
        ScreenName.RATE,
        display,
        facts={
            "ticket": question.ticket,
            "procedure": question.procedure,
            "closed": as_clock(question.closed_at),
            "desk": name_desk(question.desk),
            "correction": "1" if question.supersedes else "",
            "seconds": str(seconds),
        },
        fields=fields,
        refresh=refresh or (display.idle_seconds, _stay(visit=request.args.get("visit"))),
    )


def _stay(**values: Any) -> str:
    return address("rating.stay", **values)


@blueprint.get("/stay")
@for_kiosk
def stay() -> ResponseReturnValue:
    """Ask a citizen whose page cannot notice touches whether they are still there, then leave."""
    display = load_shown(token_hash())
    rating_id = request.args.get("rating", type=uuid.UUID)
    if rating_id is not None:
        onward = address("rating.edit_reasons", rating_id=rating_id, reason=_chosen(display))
        away = address("rating.thanks", rating_id=rating_id)
    else:
        onward = address("rating.index", visit=request.args.get("visit", type=uuid.UUID))
        away = url_for("kiosk.rating.index")
    return render_screen(
        ScreenName.STAY,
        display,
        facts={"onward": onward, "away": away, "seconds": str(STAY_SECONDS)},
        refresh=(STAY_SECONDS, away),
    )


@blueprint.post("/rate")
@for_kiosk
def create() -> ResponseReturnValue:
    """Record one tap that came as a form; a form sent again changes nothing."""
    credential = token_hash()
    device = fleet.find_device(credential)
    try:
        form = RatingForm.model_validate(request.form.to_dict())
    except ValidationError as problem:
        raise BadRequest() from problem
    recorder: Recorder = current_app.extensions[RECORDER]
    outcome = recorder.record(
        form.as_tap(kiosk_id=device.kiosk_id, desk_id=device.desk_id, language=language())
    )
    if outcome.result is RecordingResult.REFUSED:
        raise UnprocessableEntity()
    if outcome.result in {RecordingResult.ALREADY_RATED, RecordingResult.CONFLICT}:
        return redirect(address("rating.repeated"), 303)
    with reading() as session:
        asks = screens.load_display(session, credential).asks_reasons(form.level)
    following = "rating.edit_reasons" if asks else "rating.thanks"
    return redirect(address(following, rating_id=outcome.rating_id), 303)


@blueprint.get("/reasons/<uuid:rating_id>")
@for_kiosk
def edit_reasons(rating_id: uuid.UUID) -> ResponseReturnValue:
    """Ask what should be done better; a reason that is touched is ticked, or is not any more."""
    display = _load_display()
    given = _get_given(display, rating_id)
    chosen, touched = _chosen(display), request.args.get("choose")
    if touched is not None:
        return redirect(
            address("rating.edit_reasons", rating_id=rating_id, reason=chosen, at=touched), 303
        )
    praises = display.follow_up is FollowUp.ALL and given.is_satisfied
    return render_screen(
        ScreenName.REASONS,
        display,
        facts={"correction": "1" if given.correction else "", "good": "1" if praises else ""},
        fields={"rating": rating_id, "chosen": chosen, "at": request.args.get("at")},
        refresh=(REASONS_SECONDS, _stay(rating=rating_id, reason=chosen)),
    )


def _chosen(display: Display) -> list[str]:
    """Return the reasons that are ticked, changed by the one that was touched now."""
    ticked = set(request.args.getlist("reason")) ^ set(request.args.getlist("choose"))
    return [reason.code for reason in display.reasons if reason.code in ticked]


@blueprint.post("/reasons/<uuid:rating_id>")
@for_kiosk
def create_reasons(rating_id: uuid.UUID) -> ResponseReturnValue:
    """Record the reasons of a form, or none if the citizen passes them over."""
    device = fleet.find_device(token_hash())
    chosen = [] if request.form.get("skip") else request.form.getlist("reason")
    try:
        message = ReasonsMessage(rating=rating_id, reasons=tuple(chosen[: MOST_REASONS + 1]))
    except ValidationError as problem:
        raise BadRequest() from problem
    if message.reasons:
        with unit_of_work() as session:
            recording.record_reasons(session, message.as_given(kiosk_id=device.kiosk_id))
    return redirect(address("rating.thanks", rating_id=rating_id), 303)


@blueprint.get("/thanks/<uuid:rating_id>")
@for_kiosk
def thanks(rating_id: uuid.UUID) -> ResponseReturnValue:
    """Thank the citizen, in the same way for every answer."""
    display = _load_display()
    given = _get_given(display, rating_id)
    is_late = bool(request.args.get("late"))
    return render_screen(
        ScreenName.THANKS,
        display,
        facts={
            "late" if is_late else "kept": "1",
            "ticket": given.ticket,
            "given": as_moment(given.tapped_at),
            "correction": "1" if given.correction and not is_late else "",
        },
        fields={"rating": rating_id},
        refresh=(THANKS_SECONDS, url_for("kiosk.rating.index")),
    )


@blueprint.get("/thanks")
@for_kiosk
def repeated() -> ResponseReturnValue:
    """Thank a citizen whose visit had been rated already."""
    return render_screen(
        ScreenName.THANKS,
        _load_display(),
        facts={"repeated": "1"},
        refresh=(THANKS_SECONDS, url_for("kiosk.rating.index")),
    )


@blueprint.post("/skip")
@for_kiosk
def skip() -> ResponseReturnValue:
    """Keep that the citizen does not want to rate."""
    device = fleet.find_device(token_hash())
    try:
        message = OutcomeMessage.model_validate(
            request.form.to_dict() | {"outcome": Outcome.SKIPPED}
        )
    except ValidationError as problem:
        raise BadRequest() from problem
    if device.desk_id is None:
        raise DeskNotFoundError(kiosk_id=device.kiosk_id)
    with unit_of_work() as session:
        visits.end_question(session, message.visit, desk_id=device.desk_id, outcome=message.outcome)
    return redirect(url_for("kiosk.rating.index"), 303)


def _load_display() -> Display:
    with reading() as session:
        return screens.load_display(session, token_hash())


def _get_given(display: Display, rating_id: uuid.UUID) -> Given:
    with reading() as session:
        return screens.get_given(session, display.screen.kiosk_id, rating_id)
