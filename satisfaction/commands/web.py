"""See to the web server while it serves: ``python -m satisfaction.commands.web reload PID``.

Its unit begins this without the application, which would need the secrets: systemd 252 tells a
reload's process where they are and keeps it out.
"""

import os

import click

from satisfaction.commands.base import in_plain_words
from satisfaction.logs import configure_logs
from satisfaction.web import reloading


@click.group(help="See to the web server while it serves.")
def web_commands() -> None:
    """Log as the environment asks for."""
    configure_logs(os.environ)


@web_commands.command("reload")
@click.argument("pid", type=click.IntRange(min=2))
def reload_command(pid: int) -> None:
    """Have the server of this number take the settings of this environment; no request fails."""
    with in_plain_words():
        reloading.hand_over(os.environ, pid)


if __name__ == "__main__":
    web_commands()
