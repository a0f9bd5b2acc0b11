"""Trouble of the system itself comes by letter to who runs it, on any day, and to nobody else."""

from datetime import timedelta
from typing import Any

from satisfaction import accounts, backups, calendars, clock, scheduler, sending
from satisfaction.backups import BackupKind
from satisfaction.database import unit_of_work
from satisfaction.terms import LetterKind, Role
from satisfaction.web.contexts import this_app
from tests.conftest import Office
from tests.jobs.posting import PostOffice
from tests.jobs.test_letters import (
    DAY,
    EVENING,
    TODAY,
    office,
    officer,
    open_ward,
    plain_of,
    rate_day,
    subscribe,
    tick,
)
from tests.jobs.test_silence import results

__all__ = ["office", "open_ward"]
RUNS_IT = "system@example.gov.vn"
DAILY = frozenset({LetterKind.DAILY})
STAND = "HỆ THỐNG - Các việc tự chạy đang dừng."


def _subscribe_both(ward: Office, **fields: Any) -> None:
    """Subscribe who runs the system, and an administrator of the ward."""
    runs_it = officer(ward, "system", Role.SYSTEM_ADMINISTRATOR)
    both = subscribe(ward), subscribe(ward, RUNS_IT, account_id=runs_it.id, **fields)
    with unit_of_work() as session:
        for one in both:
            session.merge(one).created_at = EVENING - timedelta(hours=1)


def _run_jobs_once() -> None:
    """Have the jobs run two days ago, and never again."""
    with clock.replaced(EVENING - 2 * DAY):
        scheduler.run_due_jobs()


def _make_well() -> None:
    """Have the jobs run now, with a backup of today."""
    with clock.replaced(EVENING - timedelta(hours=1)):
        backups.take_backup(backups.plan_from(this_app().config["SETTINGS"]), BackupKind.NIGHTLY)
        scheduler.run_due_jobs()


def test_who_runs_the_system_reads_its_troubles_first(
    open_ward: Office, office: PostOffice
) -> None:
    _subscribe_both(open_ward)
    _run_jobs_once()
    rate_day(open_ward, TODAY, "5541")
    assert tick(EVENING, office) == 2
    letters = {letter["To"]: letter for letter in office.arrived}
    to_system = letters.pop(RUNS_IT)
    assert to_system["Subject"].startswith("Các việc tự chạy đang dừng. Đánh giá ngày 10/03: 3 ")
    assert STAND in plain_of(to_system)
    assert "Chưa có bản sao lưu nào." in plain_of(to_system)
    (to_ward,) = letters.values()
    assert to_ward["Subject"].startswith("Đánh giá ngày 10/03: 3 ")
    assert "HỆ THỐNG" not in plain_of(to_ward)


def test_who_runs_it_no_more_when_the_letter_leaves_gets_none(
    open_ward: Office, office: PostOffice
) -> None:
    _subscribe_both(open_ward)
    _run_jobs_once()
    rate_day(open_ward, TODAY, "5541")
    with clock.replaced(EVENING):
        assert sending.plan_letters() == 2
        with unit_of_work() as session:
            account = accounts.get_account(session, "system")
            account.grants[0].role = Role.ADMINISTRATOR
        assert sending.send_waiting(server=office.server) == 1
    assert [letter["To"] for letter in office.arrived] == ["head@example.gov.vn"]


def test_a_system_that_is_well_is_not_spoken_of(open_ward: Office, office: PostOffice) -> None:
    _subscribe_both(open_ward)
    _make_well()
    rate_day(open_ward, TODAY, "5541")
    assert tick(EVENING, office) == 2
    assert [one for one in office.arrived if "HỆ THỐNG" in plain_of(one)] == []


def test_trouble_on_a_closed_day_is_told_to_who_runs_the_system(
    open_ward: Office, office: PostOffice
) -> None:
    _subscribe_both(open_ward, is_only_when_needed=True, kinds=DAILY)
    with unit_of_work() as session:
        holiday = calendars.NewSpecialDay(TODAY, "Ngày nghỉ bù")
        calendars.set_special_day(session, open_ward.unit.id, holiday)
    _run_jobs_once()
    assert tick(EVENING, office) == 1
    (letter,) = office.arrived
    assert letter["To"] == RUNS_IT
    assert letter["Subject"] == "Các việc tự chạy đang dừng. Ngày 10/03: không làm việc"
    assert STAND in plain_of(letter)
    assert results()[TODAY] == {"letters": 1, "answers": 0}


def test_a_closed_day_of_a_system_that_is_well_has_no_letter(
    open_ward: Office, office: PostOffice
) -> None:
    _subscribe_both(open_ward)
    with unit_of_work() as session:
        holiday = calendars.NewSpecialDay(TODAY, "Ngày nghỉ bù")
        calendars.set_special_day(session, open_ward.unit.id, holiday)
    _make_well()
    assert tick(EVENING, office) == 0
