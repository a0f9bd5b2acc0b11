"""The log: seen by who may, found, taken away as lines, and never changed."""

import html
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from satisfaction import accounts, clock, deeds, office_log, policies
from satisfaction.audit import record_deed
from satisfaction.database import reading, unit_of_work
from satisfaction.deeds import PAGE, Wanted
from satisfaction.models import AuditEntry
from satisfaction.terms import AuditAction, Role
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import NOW, Office, make_office

LOG = "/admin/audit"


@pytest.fixture
def auditor(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of who reads the ward's log, beside an office whose log is not read."""
    with unit_of_work() as session:
        other = make_office(session, "00091", "Phường Phú Thượng")
    make_officer("mai", Role.DESK_OFFICER, unit=other.unit)
    OfficersBrowser(app).sign_in("mai", "sai")
    make_officer("soat", Role.AUDITOR, unit=ward.unit)
    make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
    OfficersBrowser(app).sign_in("lan", "sai")
    signed_in(app, "lan")
    return signed_in(app, "soat")


def _lines(browser: OfficersBrowser, query: str = "") -> list[dict[str, object]]:
    answer = browser.get(f"{LOG}.jsonl{query}")
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def test_sign_ins_and_failures_are_logged_with_their_network(auditor: OfficersBrowser) -> None:
    page = auditor.get(LOG).text
    for words in ("Đăng nhập không được", "Cán bộ lan", "10.1.2.0/24"):
        assert words in page
    assert "10.1.2.3" not in page
    assert "Cán bộ mai" not in page
    assert {line["account"] for line in _lines(auditor)} == {"lan", "soat", None}


def test_the_first_attempt_of_each_wait_is_logged_and_no_more(app: Flask, ward: Office) -> None:
    lan = make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
    browser, now = OfficersBrowser(app), NOW
    for _ in range(5):
        browser.sign_in("lan", "sai")
    waits = []
    for seconds in (15, 30):
        for later in (0, 1, 5):
            with clock.replaced(now + timedelta(seconds=later)):
                assert browser.sign_in("lan").status_code == 429
        now += timedelta(seconds=seconds)
        waits.append((lan.id, {"waits_until": now.isoformat()}))
        with clock.replaced(now):
            assert browser.sign_in("lan", "sai").status_code == 401
    failed: tuple[int, dict[str, object]] = (lan.id, {})
    with reading() as session:
        entries = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.action == AuditAction.SIGN_IN_FAILED)
            .order_by(AuditEntry.id)
        )
        found = [(one.account_id, dict(one.detail)) for one in entries]
    assert found == [*[failed] * 5, waits[0], failed, waits[1], failed]


@pytest.mark.parametrize("until_day", [None, date(2026, 4, 1)])
def test_a_role_is_logged_with_its_days(ward: Office, until_day: date | None) -> None:
    account = make_officer("lan", unit=ward.unit)
    with unit_of_work() as session:
        accounts.grant_role(
            session,
            account,
            Role.SUPERVISOR,
            unit=ward.unit,
            from_day=date(2026, 3, 16),
            until_day=until_day,
        )
    with reading() as session:
        granted = select(AuditEntry.detail).where(AuditEntry.action == AuditAction.ROLE_GRANTED)
        assert session.scalars(granted).one() == {
            "account": "lan",
            "role": "supervisor",
            "from_day": "2026-03-16",
            "until_day": until_day.isoformat() if until_day else None,
        }


DEEDS: dict[AuditAction, tuple[dict[str, Any], list[str]]] = {
    AuditAction.SIGNED_IN: ({"second_factor": True}, ["có xác thực hai lớp"]),
    AuditAction.SIGN_IN_FAILED: (
        {"waits_until": "2026-03-10T02:00:15.123456+00:00", "second_factor": True},
        ["Chưa thử, phải đợi đến 09:00, 10/03/2026", "sai mã xác thực hai lớp"],
    ),
    AuditAction.SIGNED_OUT: ({}, ["–"]),
    AuditAction.ACCOUNT_CREATED: ({"account": "lan"}, ["Tài khoản lan"]),
    AuditAction.ROLE_GRANTED: (
        {"account": "lan", "role": "supervisor", "from_day": "2026-03-16", "until_day": None},
        ["Tài khoản lan", "Vai trò Phụ trách bộ phận", "Từ ngày 16/03/2026", "Đến trước ngày –"],
    ),
    AuditAction.ROLE_ENDED: ({"account": "lan", "role": "auditor"}, ["Vai trò Kiểm tra, giám sát"]),
    AuditAction.DOSSIERS_IMPORTED: (
        {"sha256": "9f", "source": "mot-cua", "bad": 0},
        ["Dòng lỗi 0"],
    ),
    AuditAction.COUNTS_EXPORTED: (
        {"by": "desk", "period": "2026-02", "channel": "post"},
        ["Chia theo Bàn", "Kỳ Tháng 2/2026", "Kênh Bưu chính"],
    ),
    AuditAction.RATING_CONFLICT: ({"rating_id": "3d-4", "kiosk_id": 7}, ["Máy số 7"]),
    AuditAction.RATING_VOIDED: ({"rating_id": "3d-4"}, ["Mã lượt đánh giá 3d-4"]),
    AuditAction.OFFICE_CHANGED: (
        {
            "what": "shown_changed",
            "configuration_id": 3,
            "from_at": "2026-03-10T02:00:00+00:00",
            "before": {"has_chime": False},
            "after": {"has_chime": True},
        },
        ["Đổi nội dung trên máy", "Tiếng chuông khi hiện câu hỏi không → có", "Phiên bản 3"],
    ),
    AuditAction.KIOSK_ENROLLED: (
        {"kiosk_id": 1234, "renewed": True},
        ["Máy số 1234", "đã đổi khóa"],
    ),
    AuditAction.KIOSK_REVOKED: ({"kiosk_id": 7}, ["Máy số 7"]),
    AuditAction.INVITATION_MADE: (
        {"visit_id": 5, "invitation_id": 6},
        ["Lượt phục vụ số 5", "Phiếu mời số 6"],
    ),
    AuditAction.CARD_MADE: ({"desk_id": 1, "card_id": 2}, ["Số của bàn 1", "Thẻ số 2"]),
    AuditAction.PAPER_ENTERED: (
        {"rating_id": "3d", "desk_id": 1, "day": "2026-03-09", "is_linked": False},
        ["Ngày 09/03/2026", "Gắn lượt phục vụ không"],
    ),
    AuditAction.SERVICE_ADMITTED: ({"service_id": 1, "name": "Một cửa"}, ["Tên Một cửa"]),
    AuditAction.SERVICE_REVOKED: ({"service_id": 1, "name": "Một cửa"}, ["Kết nối số 1"]),
    AuditAction.PASSWORD_SET: ({}, ["–"]),
    AuditAction.SECOND_FACTOR_SET: ({"recovery_codes": True}, ["mã dự phòng mới"]),
    AuditAction.SECOND_FACTOR_REMOVED: ({"account": "lan"}, ["Tài khoản lan"]),
    AuditAction.RECOVERY_CODE_USED: ({"left": 9}, ["Mã dự phòng còn lại 9"]),
    AuditAction.SESSIONS_ENDED: ({"account": "lan", "sessions": 2}, ["Số phiên 2"]),
    AuditAction.ACCOUNT_CHANGED: (
        {"account": "lan", "changed": "start_code"},
        ["Thay đổi mã lần đầu mới"],
    ),
    AuditAction.ACCOUNT_DISABLED: (
        {"account": "lan", "reason": "idle"},
        ["Lý do lâu không đăng nhập"],
    ),
    AuditAction.ACCOUNT_ENABLED: ({"account": "lan"}, ["Tài khoản lan"]),
    AuditAction.ACCOUNT_REVIEWED: ({"account": "lan"}, ["Tài khoản lan"]),
    AuditAction.CASE_CHANGED: (
        {"case": "5c-1", "deeds": ["assigned", "state_changed", "escalated"], "to": 3},
        ["Đã làm giao việc, đổi tình trạng, báo lãnh đạo", "Báo cho tài khoản số 3"],
    ),
    AuditAction.DOSSIER_OPENED: ({"case": "5c-1"}, ["Mã việc 5c-1"]),
    AuditAction.WORDS_ERASED: (
        {"words": 2, "links": 1, "notes": 0, "before_day": "2025-03-10"},
        ["Lời 2", "Trước ngày 10/03/2025"],
    ),
    AuditAction.CATALOGUE_IMPORTED: (
        {
            "what": "catalogue_imported",
            "kind": "desks",
            "sha256": "9f",
            "after": {"new": 4, "lines": 9},
        },
        ["Nhập danh mục từ tệp", "Loại bàn", "Mới 4", "Dòng 9"],
    ),
    AuditAction.REPORT_EXPORTED: (
        {"from": "2026-02-01", "to": "2026-02-28", "form": "pdf", "version": "public"},
        ["Từ ngày 01/02/2026", "Đến hết ngày 28/02/2026", "Bản công bố"],
    ),
    AuditAction.AUDIT_EXPORTED: ({"action": "signed_in", "words": "lan"}, ["Việc Đăng nhập"]),
    AuditAction.LETTER_SENT_AGAIN: (
        {"letter": 1, "delivery": 2, "reason": "Người nhận chưa thấy"},
        ["Thư số 1", "Lý do Người nhận chưa thấy"],
    ),
    AuditAction.SUBSCRIPTION_CHANGED: (
        {"subscription": 4, "kinds": ["daily", "monthly"], "hour": 18},
        ["Loại thư Hằng ngày, Hằng tháng", "Giờ gửi 18"],
    ),
    AuditAction.BACKUP_TAKEN: (
        {"kind": "nightly", "proved": True},
        ["hằng đêm", "đã khôi phục thử"],
    ),
    AuditAction.BACKUP_RESTORED: ({"safety_copy": None}, ["Bản giữ lại trước đó –"]),
    AuditAction.JOB_STARTED_BY_HAND: ({"job": "backup"}, ["Việc định kỳ Sao lưu"]),
}


@pytest.mark.parametrize("action", AuditAction)
def test_the_page_says_what_was_done_in_words(
    auditor: OfficersBrowser, ward: Office, action: AuditAction
) -> None:
    detail, expected = DEEDS[action]
    with unit_of_work() as session:
        record_deed(session, action, unit_id=ward.unit.id, detail=detail)
    row = auditor.get(f"{LOG}?action={action}&unit={ward.unit.id}").text.split("data-deed=")[1]
    cell = row.split("<td>")[-1].split("</td>")[0]
    said = html.unescape(re.sub("<[^>]+>", "", cell)).strip()
    for words in expected:
        assert words in said
    assert not re.search(r"\b(True|False|None|sha256|[a-z]+_[a-z_]+)\b", said)


def test_deeds_are_found_by_who_what_when_and_words(auditor: OfficersBrowser, ward: Office) -> None:
    with unit_of_work() as session:
        record_deed(
            session,
            AuditAction.OFFICE_CHANGED,
            unit_id=ward.unit.id,
            detail={"name": "Phòng Tiếp dân", "n": 1},
        )
    assert {one["action"] for one in _lines(auditor, "?account=lan")} == {
        "sign_in_failed",
        "signed_in",
    }
    assert [one["account"] for one in _lines(auditor, "?action=sign_in_failed")] == ["lan"]
    assert len(_lines(auditor, "?action=office_changed&words=Ti%E1%BA%BFp+d%C3%A2n")) == 1
    assert _lines(auditor, "?action=office_changed&words=100%25") == []
    assert _lines(auditor, "?first=2026-03-11") == []
    assert len(_lines(auditor, "?last=2026-03-10&account=soat&action=audit_exported")) >= 4
    assert [one["unit"] for one in _lines(auditor, f"?unit={ward.unit.id}&words=name")] == ["00103"]


@pytest.mark.parametrize(
    "query",
    [
        "action=x",
        "first=x",
        "first=2026-13-01",
        "unit=x",
        "before=x",
        "first=2026-02-02&last=2026-02-01",
    ],
)
def test_a_filter_that_means_nothing_is_refused(auditor: OfficersBrowser, query: str) -> None:
    status = 404 if query in {"unit=x", "before=x"} else 400
    assert auditor.get(f"{LOG}?{query}").status_code == status
    assert auditor.get(f"{LOG}.jsonl?{query}").status_code == status


@pytest.mark.parametrize("words", ["=cmd|x", "<script>", "%", "_", "\\", "'", "🙂", "x" * 300])
def test_hostile_words_find_nothing_and_break_nothing(auditor: OfficersBrowser, words: str) -> None:
    answer = auditor.get(LOG, query_string={"words": words, "account": words})
    assert answer.status_code == 200
    assert "Không có việc nào như vậy" in answer.text


def test_pages_go_on_by_key_and_show_each_deed_once(auditor: OfficersBrowser, ward: Office) -> None:
    with unit_of_work() as session:
        for n in range(2 * PAGE):
            record_deed(session, AuditAction.CARD_MADE, unit_id=ward.unit.id, detail={"n": n})
    seen: list[str] = []
    address = f"{LOG}?action=card_made"
    for _ in range(3):
        page = auditor.get(address).text
        seen += [part.split('"')[0] for part in page.split('data-deed="')[1:]]
        if 'class="more"' not in page:
            break
        address = page.split('class="more" href="')[1].split('"')[0].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 2 * PAGE


def test_a_deed_is_neither_changed_nor_deleted_by_anybody(ward: Office) -> None:
    with unit_of_work() as session:
        record_deed(session, AuditAction.CARD_MADE)
        old = record_deed(session, AuditAction.CARD_MADE)
        old.at = NOW - timedelta(days=800)
    for statement in (
        update(AuditEntry).values(network="x"),
        delete(AuditEntry).where(AuditEntry.at > NOW - timedelta(days=1)),
        text("UPDATE audit_entry SET detail = '{}'"),
    ):
        with pytest.raises(DBAPIError), unit_of_work() as session:
            session.execute(statement)
    with reading() as session:
        made = select(AuditEntry.network).where(AuditEntry.action == AuditAction.CARD_MADE)
        assert session.scalars(made).all() == ["", ""]


def test_pruning_never_touches_what_is_younger_than_a_year(ward: Office) -> None:
    days = (100, 360, 800, 1200)
    with unit_of_work() as session:
        for back in days:
            with clock.replaced(NOW - timedelta(days=back)):
                record_deed(session, AuditAction.CARD_MADE)
    with unit_of_work() as session:
        assert deeds.prune_deeds(session, months=24) >= 2
    with unit_of_work() as session:
        assert deeds.prune_deeds(session, months=1) == 0
    with reading() as session:
        kept = [clock.local_day(at) for at in session.scalars(select(AuditEntry.at))]
    assert sorted(kept) == [date(2025, 3, 15), date(2025, 11, 30)]


def test_pruning_leaves_the_history_of_the_office(ward: Office) -> None:
    with clock.replaced(NOW - timedelta(days=1200)), unit_of_work() as session:
        policies.set_policy(session, ward.unit.id, policies.Policy(delay_days=3))
        note = {"day_note": {"day": "2022-11-01", "words": "Mưa"}}
        record_deed(session, AuditAction.OFFICE_CHANGED, unit_id=ward.unit.id, detail=note)
    with unit_of_work() as session:
        assert deeds.prune_deeds(session, months=24) >= 1
    with reading() as session:
        changes = office_log.list_unit_changes(session, {ward.unit.id})
    assert [(one.what, one.after["delay_days"]) for one in changes] == [("policy_set", 3)]


def test_a_command_writes_every_deed(app: Flask, auditor: OfficersBrowser) -> None:
    written = app.test_cli_runner().invoke(args=["audit", "export"]).stdout.splitlines()
    accounts = {json.loads(line)["account"] for line in written}
    assert {"lan", "mai", "soat"} <= accounts
    assert json.loads(written[0])["action"] == "audit_exported"


def test_a_long_log_is_written_in_chunks(ward: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deeds, "CHUNK", 3)
    with unit_of_work() as session:
        for n in range(7):
            record_deed(session, AuditAction.CARD_MADE, detail={"n": n})

    def read(part: Wanted) -> list[deeds.DeedLine]:
        with reading() as session:
            return list(deeds.read_chunk(session, None, part))

    parts = list(deeds.write_lines(read, Wanted(action=AuditAction.CARD_MADE)))
    assert [part.count("\n") for part in parts] == [3, 3, 1]
