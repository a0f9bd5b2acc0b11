"""Found, rename, move and end units; add, correct and end desks; enter a year's holidays."""

from datetime import datetime
from pathlib import Path

import click

from satisfaction import clock, emblems, furnishing, holiday_plans, office, presentation, structure
from satisfaction.commands.base import DAY, as_day, unit_of_any_time
from satisfaction.commands.office import office_commands
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import reading, unit_of_work
from satisfaction.editing import operator
from satisfaction.opening import Change
from satisfaction.periods import day_period
from satisfaction.terms import DeskKind, FollowUp, SuccessionExtent, SuccessionKind, UnitKind

__all__ = ["office_commands"]

KINDS = click.Choice([kind.value for kind in UnitKind])
FROM = click.option("--from", "first", type=DAY, help="First day; today when left out.")
BASIS = click.option("--basis", default="", help="The decision that it goes back to.")
UNIT = click.option("--unit", "code", required=True, help="Code of the unit.")


@office_commands.command("found")
@click.argument("code")
@click.option("--name", required=True, help="The unit's full name.")
@click.option("--kind", type=KINDS, required=True)
@click.option("--under", help="Code of the unit above; at the top when left out.")
@click.option("--title", help="Have its devices show this before its name, on the five levels.")
@BASIS
@FROM
def found_command(
    code: str,
    *,
    name: str,
    kind: str,
    under: str | None,
    title: str | None,
    basis: str,
    first: datetime | None,
) -> None:
    """Found a unit, at the top or under another; ``--title`` also says what its devices show."""
    from_day = as_day(first) or clock.today()
    with unit_of_work() as session:
        above = office.get_unit_by_code(session, under, day_period(from_day)) if under else None
        new = structure.NewUnit(
            code=code,
            name=name,
            kind=UnitKind(kind),
            legal_basis=basis,
            from_day=from_day,
            parent_id=above.id if above else None,
        )
        unit = structure.found_unit(session, operator(session), new)
        if title:
            editor = operator(session)
            presentation.begin_presentation(session, editor, unit_id=unit.id, title=title)


@office_commands.command("rename")
@UNIT
@click.option("--name", required=True, help="The new name.")
@click.option("--code", "new_code", help="The new code; as it was when left out.")
@click.option("--kind", type=KINDS, help="The new kind; as it was when left out.")
@BASIS
@FROM
def rename_command(
    code: str,
    *,
    name: str,
    new_code: str | None,
    kind: str | None,
    basis: str,
    first: datetime | None,
) -> None:
    """Give a unit another name, code or kind from a day on; its series goes on."""
    from_day = as_day(first) or clock.today()
    with unit_of_work() as session:
        unit = unit_of_any_time(session, code)
        now = office.name_of(unit, from_day)
        new = structure.NewName(
            code=new_code or now.code,
            name=name,
            kind=UnitKind(kind) if kind else now.kind,
            legal_basis=basis,
            from_day=from_day,
        )
        structure.rename_unit(session, operator(session), unit_id=unit.id, new=new)


@office_commands.command("move")
@UNIT
@click.option("--under", help="Code of the unit above; at the top when left out.")
@FROM
def move_command(code: str, *, under: str | None, first: datetime | None) -> None:
    """Put a unit under another, or at the top, from a day on."""
    from_day = as_day(first) or clock.today()
    with unit_of_work() as session:
        unit = office.get_unit_by_code(session, code, day_period(from_day))
        above = office.get_unit_by_code(session, under, day_period(from_day)) if under else None
        structure.move_unit(
            session,
            operator(session),
            unit_id=unit.id,
            parent_id=above.id if above else None,
            from_day=from_day,
        )


@office_commands.command("end")
@UNIT
@click.option("--kind", type=click.Choice([one.value for one in structure.ENDINGS]), required=True)
@click.option("--successor", "successors", multiple=True, help="Code of what follows; repeat it.")
@click.option("--part", is_flag=True, help="Only a part of it went there.")
@BASIS
@click.option("--from", "first", type=DAY, required=True, help="First day without it.")
def end_command(
    code: str,
    *,
    kind: str,
    successors: tuple[str, ...],
    part: bool,
    basis: str,
    first: datetime,
) -> None:
    """Let a unit be until a day and keep what followed it; no rating moves."""
    day = first.date()
    with unit_of_work() as session:
        unit = unit_of_any_time(session, code)
        followers = [office.get_unit_by_code(session, one, day_period(day)) for one in successors]
        ending = structure.Ending(
            kind=SuccessionKind(kind),
            extent=SuccessionExtent.PART if part else SuccessionExtent.WHOLE,
            successor_ids=[one.id for one in followers],
            legal_basis=basis,
            from_day=day,
        )
        structure.end_unit(session, operator(session), unit_id=unit.id, ending=ending)


@office_commands.command("add-desk")
@UNIT
@click.option("--code", "desk", required=True, help="Code of the desk within its unit.")
@click.option("--name", required=True)
@click.option("--detail", default="", help="What is done there.")
@click.option("--remote", is_flag=True, help="It stands for visits online or by post.")
@FROM
def add_desk_command(
    code: str, *, desk: str, name: str, detail: str, remote: bool, first: datetime | None
) -> None:
    """Add a desk to a unit."""
    from_day = as_day(first) or clock.today()
    new = furnishing.NewDesk(
        code=desk,
        name=name,
        detail=detail,
        kind=DeskKind.REMOTE if remote else DeskKind.COUNTER,
        from_day=from_day,
    )
    with unit_of_work() as session:
        unit = office.get_unit_by_code(session, code, day_period(from_day))
        furnishing.add_desk(session, operator(session), unit_id=unit.id, new=new)


@office_commands.command("rename-desk")
@UNIT
@click.option("--desk", required=True, help="Code of the desk.")
@click.option("--name", required=True)
@click.option("--detail", help="What is done there; as it was when left out.")
def rename_desk_command(code: str, *, desk: str, name: str, detail: str | None) -> None:
    """Write a desk's name better; it stays the same desk."""
    today = clock.today()
    with unit_of_work() as session:
        unit = office.get_unit_by_code(session, code, day_period(today))
        found = office.get_desk_by_code(session, unit.id, code=desk, day=today)
        furnishing.correct_desk(
            session,
            operator(session),
            desk_id=found.id,
            name=name,
            detail=found.detail if detail is None else detail,
        )


@office_commands.command("retire-desk")
@UNIT
@click.option("--desk", required=True, help="Code of the desk.")
@click.option("--from", "first", type=DAY, required=True, help="First day without it.")
def retire_desk_command(code: str, *, desk: str, first: datetime) -> None:
    """Let a desk serve until a day; what was given there stays counted."""
    today = clock.today()
    with unit_of_work() as session:
        unit = office.get_unit_by_code(session, code, day_period(today))
        found = office.get_desk_by_code(session, unit.id, code=desk, day=today)
        furnishing.retire_desk(session, operator(session), desk_id=found.id, until_day=first.date())


@office_commands.command("show")
@UNIT
@click.option("--title", help="What stands before the unit's name in the head.")
@click.option("--scale", "scale_code", help="Code of a scale; its newest version.")
@click.option("--follow-up", type=click.Choice([one.value for one in FollowUp]))
@click.option("--reasons", help="Codes of the reasons, with commas between them.")
@click.option("--mark", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "first", type=DAY, help="First day; now when left out.")
def show_command(
    code: str,
    *,
    title: str | None,
    scale_code: str | None,
    follow_up: str | None,
    reasons: str | None,
    mark: Path | None,
    first: datetime | None,
) -> None:
    """Change what a unit's devices show from a day on; what is left out stays as it is."""
    from_day = as_day(first) or clock.today()
    with unit_of_work() as session:
        unit = office.get_unit_by_code(session, code, day_period(from_day))
        drawing = emblems.read_drawing(mark.read_bytes()) if mark else None
        changes = Changes(
            office_title=presentation.read_title(title) if title is not None else None,
            follow_up=FollowUp(follow_up) if follow_up else None,
            reason_codes=presentation.read_reasons(session, reasons) if reasons else None,
            emblem_digest=emblems.keep_drawing(session, drawing) if drawing else None,
        )
        if scale_code:
            changes = presentation.with_scale(session, changes, scale_code)
        from_at = presentation.begin_of(from_day)
        change_configuration(session, unit, changes, from_at=from_at)


@office_commands.command("remove-mark")
@UNIT
@click.option("--from", "first", type=DAY, help="First day without it; now when left out.")
def remove_mark_command(code: str, *, first: datetime | None) -> None:
    """Take a unit's own mark away; the program's stands in its place."""
    from_day = as_day(first) or clock.today()
    with unit_of_work() as session:
        unit = office.get_unit_by_code(session, code, day_period(from_day))
        changes = Changes(emblem_digest="")
        from_at = presentation.begin_of(from_day)
        change_configuration(session, unit, changes, from_at=from_at)


@office_commands.command("holidays")
@click.argument("year", type=click.IntRange(2000, 2100))
@UNIT
@click.option("--dry-run", is_flag=True, help="Only say what would be entered.")
def holidays_command(year: int, *, code: str, dry_run: bool) -> None:
    """Enter a year's holidays and swapped days that are not over, for a unit and all under it."""
    with reading() as session:
        unit = office.get_unit_by_code(session, code, day_period(clock.today()))
        planned = holiday_plans.plan_year(session, unit.id, year)
    wanted = [one for one in planned if one.may_be_taken]
    if wanted and not dry_run:
        with unit_of_work() as session:
            change = Change({unit.id}, unit.id, None)
            days = [one.day for one in wanted]
            holiday_plans.take_days(session, change, year=year, days=days)
    for one in wanted:
        click.echo(f"{one.day.isoformat()}\t{one.hours or '-'}\t{one.name}")
