"""Add officers and give them roles."""

from datetime import datetime

import click
from flask import current_app
from sqlalchemy import select

from satisfaction import (
    accounts,
    clock,
    office,
    people,
    reviews,
    second_factors,
    sign_ins,
)
from satisfaction.commands.base import DAY, Commands, as_day
from satisfaction.config import Settings
from satisfaction.database import reading, unit_of_work
from satisfaction.demonstration import make_password
from satisfaction.models import Account
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
    """Add an officer with a first role and print a password to be replaced at once."""
    password = make_password()
    with unit_of_work() as session:
        account = accounts.create_account(
            session, name, display_name=display_name, password=password
        )
        unit = office.get_unit_by_code(session, code, day_period(clock.today()))
        accounts.grant_role(session, account, Role(role), unit=unit, from_day=clock.today())
        account.unit_id, account.must_set_password = unit.id, True
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


@account_commands.command("list")
def list_command() -> None:
    """List every account: its name, its state, and when it last signed in."""
    with reading() as session:
        for account in session.scalars(select(Account).order_by(Account.name)):
            state = "disabled" if account.disabled_at else "open"
            last = account.last_sign_in_at
            click.echo(f"{account.name}\t{state}\t{clock.local_day(last) if last else '-'}")


@account_commands.command("code")
@click.argument("name")
@click.option("--without-second-factor", is_flag=True, help="Take the second factor away, too.")
def code_command(name: str, *, without_second_factor: bool) -> None:
    """Print a code with which an officer sets a new password at /admin/start; the old one ends."""
    with unit_of_work() as session:
        account = accounts.get_account(session, name)
        if without_second_factor:
            second_factors.remove_factor(session, account.id, removed_by_id=None)
        code = people.reset_way_in(session, account, reset_by_id=None)
    click.echo(code)


@account_commands.command("disable")
@click.argument("name")
def disable_command(name: str) -> None:
    """Close an account; its sessions end."""
    with unit_of_work() as session:
        account = accounts.get_account(session, name)
        people.close_account(session, account, closed_by_id=None)


@account_commands.command("enable")
@click.argument("name")
def enable_command(name: str) -> None:
    """Open an account again."""
    with unit_of_work() as session:
        people.open_account(session, accounts.get_account(session, name), opened_by_id=None)


@account_commands.command("sign-out")
@click.argument("name")
def sign_out_command(name: str) -> None:
    """End every session of an account."""
    with unit_of_work() as session:
        account = accounts.get_account(session, name)
        sign_ins.end_sessions(session, account.id, ended_by_id=None)


@account_commands.command("disable-idle")
def disable_idle_command() -> None:
    """Close the accounts that nobody used for long; good for every night."""
    settings: Settings = current_app.config["SETTINGS"]
    with unit_of_work() as session:
        for name in reviews.disable_idle(session, idle_days=settings.account_idle_days):
            click.echo(name)
