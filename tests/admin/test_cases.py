"""The pages of cases: answered by one officer, seen by others, overwritten by nobody."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction import clock, jobs
from satisfaction.case_changes import Change
from satisfaction.database import reading, unit_of_work
from satisfaction.models import AuditEntry, Case, CasePolicy, Dossier
from satisfaction.terms import AuditAction, CaseState, Channel, Role
from tests.admin.histories import history_of
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.admin.voicing import plant_case
from tests.conftest import Office
from tests.core.voicing import speak

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once


@pytest.fixture
def case(ward: Office, supervisor: OfficersBrowser) -> str:
    """Return the address of a case whose voice has words and a dossier."""
    with unit_of_work() as session:
        dossier = Dossier(
            source_system="mot-cua",
            code="X99.7-260309-4711",
            unit_id=ward.unit.id,
            channel=Channel.IN_PERSON,
        )
        session.add(dossier)
        session.flush()
        dossier_id = dossier.id
    at = clock.now() - timedelta(days=1)
    seq = speak(ward, 1, at=at, words="Chờ lâu", dossier_id=dossier_id)
    return f"/admin/cases/{plant_case(ward, seq)}"


def stored() -> Case:
    """Return the one case."""
    with reading() as session:
        return session.scalars(select(Case)).one()


def me() -> int:
    """Return the account of the supervisor under test."""
    from satisfaction.accounts import get_account

    with reading() as session:
        return get_account(session, "hanh").id


def test_a_case_is_answered_on_its_page(supervisor: OfficersBrowser, case: str) -> None:
    first = {"version": "1", "assignee": str(me()), "state": "in_progress", "note": "Tôi xem"}
    assert supervisor.post(case, first).status_code == 303
    refused = supervisor.post(case, {"version": "2", "state": "done"})
    assert refused.status_code == 422
    assert "Ghi điều đã làm" in refused.text
    done = {"version": "2", "state": "done", "note": "Đã thêm người ở bàn"}
    assert supervisor.post(case, done).status_code == 303
    page = supervisor.get(case).text
    assert "Đã thêm người ở bàn" in page
    assert "giao cho Cán bộ hanh" in page
    assert stored().state is CaseState.DONE
    assert "data-case" in supervisor.get("/admin/cases?state=done").text
    assert "data-case" not in supervisor.get("/admin/cases").text


def test_the_second_of_two_officers_is_told_and_keeps_what_was_typed(
    app: Flask, supervisor: OfficersBrowser, ward: Office, case: str
) -> None:
    make_officer("binh", Role.HEAD, unit=ward.unit)
    other = signed_in(app, "binh")
    assert other.post(case, {"version": "1", "note": "Nhanh hơn"}).status_code == 303
    late = supervisor.post(case, {"version": "1", "note": "Phần vừa gõ"})
    assert late.status_code == 409
    assert "Có người vừa thay đổi việc này" in late.text
    assert "Phần vừa gõ" in late.text
    assert "Nhanh hơn" in late.text
    again = re.search(r'name="version" value="(\d+)"', late.text)
    assert again is not None
    assert supervisor.post(case, {"version": again[1], "note": "Phần vừa gõ"}).status_code == 303


def test_what_is_no_change_or_no_case_is_refused(supervisor: OfficersBrowser, case: str) -> None:
    for fields, status in (
        ({}, 400),
        ({"version": "x"}, 400),
        ({"version": "1", "state": "burnt"}, 400),
        ({"version": "1"}, 422),
        ({"version": "1", "due_day": "2026-13-45"}, 422),
        ({"version": "1", "due_day": "2020-01-01"}, 422),
        ({"version": "1", "due_day": "2026-03-20"}, 422),
        ({"version": "1", "due_day": "2026-03-20", "due_reason": "x" * 501}, 422),
        ({"version": "1", "assignee": "999999"}, 422),
        ({"version": "1", "note": "x" * 1001}, 422),
    ):
        assert supervisor.post(case, fields).status_code == status, fields
    for path in ("/admin/cases/x", "/admin/cases/00000000-0000-0000-0000-000000000000"):
        assert supervisor.get(path).status_code == 404
        assert supervisor.post(path, {"version": "1", "note": "x"}).status_code == 404
    for query in ("?state=burnt", "?kind=x", "?only=all", "?page=0"):
        assert supervisor.get(f"/admin/cases{query}").status_code == 400
    assert supervisor.get("/admin/cases?desk=77777").status_code == 404
    assert stored().version == 1


def test_a_kind_that_an_officer_may_not_see_is_no_choice_of_theirs(
    app: Flask, supervisor: OfficersBrowser, ward: Office, case: str
) -> None:
    plant_case(ward, speak(ward, 1, at=clock.now() - timedelta(days=1), reasons=("fee",)))
    refused = supervisor.get("/admin/cases?kind=allegation")
    unknown = supervisor.get("/admin/cases?kind=x")
    assert refused.status_code == unknown.status_code == 400
    assert refused.text.replace("allegation", "x") == unknown.text
    for role, count in ((Role.HEAD, 1), (Role.INSPECTOR, 1)):
        make_officer(role.value, role, unit=ward.unit)
        page = signed_in(app, role.value).get("/admin/cases?kind=allegation")
        assert (page.status_code, page.text.count("data-case=")) == (200, count)


def test_a_deadline_is_moved_on_the_page_for_a_reason(
    supervisor: OfficersBrowser, case: str
) -> None:
    why = "Chờ sở trả lời văn bản"
    for day, said in (
        ("2026-03-22", "phải là ngày làm việc của đơn vị"),
        ("2199-12-31", "muộn nhất là 21/04/2026, tức 30 ngày làm việc kể từ hôm nay"),
    ):
        refused = supervisor.post(case, {"version": "1", "due_day": day, "due_reason": why})
        assert refused.status_code == 422
        assert said in refused.text
        assert f'value="{why}"' in refused.text
    moved = {"version": "1", "due_day": "2026-03-20", "due_reason": why}
    assert supervisor.post(case, moved).status_code == 303
    page = supervisor.get(case).text
    assert "đổi hạn từ 17/03/2026 thành 20/03/2026" in page
    assert why in page
    assert "Hạn đặt lần đầu" in page


def test_a_case_that_was_raised_says_so_after_its_deadline_was_moved(
    supervisor: OfficersBrowser, case: str
) -> None:
    later = clock.now() + timedelta(days=8)
    with clock.replaced(later):
        jobs.see_to_cases()
        supervisor.sign_in("hanh")
        assert "quá hạn, đã báo lãnh đạo" in supervisor.get(case).text
        moved = {"version": "2", "due_day": "2026-03-20", "due_reason": "Chờ sở trả lời văn bản"}
        assert supervisor.post(case, moved).status_code == 303
        for address in (case, "/admin/cases"):
            page = supervisor.get(address).text
            assert "</svg>đã báo lãnh đạo" in page
            assert "</svg>quá hạn" not in page


def test_the_dossier_is_shown_once_to_who_handles_the_case_and_never_elsewhere(
    app: Flask, supervisor: OfficersBrowser, ward: Office, case: str
) -> None:
    reason = "Cần đối chiếu ngày hẹn trả"
    assert supervisor.post(f"{case}/dossier", {"reason": reason}).status_code == 422
    supervisor.post(case, {"version": "1", "assignee": str(me())})
    assert "Mở hồ sơ, có ghi lại" in supervisor.get(case).text
    short = supervisor.post(f"{case}/dossier", {"reason": "xem"})
    assert short.status_code == 422
    assert "từ 10 đến 500" in short.text
    opened = supervisor.post(f"{case}/dossier", {"reason": reason})
    assert opened.status_code == 200
    assert "X99.7-260309-4711" in opened.text
    assert opened.headers["Cache-Control"].startswith("no-store")
    for role in (Role.HEAD, Role.AUDITOR):
        make_officer(role.value, role, unit=ward.unit)
        page = signed_in(app, role.value).get(case).text
        assert reason in page
        assert "X99.7" not in page
    with reading() as session:
        [entry] = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.DOSSIER_OPENED)
        ).all()
    assert entry.network == "10.1.2.0/24"


def test_an_auditor_reads_cases_without_words_and_cannot_touch_them(
    app: Flask, supervisor: OfficersBrowser, ward: Office, case: str
) -> None:
    supervisor.post(case, {"version": "1", "note": "Gọi cho bà Thử"})
    make_officer("kiem", Role.AUDITOR, unit=ward.unit)
    auditor = signed_in(app, "kiem")
    page = auditor.get(case).text
    assert "Chờ lâu" not in page
    assert "bà Thử" not in page
    assert "Nội dung không hiện cho vai trò này" in page
    assert "<textarea" not in page
    assert "Hồ sơ phía sau" not in page
    assert "Hồ sơ phía sau" in supervisor.get(case).text
    assert auditor.post(case, {"version": "2", "note": "x"}).status_code == 403
    listed = auditor.get("/admin/cases").text
    assert "Bàn 1" in listed
    assert 'name="case"' not in listed


def test_a_line_is_put_on_the_waiting_screen(
    supervisor: OfficersBrowser, app: Flask, ward: Office, case: str
) -> None:
    sent = {"version": "1", "line_vi": "Bàn 1 thêm người <b>", "line_en": "One more at desk 1"}
    assert supervisor.post(f"{case}/line", sent).status_code == 303
    assert "Bàn 1 thêm người &lt;b&gt;" in supervisor.get(case).text
    kiosk = app.test_client()
    kiosk.set_cookie("kiosk", ward.tokens[0])
    assert "Bàn 1 thêm người &lt;b&gt;" in kiosk.get("/kiosk/").text
    long = {"version": "2", "line_vi": "x" * 301}
    assert supervisor.post(f"{case}/line", long).status_code == 422


def test_the_form_of_a_line_tells_which_is_shown_and_whose(
    supervisor: OfficersBrowser, ward: Office, case: str
) -> None:
    other = f"/admin/cases/{plant_case(ward, speak(ward, 2, at=clock.now() - timedelta(days=1)))}"
    page = supervisor.get(case).text
    assert "đang không hiện câu nào" in page
    sent = {"version": "1", "line_vi": "Thêm ghế", "line_en": "More <seats>", "over": over(page)}
    said = supervisor.post(f"{case}/line", sent, follow_redirects=True).text
    assert "Đã đăng lên màn hình chờ của đơn vị." in said
    assert "Câu đang hiện đăng từ việc này." in said
    late = supervisor.post(f"{other}/line", sent | {"line_vi": "Thêm bàn"})
    assert late.status_code == 409
    assert "Câu trên màn hình vừa được đổi" in late.text
    assert 'value="Thêm bàn"' in late.text
    page = supervisor.get(other).text
    assert 'name="line_vi" id="line_vi" maxlength="300" autocomplete="off" value="Thêm ghế"' in page
    assert 'value="More &lt;seats&gt;"' in page
    assert f'<a href="{case}">Bàn 1' in page
    assert "Đăng câu mới là thay câu ấy." in page
    same = {"version": "1", "line_vi": "Thêm ghế", "line_en": "More <seats>", "over": over(page)}
    refused = supervisor.post(f"{other}/line", same)
    assert refused.status_code == 422
    assert "Chưa có gì thay đổi." in refused.text
    removed = supervisor.post(f"{other}/line", same | {"line_vi": "", "line_en": ""})
    assert "Đã bỏ câu trên màn hình chờ của đơn vị." in supervisor.get(removed.location).text


def over(page: str) -> str:
    """Return which version of the screens a page's form would change."""
    found = re.search(r'name="over" value="(\d+)"', page)
    assert found is not None
    return found[1]


def test_several_cases_are_changed_together_or_not_at_all(
    supervisor: OfficersBrowser, ward: Office, case: str
) -> None:
    at = clock.now() - timedelta(days=1)
    other = plant_case(ward, speak(ward, 2, at=at), Change(note="Xem"))
    both = [f"{case.rpartition('/')[2]}:1", f"{other}:2"]
    stale = [both[0], f"{other}:1"]
    sent = {"deed": "close", "note": "Đã xem, không cần làm gì"}
    answer = supervisor.post("/admin/cases?sort=day", {"case": stale, **sent})
    assert answer.status_code == 409
    assert "Chưa lưu gì" in answer.text
    assert [f'value="{one}" checked' in answer.text for one in both] == [True, True]
    assert f">{sent['note']}</textarea>" in answer.text
    for problem, wrong in (
        ("Chọn ít nhất một việc.", {"case": []}),
        ("Ghi điều đã làm trước khi kết thúc.", {"note": ""}),
        ("Ghi chú dài nhất 1000 ký tự.", {"note": "dài" * 400}),
    ):
        answer = supervisor.post("/admin/cases", {"case": both, **sent, **wrong})
        assert answer.status_code == 422
        assert problem in answer.text
        assert answer.text.count(" checked>") == len(wrong.get("case", both))
    supervisor.post("/admin/cases?only=late", {"case": both, **sent})
    with reading() as session:
        states = set(session.scalars(select(Case.state)))
    assert states == {CaseState.DONE}
    for bad in ({"case": ["x"], **sent}, {"case": both, "deed": "burn"}):
        assert supervisor.post("/admin/cases", bad).status_code == 400


def test_a_unit_says_when_voices_are_shown_answered_and_erased(app: Flask, ward: Office) -> None:
    make_officer("tuan", Role.ADMINISTRATOR, unit=ward.unit)
    officer, unit = signed_in(app, "tuan"), str(ward.unit.id)
    assert "mức thường dùng" in officer.get("/admin/policies").text
    sent = {"unit": unit, "delay_days": "1", "deadline_days": "3", "kept_months": "24"}
    assert officer.post("/admin/policies", sent).status_code == 303
    with reading() as session:
        kept = session.get_one(CasePolicy, ward.unit.id)
    assert (kept.delay_days, kept.deadline_days, kept.kept_months) == (1, 3, 24)
    for wrong in ({"kept_months": "0"}, {"delay_days": "x"}, {"deadline_days": "9" * 30}):
        refused = officer.post("/admin/policies", sent | wrong)
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text
    assert officer.post("/admin/policies/inherit", {"unit": unit}).status_code == 303
    page = officer.get("/admin/policies").text
    assert "mức thường dùng" in page
    delay, deadline, keeping = (
        "Hiện ý kiến sau giờ đóng cửa, thêm (ngày)",
        "Hạn xử lý (ngày làm việc)",
        "Giữ lời, liên kết hồ sơ và ghi chú (tháng)",
    )
    assert history_of(page) == [
        (
            "Theo quy định của đơn vị cấp trên",
            [f"{delay}: 1 → 0", f"{deadline}: 3 → 5", f"{keeping}: 24 → 12"],
            "Cán bộ tuan",
        ),
        (
            "Đổi hạn xử lý và lưu ý kiến",
            [f"{delay}: 0 → 1", f"{deadline}: 5 → 3", f"{keeping}: 12 → 24"],
            "Cán bộ tuan",
        ),
    ]
