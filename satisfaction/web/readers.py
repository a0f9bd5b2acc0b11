"""The signed-in officer as a reader of voices and cases. Refuses to widen what roles give."""

from flask import current_app

from satisfaction.accounts import Officer
from satisfaction.pseudonyms import Pseudonyms
from satisfaction.terms import Permission
from satisfaction.voice_rows import Reader
from satisfaction.web.guards import current_officer


def current_reader() -> Reader:
    """Return the signed-in officer as a reader."""
    return reader_of(current_officer())


def reader_of(officer: Officer) -> Reader:
    """Return an officer as a reader, with this installation's names for ratings."""
    return Reader(
        account_id=officer.account_id,
        names=Pseudonyms(current_app.config["SECRET_KEY"], purpose="voices"),
        voices=officer.scope(Permission.SEE_VOICES),
        words=officer.scope(Permission.READ_WORDS),
        allegations=officer.scope(Permission.SEE_ALLEGATIONS),
        cases=officer.scope(Permission.READ_CASES),
        handling=officer.scope(Permission.HANDLE_CASES),
        dossiers=officer.scope(Permission.OPEN_DOSSIERS),
    )
