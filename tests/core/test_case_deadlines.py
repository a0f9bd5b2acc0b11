"""Deadlines of cases: in working days, moved for a reason, raised when late, and measured."""

from datetime import date, timedelta
from typing import Any

import pytest

from satisfaction import (
    calendars,
    case_changes,
    case_figures,
    case_opening,
    cases,
    clock,
    policies,
    voices,
)
from satisfaction.case_changes import Change, Seen
from satisfaction.cases import CasesWanted
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import (
    CaseChangedError,
    CaseRefusedError,
)
from satisfaction.faults import CaseFault
from satisfaction.periods import Period
from satisfaction.policies import Policy
from satisfaction.terms import (
    CaseDeed,
    CaseState,
    Role,
)
from satisfaction.voice_rows import Reader
from tests.conftest import Office
from tests.core.handling import MONDAY, WHY, changed, fault, opened, sheet, yesterday
from tests.core.voicing import NAMES, reader, speak

QUARTER = Period(date(2026, 1, 1), date(2026, 4, 1))


def test_a_voice_becomes_one_case_with_a_deadline_in_working_days(
    ward: Office, hanh: Reader, low: str
) -> None:
    with unit_of_work() as session:
        spans = calendars.read_spans("7:30-17:00")
        week = calendars.Week((spans,) * 5 + (calendars.CLOSED,) * 2)
        calendars.set_week(session, ward.unit.id, week=week, from_day=date(2026, 1, 1))
        holiday = calendars.NewSpecialDay(date(2026, 3, 11), "Nghỉ")
        calendars.set_special_day(session, ward.unit.id, holiday)
    first = opened(hanh, low)
    assert opened(hanh, low) == first
    found = sheet(hanh, first)
    assert (found.line.state, found.line.due_day) == (CaseState.NEW, date(2026, 3, 18))
    assert found.voice is not None
    assert found.voice.words == "Đợi cả buổi"
    assert [event.deed for event in found.events] == [CaseDeed.OPENED]
    with reading() as session:
        [voice] = voices.list_latest(session, hanh)
        assert voice.case_token == first.token


def test_the_deadline_is_the_units_own(ward: Office, hanh: Reader, low: str) -> None:
    with unit_of_work() as session:
        policies.set_policy(session, ward.unit.id, Policy(deadline_days=2))
    assert sheet(hanh, opened(hanh, low)).line.due_day == date(2026, 3, 12)


def test_a_deadline_is_moved_for_a_reason_that_all_see_with_both_days(
    ward: Office, hanh: Reader, low: str
) -> None:
    seen = opened(hanh, low)
    assert sheet(hanh, seen).first_due_day is None
    seen = changed(hanh, seen, due_day=date(2026, 3, 20), due_reason=WHY)
    seen = changed(hanh, seen, due_day=date(2026, 3, 24), due_reason=WHY)
    for who in (hanh, reader(Role.AUDITOR, ward)):
        found = sheet(who, seen)
        moved = [event for event in found.events if event.deed is CaseDeed.DUE_CHANGED]
        assert [event.words for event in moved] == [WHY, WHY]
        assert [(event.detail["from_day"], event.detail["to_day"]) for event in moved] == [
            ("2026-03-17", "2026-03-20"),
            ("2026-03-20", "2026-03-24"),
        ]
        assert found.first_due_day == date(2026, 3, 17)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"due_day": date(2026, 3, 20)}, CaseFault.NO_DUE_REASON),
        ({"due_day": date(2026, 3, 20), "due_reason": " bận  "}, CaseFault.NO_DUE_REASON),
        ({"due_day": date(2026, 3, 20), "due_reason": "x" * 501}, CaseFault.NO_DUE_REASON),
        ({"due_day": MONDAY, "due_reason": WHY}, CaseFault.DAY_IS_OVER),
        ({"due_day": date(2026, 3, 22), "due_reason": WHY}, CaseFault.NOT_WORKING),
        ({"due_day": date(2026, 3, 19), "due_reason": WHY}, CaseFault.NOT_WORKING),
        ({"due_day": date(2026, 4, 23), "due_reason": WHY}, CaseFault.DAY_TOO_FAR),
        ({"due_day": date(2199, 12, 31), "due_reason": WHY}, CaseFault.DAY_TOO_FAR),
        ({"due_day": date.max, "due_reason": WHY}, CaseFault.DAY_TOO_FAR),
        ({"due_reason": WHY, "note": "Xem"}, CaseFault.DAY_NOT_MOVED),
        (
            {
                "due_day": date(2026, 3, 20),
                "due_reason": WHY,
                "state": CaseState.DONE,
                "note": "Xong",
            },
            CaseFault.IS_DONE,
        ),
    ],
)
def test_a_deadline_is_moved_to_a_working_day_not_too_far_and_not_without_a_reason(
    ward: Office, hanh: Reader, low: str, fields: dict[str, Any], expected: CaseFault
) -> None:
    with unit_of_work() as session:
        holiday = calendars.NewSpecialDay(date(2026, 3, 19), "Nghỉ")
        calendars.set_special_day(session, ward.unit.id, holiday)
    seen = opened(hanh, low)
    with pytest.raises(CaseRefusedError) as caught:
        changed(hanh, seen, **fields)
    assert fault(caught) is expected
    change = Change(**fields)
    with pytest.raises(CaseRefusedError) as caught, unit_of_work() as session:
        case_changes.change_cases(session, hanh, [seen], change=change)
    assert fault(caught) is expected
    assert sheet(hanh, seen).line.due_day == date(2026, 3, 17)


def test_how_far_a_deadline_may_be_moved_follows_the_units_own(
    ward: Office, hanh: Reader, low: str
) -> None:
    seen = opened(hanh, low)
    for deadline_days, last in ((2, date(2026, 4, 21)), (20, date(2026, 6, 2))):
        with unit_of_work() as session:
            policies.set_policy(session, ward.unit.id, Policy(deadline_days=deadline_days))
        with pytest.raises(CaseRefusedError) as caught:
            changed(hanh, seen, due_day=last + timedelta(days=1), due_reason=WHY)
        assert caught.value.fields["latest_day"] == last
        seen = changed(hanh, seen, due_day=last, due_reason=WHY)


def test_the_deadline_of_a_case_that_is_done_stands(ward: Office, hanh: Reader, low: str) -> None:
    seen = opened(hanh, low, Change(state=CaseState.DONE, note="Đã xem"))
    moved = {"due_day": date(2026, 3, 20), "due_reason": WHY}
    with pytest.raises(CaseRefusedError) as caught:
        changed(hanh, seen, **moved)
    assert fault(caught) is CaseFault.IS_DONE
    seen = changed(hanh, seen, state=CaseState.IN_PROGRESS, **moved)
    assert sheet(hanh, seen).line.due_day == date(2026, 3, 20)


def test_a_late_case_is_raised_to_the_head_once(
    ward: Office, hanh: Reader, head: Reader, low: str
) -> None:
    seen = opened(hanh, low)
    due = sheet(hanh, seen).line.due_day
    with clock.replaced(clock.start_of_day(due)), unit_of_work() as session:
        assert case_opening.escalate_late_cases(session) == 0
    with clock.replaced(clock.end_of_day(due) + timedelta(days=3)):
        for expected in (1, 0):
            with unit_of_work() as session:
                assert case_opening.escalate_late_cases(session) == expected
        found = sheet(hanh, seen)
        assert (found.line.is_late, found.line.is_escalated) == (True, True)
        assert found.events[-1].deed is CaseDeed.ESCALATED
        assert found.events[-1].detail["to"] == "Cán bộ binh"
        with pytest.raises(CaseChangedError):
            changed(hanh, seen, note="Tôi chưa biết là đã báo")
        with reading() as session:
            wanted = CasesWanted(is_escalated=True, is_late=True)
            assert cases.list_cases(session, head, wanted).total == 1
            counts = case_figures.count_open(session, hanh)
    assert (counts.open, counts.unseen, counts.overdue) == (1, 1, 1)
    assert counts.oldest_day == counts.oldest_overdue_day == MONDAY + timedelta(days=1)


def test_a_case_whose_deadline_was_moved_stays_raised_and_is_raised_again_when_late_again(
    ward: Office, hanh: Reader, head: Reader, low: str
) -> None:
    seen = opened(hanh, low)
    raised = 0
    for late, moved in ((date(2026, 3, 18), date(2026, 3, 20)), (date(2026, 3, 23), None)):
        with clock.replaced(clock.start_of_day(late)):
            for expected in (1, 0):
                with unit_of_work() as session:
                    assert case_opening.escalate_late_cases(session) == expected
            raised += 1
            found = sheet(hanh, seen)
            deeds = [event.deed for event in found.events]
            assert deeds.count(CaseDeed.ESCALATED) == raised
            if moved is None:
                continue
            seen = Seen(seen.token, found.line.version)
            seen = changed(hanh, seen, due_day=moved, due_reason=WHY)
            line = sheet(hanh, seen).line
            assert (line.is_late, line.is_escalated) == (False, True)
            with unit_of_work() as session:
                assert case_opening.escalate_late_cases(session) == 0
            with reading() as session:
                wanted = CasesWanted(is_escalated=True)
                assert cases.list_cases(session, head, wanted).total == 1


def test_the_time_to_answer_is_measured_in_working_days(ward: Office, hanh: Reader) -> None:
    names = [NAMES.name(speak(ward, 1, at=yesterday(hour))) for hour in (8, 9, 10, 14)]
    seen = [opened(hanh, name) for name in names]
    for one, days in zip(seen, (1, 2, 9), strict=False):
        with clock.replaced(clock.now() + timedelta(days=days)):
            changed(hanh, one, state=CaseState.DONE, note="Xong")
    with clock.replaced(clock.now() + timedelta(days=14)), reading() as session:
        times = case_figures.measure_answers(session, hanh, QUARTER)
        none = case_figures.measure_answers(session, reader(Role.HEAD), QUARTER)
    assert (times.closed, times.in_time, times.overdue, times.median_days) == (3, 2, 1, 2.0)
    assert times.in_time_share == 0.5
    assert (none.closed, none.median_days, none.in_time_share) == (0, None, None)


def test_answers_are_in_time_by_the_deadline_that_was_set_first(ward: Office, hanh: Reader) -> None:
    names = [NAMES.name(speak(ward, 1, at=yesterday(hour))) for hour in (8, 9, 10, 14)]
    seen = [opened(hanh, name) for name in names]
    first, later = date(2026, 3, 17), date(2026, 3, 27)
    seen[0] = changed(hanh, seen[0], due_day=later, due_reason=WHY)
    seen[1] = changed(hanh, seen[1], due_day=later, due_reason=WHY)
    seen[1] = changed(hanh, seen[1], due_day=later + timedelta(days=3), due_reason=WHY)
    seen[2] = changed(hanh, seen[2], due_day=clock.today(), due_reason=WHY)
    with clock.replaced(clock.start_of_day(first)):
        changed(hanh, seen[2], state=CaseState.DONE, note="Xong")
    with clock.replaced(clock.end_of_day(first) + timedelta(days=1)):
        changed(hanh, seen[0], state=CaseState.DONE, note="Xong")
        with reading() as session:
            times = case_figures.measure_answers(session, hanh, QUARTER)
    assert (times.closed, times.in_time, times.overdue) == (2, 1, 2)
