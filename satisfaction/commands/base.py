"""What every command has: its group, its one line of refusal, and how it reads a day."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import click
from flask.cli import AppGroup, ScriptInfo
from sqlalchemy.orm import Session

from satisfaction import (
    clock,
    office,
    schema,
)
from satisfaction.errors import (
    OfficeChangeRefusedError,
    SatisfactionError,
    UnitNotFoundError,
)
from satisfaction.logs import configure_logs, is_for_programs
from satisfaction.models import Unit
from satisfaction.notices import say
from satisfaction.periods import Period, day_period
from satisfaction.web.office_words import say_fault_to_operator

DAY = click.DateTime(["%Y-%m-%d"])
_log = logging.getLogger("hailong.commands")


class Refused(click.ClickException):
    """A command that could not be carried out, as one line."""

    def show(self, file: Any = None) -> None:
        """Print the line alone, or log it where programs read the log."""
        if configure_logs(os.environ):
            _log.error("%s", self.message)
        else:
            click.echo(self.message, file=file, err=True)


def tell(words: str, event: str, *, is_trouble: bool = False, **told: Any) -> None:
    """Say in words what a command that a service begins has done; in its log as an event."""
    if is_for_programs(os.environ):
        _log.log(logging.WARNING if is_trouble else logging.INFO, event, extra=told)
    else:
        click.echo(words, err=is_trouble)


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Turn what the core refuses into one line while a command runs; elsewhere let it pass."""
    try:
        yield
    except OfficeChangeRefusedError as error:
        if click.get_current_context(silent=True) is None:
            raise
        raise Refused(say_fault_to_operator(error)) from error
    except SatisfactionError as error:
        if click.get_current_context(silent=True) is None:
            raise
        raise Refused(say(error)) from error


class Commands(AppGroup):
    """A group whose commands need a prepared database and refuse in plain words."""

    needs_database = True

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command within the application, and log as the environment asks for."""
        configure_logs(os.environ)
        app = ctx.ensure_object(ScriptInfo).load_app()
        with in_plain_words(), app.app_context():
            if self.needs_database:
                schema.check_database()
            return super().invoke(ctx)


class DatabaseCommands(Commands):
    """The group that prepares the database, so cannot ask for a prepared one."""

    needs_database = False


def as_day(typed: datetime | None) -> date | None:
    """Return the day of what was typed."""
    return typed.date() if typed else None


def unit_of_any_time(session: Session, code: str) -> Unit:
    """Return the unit of today, or else the one that bore this code before it was abolished."""
    try:
        return office.get_unit_by_code(session, code, day_period(clock.today()))
    except UnitNotFoundError:
        return office.get_unit_by_code(session, code, Period(date(1945, 1, 1), clock.today()))
