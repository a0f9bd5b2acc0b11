"""Add, correct, renew and end one procedure; write a sector's name and a reason's words better.

What a command leaves out stays as it is.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import click

from satisfaction import clock, procedures, scales
from satisfaction.commands.base import DAY, as_day
from satisfaction.commands.catalogue import catalogue_commands
from satisfaction.database import unit_of_work
from satisfaction.editing import operator
from satisfaction.procedures import ProcedureWords

__all__ = ["catalogue_commands"]

FROM = click.option("--from", "first", type=DAY, required=True, help="First day of it.")
BETTER_NAME = click.option("--name", help="The full name; as it was when left out.")
BETTER_SHORT_NAME = click.option("--short-name", help="The name in lists; likewise.")
BETTER_SECTOR = click.option("--sector", help="The sector's name; likewise.")


@catalogue_commands.command("add-procedure")
@click.argument("code")
@click.option("--name", required=True, help="The full name.")
@click.option("--short-name", default="", help="The name in lists; the full name when left out.")
@click.option("--sector", required=True, help="The sector's name, new or known.")
@click.option("--from", "first", type=DAY, help="First day; today when left out.")
def add_command(
    code: str, *, name: str, short_name: str, sector: str, first: datetime | None
) -> None:
    """Add a procedure that is valid from a day on."""
    words = ProcedureWords(name=name, short_name=short_name, sector=sector)
    from_day = as_day(first) or clock.today()
    with unit_of_work() as session:
        procedures.add_procedure(
            session, operator(session), code=code, words=words, from_day=from_day
        )


@catalogue_commands.command("correct-procedure")
@click.argument("code")
@BETTER_NAME
@BETTER_SHORT_NAME
@BETTER_SECTOR
def correct_command(
    code: str, *, name: str | None, short_name: str | None, sector: str | None
) -> None:
    """Write a procedure's words better; it stays the same procedure."""
    with unit_of_work() as session:
        found = procedures.get_procedure_by_code(session, code, clock.today())
        procedures.correct_procedure(
            session,
            operator(session),
            procedure_id=found.id,
            words=_reworded(procedures.words_of(found), name, short_name, sector),
        )


@catalogue_commands.command("renew-procedure")
@click.argument("code")
@BETTER_NAME
@BETTER_SHORT_NAME
@BETTER_SECTOR
@FROM
def renew_command(
    code: str, *, name: str | None, short_name: str | None, sector: str | None, first: datetime
) -> None:
    """Let a code mean something else from a day on; until then it stays what it was."""
    from_day = first.date()
    with unit_of_work() as session:
        found = procedures.get_procedure_by_code(session, code, from_day)
        procedures.renew_procedure(
            session,
            operator(session),
            procedure_id=found.id,
            words=_reworded(procedures.words_of(found), name, short_name, sector),
            from_day=from_day,
        )


def _reworded(
    words: ProcedureWords, name: str | None, short_name: str | None, sector: str | None
) -> ProcedureWords:
    said = {"name": name, "short_name": short_name, "sector": sector}
    return replace(words, **{field: text for field, text in said.items() if text is not None})


@catalogue_commands.command("end-procedure")
@click.argument("code")
@click.option("--from", "first", type=DAY, required=True, help="First day without it.")
def end_command(code: str, *, first: datetime) -> None:
    """Let a procedure be valid until a day; what was about it stays counted."""
    until_day = first.date()
    with unit_of_work() as session:
        last_day = until_day - timedelta(days=1)
        found = procedures.get_procedure_by_code(session, code, last_day)
        procedures.end_procedure(
            session, operator(session), procedure_id=found.id, until_day=until_day
        )


@catalogue_commands.command("rename-sector")
@click.argument("sector")
@click.option("--name", required=True, help="The better name.")
def rename_sector_command(sector: str, *, name: str) -> None:
    """Write a sector's name better; it stays the same sector."""
    with unit_of_work() as session:
        found = procedures.get_sector_by_name(session, sector)
        procedures.rename_sector(session, operator(session), sector_id=found.id, name=name)


@catalogue_commands.command("correct-reason")
@click.argument("code")
@click.option("--vi", "label_vi", help="What it says in Vietnamese; as it was when left out.")
@click.option("--en", "label_en", help="What it says in English; likewise.")
@click.option("--basis", help="The rule that it goes back to; likewise.")
def correct_reason_command(
    code: str, *, label_vi: str | None, label_en: str | None, basis: str | None
) -> None:
    """Write a reason's words better; answers that name it go on naming it."""
    said = {"label_vi": label_vi, "label_en": label_en, "basis": basis}
    better = {field: text for field, text in said.items() if text is not None}
    with unit_of_work() as session:
        found = scales.get_reason_by_code(session, code)
        words = replace(scales.words_of_reason(found), **better)
        scales.correct_reason(session, operator(session), reason_id=found.id, words=words)
