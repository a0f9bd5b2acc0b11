"""The page behind a one-time link: one visit's question on the citizen's own phone.

Works as plain forms. Refuses to show how a visit was rated to whoever holds its link.
"""

import uuid

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from kiosk.phone import (
    address,
    open_words,
    read_answer,
    read_words,
    render_message,
    render_question,
    render_thanks,
    render_words,
    seal_question,
    seal_words,
    show_faults_plainly,
)
from satisfaction import invitations, phones
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import InvitationExpiredError, InvitationSpentError, VisitOpenError
from satisfaction.invitations import DEFAULT_LIFE
from satisfaction.links import INVITATION_PATH
from satisfaction.phones import InvitedSheet, LinkState
from satisfaction.terms import RecordingResult
from satisfaction.web.guards import public

blueprint = Blueprint("invitation", __name__)
show_faults_plainly(blueprint)

GIVEN = {RecordingResult.RECORDED, RecordingResult.KNOWN}


@blueprint.get(f"{INVITATION_PATH}<token>")
@blueprint.get(f"{INVITATION_PATH.lower()}<token>", alias=True)
@public
def show(token: str) -> ResponseReturnValue:
    """Show what the link offers now: the question, the place for words, or that it is over."""
    with reading() as session:
        invited = phones.read_invitation(session, token)
    if invited.state is LinkState.ASK:
        return render_question(
            invited.sheet,
            action=address("invitation.create", token=token),
            token=seal_question(_question_page(token), invited.sheet),
        )
    if invited.state is LinkState.WORDS:
        return _offer_words(invited, token, rating_id=None)
    if invited.state is LinkState.EARLY:
        raise VisitOpenError()
    if invited.state is LinkState.DONE:
        return render_message(_("Phiếu này đã được đánh giá. Cảm ơn ông/bà!"), sheet=invited.sheet)
    return render_message(_("Mã này không còn dùng được."), sheet=invited.sheet, status=410)


@blueprint.post(f"{INVITATION_PATH}<token>")
@public
def create(token: str) -> ResponseReturnValue:
    """Record the answer, once; whatever it is, the next page is the same."""
    answer, _device = read_answer(_question_page(token), life=DEFAULT_LIFE)
    try:
        with unit_of_work() as session:
            outcome = invitations.rate_by_invitation(session, token, answer)
    except InvitationSpentError:
        return redirect(address("invitation.show", token=token), 303)
    if outcome.result not in GIVEN:
        return redirect(address("invitation.show", token=token), 303)
    step = seal_words(_words_page(token), outcome.rating_id)
    return redirect(address("invitation.edit", token=token, step=step), 303)


@blueprint.get(f"{INVITATION_PATH}<token>/words")
@public
def edit(token: str) -> ResponseReturnValue:
    """Ask for reasons and words after an answer."""
    rating_id = open_words(_words_page(token), request.args.get("step"))
    with reading() as session:
        invited = phones.read_invitation(session, token, rating_id=rating_id)
    if invited.state is not LinkState.WORDS:
        return redirect(address("invitation.thanks", token=token), 303)
    return _offer_words(invited, token, rating_id=rating_id)


@blueprint.post(f"{INVITATION_PATH}<token>/words")
@public
def update(token: str) -> ResponseReturnValue:
    """Record reasons and words, each once, or none if the citizen passes them over."""
    words = read_words()
    rating_id = open_words(_words_page(token), request.form.get("token"))
    if words.reasons or words.comment:
        with unit_of_work() as session:
            invitations.add_words(session, token, words, rating_id=rating_id)
    return redirect(address("invitation.thanks", token=token), 303)


@blueprint.get(f"{INVITATION_PATH}<token>/thanks")
@public
def thanks(token: str) -> ResponseReturnValue:
    """Thank the citizen, also when the link's time has ended meanwhile."""
    try:
        with reading() as session:
            invited = phones.read_invitation(session, token)
    except InvitationExpiredError:
        return render_thanks(None)
    return render_thanks(invited.sheet)


def _offer_words(
    invited: InvitedSheet, token: str, *, rating_id: uuid.UUID | None
) -> ResponseReturnValue:
    return render_words(
        invited.sheet,
        invited.following,
        action=address("invitation.update", token=token),
        token=seal_words(_words_page(token), rating_id),
        is_rated_before=rating_id is None,
    )


def _question_page(token: str) -> str:
    return f"invitation {token.upper()}"


def _words_page(token: str) -> str:
    return f"invitation words {token.upper()}"
