"""A restored server and its devices: visits that it has forgotten are made again from dockets."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from satisfaction import accounts, clock, counting, fleet, sync, watch
from satisfaction.database import db, reading, unit_of_work
from satisfaction.dockets import Docket, read_docket, write_docket
from satisfaction.figures import CountQuery
from satisfaction.fleet import Device
from satisfaction.models import Account, CountedDay, Kiosk, Rating, Refusal, Visit
from satisfaction.periods import Period
from satisfaction.recording import Recorder, Tap
from satisfaction.rollups import rebuild_day
from satisfaction.screens import ask_about
from satisfaction.sync import Delivery, OutcomeItem, RatingItem, SyncItem
from satisfaction.terms import Outcome, RecordingResult, RefusalReason
from satisfaction.visits import get_visit_by_token
from tests.conftest import Office
from tests.making import finished_visit, tap

KEY = "k" * 48
RECORDED, KNOWN = RecordingResult.RECORDED, RecordingResult.KNOWN
REFUSED = RecordingResult.REFUSED


def _told(visit: Visit) -> Docket:
    with reading() as session:
        return ask_about(get_visit_by_token(session, visit.token)).docket


def _forget(*visits: Visit) -> None:
    """Take visits out of the database, as a copy that was made before them does."""
    with unit_of_work() as session:
        session.execute(delete(Visit).where(Visit.id.in_([visit.id for visit in visits])))


def _forgotten(ward: Office, *, desk: int = 0, **fields: Any) -> Docket:
    visit = finished_visit(ward.desks[desk], **fields)
    docket = _told(visit)
    _forget(visit)
    return docket


def _tap(ward: Office, docket: Docket, **fields: Any) -> Tap:
    return replace(tap(ward, **fields), visit=docket.visit, docket=docket)


def _device(ward: Office, desk: int = 0) -> Device:
    return Device(ward.kiosks[desk].id, ward.desks[desk].id, ward.unit.id)


def _deliver(ward: Office, *items: SyncItem, desk: int = 0) -> list[RecordingResult]:
    delivery = Delivery(_device(ward, desk), clock.now(), items)
    with unit_of_work() as session:
        return [answer.result for answer in sync.accept_delivery(session, delivery)]


def _visits() -> list[Visit]:
    with reading() as session:
        return list(session.scalars(select(Visit).order_by(Visit.id)))


def _count(model: type[Rating | Refusal | Visit]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def _figures(ward: Office) -> tuple[int, int]:
    """Return how many visits were finished today, and how many ratings are counted."""
    period = Period(clock.today(), clock.today() + timedelta(days=1))
    with reading() as session:
        served = counting.count_served(session, {ward.unit.id}, period)
        query = CountQuery(unit_id=ward.unit.id, period=period)
        total = counting.count(session, query).total
    finished = sum(one.finished for one in served.values())
    assert (total.finished_visits, total.rated_visits) == (
        finished,
        sum(one.rated for one in served.values()),
    )
    return finished, sum(level.count for level in total.levels)


def test_a_docket_comes_back_as_it_was_and_tells_nothing(ward: Office) -> None:
    visit = finished_visit(ward.desks[0], ticket_number="A-017", procedure_id=ward.procedures[0].id)
    docket = _told(visit)
    word = write_docket(docket, KEY)
    assert read_docket(word, KEY) == docket
    assert docket.procedure == ward.procedures[0].national_code
    assert len(word) < 300
    assert "A-017" not in word
    assert docket.visit.hex not in word
    assert write_docket(docket, KEY) != word


@pytest.mark.parametrize(
    "spoil",
    [
        lambda word: word[:-2] + ("A" if word[-2] != "A" else "B") + word[-1],
        lambda word: word[:20],
        lambda _word: "",
        lambda _word: "AAAA",
        lambda word: word + "!",
        lambda word: word + "ă",
        lambda _word: "A" * 5000,
        lambda _word: None,
        lambda _word: 17,
        lambda word: [word],
    ],
)
def test_what_this_installation_did_not_write_is_no_docket(
    ward: Office, spoil: Callable[[str], object]
) -> None:
    word = write_docket(_told(finished_visit(ward.desks[0])), KEY)
    assert read_docket(spoil(word), KEY) is None
    assert read_docket(word, "another" * 8) is None


def test_a_forgotten_visit_is_made_again_and_its_rating_counts_once(ward: Office) -> None:
    docket = _forgotten(ward, ticket_number="A-017", procedure_id=ward.procedures[1].id)
    given = _tap(ward, docket, device_epoch=1, device_counter=1)
    assert _figures(ward) == (0, 0)
    item = RatingItem(given.rating_id, given)
    assert _deliver(ward, item) == [RECORDED]
    assert _deliver(ward, item, item) == [KNOWN, KNOWN]
    (visit,) = _visits()
    assert _told(visit) == docket
    assert (visit.is_restored, visit.outcome) == (True, Outcome.RATED)
    assert visit.procedure_id == ward.procedures[1].id
    assert visit.dossier_id is None
    assert _figures(ward) == (1, 1)
    assert _count(Refusal) == 0


def test_a_live_tap_after_a_restoration_is_counted_as_well(ward: Office) -> None:
    given = _tap(ward, _forgotten(ward))
    recorder = Recorder(db.engine)
    assert recorder.record(given).result is RECORDED
    assert recorder.record(given).result is KNOWN
    assert _figures(ward) == (1, 1)


def test_another_rating_of_a_restored_visit_finds_it_rated(ward: Office) -> None:
    docket = _forgotten(ward)
    taps = [_tap(ward, docket), _tap(ward, docket)]
    items = [RatingItem(given.rating_id, given) for given in taps]
    assert _deliver(ward, *items) == [RECORDED, RecordingResult.ALREADY_RATED]
    assert _figures(ward) == (1, 1)


def test_a_visit_whose_end_was_forgotten_is_finished_as_it_was(ward: Office, now: datetime) -> None:
    visit = finished_visit(ward.desks[0], at=now - timedelta(minutes=3))
    docket = _told(visit)
    with unit_of_work() as session:
        session.execute(update(Visit).values(closed_at=None, closed_day=None))
    given = _tap(ward, docket)
    assert _deliver(ward, RatingItem(given.rating_id, given)) == [RECORDED]
    (found,) = _visits()
    assert (found.id, found.closed_at, found.is_restored) == (visit.id, docket.closed_at, True)
    assert _figures(ward) == (1, 1)


def test_a_known_visit_is_not_touched_by_its_docket(ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    given = _tap(ward, replace(_told(visit), ticket_number="Z-999"))
    assert _deliver(ward, RatingItem(given.rating_id, given)) == [RECORDED]
    (found,) = _visits()
    assert (found.ticket_number, found.is_restored) == ("", False)


@pytest.mark.parametrize(
    "change",
    [
        lambda ward, docket: replace(docket, desk_id=ward.desks[1].id),
        lambda ward, docket: replace(docket, desk_id=999),
        lambda ward, docket: replace(docket, unit_id=999),
        lambda ward, docket: replace(docket, visit=uuid.uuid4()),
        lambda ward, docket: None,
    ],
)
def test_a_docket_of_another_place_or_visit_makes_nothing(
    ward: Office, change: Callable[[Office, Docket], Docket | None]
) -> None:
    docket = _forgotten(ward)
    given = replace(_tap(ward, docket), docket=change(ward, docket))
    assert _deliver(ward, RatingItem(given.rating_id, given)) == [REFUSED]
    assert _deliver(ward, RatingItem(given.rating_id, given)) == [REFUSED]
    assert (_count(Visit), _count(Rating), _count(Refusal)) == (0, 0, 1)
    skipped = OutcomeItem(uuid.uuid4(), docket.visit, Outcome.SKIPPED, given.docket)
    assert _deliver(ward, skipped) == [REFUSED]
    assert _count(Visit) == 0


def test_a_device_of_another_desk_and_a_revoked_one_restore_nothing(ward: Office) -> None:
    docket = _forgotten(ward)
    other = _tap(ward, docket, desk=1)
    assert _deliver(ward, RatingItem(other.rating_id, other), desk=1) == [REFUSED]
    with unit_of_work() as session:
        fleet.revoke_kiosk(session, session.get_one(Kiosk, ward.kiosks[0].id))
    revoked = Recorder(db.engine).record(_tap(ward, docket))
    assert revoked.reason is RefusalReason.REVOKED_KIOSK
    assert _count(Visit) == 0


def test_a_kiosk_in_the_lobby_restores_visits_of_its_unit_only(ward: Office) -> None:
    docket = _forgotten(ward, desk=1)
    with unit_of_work() as session:
        enrolled = fleet.enrol_lobby_kiosk(session, ward.unit, name="Sảnh")
    given = _tap(ward, docket, kiosk_id=enrolled.kiosk.id, desk_id=None)
    foreign = _tap(ward, replace(docket, unit_id=999), kiosk_id=enrolled.kiosk.id, desk_id=None)
    recorder = Recorder(db.engine)
    assert recorder.record(foreign).reason is RefusalReason.UNKNOWN_VISIT
    assert recorder.record(given).result is RECORDED
    with reading() as session:
        assert session.scalars(select(Rating.desk_id)).all() == [ward.desks[1].id]


def test_a_question_that_nobody_answered_is_known_again_too(ward: Office) -> None:
    docket = _forgotten(ward)
    skipped = OutcomeItem(uuid.uuid4(), docket.visit, Outcome.SKIPPED, docket)
    assert _deliver(ward, skipped, skipped) == [RECORDED, RECORDED]
    (visit,) = _visits()
    assert (visit.outcome, visit.is_restored) == (Outcome.SKIPPED, True)
    assert _figures(ward) == (1, 0)


def test_an_officer_or_a_procedure_that_is_not_the_same_is_not_named(
    ward: Office, now: datetime
) -> None:
    """A number that was given anew after the restoration belongs to somebody else."""
    with unit_of_work() as session:
        before = accounts.create_account(
            session, "mai", display_name="Mai", password="A long password of 1"
        )
    dockets = [
        replace(_forgotten(ward), opened_by_id=before.id, procedure="no.such"),
        replace(_forgotten(ward), opened_by_id=999),
    ]
    with unit_of_work() as session:
        session.execute(update(Account).values(created_at=now - timedelta(days=1)))
    for docket in dockets:
        given = _tap(ward, docket)
        assert _deliver(ward, RatingItem(given.rating_id, given)) == [RECORDED]
    assert [visit.opened_by_id for visit in _visits()] == [before.id, None]
    with unit_of_work() as session:
        session.execute(update(Account).values(created_at=now + timedelta(days=1)))
    later = replace(_forgotten(ward), opened_by_id=before.id)
    given = _tap(ward, later)
    assert _deliver(ward, RatingItem(given.rating_id, given)) == [RECORDED]
    assert [visit.opened_by_id for visit in _visits()] == [before.id, None, None]
    assert [visit.procedure_id for visit in _visits()] == [None, None, None]


def test_a_stored_day_is_counted_anew_when_its_visit_comes_back(
    ward: Office, now: datetime
) -> None:
    docket = _forgotten(ward, at=now - timedelta(days=1))
    day = clock.local_day(docket.closed_at)
    with unit_of_work() as session:
        rebuild_day(session, day)
    with reading() as session:
        assert session.get_one(CountedDay, day).marked_at is None
    given = _tap(ward, docket, tapped_at=docket.closed_at, level=9)
    assert _deliver(ward, RatingItem(given.rating_id, given)) == [REFUSED]
    with reading() as session:
        assert session.get_one(CountedDay, day).marked_at is not None
    assert _count(Visit) == 1


def test_two_deliveries_at_once_make_one_visit(ward: Office) -> None:
    dockets = [_forgotten(ward) for _ in range(6)]
    taps = [_tap(ward, docket) for docket in dockets]
    batches = [taps, taps[::-1]]
    begin = threading.Barrier(2)
    results: list[list[RecordingResult]] = []
    engine = db.engine

    def run(batch: list[Tap]) -> None:
        recorder = Recorder(engine)
        begin.wait()
        results.append([outcome.result for outcome in recorder.record_batch(batch)])

    threads = [threading.Thread(target=run, args=(batch,)) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [result for batch in results for result in batch]
    assert (told.count(RECORDED), told.count(KNOWN)) == (6, 6)
    assert (_count(Visit), _count(Rating), _count(Refusal)) == (6, 6, 0)


def test_the_page_of_devices_says_what_was_restored(ward: Office) -> None:
    for _ in range(2):
        given = _tap(ward, _forgotten(ward))
        _deliver(ward, RatingItem(given.rating_id, given))
    with reading() as session:
        (told,) = watch.read_fleet(session, {ward.unit.id}, version="").restored
        assert watch.read_fleet(session, set(), version="").restored == []
    assert (told.desk_name, told.amount) == (ward.desks[0].name, 2)
    assert told.first_at == told.last_at == clock.now()
