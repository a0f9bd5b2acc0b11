"""The page behind a desk's card, which anybody may open: an opinion that names no visit.

Refuses more opinions within an hour than the office lets count, by device, network and desk; the
device is known by a random cookie, and neither it nor a network is ever stored.
"""

import re
import secrets
from datetime import timedelta

from flask import Blueprint, Response, current_app, redirect, request
from flask.typing import ResponseReturnValue

from kiosk.phone import (
    address,
    open_words,
    read_answer,
    read_words,
    render_question,
    render_thanks,
    render_words,
    seal_question,
    seal_words,
    show_faults_plainly,
)
from satisfaction import opinions, phones
from satisfaction.config import Settings
from satisfaction.database import reading, unit_of_work
from satisfaction.links import CARD_PATH
from satisfaction.opinions import Claimant, OpinionLimits
from satisfaction.web.guards import client_network, public

blueprint = Blueprint("opinion", __name__)
show_faults_plainly(blueprint)

FORM_LIFE = timedelta(minutes=10)
DEVICE = "device"
_DEVICE_FORM = re.compile(r"[\w-]{22}", re.ASCII)


@blueprint.get(f"{CARD_PATH}<word>")
@blueprint.get(f"{CARD_PATH.lower()}<word>", alias=True)
@public
def show(word: str) -> ResponseReturnValue:
    """Show the question about a desk, with a form that is good for ten minutes."""
    with reading() as session:
        card = phones.read_card(session, word)
    device = request.cookies.get(DEVICE, "")
    if not _DEVICE_FORM.fullmatch(device):
        device = secrets.token_urlsafe(16)
    page = render_question(
        card.sheet,
        action=address("opinion.create", word=word),
        token=seal_question(_question_page(word), card.sheet, device=device),
    )
    _keep_device(page, device)
    return page


def _keep_device(page: Response, device: str) -> None:
    settings: Settings = current_app.config["SETTINGS"]
    page.set_cookie(
        DEVICE,
        device,
        max_age=int(timedelta(days=1).total_seconds()),
        path=CARD_PATH.rstrip("/"),
        secure=settings.cookie_secure,
        httponly=True,
        samesite="Lax",
    )


@blueprint.post(f"{CARD_PATH}<word>")
@public
def create(word: str) -> ResponseReturnValue:
    """Record the opinion, once for each form that was given out."""
    answer, device = read_answer(_question_page(word), life=FORM_LIFE)
    claimant = _claimant(device)
    with reading() as session:
        opinions.check_claimant(session, word, claimant, rating_id=answer.rating_id)
    with unit_of_work() as session:
        outcome = opinions.give_opinion(session, word, answer, claimant=claimant)
    step = seal_words(_words_page(word), outcome.rating_id)
    return redirect(address("opinion.edit", word=word, step=step), 303)


def _claimant(device: str) -> Claimant:
    settings: Settings = current_app.config["SETTINGS"]
    return Claimant(
        device=device,
        network=client_network(),
        limits=OpinionLimits(
            per_device=settings.opinions_per_device,
            per_network=settings.opinions_per_network,
            per_desk=settings.opinions_per_desk,
        ),
        key=f"opinions {current_app.config['SECRET_KEY']}".encode(),
    )


@blueprint.get(f"{CARD_PATH}<word>/words")
@public
def edit(word: str) -> ResponseReturnValue:
    """Ask for reasons and words after an opinion."""
    rating_id = open_words(_words_page(word), request.args.get("step"))
    with reading() as session:
        card = phones.read_card(session, word, rating_id=rating_id)
    return render_words(
        card.sheet,
        card.following,
        action=address("opinion.update", word=word),
        token=seal_words(_words_page(word), rating_id),
        is_rated_before=False,
    )


@blueprint.post(f"{CARD_PATH}<word>/words")
@public
def update(word: str) -> ResponseReturnValue:
    """Record reasons and words, each once, or none if the citizen passes them over."""
    words = read_words()
    rating_id = open_words(_words_page(word), request.form.get("token"))
    if rating_id is not None and (words.reasons or words.comment):
        with unit_of_work() as session:
            opinions.add_opinion_words(session, rating_id, words)
    return redirect(address("opinion.thanks", word=word), 303)


@blueprint.get(f"{CARD_PATH}<word>/thanks")
@public
def thanks(word: str) -> ResponseReturnValue:
    """Thank the citizen."""
    with reading() as session:
        card = phones.read_card(session, word)
    return render_thanks(card.sheet)


def _question_page(word: str) -> str:
    return f"opinion {word.upper()}"


def _words_page(word: str) -> str:
    return f"opinion words {word.upper()}"
