"""Enrol, list, renew and revoke devices."""

import click

from satisfaction import (
    clock,
    credentials,
    fleet,
    office,
)
from satisfaction.commands.base import (
    Commands,
)
from satisfaction.database import reading, unit_of_work
from satisfaction.fleet import PairingPlace
from satisfaction.periods import day_period

kiosks = Commands("kiosks", help="Enrol, list and revoke devices.")


@kiosks.command("enrol")
@click.option("--unit", "code", required=True, help="Code of the unit.")
@click.option("--desk", help="Code of the desk; without it the device stands in the lobby.")
@click.option("--name", required=True, help="What the device is called.")
def enrol_command(code: str, *, desk: str | None, name: str) -> None:
    """Print a code; typed on a device within ten minutes, it makes the device a kiosk."""
    today = clock.today()
    with unit_of_work() as session:
        unit = office.get_unit_by_code(session, code, day_period(today))
        place = office.get_desk_by_code(session, unit.id, code=desk, day=today) if desk else None
        typed = fleet.make_pairing_code(
            session,
            PairingPlace(unit_id=unit.id, desk_id=place.id if place else None, name=name),
        )
    click.echo(typed)


@kiosks.command("list")
@click.option("--unit", "code", required=True, help="Code of the unit.")
def list_kiosks_command(code: str) -> None:
    """Print the devices of a unit: number, name, desk, whether revoked."""
    with reading() as session:
        unit = office.get_unit_by_code(session, code, day_period(clock.today()))
        for kiosk in fleet.list_kiosks(session, unit.id):
            desk = kiosk.desk.name if kiosk.desk else "–"
            state = "đã thu hồi / revoked" if kiosk.revoked_at else ""
            click.echo(f"{kiosk.id}\t{kiosk.name}\t{desk}\t{state}".rstrip())


@kiosks.command("revoke")
@click.argument("kiosk_id", type=int)
def revoke_command(kiosk_id: int) -> None:
    """Take a device's credential away, at once."""
    with unit_of_work() as session:
        fleet.revoke_kiosk(session, fleet.get_kiosk_by_id(session, kiosk_id))


@kiosks.command("renew")
@click.argument("kiosk_id", type=int)
def renew_command(kiosk_id: int) -> None:
    """Have a device get a new credential with its next heartbeat."""
    with unit_of_work() as session:
        credentials.ask_renewal(session, fleet.get_kiosk_by_id(session, kiosk_id))
