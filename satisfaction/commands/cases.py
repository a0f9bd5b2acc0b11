"""Open cases that open by themselves, and raise late ones."""

import click

from satisfaction import case_opening
from satisfaction.commands.base import Commands
from satisfaction.database import unit_of_work

case_commands = Commands("cases", help="See to the cases that answer citizens' voices.")


@case_commands.command("refresh")
def refresh_command() -> None:
    """Open cases for allegations and patterns of marks, and raise late cases to the head."""
    with unit_of_work() as session:
        opened = case_opening.open_due_cases(session)
    with unit_of_work() as session:
        raised = case_opening.escalate_late_cases(session)
    amount = opened.allegations + opened.patterns
    click.echo(f"Đã mở {amount} việc / {amount} cases opened")
    click.echo(f"Đã báo lãnh đạo {raised} việc quá hạn / {raised} late cases raised to the head")
