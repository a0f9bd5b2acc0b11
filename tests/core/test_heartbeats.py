"""What kiosks say of themselves, and what it means."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from satisfaction import clock, heartbeats, recording
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import RatingRefusedError
from satisfaction.heartbeats import Beat, KioskTrouble
from satisfaction.models import KioskEvent
from satisfaction.terms import KioskEventKind
from tests.conftest import Office
from tests.making import finished_visit, tap

QUIET = Beat(
    queue_length=0,
    oldest_queued_at=None,
    device_epoch=1,
    next_counter=1,
    version="1",
    clock_offset_ms=0,
    free_bytes=10**9,
    last_tap_at=None,
    is_storage_kept=True,
)


def _beat(ward: Office, beat: Beat) -> tuple[int, ...]:
    with unit_of_work() as session:
        return heartbeats.record_beat(session, ward.kiosks[0].id, beat).wanted


def _events() -> list[KioskEventKind]:
    with reading() as session:
        return list(session.scalars(select(KioskEvent.kind).order_by(KioskEvent.id)))


def _rate(ward: Office, counter: int, level: int = 4) -> None:
    given = tap(
        ward,
        finished_visit(ward.desks[0]),
        device_epoch=1,
        device_counter=counter,
        level=level,
    )
    with unit_of_work() as session:
        try:
            recording.record_rating(session, given)
        except RatingRefusedError:
            assert level > 5


def test_a_complete_device_lacks_nothing(ward: Office) -> None:
    for counter in (1, 2, 3):
        _rate(ward, counter)
    assert _beat(ward, replace(QUIET, next_counter=4)) == ()
    assert _events() == []


def test_a_hole_that_the_queue_can_hold_has_not_arrived_yet(ward: Office) -> None:
    _rate(ward, 1)
    _rate(ward, 3)
    assert _beat(ward, replace(QUIET, next_counter=4, queue_length=1)) == (2,)
    assert _events() == []


def test_a_hole_beyond_the_queue_is_missing_and_said_once(ward: Office) -> None:
    _rate(ward, 1)
    _rate(ward, 3)
    for _ in range(2):
        assert _beat(ward, replace(QUIET, next_counter=4)) == (2,)
    assert _events() == [KioskEventKind.RATINGS_MISSING]
    _rate(ward, 2)
    assert _beat(ward, replace(QUIET, next_counter=4)) == ()


def test_a_refused_rating_leaves_no_hole(ward: Office) -> None:
    _rate(ward, 1)
    _rate(ward, 2, level=6)
    assert _beat(ward, replace(QUIET, next_counter=3)) == ()


def test_a_cleared_store_raises_an_event_and_starts_anew(ward: Office) -> None:
    _rate(ward, 1)
    _beat(ward, replace(QUIET, next_counter=2))
    assert _beat(ward, replace(QUIET, device_epoch=2, next_counter=1)) == ()
    assert _events() == [KioskEventKind.STORE_CLEARED]


def test_a_clock_that_goes_wrong_is_said_once(ward: Office) -> None:
    wrong = replace(QUIET, clock_offset_ms=6 * 60 * 1000)
    for beat in (QUIET, wrong, wrong):
        _beat(ward, beat)
    assert _events() == [KioskEventKind.CLOCK_WRONG]


def _troubles(ward: Office, after: timedelta = timedelta(0)) -> tuple[KioskTrouble, ...]:
    with clock.replaced(clock.now() + after), reading() as session:
        statuses = heartbeats.list_statuses(session, [ward.unit.id], version="1")
    return next(s.troubles for s in statuses if s.kiosk.id == ward.kiosks[0].id)


def test_every_trouble_is_named(ward: Office) -> None:
    assert _troubles(ward) == (KioskTrouble.NEVER_SEEN,)
    _beat(ward, QUIET)
    assert _troubles(ward) == ()
    assert _troubles(ward, timedelta(minutes=6)) == (KioskTrouble.SILENT,)
    _beat(
        ward,
        replace(
            QUIET,
            queue_length=201,
            oldest_queued_at=clock.now() - timedelta(hours=25),
            version="0",
            is_storage_kept=False,
        ),
    )
    assert set(_troubles(ward)) == {
        KioskTrouble.LONG_QUEUE,
        KioskTrouble.OLD_QUEUE,
        KioskTrouble.OLD_VERSION,
        KioskTrouble.STORE_NOT_KEPT,
    }
