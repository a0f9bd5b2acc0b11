"""Change what a unit's devices and links do, and when it is open."""

from datetime import datetime

import click

from satisfaction import (
    calendars,
    clock,
    office,
)
from satisfaction.commands.base import (
    DAY,
    Commands,
    as_day,
)
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import unit_of_work
from satisfaction.periods import day_period
from satisfaction.presentation import IDLE_SECONDS, read_line

office_commands = Commands("office", help="Change what a unit's devices and links do.")


@office_commands.command("configure")
@click.option("--unit", "code", required=True, help="Code of the unit.")
@click.option("--unlinked/--no-unlinked", default=None, help="Take ratings without a visit.")
@click.option(
    "--link-hours", type=click.IntRange(1, 24 * 31), help="How long links to visits live."
)
@click.option("--idle-seconds", type=click.IntRange(*IDLE_SECONDS), help="Until a device rests.")
@click.option("--chime/--no-chime", default=None, help="A soft chime when the question appears.")
@click.option("--we-changed", help="What was changed thanks to citizens, on the waiting screen.")
@click.option("--we-changed-en", help="The same in English.")
def configure_command(
    code: str,
    *,
    unlinked: bool | None,
    link_hours: int | None,
    idle_seconds: int | None,
    chime: bool | None,
    we_changed: str | None,
    we_changed_en: str | None,
) -> None:
    """Change what is in force for a unit from now on; what is left out stays as it is."""
    with unit_of_work() as session:
        unit = office.get_unit_by_code(session, code, day_period(clock.today()))
        changes = Changes(
            allows_unlinked=unlinked,
            invitation_hours=link_hours,
            idle_seconds=idle_seconds,
            has_chime=chime,
            we_changed_vi=None if we_changed is None else read_line(we_changed),
            we_changed_en=None if we_changed_en is None else read_line(we_changed_en),
        )
        version = change_configuration(session, unit, changes)
    click.echo(
        f"{code}\tunlinked={str(version.allows_unlinked).lower()}"
        f"\tlink-hours={version.invitation_hours}"
    )


@office_commands.command("hours")
@click.option("--unit", "code", required=True, help="Code of the unit.")
@click.option("--weekdays", required=True, help='Monday to Friday: "07:30-11:30, 13:30-17:00".')
@click.option("--saturday", default="", help="As above; closed when left out.")
@click.option("--sunday", default="", help="As above; closed when left out.")
@click.option("--from", "first", type=DAY, help="First day; today when left out.")
def hours_command(
    code: str, *, weekdays: str, saturday: str, sunday: str, first: datetime | None
) -> None:
    """Set when a unit, and what stands under it, is open."""
    texts = [weekdays] * 5 + [saturday, sunday]
    week = calendars.Week(tuple(calendars.read_spans(text) for text in texts))
    from_day = as_day(first) or clock.today()
    with unit_of_work() as session:
        unit = office.get_unit_by_code(session, code, day_period(from_day))
        calendars.set_week(session, unit.id, week=week, from_day=from_day)


@office_commands.command("special-day")
@click.argument("day", type=DAY)
@click.option("--unit", "code", required=True, help="Code of the unit.")
@click.option("--name", required=True, help="What the day is called.")
@click.option("--hours", default="", help="When it is open; closed when left out.")
def special_day_command(day: datetime, *, code: str, name: str, hours: str) -> None:
    """Have a unit, and what stands under it, closed on a day, or open at other hours."""
    new = calendars.NewSpecialDay(day.date(), name, calendars.read_spans(hours))
    with unit_of_work() as session:
        unit = office.get_unit_by_code(session, code, day_period(new.day))
        calendars.set_special_day(session, unit.id, new)
