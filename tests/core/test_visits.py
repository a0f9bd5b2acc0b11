"""Visits: opened one at a time, finished once, and what became of their question."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from satisfaction import clock, counting, desks, fleet, recording, rollups, succession, visits
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import (
    DeskBusyError,
    DeskNotFoundError,
    DeskRetiredError,
    KioskNotFoundError,
    VisitClosedError,
    VisitNotFoundError,
    VisitOpenError,
)
from satisfaction.figures import CountQuery, CountRow
from satisfaction.models import CountedDay, Desk, Visit
from satisfaction.periods import day_period
from satisfaction.terms import Answered, Channel, Outcome, RatingSource, VisitKind
from satisfaction.visits import NewVisit, ScreenState
from tests.conftest import Office
from tests.making import finished_visit, tap


def _open(desk: Desk, *, ticket_number: str = "") -> Visit:
    with unit_of_work() as session:
        return visits.open_visit(session, NewVisit(desk_id=desk.id, ticket_number=ticket_number))


def _close(visit: Visit) -> Visit:
    with unit_of_work() as session:
        return visits.close_visit(session, visit.id)


def _outcome(visit: Visit) -> Outcome | None:
    with reading() as session:
        return session.get_one(Visit, visit.id).outcome


def _today(ward: Office) -> CountRow:
    with reading() as session:
        query = CountQuery(unit_id=ward.unit.id, period=day_period(clock.today()))
        return counting.count(session, query).total


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, Answered.RATED),
        ({"source": RatingSource.PAPER, "kiosk_id": None}, Answered.RATED),
        ({"source": RatingSource.QR, "kiosk_id": None}, Answered.NOT_YET),
        ({"source": RatingSource.LINK, "kiosk_id": None}, Answered.NOT_YET),
    ],
)
def test_the_desk_is_told_of_answers_that_were_given_there_alone(
    ward: Office, fields: dict[str, Any], told: Answered
) -> None:
    def read() -> list[Answered]:
        with reading() as session:
            progress = desks.read_progress(session, {ward.unit.id}, ward.desks[0].id)
            return [visit.answered for visit in progress.recent]

    visit = finished_visit(ward.desks[0])
    with unit_of_work() as session:
        recording.record_rating(session, tap(ward, visit, **fields))
    assert read() == [told]
    finished_visit(ward.desks[0], at=clock.now() + timedelta(seconds=1))
    is_hidden = told is Answered.NOT_YET
    assert read() == [Answered.NOT_YET, Answered.NOT_RATED if is_hidden else told]


def test_a_visit_needs_nothing_but_its_desk(ward: Office, now: datetime) -> None:
    visit = _open(ward.desks[0])
    assert (visit.unit_id, visit.desk_id, visit.opened_at) == (
        ward.unit.id,
        ward.desks[0].id,
        now,
    )
    assert (visit.kind, visit.channel, visit.outcome) == (
        VisitKind.INTAKE,
        Channel.IN_PERSON,
        None,
    )
    with reading() as session:
        found = visits.find_open_visit(session, ward.desks[0].id)
        assert found is not None
        assert found.id == visit.id
        assert visits.find_open_visit(session, ward.desks[1].id) is None


def test_a_desk_serves_one_visit_at_a_time(ward: Office) -> None:
    visit = _open(ward.desks[0])
    with pytest.raises(DeskBusyError):
        _open(ward.desks[0])
    _open(ward.desks[1])
    _close(visit)
    _open(ward.desks[0])


def test_an_unknown_desk_opens_no_visit(ward: Office) -> None:
    with unit_of_work() as session, pytest.raises(DeskNotFoundError):
        visits.open_visit(session, NewVisit(desk_id=4711))


@pytest.mark.parametrize("days", [-900, 1])
def test_a_desk_opens_no_visit_outside_its_life(ward: Office, now: datetime, days: int) -> None:
    with unit_of_work() as session:
        desk = session.get_one(Desk, ward.desks[0].id)
        succession.retire_desk(session, desk, until_day=clock.today() + timedelta(days=1))
    _close(_open(ward.desks[0]))
    with clock.replaced(now + timedelta(days=days)), pytest.raises(DeskRetiredError):
        _open(ward.desks[0])


def test_a_visit_is_finished_once_and_only_if_it_exists(ward: Office, now: datetime) -> None:
    visit = _open(ward.desks[0])
    closed = _close(visit)
    assert (closed.closed_at, closed.closed_day) == (now, clock.today())
    with pytest.raises(VisitClosedError):
        _close(visit)
    with unit_of_work() as session, pytest.raises(VisitNotFoundError):
        visits.close_visit(session, 4711)


@pytest.mark.parametrize(
    ("is_shown", "outcome"), [(True, Outcome.EXPIRED), (False, Outcome.NOT_SHOWN)]
)
def test_the_next_finished_visit_ends_the_question_before(
    ward: Office, is_shown: bool, outcome: Outcome
) -> None:
    first, elsewhere = finished_visit(ward.desks[0]), finished_visit(ward.desks[1])
    if is_shown:
        with unit_of_work() as session:
            visits.keep_shown(session, first.id)
    second = finished_visit(ward.desks[0])
    assert [_outcome(visit) for visit in (first, second, elsewhere)] == [outcome, None, None]


def test_old_questions_end_by_themselves_and_rated_ones_do_not(ward: Office, now: datetime) -> None:
    rated = finished_visit(ward.desks[0], at=now)
    with unit_of_work() as session:
        recording.record_rating(session, tap(ward, rated))
    waiting = finished_visit(ward.desks[1], at=now)
    with clock.replaced(now + visits.SCREEN_LIFE), unit_of_work() as session:
        assert visits.expire_visits(session) == 0
    late = now + visits.SCREEN_LIFE + timedelta(seconds=1)
    with clock.replaced(late), unit_of_work() as session:
        assert visits.expire_visits(session) == 1
    with clock.replaced(late), unit_of_work() as session:
        assert visits.expire_visits(session) == 0
    assert (_outcome(waiting), _outcome(rated)) == (Outcome.NOT_SHOWN, Outcome.RATED)


@pytest.mark.parametrize("outcome", [Outcome.SKIPPED, Outcome.TIMED_OUT])
def test_a_question_ends_once_and_a_late_rating_outweighs_it(
    ward: Office, outcome: Outcome
) -> None:
    visit = finished_visit(ward.desks[0])
    for kept in (outcome, Outcome.EXPIRED):
        with unit_of_work() as session:
            ended = visits.end_question(
                session, visit.token, desk_id=ward.desks[0].id, outcome=kept
            )
            assert ended.outcome is outcome
    assert (_today(ward).rated_visits, _today(ward).finished_visits) == (0, 1)
    with unit_of_work() as session:
        recording.record_rating(session, tap(ward, visit))
    assert _outcome(visit) is Outcome.RATED
    with unit_of_work() as session:
        visits.end_question(session, visit.token, desk_id=None, outcome=outcome)
    assert (_outcome(visit), _today(ward).rated_visits) == (Outcome.RATED, 1)


def test_a_question_ends_only_for_its_desk_and_never_as_rated(ward: Office) -> None:
    visit, opened = finished_visit(ward.desks[0]), _open(ward.desks[0])

    def end(session: Session, token: uuid.UUID, desk: int, outcome: Outcome) -> None:
        visits.end_question(session, token, desk_id=ward.desks[desk].id, outcome=outcome)

    with unit_of_work() as session:
        with pytest.raises(VisitNotFoundError):
            end(session, visit.token, 1, Outcome.SKIPPED)
        with pytest.raises(VisitNotFoundError):
            end(session, uuid.uuid4(), 0, Outcome.SKIPPED)
        with pytest.raises(VisitOpenError):
            end(session, opened.token, 0, Outcome.SKIPPED)
        with pytest.raises(ValueError, match="only a rating"):
            end(session, visit.token, 0, Outcome.RATED)
    assert _outcome(visit) is None


def test_an_ended_question_has_its_stored_day_counted_anew(ward: Office, now: datetime) -> None:
    visit = finished_visit(ward.desks[0], at=now - timedelta(days=1))
    assert visit.closed_day is not None
    with unit_of_work() as session:
        rollups.rebuild_day(session, visit.closed_day)
    with unit_of_work() as session:
        visits.end_question(session, visit.token, desk_id=None, outcome=Outcome.SKIPPED)
    with reading() as session:
        assert session.get_one(CountedDay, visit.closed_day).marked_at == now


def test_visits_are_found_by_key_and_by_token(ward: Office) -> None:
    visit = finished_visit(ward.desks[0], procedure_id=ward.procedures[0].id)
    with reading() as session:
        assert visits.get_visit(session, visit.id).token == visit.token
        found = visits.get_visit_by_token(session, visit.token)
        assert (found.id, found.desk.name) == (visit.id, "Bàn 1")
        with pytest.raises(VisitNotFoundError):
            visits.get_visit(session, 4711)
        with pytest.raises(VisitNotFoundError):
            visits.get_visit_by_token(session, uuid.uuid4())


def test_the_latest_finished_visits_of_today_come_newest_first(ward: Office, now: datetime) -> None:
    finished_visit(ward.desks[0], at=now - timedelta(days=1))
    finished_visit(ward.desks[1])
    ids = [
        finished_visit(ward.desks[0], at=now + timedelta(seconds=second)).id for second in range(7)
    ]
    with reading() as session:
        found = [visit.id for visit in visits.list_recent_visits(session, ward.desks[0].id)]
    assert found == ids[:1:-1]


def test_a_screen_waits_asks_and_waits_again(ward: Office, now: datetime) -> None:
    def screen() -> visits.Screen:
        return visits.read_screen(fleet.hash_token(ward.tokens[0]))

    empty = screen()
    assert (empty.state, empty.visit, empty.serving_ticket) == (ScreenState.WAIT, None, "")
    opened = _open(ward.desks[0], ticket_number="A012")
    serving = screen()
    assert (serving.state, serving.serving_ticket) == (ScreenState.WAIT, "A012")
    _close(opened)
    asking = screen()
    assert (asking.state, asking.visit, asking.was_shown) == (
        ScreenState.RATE,
        opened.token,
        False,
    )
    with unit_of_work() as session:
        visits.keep_shown(session, opened.id)
    assert screen().was_shown
    with clock.replaced(now + visits.SCREEN_LIFE):
        assert screen().state is ScreenState.WAIT
    assert len({empty.version, serving.version, asking.version}) == 3
    with unit_of_work() as session:
        recording.record_rating(session, tap(ward, opened))
    assert screen().version == empty.version


def test_a_screen_asks_about_the_last_visit_while_the_next_is_served(ward: Office) -> None:
    finished = finished_visit(ward.desks[0])
    _open(ward.desks[0], ticket_number="A013")
    screen = visits.read_screen(fleet.hash_token(ward.tokens[0]))
    assert (screen.visit, screen.serving_ticket) == (finished.token, "A013")


def test_a_screen_is_shown_to_no_stranger_and_to_no_revoked_kiosk(ward: Office) -> None:
    with pytest.raises(KioskNotFoundError):
        visits.read_screen(fleet.hash_token("somebody"))
    with unit_of_work() as session:
        fleet.revoke_kiosk(session, session.merge(ward.kiosks[0]))
    with pytest.raises(KioskNotFoundError):
        visits.read_screen(fleet.hash_token(ward.tokens[0]))
