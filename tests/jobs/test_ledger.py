"""The ledger and its clock: each moment once, in order, late or twice, however the clock jumps."""

import threading
import time as timer
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import func, select

from satisfaction import accounts, clock, jobs, ledger, scheduler
from satisfaction.audit import record_deed
from satisfaction.database import reading, unit_of_work
from satisfaction.ledger import MOST_ATTEMPTS
from satisfaction.models import AuditEntry, CountedDay, JobRun
from satisfaction.terms import AuditAction, JobState, Role
from satisfaction.timetable import Job, Result, due_moments, hourly, on_any_day
from satisfaction.web.job_words import say_result
from tests.admin.officers import make_officer
from tests.conftest import NOW, Office
from tests.making import rated_visit

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Counter:
    """A job that counts its runs, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.runs: list[datetime] = []
        self.failures = 0

    def run(self, _day: date) -> Result:
        """Count one run."""
        self.runs.append(clock.now())
        if self.failures:
            self.failures -= 1
            raise ValueError("not yet")
        return {"runs": len(self.runs)}


@pytest.fixture
def counter(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """Return the one job there is: due at eight each morning, and made up for."""
    made = Counter()
    job = Job(name="count", times=(time(8),), run=made.run, catches_up=True)
    monkeypatch.setattr(jobs, "JOBS", (job,))
    with clock.replaced(NOW - 2 * DAY):
        assert scheduler.run_due_jobs() == 0
    return made


def _run_at(at: datetime) -> int:
    with clock.replaced(at):
        return scheduler.run_due_jobs()


def _rows() -> list[JobRun]:
    with reading() as session:
        return list(session.scalars(select(JobRun).order_by(JobRun.planned_at, JobRun.id)))


def test_a_moment_is_of_the_offices_clock_and_hours_are_of_each_day() -> None:
    job = Job(name="x", times=(time(18),), run=on_any_day(dict), catches_up=True)
    due = due_moments(job, datetime(2026, 3, 10, 11, 0, tzinfo=UTC))
    assert due[-1] == datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
    assert len(due) == 8
    assert len(due_moments(job, datetime(2026, 3, 10, 10, 59, tzinfo=UTC))) == 7
    assert hourly(5, first=7, last=9) == (time(7, 5), time(8, 5), time(9, 5))
    newest = Job(name="x", times=hourly(5), run=on_any_day(dict))
    assert due_moments(newest, NOW) == [datetime(2026, 3, 10, 1, 5, tzinfo=UTC)]


def test_a_new_installation_begins_today_and_makes_up_for_nothing(counter: Counter) -> None:
    assert counter.runs == []
    (first,) = _rows()
    assert (first.state, first.result) == (JobState.DONE, {"begins": 1})


def test_a_moment_is_run_once_however_often_it_is_asked_for(counter: Counter) -> None:
    assert [_run_at(NOW - DAY + timedelta(seconds=15 * n)) for n in range(4)] == [1, 0, 0, 0]
    assert len(counter.runs) == 1


def test_missed_days_are_made_up_for_in_order_and_are_said_to_be_late(counter: Counter) -> None:
    after = NOW + 3 * DAY
    assert _run_at(after) == 5
    with reading() as session:
        lines = ledger.list_runs(session)[:5]
    assert [line.local_day for line in lines] == sorted(
        (line.local_day for line in lines), reverse=True
    )
    assert [line.is_made_up_for for line in lines] == [False, True, True, True, True]
    assert lines[1].late == DAY + HOUR


def test_more_than_a_week_is_not_made_up_for(counter: Counter) -> None:
    assert _run_at(NOW + 30 * DAY) == 8


def test_the_clock_jumps_and_nothing_runs_twice_or_is_left_out(counter: Counter) -> None:
    eight = NOW - HOUR
    times = (eight, eight - HOUR, eight + HOUR, eight + DAY, eight, eight + DAY, eight + 2 * DAY)
    assert [_run_at(at) for at in times] == [2, 0, 0, 1, 0, 0, 1]
    assert len({row.planned_at for row in _rows()}) == len(_rows()) == 5


def test_a_job_that_fails_is_tried_again_later_and_then_given_up(counter: Counter) -> None:
    counter.failures = MOST_ATTEMPTS
    at = NOW - DAY
    assert _run_at(at) == 0
    assert _run_at(at + timedelta(minutes=1)) == 0
    assert len(counter.runs) == 1
    for hours in range(1, MOST_ATTEMPTS):
        assert _run_at(at + hours * HOUR) == 0
    row = _rows()[-1]
    assert (row.state, row.attempts) == (JobState.FAILED, MOST_ATTEMPTS)
    assert "ValueError: not yet" in row.problem
    assert _run_at(NOW) == 1
    assert _rows()[-1].state is JobState.DONE


def test_a_run_whose_holder_died_is_taken_over_when_its_lease_ends(counter: Counter) -> None:
    with clock.replaced(NOW - DAY):
        jobs.plan_due()
        dead = jobs.take()
        assert dead is not None
        assert jobs.take() is None
    assert _run_at(NOW - DAY + timedelta(minutes=9)) == 0
    assert _run_at(NOW - DAY + timedelta(minutes=11)) == 1
    with unit_of_work() as session:
        assert not ledger.finish_run(session, dead, result={"late": 1})
    assert _rows()[-1].result == {"runs": 1}


def test_a_lease_of_a_clock_that_was_set_back_holds_nobody_up(counter: Counter) -> None:
    with clock.replaced(NOW + DAY):
        jobs.plan_due()
        assert jobs.take() is not None
    with clock.replaced(NOW):
        taken = jobs.take()
    assert taken is not None


def test_many_at_once_carry_out_each_moment_once(app: Flask, counter: Counter) -> None:
    done: list[int] = []

    def tick() -> None:
        with app.app_context():
            done.append(scheduler.run_due_jobs())

    with clock.replaced(NOW + 3 * DAY):
        threads = [threading.Thread(target=tick) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(done) == len(counter.runs) == 5


@pytest.mark.parametrize("away", [HOUR, -56 * 365 * DAY])
def test_the_scheduler_ticks_on_when_the_clock_is_set(away: timedelta) -> None:
    """As after a step back by an hour, and as after one from 1970 to the right time."""
    ticked = threading.Event()
    made = scheduler.SteadyScheduler(timezone=clock.OFFICE_ZONE)
    then = clock.local_time(clock.now() + away)
    made.add_job(ticked.set, "interval", seconds=15, next_run_time=then, misfire_grace_time=None)
    thread = threading.Thread(target=made.start)
    thread.start()
    try:
        assert ticked.wait(10)
    finally:
        made.shutdown()
        thread.join()


def test_nothing_is_planned_before_the_clock_is_set(app: Flask, ward: Office) -> None:
    ticks = scheduler.Ticks(app)
    with clock.replaced(datetime(1970, 1, 1, tzinfo=UTC)):
        ticks.run_jobs()
        assert _rows() == []
    with clock.replaced(NOW):
        ticks.run_jobs()
        assert len(_rows()) == len(jobs.JOBS)


def test_the_shipped_jobs_run_and_say_what_they_did(
    app: Flask, ward: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    rated_visit(ward, 5, at=NOW - DAY)
    with clock.replaced(NOW - DAY):
        assert scheduler.run_due_jobs() == 0
    begun = timer.monotonic()
    with clock.replaced(NOW):
        assert scheduler.run_due_jobs() == len(jobs.JOBS)
    assert timer.monotonic() - begun < 30
    results = {row.job: row.result for row in _rows() if row.result != {"begins": 1}}
    assert results["rebuild"] == {"days": 1, "marks": 0}
    assert set(results) == {job.name for job in jobs.JOBS}
    with reading() as session:
        assert session.scalar(select(CountedDay.rebuilt_at)) == NOW


def test_three_days_off_are_made_up_for_by_the_shipped_jobs_each_day_by_its_own_run(
    app: Flask, ward: Office
) -> None:
    with clock.replaced(NOW - 4 * DAY):
        assert scheduler.run_due_jobs() == 0
    for back in (4, 3, 2, 1):
        rated_visit(ward, 5, at=NOW - back * DAY)
    with clock.replaced(NOW):
        assert scheduler.run_due_jobs() == 4 * len(jobs.NIGHTLY) + len(jobs.NEWEST)
        with app.test_request_context(), reading() as session:
            lines = list(reversed(ledger.list_runs(session)))
            told = [say_result(line) for line in lines if line.job == "rebuild"]
    for job in jobs.NIGHTLY:
        runs = [line for line in lines if line.job == job.name][1:]
        assert [line.is_made_up_for for line in runs] == [True, True, True, False]
        assert [line.state for line in runs] == [JobState.DONE] * 4
        days = [line.local_day for line in runs]
        assert days == [clock.local_day(NOW - back * DAY) for back in (3, 2, 1, 0)]
    rebuilt = [line.result for line in lines if line.job == "rebuild"][1:]
    assert rebuilt == [{"days": 1, "marks": 0}] * 4
    assert told[1] == "1 ngày tính lại; 0 dấu mới; làm bù cho ngày máy chủ không chạy"
    for job in jobs.NEWEST:
        (run,) = [line for line in lines if line.job == job.name][1:]
        assert not run.is_made_up_for


def test_the_ledger_forgets_what_ended_long_ago_and_nothing_else(counter: Counter) -> None:
    counter.failures = 1
    assert _run_at(NOW - DAY) == 0
    with clock.replaced(NOW - 2 * DAY + ledger.KEPT), unit_of_work() as session:
        assert ledger.prune_runs(session) == 0
    with clock.replaced(NOW - DAY + ledger.KEPT), unit_of_work() as session:
        assert ledger.prune_runs(session) == 1
    with clock.replaced(NOW + ledger.KEPT), unit_of_work() as session:
        assert ledger.prune_runs(session) == 0
    assert [row.state for row in _rows()] == [JobState.PLANNED]


def test_unused_accounts_are_closed_and_old_deeds_forgotten_by_themselves(
    app: Flask, ward: Office
) -> None:
    with clock.replaced(NOW - 900 * DAY), unit_of_work() as session:
        record_deed(session, AuditAction.CARD_MADE)
    make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
    with clock.replaced(NOW + 50 * DAY):
        assert scheduler.run_due_jobs() == 0
    with clock.replaced(NOW + 51 * DAY):
        assert scheduler.run_due_jobs() == len(jobs.JOBS)
    results = {row.job: row.result for row in _rows()}
    assert results["idle"] == {"accounts": 1}
    assert results["prune"]["rows"] >= 1
    with reading() as session:
        oldest = session.scalars(select(func.min(AuditEntry.at))).one()
        assert oldest >= NOW - DAY
        assert accounts.get_account(session, "lan").disabled_at == NOW + 51 * DAY


def test_commands_run_once_and_list(app: Flask, ward: Office) -> None:
    run = app.test_cli_runner().invoke
    assert run(args=["jobs", "once", "--at", "2026-03-10T09:00"]).exit_code == 0
    second = run(args=["jobs", "once", "--at", "2026-03-11T09:00"])
    assert f"Đã chạy {len(jobs.JOBS)} việc" in second.stdout
    listed = run(args=["jobs", "list", "--job", "rebuild"]).stdout
    assert "11/03/2026 00:20  rebuild       done" in listed


def test_the_clock_leaves_a_database_of_another_version_alone(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    downgrade(revision="-1")
    scheduler.Ticks(app).run_jobs()
    assert "tick failed" in caplog.text
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(JobRun)) == 0
