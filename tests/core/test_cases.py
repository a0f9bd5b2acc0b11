"""Cases: opened, given away, answered, raised, published; seen by whom, and never lost."""

import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from satisfaction import (
    calendars,
    case_changes,
    case_figures,
    case_opening,
    cases,
    clock,
    colleagues,
    office,
    policies,
    voices,
)
from satisfaction.case_changes import Change, Seen
from satisfaction.cases import CaseSheet, CasesWanted
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import (
    CaseChangedError,
    CaseNotFoundError,
    CaseRefusedError,
    PermissionDeniedError,
    VoiceNotFoundError,
)
from satisfaction.faults import CaseFault
from satisfaction.models import AuditEntry, Case, CaseEvent, Dossier, RatingMark
from satisfaction.periods import Period
from satisfaction.policies import Policy
from satisfaction.terms import (
    AuditAction,
    CaseDeed,
    CaseKind,
    CaseState,
    Channel,
    Mark,
    Role,
)
from satisfaction.voice_rows import Reader, Wanted
from tests.admin.officers import make_officer
from tests.conftest import Office, make_office
from tests.core.voicing import NAMES, reader, speak

MONDAY = date(2026, 3, 9)
QUARTER = Period(date(2026, 1, 1), date(2026, 4, 1))
WHY = "Chờ sở trả lời văn bản"


@pytest.fixture
def hanh(ward: Office) -> Reader:
    """Return who supervises the ward."""
    return reader(
        Role.SUPERVISOR, ward, account_id=make_officer("hanh", Role.SUPERVISOR, unit=ward.unit).id
    )


@pytest.fixture
def head(ward: Office) -> Reader:
    """Return who answers for the ward."""
    return reader(Role.HEAD, ward, account_id=make_officer("binh", Role.HEAD, unit=ward.unit).id)


@pytest.fixture
def low(ward: Office) -> str:
    """Return the name of yesterday's voice."""
    return NAMES.name(speak(ward, 1, at=yesterday(9), reasons=("wait",), words="Đợi cả buổi"))


def yesterday(hour: int) -> datetime:
    """Return a moment of the day before."""
    return clock.start_of_day(MONDAY) + timedelta(hours=hour)


def opened(who: Reader, name: str, change: Change | None = None) -> Seen:
    """Open a case for a voice."""
    with unit_of_work() as session:
        [case] = case_opening.open_cases(session, who, [name], change=change or Change())
        return Seen(case.token, case.version)


def changed(who: Reader, seen: Seen, **fields: object) -> Seen:
    """Change a case, and return it as a page would name it now."""
    with unit_of_work() as session:
        case = case_changes.change_case(session, who, seen, change=Change(**fields))  # type: ignore[arg-type]
        return Seen(case.token, case.version)


def sheet(who: Reader, seen: Seen) -> CaseSheet:
    """Return a case as an officer sees it."""
    with reading() as session:
        return cases.read_case(session, who, seen.token)


def fault(caught: pytest.ExceptionInfo[CaseRefusedError]) -> CaseFault:
    """Return why a change was refused."""
    found: CaseFault = caught.value.fields["fault"]
    return found


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


def test_a_case_is_given_noted_and_answered_and_every_step_is_kept(
    ward: Office, hanh: Reader, low: str
) -> None:
    seen = opened(hanh, low, Change(assignee_id=hanh.account_id))
    assert sheet(hanh, seen).line.state is CaseState.IN_PROGRESS
    seen = changed(hanh, seen, due_day=date(2026, 3, 20), due_reason=WHY, note="Gọi bàn 1")
    with pytest.raises(CaseRefusedError) as caught:
        changed(hanh, seen, state=CaseState.DONE, note="  ")
    assert fault(caught) is CaseFault.NO_ANSWER
    seen = changed(hanh, seen, state=CaseState.DONE, note="Đã thêm người")
    found = sheet(hanh, seen)
    assert (found.line.state, found.line.closed_day) == (CaseState.DONE, clock.today())
    assert [event.deed for event in found.events] == [
        CaseDeed.OPENED,
        CaseDeed.ASSIGNED,
        CaseDeed.STATE_CHANGED,
        CaseDeed.DUE_CHANGED,
        CaseDeed.NOTED,
        CaseDeed.STATE_CHANGED,
        CaseDeed.NOTED,
    ]
    assert {event.by for event in found.events} == {"Cán bộ hanh"}
    said = [event.words for event in found.events if event.words]
    assert said == [WHY, "Gọi bàn 1", "Đã thêm người"]
    assert found.events[1].detail["to"] == "Cán bộ hanh"
    with reading() as session:
        log = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.CASE_CHANGED)
        ).all()
    assert len(log) == 4
    assert "Gọi bàn 1" not in str([entry.detail for entry in log])
    again = changed(hanh, seen, state=CaseState.IN_PROGRESS)
    assert sheet(hanh, again).line.closed_day is None


def test_what_makes_no_sense_is_refused_and_nothing_is_kept(
    ward: Office, hanh: Reader, low: str
) -> None:
    seen = opened(hanh, low)
    with unit_of_work() as session:
        other = make_office(session, "00091", "Phường Phú Thượng")
    stranger = make_officer("xa", Role.SUPERVISOR, unit=other.unit)
    clerk = make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
    for fields, expected in (
        ({"assignee_id": stranger.id}, CaseFault.NOT_OPEN_TO_HIM),
        ({"assignee_id": clerk.id}, CaseFault.NOT_OPEN_TO_HIM),
        ({"due_day": MONDAY}, CaseFault.DAY_IS_OVER),
        ({"note": "x" * 1001}, CaseFault.TOO_LONG),
        ({}, CaseFault.NOTHING),
        ({"state": CaseState.NEW, "assignee_id": 0}, CaseFault.NOTHING),
    ):
        with pytest.raises(CaseRefusedError) as caught:
            changed(hanh, seen, **fields)
        assert fault(caught) is expected
    assert sheet(hanh, seen).line.version == 1


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
    ward: Office, hanh: Reader, low: str, fields: dict[str, object], expected: CaseFault
) -> None:
    with unit_of_work() as session:
        holiday = calendars.NewSpecialDay(date(2026, 3, 19), "Nghỉ")
        calendars.set_special_day(session, ward.unit.id, holiday)
    seen = opened(hanh, low)
    with pytest.raises(CaseRefusedError) as caught:
        changed(hanh, seen, **fields)
    assert fault(caught) is expected
    change = Change(**fields)  # type: ignore[arg-type]
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


def test_the_second_of_two_officers_overwrites_nothing(
    ward: Office, hanh: Reader, head: Reader, low: str
) -> None:
    seen = opened(hanh, low)
    changed(head, seen, note="Tôi xem việc này")
    with pytest.raises(CaseChangedError):
        changed(hanh, seen, state=CaseState.DONE, note="Xong")
    assert sheet(hanh, seen).line.state is CaseState.NEW


def test_several_are_changed_all_or_none(ward: Office, hanh: Reader, low: str) -> None:
    other = NAMES.name(speak(ward, 2, at=yesterday(10)))
    seen = [opened(hanh, name) for name in (low, other)]
    done = Change(state=CaseState.DONE, note="Đã xem")
    with pytest.raises(CaseChangedError), unit_of_work() as session:
        case_changes.change_cases(session, hanh, [seen[0], Seen(seen[1].token, 9)], change=done)
    assert {sheet(hanh, one).line.state for one in seen} == {CaseState.NEW}
    with unit_of_work() as session:
        case_changes.change_cases(session, hanh, seen, change=done)
    assert {sheet(hanh, one).line.state for one in seen} == {CaseState.DONE}


def test_an_allegation_opens_by_itself_for_the_head_alone(
    ward: Office, hanh: Reader, head: Reader
) -> None:
    seq = speak(ward, 1, at=yesterday(9), reasons=("fee", "wait"), words="Bị đòi thêm")
    speak(ward, 1, at=clock.now(), reasons=("fee",))
    for expected in (1, 0):
        with unit_of_work() as session:
            assert case_opening.open_due_cases(session).allegations == expected
    with reading() as session:
        [line] = cases.list_cases(session, head, CasesWanted()).cases
        assert line.kind is CaseKind.ALLEGATION
        assert cases.list_cases(session, hanh, CasesWanted()).total == 0
        assert case_figures.count_open(session, head).open == 1
        assert case_figures.count_open(session, hanh).open == 0
        with pytest.raises(CaseNotFoundError):
            cases.read_case(session, hanh, line.token)
        with pytest.raises(CaseNotFoundError):
            cases.read_case(session, reader(Role.AUDITOR, ward), line.token)
        people = colleagues.list_colleagues(session, ward.unit.id, kind=CaseKind.ALLEGATION)
    assert [one.account_id for one in people] == [head.account_id]
    with pytest.raises(CaseRefusedError):
        changed(head, Seen(line.token, 1), assignee_id=hanh.account_id)
    # The supervisor may answer the low rating, and learns nothing by it.
    own = opened(hanh, NAMES.name(seq))
    found = sheet(hanh, own)
    assert found.line.kind is CaseKind.VOICE
    assert found.voice is not None
    assert (found.voice.words, found.voice.is_allegation) == (None, False)
    assert sheet(head, Seen(line.token, 1)).voice.words == "Bị đòi thêm"  # type: ignore[union-attr]


def test_a_pattern_of_marks_at_a_desk_opens_one_case(ward: Office, hanh: Reader) -> None:
    seqs = [speak(ward, 5, at=yesterday(9)) for _ in range(3)]
    with unit_of_work() as session:
        for seq in seqs:
            session.add(RatingMark(rating_seq=seq, mark=Mark.TOO_QUICK, marked_at=clock.now()))
            session.add(RatingMark(rating_seq=seq, mark=Mark.OUTSIDE_HOURS, marked_at=clock.now()))
    for expected in (1, 0):
        with unit_of_work() as session:
            assert case_opening.open_due_cases(session).patterns == expected
    with reading() as session:
        [line] = cases.list_cases(session, hanh, CasesWanted(kind=CaseKind.PATTERN)).cases
        found = cases.read_case(session, hanh, line.token)
    assert (line.mark, line.day, line.face) == (Mark.TOO_QUICK, MONDAY, None)
    assert (found.pattern_count, found.voice) == (3, None)


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


def test_a_line_for_the_waiting_screens_makes_a_new_version(
    ward: Office, hanh: Reader, low: str
) -> None:
    seen = opened(hanh, low)
    with unit_of_work() as session:
        case_changes.publish_line(
            session, hanh, seen, line_vi="Bàn 1 thêm người.", line_en="One more at desk 1."
        )
    with reading() as session:
        shown = office.find_configuration(session, ward.unit.id, clock.now())
        assert shown is not None
        assert (shown.we_changed_vi, shown.we_changed_en) == (
            "Bàn 1 thêm người.",
            "One more at desk 1.",
        )
        assert shown.id != ward.configuration.id
    assert sheet(hanh, seen).events[-1].deed is CaseDeed.PUBLISHED
    with pytest.raises(CaseRefusedError), unit_of_work() as session:
        case_changes.publish_line(session, hanh, Seen(seen.token, 2), line_vi="x" * 301, line_en="")


def _with_dossier(ward: Office) -> str:
    with unit_of_work() as session:
        dossier = Dossier(
            source_system="mot-cua",
            code="X99.1-260309-0007",
            unit_id=ward.unit.id,
            channel=Channel.IN_PERSON,
        )
        session.add(dossier)
        session.flush()
        dossier_id = dossier.id
    return NAMES.name(speak(ward, 1, at=yesterday(9), dossier_id=dossier_id))


def test_the_dossier_opens_to_who_handles_the_case_for_a_reason_that_all_see(
    ward: Office, hanh: Reader, head: Reader
) -> None:
    seen = opened(hanh, _with_dossier(ward), Change(assignee_id=hanh.account_id))
    reason = "Cần xem hẹn trả của hồ sơ"

    def opening(who: Reader, why: str) -> str:
        with unit_of_work() as session:
            return case_changes.open_dossier(session, who, seen.token, reason=why).code

    for who, why, expected in (
        (head, reason, CaseFault.NOT_ASSIGNED),
        (hanh, "xem       ", CaseFault.NO_REASON),
        (hanh, "x" * 501, CaseFault.NO_REASON),
    ):
        with pytest.raises(CaseRefusedError) as caught:
            opening(who, why)
        assert fault(caught) is expected
    with pytest.raises(PermissionDeniedError):
        opening(replace(hanh, dossiers=frozenset()), reason)
    assert sheet(hanh, seen).may_open_dossier
    assert not sheet(head, seen).may_open_dossier
    assert opening(hanh, reason) == "X99.1-260309-0007"
    for who in (hanh, head, reader(Role.AUDITOR, ward)):
        last = sheet(who, seen).events[-1]
        assert (last.deed, last.words, last.by) == (CaseDeed.DOSSIER_OPENED, reason, "Cán bộ hanh")
        assert "X99.1" not in str(sheet(who, seen))
    with reading() as session:
        [entry] = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.DOSSIER_OPENED)
        ).all()
    assert (entry.account_id, entry.detail) == (hanh.account_id, {"case": str(seen.token)})


def test_an_auditor_sees_cases_without_anybodys_words(ward: Office, hanh: Reader, low: str) -> None:
    seen = changed(hanh, opened(hanh, low), note="Gọi lại cho bà Thử")
    found = sheet(reader(Role.AUDITOR, ward), seen)
    assert found.voice is not None
    assert found.voice.words is None
    assert [event.is_hidden for event in found.events] == [False, True]
    said = str(found)
    assert "Đợi cả buổi" not in said
    assert "bà Thử" not in said
    with pytest.raises(PermissionDeniedError):
        changed(reader(Role.AUDITOR, ward), seen, note="x")


def test_cases_of_another_unit_are_not_there(ward: Office, hanh: Reader, low: str) -> None:
    seen = opened(hanh, low)
    with unit_of_work() as session:
        other = make_office(session, "00091", "Phường Phú Thượng")
    stranger = reader(Role.HEAD, other)
    with reading() as session:
        assert cases.list_cases(session, stranger, CasesWanted()).total == 0
        for token in (seen.token, uuid.UUID(int=0)):
            with pytest.raises(CaseNotFoundError):
                cases.read_case(session, stranger, token)
    with pytest.raises(VoiceNotFoundError):
        opened(stranger, low)
    with pytest.raises(CaseNotFoundError):
        changed(stranger, seen, note="x")


def test_a_handled_voice_is_found_by_its_state(ward: Office, hanh: Reader, low: str) -> None:
    opened(hanh, low, Change(state=CaseState.DONE, note="Đã xem"))
    speak(ward, 2, at=yesterday(10))
    week = Period(date(2026, 3, 3), date(2026, 3, 11))
    with reading() as session:
        totals = {
            state: voices.list_voices(session, hanh, Wanted(period=week, state=state)).total
            for state in CaseState
        }
        assert voices.count_unseen(session, hanh).count == 1
    assert totals == {CaseState.NEW: 1, CaseState.IN_PROGRESS: 0, CaseState.DONE: 1}


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


def test_there_is_no_way_to_remove_a_case(ward: Office, hanh: Reader, low: str) -> None:
    opened(hanh, low)
    for model in (CaseEvent, Case):
        with pytest.raises(Exception, match="append-only"), unit_of_work() as session:
            session.delete(session.scalars(select(model)).first())
    for module in (cases, case_changes, case_opening):
        assert not [name for name in dir(module) if name.startswith(("delete", "remove"))]
