"""Take, list, verify and restore backups."""

from datetime import datetime

import click
from flask import current_app

from satisfaction import backups, clock, restoring, schema
from satisfaction.audit import record_deed
from satisfaction.backups import Backup, BackupKind
from satisfaction.commands.base import DatabaseCommands, tell
from satisfaction.config import Settings
from satisfaction.database import db, unit_of_work
from satisfaction.terms import AuditAction

backup = DatabaseCommands("backup", help="Take, list, verify and restore backups.")
KINDS = click.Choice([kind.value for kind in (BackupKind.BY_HAND, BackupKind.NIGHTLY)])
WAYS = {
    "restored": "đã khôi phục thử / restored in a scratch place",
    "read": "đã đọc lại / read back",
    "": "chưa thử: máy này không có khóa / not proved: no key here",
}


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _moment(instant: datetime) -> str:
    return clock.local_time(instant).strftime("%d/%m/%Y %H:%M:%S")


def _line(taken: Backup) -> str:
    ratings = f"{taken.contents.ratings} lượt / ratings"
    size = f"{taken.size / 1024 / 1024:.1f} MB"
    cells = (taken.name, _moment(taken.taken_at), size, ratings, WAYS[taken.proved])
    return "\t".join(cells)


@backup.command("now")
@click.option("--kind", type=KINDS, default=BackupKind.BY_HAND.value)
@click.option("--unless-recent", is_flag=True, help="Not after a nightly one of the last 12 hours.")
@click.option("--unsealed", is_flag=True, help="Let it lie open, though the last one was sealed.")
def now_command(*, kind: str, unless_recent: bool, unsealed: bool) -> None:
    """Take a backup and prove it; one by hand is kept until somebody removes it."""
    schema.check_database()
    if unless_recent:
        taken = backups.run_nightly_backup(_settings())
    else:
        taken = backups.run_backup(_settings(), BackupKind(kind), may_lie_open=unsealed)
    tell(_line(taken), "backup taken", backup=backups.deed_of(taken))


@backup.command("list")
def list_command() -> None:
    """List the backups, the newest first."""
    for one in backups.list_backups(backups.plan_from(_settings()).folder):
        click.echo(_line(one))


@backup.command("verify")
@click.argument("name", required=False)
def verify_command(name: str | None) -> None:
    """Restore a backup, or every one, into a scratch place and compare it with its manifest."""
    plan = backups.plan_from(_settings())
    names = [name] if name else [one.name for one in backups.list_backups(plan.folder)]
    for one in names:
        backups.verify_backup(plan, one)
        click.echo(f"{one}\tđúng / good")


@backup.command("restore")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask for the name once more.")
@click.option("--overwrite-newer", is_flag=True, help="Replace data newer than the backup, too.")
def restore_command(name: str, *, yes: bool, overwrite_newer: bool) -> None:
    """Put a backup in the place of the database; stop the services before."""
    settings = _settings()
    plan = backups.plan_from(settings)
    found = backups.get_backup(plan.folder, name)
    if not yes:
        click.echo(_line(found))
        asked = "Gõ lại tên bản sao lưu để thay dữ liệu / Type the name again to replace the data"
        if click.prompt(asked) != name:
            raise click.ClickException("Tên không khớp, không thay gì / Other name, nothing done")
    db.engine.dispose()
    restored = restoring.restore_backup(
        plan, name, data_folder=settings.data_folder, overwrites_newer=overwrite_newer
    )
    schema.prepare_database(takes_backup=False)
    detail = {"name": name, "safety_copy": restored.safety_copy}
    with unit_of_work() as session:
        record_deed(session, AuditAction.BACKUP_RESTORED, detail=detail)
    click.echo(f"Đã khôi phục / Restored: {_line(found)}")
    if restored.safety_copy:
        click.echo(f"Dữ liệu trước đó / What stood before: {restored.safety_copy}")
