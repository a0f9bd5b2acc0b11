"""Erase words and links whose time is over."""

import click

from satisfaction import retention
from satisfaction.commands.base import Commands
from satisfaction.database import reading, unit_of_work
from satisfaction.retention import Erased

retention_commands = Commands("retention", help="Erase what leads to a person in due time.")


@retention_commands.command("run")
@click.option("--dry-run", is_flag=True, help="Only say what is due.")
def run_command(*, dry_run: bool) -> None:
    """Erase citizens' words, links to dossiers and notes that are past the unit's time."""
    if dry_run:
        with reading() as session:
            due = retention.count_due(session)
        click.echo(f"Đến hạn xóa / Due to be erased: {_say(due)}")
        return
    total = Erased()
    while True:
        with unit_of_work() as session:
            erased = retention.erase_due_words(session)
        if not erased:
            break
        total += erased
    click.echo(f"Đã xóa / Erased: {_say(total)}")


def _say(erased: Erased) -> str:
    return (
        f"{erased.words} ý kiến / comments, {erased.links} liên kết hồ sơ / links to dossiers, "
        f"{erased.notes} ghi chú / notes"
    )
