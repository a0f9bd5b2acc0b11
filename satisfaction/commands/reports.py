"""Write a report to a file, as the page offers it."""

from datetime import datetime
from pathlib import Path

import click

from satisfaction import office
from satisfaction.commands.base import DAY, Commands
from satisfaction.database import reading, unit_of_work
from satisfaction.figures import CountQuery
from satisfaction.periods import Period, kind_of
from satisfaction.reports.exports import Taken, digest_of, record_export
from satisfaction.reports.report import build_report
from satisfaction.web.report_files import WRITERS


@click.group("report", cls=Commands, invoke_without_command=True)
@click.option("--unit", "code", required=True, help="Code of the unit; what stands under it too.")
@click.option("--from", "first", type=DAY, required=True, help="First day, as 2024-01-01.")
@click.option("--until", type=DAY, required=True, help="Day after the last one, as 2024-04-01.")
@click.option("--format", "form", type=click.Choice(list(WRITERS)), default="pdf")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
def report(*, code: str, first: datetime, until: datetime, form: str, output: Path) -> None:
    """Write the report of a unit and a period to a file, and print its SHA-256."""
    period = Period(first.date(), until.date())
    with reading() as session:
        unit = office.get_unit_by_code(session, code, period)
        query = CountQuery(unit_id=unit.id, period=period)
        built = build_report(session, query, kind_of(period))
    content = WRITERS[form](built)
    try:
        output.write_bytes(content)
    except OSError as problem:
        raise click.ClickException(
            f"Không ghi được {output} / Cannot be written: {problem.strerror}"
        ) from problem
    with unit_of_work() as session:
        taken = Taken(unit_id=unit.id, period=period, form=form)
        record_export(session, taken, content=content, account_id=None)
    click.echo(f"{digest_of(content)}  {output}")
