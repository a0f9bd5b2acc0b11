"""Add officers and give them roles."""

from datetime import datetime

import click

from satisfaction import (
    accounts,
    clock,
    office,
)
from satisfaction.commands.base import DAY, Commands, as_day
from satisfaction.database import unit_of_work
from satisfaction.demonstration import make_password
from satisfaction.periods import day_period
from satisfaction.terms import Role

ROLES = click.Choice([role.value for role in Role])
account_commands = Commands("accounts", help="Add officers and give them roles.")


@account_commands.command("add")
@click.argument("name")
@click.option("--display-name", required=True, help="How the officer is shown.")
@click.option("--role", type=ROLES, required=True)
@click.option("--unit", "code", required=True, help="Code of the unit within which it holds.")
def add_account_command(name: str, *, display_name: str, role: str, code: str) -> None:
    """Add an officer with a first role and print the password, which is kept only as a hash."""
    password = make_password()
    with unit_of_work() as session:
        account = accounts.create_account(
            session, name, display_name=display_name, password=password
        )
        unit = office.get_unit_by_code(session, code, day_period(clock.today()))
        accounts.grant_role(session, account, Role(role), unit=unit, from_day=clock.today())
    click.echo(password)


@account_commands.command("grant")
@click.argument("name")
@click.option("--role", type=ROLES, required=True)
@click.option("--unit", "code", required=True, help="Code of the unit within which it holds.")
@click.option("--from", "first", type=DAY, help="First day; today when left out.")
@click.option("--until", type=DAY, help="Day after the last one; open when left out.")
def grant_command(
    name: str, *, role: str, code: str, first: datetime | None, until: datetime | None
) -> None:
    """Give an officer a role within a unit and everything under it."""
    from_day = as_day(first) or clock.today()
    with unit_of_work() as session:
        account = accounts.get_account(session, name)
        unit = office.get_unit_by_code(session, code, day_period(from_day))
        accounts.grant_role(
            session,
            account,
            Role(role),
            unit=unit,
            from_day=from_day,
            until_day=as_day(until),
        )
