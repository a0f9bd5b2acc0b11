"""Change what a unit's devices and links do, and when it is open."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from satisfaction import calendars, clock, holiday_plans, office, opening
from satisfaction.commands.base import DAY, Commands, Refused, as_day
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import unit_of_work
from satisfaction.errors import HoursInvalidError
from satisfaction.opening import Change
from satisfaction.periods import day_period
from satisfaction.policies import read_policies, set_policy
from satisfaction.presentation import IDLE_SECONDS, begin_of, read_line

office_commands = Commands("office", help="Change what a unit's devices and links do.")


@office_commands.command("configure")
@click.option("--unit", "code", required=True, help="Code of the unit.")
@click.option(
    "--unlinked/--no-unlinked",
    "allows_unlinked",
    default=None,
    help="Take ratings without a visit.",
)
@click.option(
    "--link-hours",
    "invitation_hours",
    type=click.IntRange(1, 24 * 31),
    help="How long links to visits live.",
)
@click.option("--idle-seconds", type=click.IntRange(*IDLE_SECONDS), help="Until a device rests.")
@click.option(
    "--chime/--no-chime",
    "has_chime",
    default=None,
    help="A soft chime when the question appears.",
)
@click.option("--we-changed", help="What was changed thanks to citizens, on the waiting screen.")
@click.option("--we-changed-en", help="The same in English.")
@click.option("--from", "first", type=DAY, help="First day; now when left out.")
def configure_command(
    code: str,
    *,
    we_changed: str | None,
    we_changed_en: str | None,
    first: datetime | None,
    **wanted: Any,
) -> None:
    """Change what is in force for a unit from a day on; what is left out stays as it is."""
    from_day = as_day(first) or clock.today()
    with unit_of_work() as session:
        unit = office.get_unit_by_code(session, code, day_period(from_day))
        changes = Changes(
            we_changed_vi=None if we_changed is None else read_line(we_changed),
            we_changed_en=None if we_changed_en is None else read_line(we_changed_en),
            **wanted,
        )
        version = change_configuration(session, unit, changes, from_at=begin_of(from_day))
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


@office_commands.command("remove-special-day")
@click.argument("day", type=DAY)
@click.option("--unit", "code", required=True, help="Code of the unit that set it.")
def remove_special_day_command(day: datetime, *, code: str) -> None:
    """Have a day to come be like others again."""
    with unit_of_work() as session:
        opening.remove_special_day(session, _change(session, code), day.date())


@office_commands.command("swap-days")
@click.option("--unit", "code", required=True, help="Code of the unit.")
@click.option("--off", type=DAY, required=True, help="The day on which it is closed.")
@click.option("--work", type=DAY, required=True, help="The day that is worked in its place.")
@click.option("--name", required=True, help="What both days are called.")
def swap_days_command(*, code: str, off: datetime, work: datetime, name: str) -> None:
    """Have a unit closed on one day and open on another in its place, at the hours of the first."""
    try:
        with unit_of_work() as session:
            change = _change(session, code)
            holiday_plans.swap_days(session, change, off=off.date(), work=work.date(), name=name)
    except HoursInvalidError as unknown:
        raise Refused(
            "Chưa đặt giờ mở cửa cho ngày nghỉ này, nên chưa biết giờ làm bù / "
            "Nobody has set the hours of the day off, so those of the other are not known"
        ) from unknown


@office_commands.command("inherit-hours")
@click.option("--unit", "code", required=True, help="Code of the unit.")
@click.option("--from", "first", type=DAY, help="First day; today when left out.")
def inherit_hours_command(*, code: str, first: datetime | None) -> None:
    """Have a unit go by the hours of what stands above it again."""
    from_day = as_day(first) or clock.today()
    with unit_of_work() as session:
        change = _change(session, code)
        opening.change_week(session, change, week=None, from_day=from_day)


def _change(session: Session, code: str) -> Change:
    """Return the change that the operator makes to the days of a unit."""
    unit = office.get_unit_by_code(session, code, day_period(clock.today()))
    return Change({unit.id}, unit.id, None)


@office_commands.command("policy")
@click.option("--unit", "code", required=True, help="Code of the unit.")
@click.option("--delay-days", type=int, help="Days after closing until voices are shown.")
@click.option("--deadline-days", type=int, help="Working days in which a case is answered.")
@click.option("--kept-months", type=int, help="Months for which words are kept.")
@click.option("--inherit", is_flag=True, help="Go by what stands above it again.")
def policy_command(
    code: str,
    *,
    delay_days: int | None,
    deadline_days: int | None,
    kept_months: int | None,
    inherit: bool,
) -> None:
    """Change when voices are shown, answered and erased; what is left out stays as it is."""
    said = {"delay_days": delay_days, "deadline_days": deadline_days, "kept_months": kept_months}
    better = {name: value for name, value in said.items() if value is not None}
    if inherit is bool(better):
        raise click.UsageError("say what is to be different, or --inherit alone")
    today = clock.today()
    with unit_of_work() as session:
        unit = office.get_unit_by_code(session, code, day_period(today))
        policy = replace(read_policies(session).of(unit.id, today), **better)
        set_policy(session, unit.id, None if inherit else policy)
