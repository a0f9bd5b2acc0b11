"""See to the web server while it serves."""

import os

import click

from satisfaction.commands.base import DatabaseCommands
from satisfaction.web import reloading

web_commands = DatabaseCommands("web", help="See to the web server while it serves.")


@web_commands.command("reload")
@click.argument("pid", type=click.IntRange(min=2))
def reload_command(pid: int) -> None:
    """Have the server of this number take the settings of this environment; no request fails."""
    reloading.hand_over(os.environ, pid)
