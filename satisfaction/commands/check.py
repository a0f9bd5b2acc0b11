"""Look at the whole installation, a line for each thing."""

import sys

import click
from flask import current_app
from flask.cli import with_appcontext

from satisfaction import schema
from satisfaction.checks import Finding, Verdict, check_installation
from satisfaction.commands.base import in_plain_words
from satisfaction.config import Settings
from satisfaction.errors import MailServerError
from satisfaction.mail import Courier
from satisfaction.sending import mail_server

WORDS = {
    Verdict.GOOD: "tốt / good",
    Verdict.WARNING: "chú ý / look",
    Verdict.ERROR: "lỗi / error",
}


@click.command("check")
@click.option("--strict", is_flag=True, help="Fail on what is only to be looked at, too.")
@with_appcontext
def check(*, strict: bool) -> None:
    """Look at settings, database, files, clock, disks, backups, mail; exit 1 on an error."""
    worst = {Verdict.ERROR, Verdict.WARNING} if strict else {Verdict.ERROR}
    with in_plain_words():
        settings = current_app.config["SETTINGS"]
        found = check_installation(settings, newest_revision=schema.newest_revision())
        verdicts = [_show(finding) for finding in [*found, _ask_mail_server(settings)]]
    sys.exit(1 if worst & set(verdicts) else 0)


def _ask_mail_server(settings: Settings) -> Finding:
    """Reach the mail server as a letter would, by TLS and with its sign-in; nothing is sent."""
    names = ("Máy chủ thư", "Mail server")
    server = mail_server(settings)
    if server is None:
        return Finding(*names, Verdict.WARNING, "chưa đặt / not set: HAILONG_SMTP_HOST")
    place = f"{server.host}:{server.port}, {server.security}"
    try:
        with Courier(server) as courier:
            courier.connect()
    except MailServerError as problem:
        return Finding(*names, Verdict.ERROR, f"{place}: {problem}")
    return Finding(*names, Verdict.GOOD, place)


def _show(finding: Finding) -> Verdict:
    word = f"{WORDS[finding.verdict]:<14}"
    click.echo(f"{word}{finding.vietnamese} / {finding.english}: {finding.value}")
    return finding.verdict
