"""Prepare, check and prune the database; load the demonstration into an empty one."""

import click
from flask import current_app

from satisfaction import (
    deeds,
    ledger,
    pruning,
    schema,
)
from satisfaction.commands.base import Commands, DatabaseCommands, tell
from satisfaction.config import Settings
from satisfaction.database import unit_of_work
from satisfaction.demonstration import load_demonstration
from satisfaction.errors import DatabaseUnusableError
from satisfaction.notices import say

database = DatabaseCommands("database", help="Prepare and check the database.")
demonstration = Commands("demonstration", help="Load the demonstration office.")


@database.command("prepare")
@click.option("--without-backup", is_flag=True, help="Where no backup can be taken from here.")
@click.option("--unless-away", is_flag=True, help="Say so and go on where no server answers.")
def prepare_command(*, without_backup: bool, unless_away: bool) -> None:
    """Bring the database to this version's form, after a backup of what is in it."""
    try:
        schema.prepare_database(takes_backup=not without_backup)
    except DatabaseUnusableError as away:
        if not unless_away:
            raise
        tell(say(away), "database away", is_trouble=True, detail=away.fields.get("detail", ""))


@database.command("check")
def check_command() -> None:
    """Say whether this version can use the database."""
    schema.check_database()
    click.echo("Cơ sở dữ liệu dùng được / The database can be used")


@database.command("prune")
def prune_command() -> None:
    """Forget failed attempts, allowances and sign-ins that are over; good for every night."""
    schema.check_database()
    settings: Settings = current_app.config["SETTINGS"]
    with unit_of_work() as session:
        pruned = pruning.prune(session)
        deeds.prune_deeds(session, months=settings.audit_months)
        runs = ledger.prune_runs(session)
    gone = f"{pruned.throttles} + {pruned.quotas} + {pruned.sign_ins} + {runs}"
    click.echo(f"Đã xóa {gone} dòng không còn cần / {gone} rows that were over are gone")


@demonstration.command("load")
def load_command() -> None:
    """Load the demonstration office into an empty database and print its sign-ins."""
    with unit_of_work() as session:
        loaded = load_demonstration(session)
    if loaded is None:
        click.echo("Đã có đơn vị, không nạp gì / An office stands already, nothing was loaded")
        return
    for officer in loaded.officers:
        click.echo(f"{officer.name}\t{officer.password}\t{officer.role}")
