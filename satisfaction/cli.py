"""The list of flask commands. Refuses to contain one: each noun has a file in ``commands``."""

from flask import Flask

from satisfaction.commands.accounts import account_commands
from satisfaction.commands.audit import audit_commands
from satisfaction.commands.backup import backup
from satisfaction.commands.base import in_plain_words
from satisfaction.commands.cases import case_commands
from satisfaction.commands.check import check
from satisfaction.commands.counts import counts
from satisfaction.commands.database import database, demonstration
from satisfaction.commands.dossiers import dossiers
from satisfaction.commands.invitations import invitation_commands
from satisfaction.commands.jobs import job_commands
from satisfaction.commands.kiosks import kiosks
from satisfaction.commands.letters import letter_commands
from satisfaction.commands.procedures import catalogue_commands
from satisfaction.commands.reports import report
from satisfaction.commands.retention import retention_commands
from satisfaction.commands.structure import office_commands

__all__ = ["in_plain_words", "install_commands"]


def install_commands(app: Flask) -> None:
    """Attach the commands."""
    for group in (
        audit_commands,
        database,
        backup,
        check,
        demonstration,
        counts,
        report,
        account_commands,
        kiosks,
        dossiers,
        invitation_commands,
        office_commands,
        job_commands,
        letter_commands,
        catalogue_commands,
        case_commands,
        retention_commands,
    ):
        app.cli.add_command(group)
