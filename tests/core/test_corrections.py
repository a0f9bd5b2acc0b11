"""A citizen's own correction: the last answer counts, in whatever order and company it arrives."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select

from satisfaction import clock, counting, office, rollups
from satisfaction.database import db, reading, unit_of_work
from satisfaction.facts import Reference, Shown
from satisfaction.figures import CountQuery
from satisfaction.models import Rating, Refusal
from satisfaction.periods import day_period, year_period
from satisfaction.recording import (
    CORRECTION_WINDOW,
    Recorder,
    RecordingOutcome,
    Tap,
    record_ratings,
)
from satisfaction.terms import RecordingResult, RefusalReason
from tests.conftest import Office
from tests.making import finished_visit, tap

SOON = timedelta(seconds=30)


def _deliver(*taps: Tap) -> list[RecordingResult]:
    return [outcome.result for outcome in _outcomes(*taps)]


def _outcomes(*taps: Tap) -> list[RecordingOutcome]:
    return Recorder(db.engine).record_batch(taps)


def _levels(ward: Office) -> list[int]:
    with reading() as session:
        query = CountQuery(unit_id=ward.unit.id, period=year_period(clock.today().year))
        total = counting.count(session, query).total
    return [level.position for level in total.levels for _ in range(level.count)]


def _pair(ward: Office, *levels: int, at: datetime | None = None) -> list[Tap]:
    """Return a rating and its corrections, each superseding the one before."""
    visit = finished_visit(ward.desks[0], at=at)
    taps: list[Tap] = []
    for number, level in enumerate(levels):
        before = taps[-1].rating_id if taps else None
        tapped_at = (at or clock.now()) - timedelta(minutes=1) + number * timedelta(seconds=9)
        taps.append(tap(ward, visit, level=level, supersedes=before, tapped_at=tapped_at))
    return taps


def test_a_batch_can_hold_a_rating_and_all_its_corrections(ward: Office) -> None:
    chain = _pair(ward, 1, 5, 2)
    assert _deliver(*chain) == [RecordingResult.RECORDED] * 3
    assert _deliver(*chain) == [RecordingResult.KNOWN] * 3
    assert _levels(ward) == [2]


@pytest.mark.parametrize("is_together", [True, False])
def test_a_correction_that_overtakes_its_first_is_what_counts(
    ward: Office, is_together: bool
) -> None:
    first, last = _pair(ward, 1, 5)
    for _ in range(2):
        results = _deliver(last, first) if is_together else [*_deliver(last), *_deliver(first)]
        assert results[1] is RecordingResult.ALREADY_RATED
        assert _levels(ward) == [5]
    assert results[0] is RecordingResult.KNOWN
    with reading() as session:
        assert session.scalars(select(Refusal.rating_id)).all() == [first.rating_id]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_items_of_one_batch_are_settled_in_their_order(
    ward: Office, order: tuple[int, ...]
) -> None:
    """The same id for two visits, and two ids for one visit, in every order."""
    one, other = finished_visit(ward.desks[0]), finished_visit(ward.desks[0])
    first = tap(ward, one, level=4)
    items = [first, tap(ward, one, level=1), replace(first, visit=other.token)]
    batch = [items[place] for place in order]
    with unit_of_work() as session:
        savepoint = session.begin_nested()
        expected = [record_ratings(session.connection(), [item])[0].result for item in batch]
        savepoint.rollback()
    assert _deliver(*batch) == expected


def test_a_correction_needs_its_own_visit_its_own_device_and_its_own_time(ward: Office) -> None:
    first = _pair(ward, 1)[0]
    elsewhere = finished_visit(ward.desks[0])
    _deliver(first)
    good = replace(first, rating_id=tap(ward).rating_id, supersedes=first.rating_id, level=5)
    late = first.tapped_at + CORRECTION_WINDOW + timedelta(milliseconds=1)
    wrong = [
        replace(good, visit=elsewhere.token),
        replace(good, kiosk_id=None),
        replace(good, tapped_at=late),
        replace(good, tapped_at=first.tapped_at - timedelta(milliseconds=1)),
    ]
    for one in wrong:
        assert _deliver(one) == [RecordingResult.ALREADY_RATED]
    assert _deliver(replace(good, tapped_at=first.tapped_at + CORRECTION_WINDOW)) == [
        RecordingResult.RECORDED
    ]
    assert _levels(ward) == [5]


def test_an_unlinked_answer_has_no_correction(ward: Office) -> None:
    with unit_of_work() as session:
        allowing = office.configure_unit(
            session, ward.unit, scale=office.load_scales(session)["five"], allows_unlinked=True
        )
    first = tap(ward, configuration_id=allowing.id, scale_id=allowing.scale_id)
    again = replace(first, rating_id=tap(ward).rating_id, supersedes=first.rating_id)
    assert _deliver(again, first) == [RecordingResult.ALREADY_RATED, RecordingResult.RECORDED]
    assert _deliver(first, again) == [RecordingResult.KNOWN, RecordingResult.ALREADY_RATED]


def test_a_correction_over_midnight_moves_the_answer_to_the_new_day(ward: Office) -> None:
    midnight = clock.start_of_day(clock.today())
    visit = finished_visit(ward.desks[0], at=midnight - timedelta(minutes=1))
    first = tap(ward, visit, level=1, tapped_at=midnight - timedelta(seconds=10))
    yesterday = clock.local_day(first.tapped_at)
    _deliver(first)
    with unit_of_work() as session:
        rollups.rebuild_day(session, yesterday)
    last = tap(ward, visit, level=5, supersedes=first.rating_id, tapped_at=first.tapped_at + SOON)
    _deliver(last)
    with reading() as session:
        answers = {
            day: counting.count(
                session, CountQuery(unit_id=ward.unit.id, period=day_period(day))
            ).total.answers
            for day in (yesterday, clock.today())
        }
    assert answers == {yesterday: 0, clock.today(): 1}


def test_the_refusal_of_an_unknown_device_is_kept(ward: Office) -> None:
    """No key refers to a device that does not exist, so that the refusal itself can be stored."""
    stranger = tap(ward, finished_visit(ward.desks[0]), kiosk_id=4711)
    assert [outcome.reason for outcome in _outcomes(stranger)] == [RefusalReason.REVOKED_KIOSK]
    with reading() as session:
        kept = session.scalars(select(Refusal)).one()
    assert (kept.kiosk_id, kept.content["kiosk_id"]) == (None, 4711)


def test_a_naive_time_is_refused_before_it_can_hold_up_a_batch(ward: Office) -> None:
    with pytest.raises(ValueError, match="zone"):
        tap(ward, tapped_at=datetime(2026, 3, 10, tzinfo=UTC).replace(tzinfo=None))


def test_no_comment_can_hold_up_a_batch(ward: Office) -> None:
    comments = ["chờ\x00lâu", "\ud83d", "dài " * 400, "\u202exấu"]
    batch = [tap(ward, finished_visit(ward.desks[0]), comment=comment) for comment in comments]
    assert _deliver(*batch) == [RecordingResult.RECORDED] * 4
    assert _deliver(*batch) == [RecordingResult.KNOWN] * 4


class _Watched(dict[int, Shown]):
    """What threads share; nothing incomplete may enter it, not even for a moment."""

    def __setitem__(self, key: int, value: Shown) -> None:
        assert value.level_ids
        super().__setitem__(key, value)

    def setdefault(self, key: int, default: Shown | None = None) -> Shown:
        if key not in self:
            assert default is not None
            self[key] = default
        return self[key]


def test_a_configuration_is_never_seen_half_read(ward: Office) -> None:
    """A level that is not there yet would be refused, and the refusal would be final."""
    given = tap(ward, finished_visit(ward.desks[0]))
    reference = Reference(shown=_Watched())
    with db.engine.connect() as connection:
        reference.load(connection, [given])
    assert set(reference.shown[given.configuration_id].level_ids) == {1, 2, 3, 4, 5}


def test_every_device_answer_is_counted_once_in_all(ward: Office) -> None:
    chains = [_pair(ward, 1, 5), _pair(ward, 2), _pair(ward, 3, 4, 5)]
    _deliver(*[one for chain in chains for one in chain])
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Rating)) == 6
    assert sorted(_levels(ward)) == [2, 5, 5]
