"""Make links for dossiers, admit systems."""

from pathlib import Path

import click
from flask import current_app

from satisfaction import (
    clock,
    dossier_lists,
    office,
    online,
    services,
)
from satisfaction.commands.base import Commands, Refused
from satisfaction.config import Settings
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import (
    ConfigurationError,
    ImportRefusedError,
)
from satisfaction.periods import day_period
from satisfaction.reports.links import write_links
from satisfaction.web import import_words

invitation_commands = Commands("invitations", help="Make links for dossiers, admit systems.")


@invitation_commands.command("make")
@click.option("--dossiers", "file", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--unit", "code", required=True, help="Code of the unit.")
def make_invitations_command(file: Path, *, code: str) -> None:
    """Print a link for each dossier of a list, as CSV; whoever reads it can rate by it."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.public_url:
        raise ConfigurationError(variable="HAILONG_PUBLIC_URL", problem="not set")
    try:
        codes, bad = dossier_lists.read_codes(
            file, most_bytes=settings.import_max_megabytes * import_words.MEGABYTE
        )
    except ImportRefusedError as error:
        raise Refused(import_words.say_file_fault_to_operator(error)) from error
    for number in bad:
        click.echo(f"Dòng {number}: không đọc được mã / Line {number}: no code", err=True)
    invited: list[online.InvitedDossier] = []
    for start in range(0, len(codes), online.MOST_AT_ONCE):
        with unit_of_work() as session:
            unit = office.get_unit_by_code(session, code, day_period(clock.today()))
            part = codes[start : start + online.MOST_AT_ONCE]
            invited += online.invite_dossiers(session, unit.id, part, asked_by="flask")
    click.echo(write_links(invited, base=settings.public_url), nl=False)


@invitation_commands.command("token")
@click.option("--unit", "code", required=True, help="Code of the unit.")
@click.option("--name", required=True, help="What the system is called.")
def admit_command(code: str, *, name: str) -> None:
    """Admit a system and print its credential, which is kept only as a hash."""
    with unit_of_work() as session:
        unit = office.get_unit_by_code(session, code, day_period(clock.today()))
        admission = services.admit_service(session, unit, name=name)
    click.echo(admission.token)


@invitation_commands.command("tokens")
@click.option("--unit", "code", required=True, help="Code of the unit.")
def list_services_command(code: str) -> None:
    """Print the systems of a unit: number, name, since when, whether revoked."""
    with reading() as session:
        unit = office.get_unit_by_code(session, code, day_period(clock.today()))
        for service in services.list_services(session, unit.id):
            state = "đã thu hồi / revoked" if service.revoked_at else ""
            since = clock.local_day(service.made_at)
            click.echo(f"{service.id}\t{service.name}\t{since}\t{state}".rstrip())


@invitation_commands.command("revoke")
@click.argument("service_id", type=int)
def revoke_service_command(service_id: int) -> None:
    """Take a system's credential away, at once."""
    with unit_of_work() as session:
        services.revoke_service(session, service_id)
