"""The log: seen by who may, found, taken away as lines, and never changed."""

import json
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from satisfaction import clock, deeds, office_log, policies
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
