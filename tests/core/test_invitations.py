"""One-time links for one visit."""

import re
import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from satisfaction import clock, invitations, recording, visits
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import (
    InvitationExpiredError,
    InvitationNotFoundError,
    InvitationSpentError,
    RatingNotFoundError,
    TooManyInvitationsError,
    VisitNotFoundError,
    VisitOpenError,
)
from satisfaction.models import Comment, Invitation, Rating, RatingReason, Refusal, Visit
from satisfaction.recording import Recorder, RecordingOutcome
from satisfaction.taps import CitizenWords, PhoneAnswer
from satisfaction.terms import InvitationPurpose, Layout, Outcome, RatingSource, RecordingResult
from satisfaction.web.setup import RECORDER
from tests.conftest import Office
from tests.core.together import run_together
from tests.making import finished_visit, tap

TIMES = 4


def _invite(
    visit: Visit, purpose: InvitationPurpose = InvitationPurpose.RECEIPT, **fields: Any
) -> str:
    with unit_of_work() as session:
        return invitations.make_invitation(session, visit.id, purpose=purpose, **fields).token


@pytest.fixture
def visit(ward: Office) -> Visit:
    """Return a finished visit."""
    return finished_visit(ward.desks[0])


@pytest.fixture
def token(visit: Visit) -> str:
    """Return the word of a fresh link."""
    return _invite(visit)


def _answer(ward: Office, level: int = 4, **fields: Any) -> PhoneAnswer:
    values: dict[str, Any] = {
        "rating_id": recording.new_rating_id(),
        "configuration_id": ward.configuration.id,
        "scale_id": ward.configuration.scale_id,
        "level": level,
    }
    return PhoneAnswer(**(values | fields))


def _rate(token: str, answer: PhoneAnswer) -> RecordingOutcome:
    with unit_of_work() as session:
        return invitations.rate_by_invitation(session, token, answer)


def _count(model: Any) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_link_has_128_bits_in_signs_that_a_small_symbol_holds(token: str) -> None:
    assert re.fullmatch(r"[A-Z2-7]{26}", token)


def test_a_link_lives_as_long_as_the_office_says(ward: Office, visit: Visit) -> None:
    token = _invite(visit)
    with unit_of_work() as session:
        change_configuration(session, ward.unit, Changes(invitation_hours=2))
    shorter = _invite(visit)
    for word, hours in ((token, 24), (shorter, 2)):
        end = clock.now() + timedelta(hours=hours)
        with reading() as session:
            with clock.replaced(end - timedelta(seconds=1)):
                invitations.get_invitation(session, word)
            with clock.replaced(end), pytest.raises(InvitationExpiredError) as caught:
                invitations.get_invitation(session, word)
        assert caught.value.fields == {"hours": hours}


def test_a_guessed_link_is_unknown_and_no_link_is_kept(token: str) -> None:
    with reading() as session:
        for guessed in ("A" * 26, "", "\udcff", "ß" * 40, token[:-1], token + "A"):
            with pytest.raises(InvitationNotFoundError):
                invitations.get_invitation(session, guessed)
        kept = session.scalars(select(Invitation)).one()
    assert token.encode() not in kept.token_hash


@pytest.mark.parametrize(
    ("purpose", "source"),
    [
        (InvitationPurpose.RECEIPT, RatingSource.QR),
        (InvitationPurpose.SCREEN, RatingSource.QR),
        (InvitationPurpose.ONLINE, RatingSource.LINK),
    ],
)
def test_an_answer_bears_the_way_that_it_came(
    ward: Office, visit: Visit, purpose: InvitationPurpose, source: RatingSource
) -> None:
    token = _invite(visit, purpose)
    assert _rate(token, _answer(ward)).result is RecordingResult.RECORDED
    with reading() as session:
        rating = session.scalars(select(Rating)).one()
        outcome = session.scalars(select(Visit.outcome)).one()
    assert (rating.visit_id, rating.desk_id) == (visit.id, visit.desk_id)
    assert (rating.source, rating.layout, rating.kiosk_id) == (source, Layout.STACK, None)
    assert outcome is Outcome.RATED


def test_a_link_answers_once_in_any_case(ward: Office, token: str) -> None:
    _rate(token.lower(), _answer(ward))
    with pytest.raises(InvitationSpentError):
        _rate(token, _answer(ward, level=1))
    assert (_count(Rating), _count(Refusal)) == (1, 0)


def test_the_same_answer_sent_again_is_known(ward: Office, token: str) -> None:
    answer = _answer(ward)
    outcomes = [_rate(token, answer).result]
    with clock.replaced(clock.now() + timedelta(seconds=3)):
        outcomes.append(_rate(token, answer).result)
    assert outcomes == [RecordingResult.RECORDED, RecordingResult.KNOWN]
    assert _count(Rating) == 1


def test_another_answer_under_the_same_id_is_a_conflict_that_is_kept_once(
    ward: Office, token: str
) -> None:
    answer = _answer(ward)
    _rate(token, answer)
    other = _answer(ward, level=1, rating_id=answer.rating_id)
    for second in range(3):
        with clock.replaced(clock.now() + timedelta(seconds=second)):
            assert _rate(token, other).result is RecordingResult.CONFLICT
    assert (_count(Rating), _count(Refusal)) == (1, 1)


def test_an_answer_after_the_kiosks_is_refused_and_spends_the_link(
    ward: Office, visit: Visit, token: str
) -> None:
    with unit_of_work() as session:
        recording.record_rating(session, tap(ward, visit))
    assert _rate(token, _answer(ward)).result is RecordingResult.ALREADY_RATED
    for _ in range(3):
        with pytest.raises(InvitationSpentError):
            _rate(token, _answer(ward))
    assert (_count(Rating), _count(Refusal)) == (1, 1)


def test_a_visit_that_is_not_finished_cannot_be_rated_yet(ward: Office) -> None:
    with unit_of_work() as session:
        visit = visits.open_visit(session, visits.NewVisit(desk_id=ward.desks[0].id))
    token = _invite(visit)
    with pytest.raises(VisitOpenError):
        _rate(token, _answer(ward))
    with unit_of_work() as session:
        visits.close_visit(session, visit.id)
    assert _rate(token, _answer(ward)).result is RecordingResult.RECORDED


def test_a_visit_has_only_so_many_live_links(visit: Visit) -> None:
    for _ in range(invitations.MOST_LIVE):
        _invite(visit)
    with pytest.raises(TooManyInvitationsError):
        _invite(visit)
    with clock.replaced(clock.now() + timedelta(hours=24)):
        _invite(visit)


def test_a_kiosk_invites_to_the_visit_that_it_has_just_asked_about(ward: Office) -> None:
    older = finished_visit(ward.desks[0], at=clock.now() - timedelta(minutes=3))
    latest = finished_visit(ward.desks[0], at=clock.now() - timedelta(minutes=1))
    foreign = finished_visit(ward.desks[1])
    place: dict[str, Any] = {"desk_id": ward.desks[0].id, "unit_id": ward.unit.id}
    with unit_of_work() as session:
        for named, wanted in ((None, latest), (older.token, older)):
            made = invitations.invite_from_screen(session, named, **place)
            assert made.invitation.visit_id == wanted.id
            assert made.invitation.purpose is InvitationPurpose.SCREEN
        for unknown in (foreign.token, uuid.uuid4()):
            with pytest.raises(VisitNotFoundError):
                invitations.invite_from_screen(session, unknown, **place)
        lobby = place | {"desk_id": None}
        made = invitations.invite_from_screen(session, foreign.token, **lobby)
        assert made.invitation.visit_id == foreign.id
        with pytest.raises(VisitNotFoundError):
            invitations.invite_from_screen(session, None, **lobby)
        with (
            clock.replaced(clock.now() + invitations.SCREEN_LIFE),
            pytest.raises(VisitNotFoundError),
        ):
            invitations.invite_from_screen(session, None, **place)


def _words(session: Any) -> list[str | None]:
    return list(session.scalars(select(Comment.body)))


def test_words_follow_an_answer_once_and_hide_numbers(ward: Office, token: str) -> None:
    answer = _answer(ward, level=2)
    _rate(token, answer)
    words = CitizenWords(reasons=("wait", "fee"), comment=" Gọi 0912 345 678\n nhé ")
    for text in (words, CitizenWords(reasons=("late",), comment="Khác")):
        with unit_of_work() as session:
            invitations.add_words(session, token, text, rating_id=answer.rating_id)
    with reading() as session:
        assert _words(session) == ["Gọi […] nhé"]
        comment = session.scalars(select(Comment)).one()
        assert comment.salt is not None
        assert comment.commitment == recording.comment_commitment("Gọi […] nhé", comment.salt)
        assert session.scalar(select(func.count()).select_from(RatingReason)) == 2


def test_words_reach_the_answer_that_the_kiosk_took_and_counts(
    ward: Office, visit: Visit, token: str
) -> None:
    first = tap(ward, visit, level=1)
    second = tap(ward, visit, level=2, supersedes=first.rating_id)
    with unit_of_work() as session:
        with pytest.raises(RatingNotFoundError):
            invitations.add_words(session, token, CitizenWords(comment="Sớm"), rating_id=None)
        recording.record_rating(session, first)
        recording.record_rating(session, second)
        words = CitizenWords(reasons=("wait",), comment="Chờ lâu quá")
        invitations.add_words(session, token, words, rating_id=None)
    with reading() as session:
        seq = session.scalar(select(Rating.seq).where(Rating.id == second.rating_id))
        assert session.scalar(select(Comment.rating_seq)) == seq
        assert session.scalar(select(func.count()).select_from(RatingReason)) == 0


def test_a_correction_after_the_words_brings_no_second_words(ward: Office, visit: Visit) -> None:
    first = tap(ward, visit, level=1)
    with unit_of_work() as session:
        recording.record_rating(session, first)
        recording.record_comment(session, first.rating_id, "Một")
        second = tap(ward, visit, level=5, supersedes=first.rating_id)
        recording.record_rating(session, second)
        again = recording.record_comment(session, second.rating_id, "Hai")
    assert again is RecordingResult.KNOWN
    with reading() as session:
        assert _words(session) == ["Một"]


def test_words_have_their_time_although_the_link_ends_meanwhile(
    ward: Office, token: str, visit: Visit
) -> None:
    end = clock.now() + invitations.DEFAULT_LIFE
    with clock.replaced(end - timedelta(seconds=1)):
        answer = _answer(ward)
        _rate(token, answer)
    with clock.replaced(end + timedelta(minutes=20)), unit_of_work() as session:
        words = CitizenWords(comment="Vừa kịp")
        invitations.add_words(session, token, words, rating_id=answer.rating_id)
    late = end + invitations.TIME_FOR_WORDS
    with clock.replaced(late), unit_of_work() as session, pytest.raises(InvitationExpiredError):
        invitations.add_words(session, token, words, rating_id=answer.rating_id)


@pytest.mark.parametrize("_time", range(TIMES))
def test_of_two_phones_at_the_same_moment_one_is_answered(
    app: Flask, ward: Office, token: str, _time: int
) -> None:
    ends = run_together(app, [partial(_rate, token, _answer(ward, level)) for level in (1, 5)])
    refused = [end for end in ends if isinstance(end, InvitationSpentError)]
    assert len(refused) == 1
    assert (_count(Rating), _count(Refusal)) == (1, 0)


@pytest.mark.parametrize("_time", range(TIMES))
def test_of_two_links_of_a_visit_at_the_same_moment_one_counts(
    app: Flask, ward: Office, visit: Visit, _time: int
) -> None:
    links = [_invite(visit) for _ in range(3)]
    ends = run_together(app, [partial(_rate, link, _answer(ward)) for link in links])
    results = sorted(end.result for end in ends)
    assert results == ["already_rated", "already_rated", "recorded"]
    assert _count(Rating) == 1


@pytest.mark.parametrize("_time", range(TIMES))
def test_of_a_kiosk_and_a_phone_at_the_same_moment_one_counts(
    app: Flask, ward: Office, visit: Visit, token: str, _time: int
) -> None:
    recorder: Recorder = app.extensions[RECORDER]
    ends = run_together(
        app,
        [
            lambda: recorder.record(tap(ward, visit)).result,
            lambda: _rate(token, _answer(ward)).result,
        ],
    )
    assert sorted(ends) == ["already_rated", "recorded"]
    assert _count(Rating) == 1
    with reading() as session:
        assert session.scalars(select(Visit.outcome)).one() is Outcome.RATED


@pytest.mark.parametrize("_time", range(TIMES))
def test_of_two_texts_at_the_same_moment_one_is_kept(
    app: Flask, ward: Office, token: str, _time: int
) -> None:
    answer = _answer(ward)
    _rate(token, answer)

    def write(text: str) -> RecordingResult:
        with unit_of_work() as session:
            return recording.record_comment(session, answer.rating_id, text)

    ends = run_together(app, [lambda: write("Một"), lambda: write("Hai")])
    assert sorted(ends) == ["known", "recorded"]
    with reading() as session:
        assert len(_words(session)) == 1
