"""Look at the whole installation, a line for each thing."""

import sys

import click
from flask import current_app
from flask.cli import with_appcontext

from satisfaction import schema
from satisfaction.checks import Finding, Verdict, check_installation
from satisfaction.commands.base import in_plain_words

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
        verdicts = [_show(finding) for finding in found]
    sys.exit(1 if worst & set(verdicts) else 0)


def _show(finding: Finding) -> Verdict:
    word = f"{WORDS[finding.verdict]:<14}"
    click.echo(f"{word}{finding.vietnamese} / {finding.english}: {finding.value}")
    return finding.verdict
