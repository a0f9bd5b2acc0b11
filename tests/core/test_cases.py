"""Cases: opened, given away, answered, raised, published; seen by whom, and never lost."""

import uuid
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from satisfaction import (
    case_changes,
    case_figures,
    case_opening,
    cases,
    clock,
    colleagues,
    office,
    voices,
)
from satisfaction.case_changes import Change, Seen
from satisfaction.cases import CasesWanted
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
from tests.core.handling import MONDAY, WHY, changed, fault, opened, sheet, yesterday
from tests.core.voicing import NAMES, reader, speak

QUARTER = Period(date(2026, 1, 1), date(2026, 4, 1))


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
    assert found.voice.hides_words
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


def test_there_is_no_way_to_remove_a_case(ward: Office, hanh: Reader, low: str) -> None:
    opened(hanh, low)
    for model in (CaseEvent, Case):
        with pytest.raises(Exception, match="append-only"), unit_of_work() as session:
            session.delete(session.scalars(select(model)).first())
    for module in (cases, case_changes, case_opening):
        assert not [name for name in dir(module) if name.startswith(("delete", "remove"))]
