"""The pages of letters and of jobs: one's own, readers, the archive, the ledger, one click."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction import jobs, scheduler, sending
from satisfaction.database import reading, unit_of_work
from satisfaction.models import (
    Account,
    AuditEntry,
    Delivery,
    JobRun,
    RefusedAddress,
    Subscription,
)
from satisfaction.terms import AuditAction, DeliveryState, Role
from satisfaction.web.letter_pages import stop_token
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import Office, make_office
from tests.jobs.posting import PostOffice
from tests.jobs.test_letters import EVENING, TODAY, office, open_ward, rate_day, subscribe, tick

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

__all__ = ["office", "open_ward"]


@pytest.fixture
def system(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of an officer who looks after the system."""
    make_officer("long", Role.SYSTEM_ADMINISTRATOR, unit=ward.unit)
    return signed_in(app, "long")


def _wanted(ward: Office, **fields: object) -> dict[str, object]:
    return {
        "address": "Hanh@Example.gov.vn",
        "unit": ward.unit.id,
        "kinds": ["daily", "monthly"],
        "hour": "17",
        "language": "vi",
    } | fields


def _live() -> list[Subscription]:
    with reading() as session:
        return list(session.scalars(select(Subscription).where(Subscription.ended_at.is_(None))))


def test_an_officer_subscribes_changes_and_stops(supervisor: OfficersBrowser, ward: Office) -> None:
    assert supervisor.post("/admin/letters", _wanted(ward)).status_code == 303
    assert supervisor.post("/admin/letters", _wanted(ward, hour="20")).status_code == 303
    (one,) = _live()
    assert (one.address, one.hour, one.is_weekly) == ("hanh@example.gov.vn", 20, False)
    page = supervisor.get("/admin/letters").text
    assert "hanh@example.gov.vn" in page
    assert supervisor.post(f"/admin/letters/{one.id}/delete").status_code == 303
    assert _live() == []
    with reading() as session:
        deeds = session.scalars(select(AuditEntry.action)).all()
    assert deeds.count(AuditAction.SUBSCRIPTION_CHANGED) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "hanh"},
        {"address": "a@b.vn\r\nBcc: c@d.vn"},
        {"kinds": []},
        {"kinds": ["hourly"]},
        {"hour": "3"},
        {"language": "xx"},
    ],
)
def test_what_makes_no_sense_is_refused(
    supervisor: OfficersBrowser, ward: Office, wrong: dict[str, object]
) -> None:
    assert supervisor.post("/admin/letters", _wanted(ward, **wrong)).status_code == 422
    assert _live() == []


def test_another_unit_cannot_be_subscribed_to(supervisor: OfficersBrowser, ward: Office) -> None:
    with unit_of_work() as session:
        other = make_office(session, "00091", "Phường Phú Thượng")
    assert supervisor.post("/admin/letters", _wanted(other)).status_code == 404
    assert _live() == []


def test_a_guest_is_offered_no_letter_of_a_week(system: OfficersBrowser, ward: Office) -> None:
    page = system.get("/admin/letters/readers").text
    assert set(re.findall(r'name="kinds" value="(\w+)"', page)) == {"daily", "monthly"}
    weekly = _wanted(ward, kinds=["daily", "weekly"])
    assert system.post("/admin/letters/readers", weekly).status_code == 422
    assert _live() == []


def _offered(browser: OfficersBrowser) -> str:
    field = re.search(r'<input[^>]* name="address"[^>]*>', browser.get("/admin/letters").text)
    assert field is not None
    value = re.search(r'value="([^"]*)"', field[0])
    return value[1] if value else ""


def test_the_form_begins_with_the_address_that_is_known(
    supervisor: OfficersBrowser, ward: Office
) -> None:
    assert _offered(supervisor) == ""
    with unit_of_work() as session:
        account = session.scalars(select(Account)).one()
        account.email = "typed@example.gov.vn"
    assert _offered(supervisor) == "typed@example.gov.vn"
    assert supervisor.post("/admin/letters", _wanted(ward)).status_code == 303
    assert _offered(supervisor) == "hanh@example.gov.vn"
    (one,) = _live()
    assert supervisor.post(f"/admin/letters/{one.id}/delete").status_code == 303
    assert _offered(supervisor) == "hanh@example.gov.vn"
    with unit_of_work() as session:
        session.get_one(Account, account.id).is_email_vouched = True
    assert _offered(supervisor) == "typed@example.gov.vn"


def test_one_click_stops_letters_without_a_sign_in(app: Flask, ward: Office) -> None:
    one = subscribe(ward)
    stranger = app.test_client()
    address = f"/admin/letters/stop/{stop_token(one.id)}"
    assert "Ngừng nhận thư" in stranger.get(address).text
    assert len(_live()) == 1
    answer = stranger.post(address, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "Đã ngừng" in answer.text
    assert _live() == []
    assert stranger.post(address).status_code == 200
    # The last sign but one: of the last one not all bits count.
    forged = f"{address[:-2]}{'A' if address[-2] != 'A' else 'B'}{address[-1]}"
    assert stranger.post(forged).status_code == 404


def test_readers_are_added_refusals_shown_and_cleared(
    system: OfficersBrowser, ward: Office
) -> None:
    assert system.post("/admin/letters/readers", _wanted(ward)).status_code == 303
    (one,) = _live()
    assert one.account_id is None
    with unit_of_work() as session:
        session.add(
            RefusedAddress(address=one.address, refused_at=EVENING, code=550, detail="no such user")
        )
    assert "550 no such user" in system.get("/admin/letters/readers").text
    assert system.post(f"/admin/letters/readers/{one.id}/clear").status_code == 303
    assert "550" not in system.get("/admin/letters/readers").text
    assert system.post(f"/admin/letters/readers/{one.id}/delete").status_code == 303
    assert _live() == []


def test_the_archive_keeps_letters_and_sends_one_again_for_a_reason(
    system: OfficersBrowser, open_ward: Office, office: PostOffice
) -> None:
    subscribe(open_ward)
    rate_day(open_ward, TODAY, "551")
    tick(EVENING, office)
    with reading() as session:
        kept = session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
    assert kept is not None
    assert kept.subject in system.get("/admin/letters/archive").text.replace("&#39;", "'")
    path = f"/admin/letters/archive/{kept.id}"
    assert "2 trong 3 lượt" in system.get(path).text
    assert system.post(f"{path}/again", {"reason": ""}).status_code == 422
    arrived = len(office.arrived)
    assert system.post(f"{path}/again", {"reason": "Hộp thư đầy"}).status_code == 303
    assert sending.send_waiting(server=office.server) == 1
    assert office.arrived[arrived]["Message-ID"] == kept.message_id
    with reading() as session:
        assert session.get_one(Delivery, kept.id).state is DeliveryState.SENT
        deed = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.LETTER_SENT_AGAIN)
        ).one()
    assert deed.detail["reason"] == "Hộp thư đầy"


def test_the_ledger_is_shown_and_a_job_is_started_by_hand(
    app: Flask, system: OfficersBrowser
) -> None:
    scheduler.run_due_jobs()
    page = system.get("/admin/jobs").text
    assert len(re.findall("data-job=", page)) == len(jobs.JOBS)
    assert "bắt đầu theo dõi từ đây" in page
    assert system.post("/admin/jobs/prune").status_code == 303
    assert system.post("/admin/jobs/unknown").status_code == 404
    assert scheduler.run_due_jobs() == 1
    assert "chạy tay: Cán bộ long" in system.get("/admin/jobs").text
    with reading() as session:
        deeds = session.scalars(select(AuditEntry.action)).all()
        runs = session.scalars(select(JobRun).where(JobRun.job == "prune")).all()
    assert AuditAction.JOB_STARTED_BY_HAND in deeds
    assert len(runs) == 2


def test_an_auditor_reads_the_ledger_and_starts_nothing(app: Flask, ward: Office) -> None:
    make_officer("mai", Role.AUDITOR, unit=ward.unit)
    auditor = signed_in(app, "mai")
    assert "Chạy ngay" not in auditor.get("/admin/jobs").text
    assert auditor.post("/admin/jobs/prune").status_code == 403
