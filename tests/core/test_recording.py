"""One way in: each delivered rating is stored once, or kept as refused with its reason."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from satisfaction import clock, fleet, recording, visits
from satisfaction.database import db, reading, unit_of_work
from satisfaction.errors import (
    AlreadyRatedError,
    KioskNotFoundError,
    RatingConflictError,
    RatingRefusedError,
)
from satisfaction.models import (
    AuditEntry,
    Comment,
    CountedDay,
    Desk,
    Kiosk,
    Rating,
    RatingReason,
    Refusal,
    Visit,
)
from satisfaction.recording import Recorder, RecordingOutcome, Tap
from satisfaction.terms import AuditAction, Outcome, RecordingResult, RefusalReason
from tests.conftest import Office
from tests.making import finished_visit, tap


def _record(given: Tap) -> RecordingOutcome:
    with unit_of_work() as session:
        return recording.record_rating(session, given)


def _count(model: type[Any]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_record_rating_stores_one_row_and_the_visit_becomes_rated(ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    outcome = _record(tap(ward, visit, device_epoch=1, device_counter=7))
    assert outcome.result is RecordingResult.RECORDED
    with reading() as session:
        row = session.scalars(select(Rating)).one()
        assert (row.visit_id, row.device_counter, row.local_day) == (visit.id, 7, clock.today())
        assert session.get_one(Visit, visit.id).outcome is Outcome.RATED


def test_record_rating_answers_a_repeated_delivery_as_the_first(ward: Office) -> None:
    given = tap(ward, finished_visit(ward.desks[0]))
    first = _record(given)
    with clock.replaced(clock.now() + timedelta(hours=3)):
        second = _record(given)
    assert second.result is RecordingResult.KNOWN
    assert second.received_at == first.received_at
    assert _count(Rating) == 1


def test_record_rating_refuses_other_content_under_a_known_id(ward: Office) -> None:
    given = tap(ward, finished_visit(ward.desks[0]))
    _record(given)
    with unit_of_work() as session, pytest.raises(RatingConflictError):
        recording.record_rating(session, replace(given, tapped_at=clock.now() + timedelta(1e-5)))
    with reading() as session:
        assert session.scalars(select(Rating)).one().tapped_at == given.tapped_at
        assert session.scalars(select(Refusal)).one().reason is RefusalReason.CONFLICT
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.RATING_CONFLICT)
        ).one()
        assert entry.detail["rating_id"] == str(given.rating_id)


@pytest.mark.parametrize("level", [1, 5])
def test_record_rating_refuses_another_level_under_a_known_id(ward: Office, level: int) -> None:
    given = tap(ward, finished_visit(ward.desks[0]), level=4)
    _record(given)
    with unit_of_work() as session, pytest.raises(RatingConflictError):
        recording.record_rating(session, replace(given, level=level))


def test_record_rating_answers_a_second_id_for_a_rated_visit(ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    _record(tap(ward, visit, level=1))
    with unit_of_work() as session, pytest.raises(AlreadyRatedError):
        recording.record_rating(session, tap(ward, visit, level=5))
    assert _count(Rating) == 1


def test_record_rating_keeps_both_when_the_citizen_corrects(ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    first = tap(ward, visit, level=1)
    _record(first)
    _record(tap(ward, visit, level=5, supersedes=first.rating_id))
    assert _count(Rating) == 2


def test_record_rating_refuses_a_late_or_second_correction(ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    first = tap(ward, visit, level=1)
    _record(first)
    late = clock.now() + recording.CORRECTION_WINDOW + timedelta(seconds=1)
    with clock.replaced(late), unit_of_work() as session, pytest.raises(AlreadyRatedError):
        recording.record_rating(
            session, tap(ward, visit, supersedes=first.rating_id, tapped_at=late)
        )
    _record(tap(ward, visit, level=5, supersedes=first.rating_id))
    with unit_of_work() as session, pytest.raises(AlreadyRatedError):
        recording.record_rating(session, tap(ward, visit, supersedes=first.rating_id))


Change = Callable[[Tap, Office], Tap]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t, o: replace(t, desk_id=99), RefusalReason.UNKNOWN_DESK),
        (lambda t, o: replace(t, visit=uuid.uuid4()), RefusalReason.UNKNOWN_VISIT),
        (
            lambda t, o: replace(t, desk_id=o.desks[1].id, kiosk_id=o.kiosks[1].id),
            RefusalReason.WRONG_DESK,
        ),
        (lambda t, o: replace(t, kiosk_id=o.kiosks[1].id), RefusalReason.WRONG_DESK),
        (lambda t, o: replace(t, configuration_id=99), RefusalReason.UNKNOWN_CONFIGURATION),
        (lambda t, o: replace(t, scale_id=99), RefusalReason.LEVEL_OF_ANOTHER_SCALE),
        (lambda t, o: replace(t, level=6), RefusalReason.LEVEL_OF_ANOTHER_SCALE),
        (lambda t, o: replace(t, reasons=("bribe",)), RefusalReason.UNKNOWN_REASON),
        (
            lambda t, o: replace(t, kiosk_id=None, tapped_at=t.tapped_at + timedelta(minutes=6)),
            RefusalReason.TIME_IN_FUTURE,
        ),
        (
            lambda t, o: replace(t, tapped_at=t.tapped_at - timedelta(days=1000)),
            RefusalReason.RETIRED_DESK,
        ),
        (lambda t, o: replace(t, visit=None), RefusalReason.UNLINKED_NOT_ALLOWED),
    ],
)
def test_record_rating_refuses_and_keeps(
    ward: Office, change: Change, reason: RefusalReason
) -> None:
    given = change(tap(ward, finished_visit(ward.desks[0])), ward)
    refused = None
    with unit_of_work() as session:
        try:
            recording.record_rating(session, given)
        except RatingRefusedError as error:
            refused = error.reason
    assert refused is reason
    assert _count(Rating) == 0
    with reading() as session:
        kept = session.scalars(select(Refusal)).one()
    assert (kept.reason, kept.rating_id) == (reason, given.rating_id)
    assert "comment" not in kept.content or kept.content["comment"] == 0


def test_record_rating_refuses_a_tap_before_the_device_was_enrolled(
    ward: Office, now: datetime
) -> None:
    with unit_of_work() as session:
        late = fleet.enrol_lobby_kiosk(session, ward.unit, name="Sảnh").kiosk
    given = tap(ward, finished_visit(ward.desks[0]), desk_id=None, kiosk_id=late.id)
    with unit_of_work() as session, pytest.raises(RatingRefusedError) as caught:
        recording.record_rating(session, replace(given, tapped_at=now - timedelta(minutes=10)))
    assert caught.value.reason is RefusalReason.BEFORE_ENROLMENT


def test_record_rating_refuses_a_desk_retired_before_the_tap(ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    with unit_of_work() as session:
        session.get_one(Desk, ward.desks[0].id).until_day = clock.today()
    with unit_of_work() as session, pytest.raises(RatingRefusedError) as caught:
        recording.record_rating(session, tap(ward, visit))
    assert caught.value.reason is RefusalReason.RETIRED_DESK


def test_record_rating_refuses_a_visit_that_is_still_open(ward: Office) -> None:
    with unit_of_work() as session:
        visit = visits.open_visit(session, visits.NewVisit(desk_id=ward.desks[0].id))
    with unit_of_work() as session, pytest.raises(RatingRefusedError) as caught:
        recording.record_rating(session, tap(ward, visit))
    assert caught.value.reason is RefusalReason.VISIT_NOT_FINISHED


def test_a_refusal_is_kept_once_however_often_it_is_delivered(ward: Office) -> None:
    given = replace(tap(ward, finished_visit(ward.desks[0])), level=9)
    for _ in range(3):
        with unit_of_work() as session, pytest.raises(RatingRefusedError):
            recording.record_rating(session, given)
    assert _count(Refusal) == 1


def test_one_batch_settles_each_item_for_itself(ward: Office) -> None:
    seen = [finished_visit(ward.desks[0]) for _ in range(3)]
    first = tap(ward, seen[0])
    batch = [
        first,
        replace(first, level=1),
        first,
        tap(ward, seen[0]),
        replace(tap(ward, seen[1]), level=9),
        tap(ward, seen[2], level=2),
    ]
    outcomes = Recorder(db.engine).record_batch(batch)
    assert [outcome.result for outcome in outcomes] == [
        RecordingResult.RECORDED,
        RecordingResult.CONFLICT,
        RecordingResult.KNOWN,
        RecordingResult.ALREADY_RATED,
        RecordingResult.REFUSED,
        RecordingResult.RECORDED,
    ]


def test_sixteen_threads_at_once_store_each_rating_once(app: Flask, ward: Office) -> None:
    shared = [tap(ward, finished_visit(ward.desks[0])) for _ in range(5)]
    recorders = (Recorder(db.engine), Recorder(db.engine))
    start = threading.Barrier(16)
    answers: list[RecordingOutcome] = []

    def deliver(number: int) -> None:
        start.wait()
        mine = shared if number % 2 else reversed(shared)
        answers.extend([recorders[number % 2].record(given) for given in mine])

    threads = [threading.Thread(target=deliver, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _count(Rating) == 5
    assert len(answers) == 80
    for given in shared:
        mine = [answer for answer in answers if answer.rating_id == given.rating_id]
        assert sum(answer.result is RecordingResult.RECORDED for answer in mine) == 1
        assert len({answer.received_at for answer in mine}) == 1
        assert {answer.result for answer in mine} == {
            RecordingResult.RECORDED,
            RecordingResult.KNOWN,
        }


def test_sixteen_threads_with_an_id_each_rate_one_visit_once(app: Flask, ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    recorders = (Recorder(db.engine), Recorder(db.engine))
    start = threading.Barrier(16)
    results: list[RecordingResult] = []

    def deliver(number: int) -> None:
        given = tap(ward, visit, level=number % 5 + 1)
        start.wait()
        results.append(recorders[number % 2].record(given).result)

    threads = [threading.Thread(target=deliver, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(RecordingResult.RECORDED) == 1
    assert results.count(RecordingResult.ALREADY_RATED) == 15
    assert _count(Rating) == 1


def test_a_comment_is_committed_to_with_a_salt_and_can_be_erased(ward: Office) -> None:
    _record(tap(ward, finished_visit(ward.desks[0]), comment="Chờ lâu quá", reasons=("wait",)))
    with reading() as session:
        rating = session.scalars(select(Rating)).one()
        comment = session.scalars(select(Comment)).one()
        assert comment.body is not None
        assert comment.salt is not None
        assert rating.comment_commit == recording.comment_commitment(comment.body, comment.salt)
        assert session.scalar(select(func.count()).select_from(RatingReason)) == 1


def test_reasons_after_the_rating_are_kept_once(ward: Office) -> None:
    given = tap(ward, finished_visit(ward.desks[0]), level=2)
    _record(given)
    chosen = recording.ReasonsGiven(
        rating_id=given.rating_id, kiosk_id=given.kiosk_id, reasons=("wait", "late")
    )
    for expected in (RecordingResult.RECORDED, RecordingResult.KNOWN):
        with unit_of_work() as session:
            assert recording.record_reasons(session, chosen).result is expected
    assert _count(RatingReason) == 2


def test_a_rating_marks_the_stored_days_it_changes(ward: Office, now: datetime) -> None:
    visit = finished_visit(ward.desks[0], at=now - timedelta(days=1))
    with unit_of_work() as session:
        for day in (clock.today() - timedelta(days=1), clock.today() - timedelta(days=2)):
            session.add(CountedDay(local_day=day, rebuilt_at=clock.now()))
    _record(tap(ward, visit))
    with reading() as session:
        marked = session.scalars(
            select(CountedDay.local_day).where(CountedDay.marked_at.is_not(None))
        ).all()
    assert marked == [clock.today() - timedelta(days=1)]


@pytest.mark.parametrize("statement", ["UPDATE rating SET level_id = 1", "DELETE FROM rating"])
def test_the_database_itself_refuses_to_change_a_rating(ward: Office, statement: str) -> None:
    _record(tap(ward, finished_visit(ward.desks[0]), level=1))
    with pytest.raises(Exception, match="append-only"), unit_of_work() as session:
        session.connection().exec_driver_sql(statement)
    assert _count(Rating) == 1


def _maker(given: Tap) -> recording.TapMaker:
    def make(*, kiosk_id: int, desk_id: int) -> Tap:
        return replace(given, kiosk_id=kiosk_id, desk_id=desk_id)

    return make


def test_a_delivered_tap_is_that_of_the_device_that_holds_the_credential(ward: Office) -> None:
    given = tap(ward, finished_visit(ward.desks[1]), desk=1)
    recorder = Recorder(db.engine)
    outcome = recorder.record_delivered(fleet.hash_token(ward.tokens[1]), _maker(given))
    assert outcome.result is RecordingResult.RECORDED
    with reading() as session:
        row = session.scalars(select(Rating)).one()
    assert (row.kiosk_id, row.desk_id) == (ward.kiosks[1].id, ward.desks[1].id)


def test_a_credential_that_was_taken_away_counts_no_more_though_it_was_met(ward: Office) -> None:
    recorder = Recorder(db.engine)
    credential = fleet.hash_token(ward.tokens[0])
    first, second = (tap(ward, finished_visit(ward.desks[0])) for _ in range(2))
    recorder.record_delivered(credential, _maker(first))
    with unit_of_work() as session:
        fleet.revoke_kiosk(session, session.get_one(Kiosk, ward.kiosks[0].id))
    with pytest.raises(KioskNotFoundError):
        recorder.record_delivered(credential, _maker(second))
    with pytest.raises(KioskNotFoundError):
        recorder.record_delivered(b"x" * 32, _maker(second))
    assert _count(Rating) == 1


def test_a_revoked_device_does_not_hold_up_those_who_wait_with_it(ward: Office) -> None:
    recorder = Recorder(db.engine)
    tokens = [fleet.hash_token(token) for token in ward.tokens]
    for desk in (0, 1):
        given = tap(ward, finished_visit(ward.desks[desk]), desk=desk)
        recorder.record_delivered(tokens[desk], _maker(given))
    with unit_of_work() as session:
        fleet.revoke_kiosk(session, session.get_one(Kiosk, ward.kiosks[0].id))
    start = threading.Barrier(8)
    answers: list[str] = []
    taps = [tap(ward, finished_visit(ward.desks[n % 2]), desk=n % 2) for n in range(8)]

    def deliver(number: int) -> None:
        start.wait()
        try:
            outcome = recorder.record_delivered(tokens[number % 2], _maker(taps[number]))
            answers.append(outcome.result)
        except KioskNotFoundError:
            answers.append("unknown")

    threads = [threading.Thread(target=deliver, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["recorded"] * 4 + ["unknown"] * 4
