"""flask commands. Each drives the core once and prints what came of it."""

from flask import Flask
from flask.cli import AppGroup

from satisfaction import schema

database = AppGroup("database", help="Prepare and check the database.")


@database.command("prepare")
def prepare_command() -> None:
    """Bring the database to this version's form."""
    schema.prepare_database()


def install_commands(app: Flask) -> None:
    """Attach the commands."""
    app.cli.add_command(database)
