"""Stored counts that are kept in memory: what is shown is what would be read, whatever happens."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from satisfaction import clock, counting, recording, rollups
from satisfaction.counting.kept import KeptSums
from satisfaction.database import db, reading, unit_of_work
from satisfaction.figures import CountQuery
from satisfaction.periods import day_period
from satisfaction.terms import Dimension
from tests.conftest import NOW, Office
from tests.making import rated_visit

YESTERDAY = NOW - timedelta(days=1)
DAY = clock.local_day(YESTERDAY)


def _satisfied(ward: Office) -> tuple[int, int]:
    """Return how many were satisfied yesterday, of how many."""
    query = CountQuery(unit_id=ward.unit.id, period=day_period(DAY), by=Dimension.DESK)
    with reading() as session:
        total = counting.count(session, query).total
        hours = counting.count_hours(session, query)
        reasons = counting.count_reasons(session, query)
    assert sum(one.answers for one in hours) == total.answers
    assert reasons.reasoned == 0
    return total.satisfied, total.answers


def _rebuild() -> None:
    with unit_of_work() as session:
        rollups.rebuild_day(session, DAY)


def _statements(work: object) -> list[str]:
    """Return the statements of stored counts that some work asks of the database."""
    asked: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        assert callable(work)
        work()
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    return [one for one in asked if "FROM daily_" in one.replace("\n", " ")]


def test_a_stored_day_is_read_once_and_again_after_it_was_rebuilt(ward: Office) -> None:
    rated_visit(ward, 5, at=YESTERDAY)
    _rebuild()
    assert len(_statements(lambda: _satisfied(ward))) == 5
    assert _statements(lambda: _satisfied(ward)) == []
    with clock.replaced(NOW + timedelta(seconds=1)):
        _rebuild()
    assert len(_statements(lambda: _satisfied(ward))) == 5
    assert _satisfied(ward) == (1, 1)


def test_a_late_answer_and_a_voided_one_are_seen_at_once(ward: Office) -> None:
    rating = rated_visit(ward, 5, at=YESTERDAY)
    _rebuild()
    assert _satisfied(ward) == (1, 1)
    rated_visit(ward, 1, at=YESTERDAY)
    assert _satisfied(ward) == (1, 2)
    _rebuild()
    assert _satisfied(ward) == (1, 2)
    with unit_of_work() as session:
        recording.void_rating(session, rating, account_id=None, explanation="thử máy")
    assert _satisfied(ward) == (0, 1)
    _rebuild()
    assert _satisfied(ward) == (0, 1)


def test_another_process_that_rebuilt_the_day_is_noticed_by_its_version(
    ward: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    rated_visit(ward, 5, at=YESTERDAY)
    _rebuild()
    assert _satisfied(ward) == (1, 1)
    rated_visit(ward, 1, at=YESTERDAY)
    # Whoever rebuilds elsewhere cannot empty what is kept here.
    monkeypatch.setattr(rollups, "forget_stored", lambda: None)
    with clock.replaced(NOW + timedelta(minutes=1)):
        _rebuild()
    assert _satisfied(ward) == (1, 2)


def test_what_nobody_asked_for_the_longest_goes_first() -> None:
    kept = KeptSums(most_rows=10)
    kept.keep("a", [1] * 4)
    kept.keep("b", [2] * 4)
    assert kept.find("a") == [1] * 4
    kept.keep("c", [3] * 4)
    assert kept.find("b") is None
    assert (kept.find("a"), kept.find("c")) == ([1] * 4, [3] * 4)
    kept.keep("too many", [4] * 11)
    assert kept.find("too many") is None
    kept.forget()
    assert kept.find("a") is None
