"""Take the log of deeds away as JSON lines."""

from collections.abc import Sequence
from datetime import datetime

import click

from satisfaction import deeds
from satisfaction.commands.base import DAY, Commands, as_day
from satisfaction.database import reading, unit_of_work
from satisfaction.deeds import DeedLine, Wanted

audit_commands = Commands("audit", help="Take the log of deeds away.")


@audit_commands.command("export")
@click.option("--from", "first", type=DAY, help="First day; from the beginning when left out.")
@click.option("--until", type=DAY, help="Last day, included; until now when left out.")
def export_command(first: datetime | None, until: datetime | None) -> None:
    """Write the log as JSON lines, the newest first; that is a deed itself."""
    wanted = Wanted(first_day=as_day(first), last_day=as_day(until))
    with unit_of_work() as session:
        deeds.record_export(session, account_id=None, filters={"by": "command"})

    def read(part: Wanted) -> Sequence[DeedLine]:
        with reading() as session:
            return deeds.read_chunk(session, None, part)

    for lines in deeds.write_lines(read, wanted):
        click.echo(lines, nl=False)
