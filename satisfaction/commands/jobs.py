"""Run the jobs: as a process of its own, once, or only list what they did."""

from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import with_appcontext

from satisfaction import clock, ledger, scheduler, schema
from satisfaction.commands.base import DatabaseCommands, tell
from satisfaction.config import Settings
from satisfaction.database import db, reading
from satisfaction.errors import DatabaseUnusableError
from satisfaction.jobs import JOBS
from satisfaction.notices import say
from satisfaction.presence import stay_present
from satisfaction.web.contexts import this_app

MOMENT = click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.group("jobs", cls=DatabaseCommands)
def job_commands() -> None:
    """Run what the system does by itself, or list it."""


@job_commands.command("run")
@with_appcontext
def run_command() -> None:
    """Run the jobs until told to stop; a job that has begun is finished first.

    Nothing is restored meanwhile, as the data folder is held. A database that does not answer yet
    is waited for; one of another version is refused.
    """
    try:
        schema.check_database()
    except DatabaseUnusableError as away:
        tell(say(away), "database away", is_trouble=True, detail=away.fields.get("detail", ""))
    settings: Settings = current_app.config["SETTINGS"]
    stay_present(settings.data_folder)
    db.engine.dispose()
    tell("Bộ lịch đang chạy / The scheduler is running", "The scheduler is running")
    scheduler.run(this_app())


@job_commands.command("once")
@click.option("--at", type=MOMENT, help="As if it were then, office time, as 2026-03-10T18:05.")
def once_command(at: datetime | None) -> None:
    """Carry out whatever is due, once, and end."""
    schema.check_database()
    if at is None:
        done, sent = scheduler.run_due_jobs(), scheduler.plan_and_send()
    else:
        with clock.replaced(at.replace(tzinfo=clock.OFFICE_ZONE).astimezone(UTC)):
            done, sent = scheduler.run_due_jobs(), scheduler.plan_and_send()
    click.echo(f"Đã chạy {done} việc, gửi {sent} thư / {done} jobs, {sent} letters sent")


@job_commands.command("list")
@click.option("--job", help="Only this one.")
@click.option("--most", type=click.IntRange(1, 1000), default=30)
def list_command(job: str | None, most: int) -> None:
    """List the last runs: planned, begun, state, result."""
    schema.check_database()
    with reading() as session:
        lines = ledger.list_runs(session, job=job, most=most)
    for line in lines:
        begun = f"{clock.local_time(line.started_at):%d/%m %H:%M:%S}" if line.started_at else "–"
        result = ", ".join(f"{name}={value}" for name, value in line.result.items())
        planned = f"{clock.local_time(line.planned_at):%d/%m/%Y %H:%M}"
        click.echo(f"{planned}  {line.job:<14}{line.state:<9}{begun}  {result}{line.problem}")
    click.echo(f"{len(lines)} lượt chạy / runs; {len(JOBS)} việc / jobs")
