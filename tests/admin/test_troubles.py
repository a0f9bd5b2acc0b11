"""Trouble of the system itself stands where a system administrator looks first, and nobody else."""

import re
import shutil
from datetime import timedelta
from html import unescape
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import update

from satisfaction import backups, clock, jobs, ledger, scheduler, troubles
from satisfaction.backups import BackupKind
from satisfaction.config import Settings
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Delivery, JobRun
from satisfaction.terms import DeliveryState, JobState, Role
from satisfaction.troubles import TroubleKind
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import NOW, Office
from tests.jobs.test_letters import subscribe
from tests.making import rated_visit

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


def _kinds(app: Flask) -> list[TroubleKind]:
    settings: Settings = app.config["SETTINGS"]
    with reading() as session:
        found = troubles.list_troubles(session, settings, jobs=jobs.job_names())
    return [one.kind for one in found]


def _told(browser: OfficersBrowser) -> str:
    html = unescape(browser.get("/admin/overview?period=2026-03").text)
    found = re.search(r'<ul class="todo".*?</ul>', html, re.DOTALL)
    return found[0] if found else ""


def _run_jobs() -> None:
    assert scheduler.run_due_jobs() >= 0


def test_a_system_that_is_well_troubles_nobody(app: Flask, ward: Office) -> None:
    with clock.replaced(NOW - 2 * DAY):
        assert _kinds(app) == []
        _run_jobs()
    with clock.replaced(NOW):
        _run_jobs()
        assert _kinds(app) == []


def test_each_trouble_is_found_and_gone_when_it_is_mended(
    app: Flask, ward: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.replaced(NOW - 2 * DAY):
        _run_jobs()
    with clock.replaced(NOW - DAY):
        backups.take_backup(backups.plan_from(app.config["SETTINGS"]), BackupKind.NIGHTLY)
    with clock.replaced(NOW + 3 * HOUR):
        assert _kinds(app) == [TroubleKind.JOBS_STAND, TroubleKind.OLD_BACKUP]
        _run_jobs()
        assert _kinds(app) == []
        with unit_of_work() as session:
            newest = ledger.list_runs(session, job="rebuild", most=1)[0].planned_at
            wanted = JobRun.job == "rebuild", JobRun.planned_at == newest
            session.execute(update(JobRun).where(*wanted).values(state=JobState.FAILED))
        assert _kinds(app) == [TroubleKind.JOB_FAILED]
        monkeypatch.setattr(shutil, "disk_usage", lambda _folder: _Usage(1000, 950, 50))
        assert _kinds(app) == [TroubleKind.DISK_FULL, TroubleKind.JOB_FAILED]


def test_letters_that_wait_for_hours_are_trouble(app: Flask, ward: Office) -> None:
    """As where the mail server is away, or was never set."""
    with clock.replaced(NOW - DAY):
        subscribe(ward)
    rated_visit(ward, 4, at=NOW)
    evening = NOW + 12 * HOUR
    with clock.replaced(evening):
        assert scheduler.plan_and_send() == 0
        assert _kinds(app) == []
    with clock.replaced(evening + 4 * HOUR):
        assert _kinds(app) == [TroubleKind.LETTERS_WAIT]
        with unit_of_work() as session:
            session.execute(update(Delivery).values(state=DeliveryState.SENT))
        assert _kinds(app) == []


def test_the_system_administrator_is_told_on_the_first_page_and_a_supervisor_is_not(
    app: Flask, ward: Office, now: object
) -> None:
    with clock.replaced(NOW - 2 * DAY):
        _run_jobs()
    make_officer("he", Role.SYSTEM_ADMINISTRATOR, unit=ward.unit)
    make_officer("hoa", Role.SUPERVISOR, unit=ward.unit)
    told = _told(signed_in(app, "he"))
    assert "Các việc tự chạy đang dừng" in told
    assert "Chưa có bản sao lưu nào" in told
    assert 'href="/admin/jobs"' in told
    told = _told(signed_in(app, "hoa"))
    assert "việc tự chạy" not in told
    assert "sao lưu" not in told
