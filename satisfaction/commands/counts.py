"""Print figures, and see to the stored counts."""

from collections.abc import Callable
from datetime import datetime

import click

from satisfaction import (
    calendars,
    counting,
    marking,
    office,
    rollups,
)
from satisfaction.commands.base import DAY, Commands
from satisfaction.database import reading, unit_of_work
from satisfaction.figures import CountQuery, Figures
from satisfaction.periods import Period, day_period
from satisfaction.reports.csv import write_csv
from satisfaction.reports.json import write_json
from satisfaction.terminal import draw_table
from satisfaction.terms import Dimension
from satisfaction.web.words import csv_words

DIMENSIONS = click.Choice([dimension.value for dimension in Dimension])


@click.group("counts", cls=Commands, invoke_without_command=True)
@click.option("--unit", "code", help="Code of the unit; what stands under it is included.")
@click.option("--from", "first", type=DAY, help="First day, as 2024-01-01.")
@click.option("--until", type=DAY, help="Day after the last one, as 2024-04-01.")
@click.option("--by", type=DIMENSIONS, default=Dimension.DESK.value)
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table")
@click.pass_context
def counts(
    ctx: click.Context,
    *,
    code: str | None,
    first: datetime | None,
    until: datetime | None,
    by: str,
    form: str,
) -> None:
    """Print the figures of a unit; with a subcommand, see to the stored counts."""
    if ctx.invoked_subcommand is not None:
        return
    if code is None or first is None or until is None:
        raise click.UsageError("--unit, --from, --until: cần cả ba / all three are needed")
    period = Period(first.date(), until.date())
    with reading() as session:
        unit = office.get_unit_by_code(session, code, period)
        query = CountQuery(unit_id=unit.id, period=period, by=Dimension(by))
        figures = counting.count(session, query)
    click.echo(_WRITERS[form](figures), nl=form == "table")


def _as_csv(figures: Figures) -> bytes:
    return write_csv(figures, csv_words(figures, filters=""))


_WRITERS: dict[str, Callable[[Figures], str | bytes]] = {
    "table": draw_table,
    "json": write_json,
    "csv": _as_csv,
}


@counts.command("rebuild")
@click.option("--day", type=DAY, help="One day; without it every day whose counts are stale.")
def rebuild_command(day: datetime | None) -> None:
    """Store the counts of closed days anew and mark odd ratings, a unit of work for each day."""
    with reading() as session:
        days = [day.date()] if day else list(rollups.list_stale_days(session))
    for one in days:
        with unit_of_work() as session:
            rollups.rebuild_day(session, one)
            calendar = calendars.read_calendar(session, day_period(one))
            marking.mark_day(session, one, hours=calendar.is_open)
    click.echo(f"Đã tính lại {len(days)} ngày / {len(days)} days rebuilt")
