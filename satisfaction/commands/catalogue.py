"""Import and change what all units share: procedures, sectors, scales and reasons."""

import sys
from pathlib import Path

import click
from flask import current_app

from satisfaction.catalogue import load_catalogue
from satisfaction.catalogue_lists import CatalogueOrder, import_catalogue
from satisfaction.commands.base import Commands, Refused, unit_of_any_time
from satisfaction.config import Settings
from satisfaction.database import reading, unit_of_work
from satisfaction.editing import operator
from satisfaction.errors import ImportRefusedError
from satisfaction.scales import NewLevel, NewVersion, ReasonWords, add_reason, add_version
from satisfaction.terms import CatalogueKind, Leaning
from satisfaction.web import catalogue_words
from satisfaction.web.import_words import MEGABYTE

KINDS = click.Choice([kind.value for kind in CatalogueKind])
catalogue_commands = Commands("catalogue", help="Import and change what all units share.")


@catalogue_commands.command("load")
def load_command() -> None:
    """Add the procedures that are shipped, where they are missing."""
    with unit_of_work() as session:
        found = load_catalogue(session)
    click.echo(str(len(found)))


@catalogue_commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", "named", type=KINDS, required=True)
@click.option("--unit", "code", help="Code of the unit whose desks these are.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def import_command(file: Path, *, named: str, code: str | None, dry_run: bool) -> None:
    """Import a CSV or XLSX list of procedures or desks; the same list again changes nothing."""
    kind = CatalogueKind(named)
    if (kind is CatalogueKind.DESKS) is not bool(code):
        raise click.UsageError("--kind desks needs --unit, --kind procedures has none")
    settings: Settings = current_app.config["SETTINGS"]
    with reading() as session:
        order = CatalogueOrder(
            path=file,
            kind=kind,
            most_bytes=settings.import_max_megabytes * MEGABYTE,
            editor=operator(session),
            unit_id=unit_of_any_time(session, code).id if code else None,
        )
    bar = click.progressbar(length=1, file=sys.stderr)

    def progress(done: int, total: int) -> None:
        bar.length = total
        bar.update(done - bar.pos)

    writing = None if dry_run else unit_of_work
    try:
        with bar:
            report = import_catalogue(order, reading=reading, writing=writing, progress=progress)
    except ImportRefusedError as error:
        raise Refused(catalogue_words.say_catalogue_fault_to_operator(error, kind)) from error
    for line in catalogue_words.catalogue_lines(report):
        click.echo(line)


def _read_level(_ctx: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> object:
    levels = []
    for text in texts:
        parts = [part.strip() for part in text.split("|")]
        if len(parts) != 4 or parts[2] not in set(Leaning) or not parts[3].isdecimal():
            raise click.BadParameter(f'"{text}": words|English words|leaning|face')
        levels.append(NewLevel(parts[0], parts[1], Leaning(parts[2]), int(parts[3])))
    return levels


@catalogue_commands.command("scale")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--source", default="", help="The rule that it goes back to.")
@click.option(
    "--level",
    "levels",
    multiple=True,
    required=True,
    callback=_read_level,
    help='The lowest first: "Chưa hài lòng|Not satisfied|dissatisfied|2".',
)
def scale_command(code: str, *, name: str, source: str, levels: list[NewLevel]) -> None:
    """Add a scale, or another version of one; ratings keep the version they were given under."""
    new = NewVersion(code=code, name=name, source=source, levels=levels)
    with unit_of_work() as session:
        version = add_version(session, operator(session), new).version
    click.echo(f"{code}\t{version}")


@catalogue_commands.command("reason")
@click.argument("code")
@click.option("--vi", "label_vi", required=True, help="What it says in Vietnamese.")
@click.option("--en", "label_en", required=True, help="What it says in English.")
@click.option("--basis", default="", help="The rule that it goes back to.")
def reason_command(code: str, *, label_vi: str, label_en: str, basis: str) -> None:
    """Add a reason that units may offer."""
    words = ReasonWords(label_vi=label_vi, label_en=label_en, basis=basis)
    with unit_of_work() as session:
        add_reason(session, operator(session), code=code, words=words)
