"""The same rating delivered again: known by its content, or a conflict."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from satisfaction import clock, visits
from satisfaction.database import db, reading, unit_of_work
from satisfaction.models import Comment, Rating, Refusal
from satisfaction.recording import Recorder, Tap
from satisfaction.terms import Language, Layout, RatingSource, RecordingResult
from tests.conftest import Office
from tests.making import finished_visit, tap


def _count(model: type[Rating | Refusal]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


Changed = Callable[[Tap], Tap]


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        (lambda t: t, True),
        (lambda t: replace(t, reasons=("late", "wait")), True),
        (lambda t: replace(t, reasons=()), True),
        (lambda t: replace(t, reasons=("wait",)), False),
        (lambda t: replace(t, comment="Chờ rất lâu"), False),
        (lambda t: replace(t, comment=""), False),
        (lambda t: replace(t, language=Language.EN), False),
        (lambda t: replace(t, layout=Layout.STACK), False),
        (lambda t: replace(t, source=RatingSource.QR), False),
        (lambda t: replace(t, is_assisted=True), False),
        (lambda t: replace(t, device_counter=8), False),
        (lambda t: replace(t, device_epoch=2), False),
        (lambda t: replace(t, kiosk_id=None), False),
        (lambda t: replace(t, visit=None), False),
        (lambda t: replace(t, configuration_id=99), False),
        (lambda t: replace(t, scale_id=99), False),
        (lambda t: replace(t, clock_offset_ms=17), True),
    ],
)
def test_only_the_same_content_is_the_same_rating(
    ward: Office, change: Changed, is_same: bool
) -> None:
    given = tap(
        ward,
        finished_visit(ward.desks[0]),
        reasons=("wait", "late"),
        comment="Chờ lâu",
        device_epoch=1,
        device_counter=7,
    )
    recorder = Recorder(db.engine)
    first = recorder.record(given)
    again = recorder.record(change(given))
    assert again.received_at == first.received_at
    assert again.result is (RecordingResult.KNOWN if is_same else RecordingResult.CONFLICT)
    assert _count(Rating) == 1
    assert _count(Refusal) == (0 if is_same else 1)


def test_a_repeated_delivery_for_an_assisted_visit_is_no_conflict(ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    given = tap(ward, visit)
    with unit_of_work() as session:
        assert visits.keep_assisted(session, visit.id)
    recorder = Recorder(db.engine)
    assert recorder.record(given).result is RecordingResult.RECORDED
    assert recorder.record(given).result is RecordingResult.KNOWN
    said = replace(given, is_assisted=True)
    assert recorder.record(said).result is RecordingResult.KNOWN
    assert (_count(Rating), _count(Refusal)) == (1, 0)


def test_an_erased_comment_makes_no_conflict_of_a_repeated_delivery(ward: Office) -> None:
    given = tap(ward, finished_visit(ward.desks[0]), comment="Chờ lâu")
    recorder = Recorder(db.engine)
    recorder.record(given)
    with unit_of_work() as session:
        session.execute(update(Comment).values(body=None, salt=None, erased_at=clock.now()))
    assert recorder.record(given).result is RecordingResult.KNOWN
