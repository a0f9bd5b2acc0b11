"""Import lists of dossiers."""

import sys
from pathlib import Path

import click
from flask import current_app

from satisfaction import (
    dossier_lists,
)
from satisfaction.commands.base import (
    Commands,
    Refused,
    unit_of_any_time,
)
from satisfaction.config import Settings
from satisfaction.database import reading, unit_of_work
from satisfaction.dossiers import DEFAULT_SOURCE, LONGEST_SOURCE
from satisfaction.errors import (
    ImportRefusedError,
)
from satisfaction.web import import_words

dossiers = Commands("dossiers", help="Import lists of dossiers.")


def _short(_ctx: click.Context, _option: click.Parameter, name: str) -> str:
    if not 0 < len(name.strip()) <= LONGEST_SOURCE:
        raise click.BadParameter(f"1–{LONGEST_SOURCE}")
    return name.strip()


@dossiers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--unit", "code", required=True, help="Code of the unit whose dossiers these are.")
@click.option("--source", default=DEFAULT_SOURCE, callback=_short, help="The source system.")
@click.option("--map", "mapping", multiple=True, help='What a column is: "Heading=field".')
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def import_command(
    file: Path, code: str, *, source: str, mapping: tuple[str, ...], dry_run: bool
) -> None:
    """Import a CSV or XLSX list; the same list again changes nothing."""
    settings: Settings = current_app.config["SETTINGS"]
    with reading() as session:
        unit = unit_of_any_time(session, code)
    order = dossier_lists.ImportOrder(
        path=file,
        unit_id=unit.id,
        most_bytes=settings.import_max_megabytes * import_words.MEGABYTE,
        source_system=source,
        mapping=mapping,
    )
    bar = click.progressbar(length=1, file=sys.stderr)

    def progress(done: int, total: int) -> None:
        bar.length = total
        bar.update(done - bar.pos)

    try:
        with bar:
            report = dossier_lists.import_list(
                order,
                reading=reading,
                writing=None if dry_run else unit_of_work,
                progress=progress,
            )
    except ImportRefusedError as error:
        raise Refused(import_words.say_file_fault_to_operator(error)) from error
    for line in import_words.report_lines(report):
        click.echo(line)
