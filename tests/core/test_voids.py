"""A voided rating stays stored and leaves the answers, with its reason and with who did it."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from satisfaction import accounts, clock, counting, office, recording, rollups
from satisfaction.database import db, reading, unit_of_work
from satisfaction.errors import RatingNotFoundError
from satisfaction.figures import CountQuery, CountRow
from satisfaction.models import AuditEntry, Rating, RatingVoid, Visit
from satisfaction.periods import year_period
from satisfaction.recording import LONGEST_EXPLANATION, Recorder
from satisfaction.terms import AuditAction, Outcome
from tests.conftest import Office
from tests.making import finished_visit, rated_visit, tap


def _total(ward: Office) -> CountRow:
    with reading() as session:
        query = CountQuery(unit_id=ward.unit.id, period=year_period(clock.today().year))
        return counting.count(session, query).total


def _void(rating_id: uuid.UUID, explanation: str = "thử máy") -> uuid.UUID:
    with unit_of_work() as session:
        return recording.void_rating(session, rating_id, account_id=None, explanation=explanation)


def test_a_voided_rating_stays_and_is_counted_apart(ward: Office) -> None:
    kept, voided = (rated_visit(ward, level, at=clock.now()) for level in (1, 5))
    assert _void(voided) == voided
    total = _total(ward)
    assert (total.answers, total.satisfied, total.voided) == (1, 0, 1)
    assert (total.rated_visits, total.finished_visits) == (2, 2)
    with reading() as session:
        assert set(session.scalars(select(Rating.id))) == {kept, voided}
        assert set(session.scalars(select(Visit.outcome))) == {Outcome.RATED}


def test_who_voided_and_why_is_kept_once(ward: Office) -> None:
    voided = rated_visit(ward, 5, at=clock.now())
    with unit_of_work() as session:
        account = accounts.create_account(
            session, "quan-tri", display_name="Quản trị", password="Mật khẩu rất dài 26"
        )
    for explanation in ("  thử\x00 máy " + "x" * 600, "again"):
        with unit_of_work() as session:
            recording.void_rating(session, voided, account_id=account.id, explanation=explanation)
    with reading() as session:
        void = session.scalars(select(RatingVoid)).one()
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.RATING_VOIDED)
        ).one()
    assert (void.voided_by_id, void.voided_at) == (account.id, clock.now())
    assert void.explanation.startswith("thử máy x")
    assert len(void.explanation) == LONGEST_EXPLANATION
    assert (entry.account_id, entry.unit_id) == (account.id, ward.unit.id)
    assert entry.detail == {"rating_id": str(voided)}


def test_voiding_a_corrected_rating_voids_the_answer_that_counts(ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    first = tap(ward, visit, level=1)
    last = tap(ward, visit, level=5, supersedes=first.rating_id)
    Recorder(db.engine).record_batch([first, last])
    assert _void(first.rating_id) == last.rating_id
    total = _total(ward)
    assert (total.answers, total.voided) == (0, 1)
    assert total.satisfied_share is None


def test_an_unlinked_rating_can_be_voided_too(ward: Office) -> None:
    with unit_of_work() as session:
        allowing = office.configure_unit(
            session, ward.unit, scale=office.load_scales(session)["five"], allows_unlinked=True
        )
        given = tap(ward, configuration_id=allowing.id)
        recording.record_rating(session, given)
    assert _total(ward).unlinked == 1
    _void(given.rating_id)
    total = _total(ward)
    assert (total.unlinked, total.voided, total.answers) == (0, 1, 0)


def test_a_stored_day_is_counted_anew_after_a_void(ward: Office) -> None:
    yesterday = clock.today() - timedelta(days=1)
    voided = rated_visit(ward, 5, at=clock.now() - timedelta(days=1))
    with unit_of_work() as session:
        rollups.rebuild_day(session, yesterday)
    assert _total(ward).answers == 1
    _void(voided)
    for _ in ("live", "rebuilt"):
        assert (_total(ward).answers, _total(ward).voided) == (0, 1)
        with unit_of_work() as session:
            rollups.rebuild_day(session, yesterday)


def test_a_rating_without_a_known_day_can_be_voided(ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    offset = int(timedelta(days=3) / timedelta(milliseconds=1))
    given = tap(ward, visit, tapped_at=clock.now() - timedelta(days=3), clock_offset_ms=offset)
    with unit_of_work() as session:
        recording.record_rating(session, given)
        assert session.scalars(select(Rating.local_day)).one() is None
    assert _void(given.rating_id) == given.rating_id


def test_an_unknown_rating_cannot_be_voided(ward: Office) -> None:
    with pytest.raises(RatingNotFoundError):
        _void(uuid.uuid4())
