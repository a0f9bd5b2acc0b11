"""One-time links for one visit."""

import re

import pytest
from sqlalchemy import select

from satisfaction import clock, invitations
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import InvitationExpiredError, InvitationNotFoundError
from satisfaction.models import Invitation
from satisfaction.terms import InvitationPurpose
from tests.conftest import Office
from tests.making import finished_visit


@pytest.fixture
def token(ward: Office) -> str:
    """Return the word of a fresh link."""
    visit = finished_visit(ward.desks[0])
    with unit_of_work() as session:
        return invitations.make_invitation(
            session, visit.id, purpose=InvitationPurpose.RECEIPT
        ).token


def test_a_link_has_128_bits_in_signs_that_a_small_symbol_holds(token: str) -> None:
    assert re.fullmatch(r"[A-Z2-7]{26}", token)


def test_a_link_is_used_once_in_any_case(token: str) -> None:
    with unit_of_work() as session:
        invitations.use_invitation(session, token.lower())
    with unit_of_work() as session, pytest.raises(InvitationExpiredError):
        invitations.use_invitation(session, token)


def test_a_link_ends_after_its_time(token: str) -> None:
    late = clock.now() + invitations.DEFAULT_LIFE
    with clock.replaced(late), reading() as session, pytest.raises(InvitationExpiredError):
        invitations.get_invitation(session, token)


def test_a_guessed_link_is_unknown_and_no_link_is_kept(token: str) -> None:
    with reading() as session:
        with pytest.raises(InvitationNotFoundError):
            invitations.get_invitation(session, "A" * 26)
        kept = session.scalars(select(Invitation)).one()
    assert token.encode() not in kept.token_hash
