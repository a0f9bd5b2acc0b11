"""Open cases that open by themselves, and raise late ones."""

import click

from satisfaction import jobs
from satisfaction.commands.base import Commands

case_commands = Commands("cases", help="See to the cases that answer citizens' voices.")


@case_commands.command("refresh")
def refresh_command() -> None:
    """Open cases for allegations and patterns of marks, and raise late cases to the head."""
    done = jobs.see_to_cases()
    click.echo(f"Đã mở {done['cases']} việc / {done['cases']} cases opened")
    raised = done["raised"]
    click.echo(f"Đã báo lãnh đạo {raised} việc quá hạn / {raised} late cases raised to the head")
