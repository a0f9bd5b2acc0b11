"""flask commands. Each drives the core once and prints what came of it.

Refuses with one line in Vietnamese and English and an exit status that is not 0.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup, ScriptInfo
from sqlalchemy.orm import Session

from satisfaction import (
    accounts,
    calendars,
    clock,
    counting,
    credentials,
    dossier_lists,
    fleet,
    marking,
    office,
    online,
    pruning,
    rollups,
    schema,
    services,
)
from satisfaction.config import Settings
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import reading, unit_of_work
from satisfaction.demonstration import load_demonstration, make_password
from satisfaction.dossiers import DEFAULT_SOURCE, LONGEST_SOURCE
from satisfaction.errors import (
    ConfigurationError,
    ImportRefusedError,
    SatisfactionError,
    UnitNotFoundError,
)
from satisfaction.figures import CountQuery, Figures
from satisfaction.fleet import PairingPlace
from satisfaction.models import Unit
from satisfaction.notices import say
from satisfaction.periods import Period, day_period
from satisfaction.reports.csv import write_csv
from satisfaction.reports.json import write_json
from satisfaction.reports.links import write_links
from satisfaction.terminal import draw_table
from satisfaction.terms import Dimension, Role
from satisfaction.web import import_words
from satisfaction.web.words import csv_words

DAY = click.DateTime(["%Y-%m-%d"])
DIMENSIONS = click.Choice([dimension.value for dimension in Dimension])
ROLES = click.Choice([role.value for role in Role])


class Refused(click.ClickException):
    """A command that could not be carried out, as one line."""

    def show(self, file: Any = None) -> None:
        """Print the line alone."""
        click.echo(self.message, file=file, err=True)


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Turn what the core refuses into one line while a command runs; elsewhere let it pass."""
    try:
        yield
    except SatisfactionError as error:
        if click.get_current_context(silent=True) is None:
            raise
        raise Refused(say(error)) from error


class Commands(AppGroup):
    """A group whose commands need a prepared database and refuse in plain words."""

    needs_database = True

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command within the application."""
        app = ctx.ensure_object(ScriptInfo).load_app()
        with in_plain_words(), app.app_context():
            if self.needs_database:
                schema.check_database()
            return super().invoke(ctx)


class DatabaseCommands(Commands):
    """The group that prepares the database, so cannot ask for a prepared one."""

    needs_database = False


database = DatabaseCommands("database", help="Prepare and check the database.")
demonstration = Commands("demonstration", help="Load the demonstration office.")
account_commands = Commands("accounts", help="Add officers and give them roles.")
kiosks = Commands("kiosks", help="Enrol, list and revoke devices.")
dossiers = Commands("dossiers", help="Import lists of dossiers.")
invitation_commands = Commands("invitations", help="Make links for dossiers, admit systems.")
office_commands = Commands("office", help="Change what a unit's devices and links do.")


@database.command("prepare")
def prepare_command() -> None:
    """Bring the database to this version's form."""
    schema.prepare_database()


@database.command("check")
def check_command() -> None:
    """Say whether this version can use the database."""
    schema.check_database()
    click.echo("Cơ sở dữ liệu dùng được / The database can be used")


@database.command("prune")
def prune_command() -> None:
    """Forget failed attempts, allowances and sign-ins that are over; good for every night."""
    schema.check_database()
    with unit_of_work() as session:
        pruned = pruning.prune(session)
    gone = f"{pruned.throttles} + {pruned.quotas} + {pruned.sign_ins}"
    click.echo(f"Đã xóa {gone} dòng không còn cần / {gone} rows that were over are gone")


@demonstration.command("load")
def load_command() -> None:
    """Load the demonstration office into an empty database and print its sign-ins."""
    with unit_of_work() as session:
        loaded = load_demonstration(session)
    if loaded is None:
        click.echo("Đã có đơn vị, không nạp gì / An office stands already, nothing was loaded")
        return
    for officer in loaded.officers:
        click.echo(f"{officer.name}\t{officer.password}\t{officer.role}")


@click.group("counts", cls=Commands, invoke_without_command=True)
@click.option("--unit", "code", help="Code of the unit; what stands under it is included.")
@click.option("--from", "first", type=DAY, help="First day, as 2024-01-01.")
@click.option("--until", type=DAY, help="Day after the last one, as 2024-04-01.")
@click.option("--by", type=DIMENSIONS, default=Dimension.DESK.value)
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table")
@click.pass_context
def counts(
    ctx: click.Context,
    *,
    code: str | None,
    first: datetime | None,
    until: datetime | None,
    by: str,
    form: str,
) -> None:
    """Print the figures of a unit; with a subcommand, see to the stored counts."""
    if ctx.invoked_subcommand is not None:
        return
    if code is None or first is None or until is None:
        raise click.UsageError("--unit, --from, --until: cần cả ba / all three are needed")
    period = Period(first.date(), until.date())
    with reading() as session:
        unit = office.get_unit_by_code(session, code, period)
        query = CountQuery(unit_id=unit.id, period=period, by=Dimension(by))
        figures = counting.count(session, query)
    click.echo(_WRITERS[form](figures), nl=form == "table")


def _as_csv(figures: Figures) -> bytes:
    return write_csv(figures, csv_words(figures, filters=""))


_WRITERS: dict[str, Callable[[Figures], str | bytes]] = {
    "table": draw_table,
    "json": write_json,
    "csv": _as_csv,
}


@counts.command("rebuild")
@click.option("--day", type=DAY, help="One day; without it every day whose counts are stale.")
def rebuild_command(day: datetime | None) -> None:
    """Store the counts of closed days anew and mark odd ratings, a unit of work for each day."""
    with reading() as session:
        days = [day.date()] if day else list(rollups.list_stale_days(session))
    for one in days:
        with unit_of_work() as session:
            rollups.rebuild_day(session, one)
            calendar = calendars.read_calendar(session, day_period(one))
            marking.mark_day(session, one, hours=calendar.is_open)
    click.echo(f"Đã tính lại {len(days)} ngày / {len(days)} days rebuilt")


@account_commands.command("add")
@click.argument("name")
@click.option("--display-name", required=True, help="How the officer is shown.")
@click.option("--role", type=ROLES, required=True)
@click.option("--unit", "code", required=True, help="Code of the unit within which it holds.")
def add_account_command(name: str, *, display_name: str, role: str, code: str) -> None:
    """Add an officer with a first role and print the password, which is kept only as a hash."""
    password = make_password()
    with unit_of_work() as session:
        account = accounts.create_account(
            session, name, display_name=display_name, password=password
        )
        unit = office.get_unit_by_code(session, code, day_period(clock.today()))
        accounts.grant_role(session, account, Role(role), unit=unit, from_day=clock.today())
    click.echo(password)


@account_commands.command("grant")
@click.argument("name")
@click.option("--role", type=ROLES, required=True)
@click.option("--unit", "code", required=True, help="Code of the unit within which it holds.")
@click.option("--from", "first", type=DAY, help="First day; today when left out.")
@click.option("--until", type=DAY, help="Day after the last one; open when left out.")
def grant_command(
    name: str, *, role: str, code: str, first: datetime | None, until: datetime | None
) -> None:
    """Give an officer a role within a unit and everything under it."""
    from_day = _day(first) or clock.today()
    with unit_of_work() as session:
        account = accounts.get_account(session, name)
        unit = office.get_unit_by_code(session, code, day_period(from_day))
        accounts.grant_role(
            session,
            account,
            Role(role),
            unit=unit,
            from_day=from_day,
            until_day=_day(until),
        )


def _day(typed: datetime | None) -> date | None:
    return typed.date() if typed else None


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


def _unit_of_any_time(session: Session, code: str) -> Unit:
    """Return the unit of today, or else the one that bore this code before it was abolished."""
    try:
        return office.get_unit_by_code(session, code, day_period(clock.today()))
    except UnitNotFoundError:
        return office.get_unit_by_code(session, code, Period(date(1945, 1, 1), clock.today()))


def _short(_ctx: click.Context, _option: click.Parameter, name: str) -> str:
    if not 0 < len(name.strip()) <= LONGEST_SOURCE:
        raise click.BadParameter(f"1–{LONGEST_SOURCE}")
    return name.strip()


@dossiers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--unit", "code", required=True, help="Code of the unit whose dossiers these are.")
@click.option("--source", default=DEFAULT_SOURCE, callback=_short, help="The source system.")
@click.option("--map", "mapping", multiple=True, help='What a column is: "Heading=field".')
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def import_command(
    file: Path, code: str, *, source: str, mapping: tuple[str, ...], dry_run: bool
) -> None:
    """Import a CSV or XLSX list; the same list again changes nothing."""
    settings: Settings = current_app.config["SETTINGS"]
    with reading() as session:
        unit = _unit_of_any_time(session, code)
    order = dossier_lists.ImportOrder(
        path=file,
        unit_id=unit.id,
        most_bytes=settings.import_max_megabytes * import_words.MEGABYTE,
        source_system=source,
        mapping=mapping,
    )
    bar = click.progressbar(length=1, file=sys.stderr)

    def progress(done: int, total: int) -> None:
        bar.length = total
        bar.update(done - bar.pos)

    try:
        with bar:
            report = dossier_lists.import_list(
                order,
                reading=reading,
                writing=None if dry_run else unit_of_work,
                progress=progress,
            )
    except ImportRefusedError as error:
        raise Refused(import_words.say_file_fault_to_operator(error)) from error
    for line in import_words.report_lines(report):
        click.echo(line)


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


@office_commands.command("configure")
@click.option("--unit", "code", required=True, help="Code of the unit.")
@click.option("--unlinked/--no-unlinked", default=None, help="Take ratings without a visit.")
@click.option(
    "--link-hours", type=click.IntRange(1, 24 * 31), help="How long links to visits live."
)
def configure_command(code: str, *, unlinked: bool | None, link_hours: int | None) -> None:
    """Change what is in force for a unit from now on; what is left out stays as it is."""
    with unit_of_work() as session:
        unit = office.get_unit_by_code(session, code, day_period(clock.today()))
        changes = Changes(allows_unlinked=unlinked, invitation_hours=link_hours)
        version = change_configuration(session, unit, changes)
    click.echo(
        f"{code}\tunlinked={str(version.allows_unlinked).lower()}"
        f"\tlink-hours={version.invitation_hours}"
    )


@office_commands.command("hours")
@click.option("--unit", "code", required=True, help="Code of the unit.")
@click.option("--weekdays", required=True, help='Monday to Friday: "07:30-11:30, 13:30-17:00".')
@click.option("--saturday", default="", help="As above; closed when left out.")
@click.option("--sunday", default="", help="As above; closed when left out.")
@click.option("--from", "first", type=DAY, help="First day; today when left out.")
def hours_command(
    code: str, *, weekdays: str, saturday: str, sunday: str, first: datetime | None
) -> None:
    """Set when a unit, and what stands under it, is open."""
    texts = [weekdays] * 5 + [saturday, sunday]
    week = calendars.Week(tuple(calendars.read_spans(text) for text in texts))
    from_day = _day(first) or clock.today()
    with unit_of_work() as session:
        unit = office.get_unit_by_code(session, code, day_period(from_day))
        calendars.set_week(session, unit.id, week=week, from_day=from_day)


@office_commands.command("special-day")
@click.argument("day", type=DAY)
@click.option("--unit", "code", required=True, help="Code of the unit.")
@click.option("--name", required=True, help="What the day is called.")
@click.option("--hours", default="", help="When it is open; closed when left out.")
def special_day_command(day: datetime, *, code: str, name: str, hours: str) -> None:
    """Have a unit, and what stands under it, closed on a day, or open at other hours."""
    new = calendars.NewSpecialDay(day.date(), name, calendars.read_spans(hours))
    with unit_of_work() as session:
        unit = office.get_unit_by_code(session, code, day_period(new.day))
        calendars.set_special_day(session, unit.id, new)


def install_commands(app: Flask) -> None:
    """Attach the commands."""
    for group in (
        database,
        demonstration,
        counts,
        account_commands,
        kiosks,
        dossiers,
        invitation_commands,
        office_commands,
    ):
        app.cli.add_command(group)
