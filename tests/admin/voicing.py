"""A citizen's voice and the case that answers it, for tests of the officers' pages."""

import uuid
from datetime import timedelta

from flask import current_app
from sqlalchemy import select

from satisfaction import clock
from satisfaction.case_changes import Change
from satisfaction.case_opening import open_cases
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Account, Case
from satisfaction.pseudonyms import Pseudonyms
from satisfaction.terms import Role
from tests.conftest import Office
from tests.core.voicing import reader, speak


def names_here() -> Pseudonyms:
    """Return the names under which the application under test shows ratings."""
    return Pseudonyms(current_app.config["SECRET_KEY"], purpose="voices")


def find_or_plant_case(ward: Office) -> dict[str, str]:
    """Return the name of a voice of yesterday and the token of its case, planted the first time."""
    with reading() as session:
        found = session.scalar(select(Case).where(Case.unit_id == ward.unit.id).limit(1))
    if found is not None and found.rating_seq is not None:
        return {"voice": names_here().name(found.rating_seq), "case": str(found.token)}
    yesterday = clock.now() - timedelta(days=1)
    seq = speak(ward, 1, at=yesterday, desk=1, words="Chờ lâu")
    return {"voice": names_here().name(seq), "case": str(plant_case(ward, seq))}


def plant_case(ward: Office, seq: int, change: Change | None = None) -> uuid.UUID:
    """Open a case for a rating, as an officer who sees everything in the ward would."""
    who = reader(Role.HEAD, ward, account_id=_any_account())
    with unit_of_work() as session:
        [case] = open_cases(session, who, [who.names.name(seq)], change=change or Change())
        return case.token


def _any_account() -> int:
    with reading() as session:
        return session.scalars(select(Account.id).order_by(Account.id)).first() or 0
