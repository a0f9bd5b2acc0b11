"""Face 2: everything an officer reaches by signing in."""

from flask import Blueprint, Flask

from admin import (
    audit,
    cards,
    cases,
    catalogue,
    catalogue_files,
    counts,
    desk,
    desks,
    dossiers,
    fleet,
    holidays,
    hours,
    jobs,
    letters,
    overview,
    own_figures,
    paper,
    people,
    policies,
    presentation,
    profile,
    provider,
    ratings,
    receipts,
    reports,
    scales,
    session,
    settings,
    start,
    units,
    voices,
)
from admin.navigation import places_of, settings_of
from satisfaction.terms import Duty
from satisfaction.web.deed_words import list_details
from satisfaction.web.guards import DUTIES, current_officer
from satisfaction.web.letter_pages import LetterLinks, install_letter_links
from satisfaction.web.office_words import as_office_word, list_differences, say_change
from satisfaction.web.setup import csrf
from satisfaction.web.unseen import count_unseen_voices

SIGN_IN_ENDPOINT = "admin.session.new"
HOME_ENDPOINT = "admin.session.index"
MODULES = (
    session,
    overview,
    profile,
    people,
    audit,
    start,
    provider,
    desk,
    counts,
    voices,
    cases,
    own_figures,
    reports,
    ratings,
    dossiers,
    paper,
    cards,
    receipts,
    fleet,
    hours,
    units,
    desks,
    presentation,
    holidays,
    catalogue_files,
    catalogue,
    scales,
    letters,
    jobs,
    policies,
    settings,
)


def install(app: Flask) -> None:
    """Attach the officers' face."""
    face = Blueprint("admin", __name__, url_prefix="/admin")
    for module in MODULES:
        face.register_blueprint(module.blueprint)
    app.register_blueprint(face)
    # One click in a mail program stops letters: it has no form of ours, but a signed address.
    csrf.exempt(letters.stop)
    install_letter_links(
        app,
        LetterLinks(
            figures="admin.counts.index",
            voices="admin.voices.index",
            subscriptions="admin.letters.index",
            stop="admin.letters.edit_stop",
        ),
    )
    app.config[DUTIES] = {
        Duty.SET_PASSWORD: "admin.profile.edit_password",
        Duty.SET_SECOND_FACTOR: "admin.profile.new_factor",
    }
    app.jinja_env.globals.update(
        current_officer=current_officer,
        places_of=places_of,
        count_unseen_voices=count_unseen_voices,
        settings_of=settings_of,
        say_change=say_change,
        list_differences=list_differences,
        list_details=list_details,
    )
    app.jinja_env.filters["office_word"] = as_office_word
