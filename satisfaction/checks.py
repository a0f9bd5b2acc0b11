"""Look at an installation as a whole, a finding for each thing. Refuses to repair anything.

A finding never holds a password or key: settings are named, not shown.
"""

import ctypes
import ctypes.util
import os
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from satisfaction import backups, clock, dumps
from satisfaction.backups import BackupPlan
from satisfaction.config import PREFIX, Settings
from satisfaction.credential_files import MOST_MODE, listed_credentials
from satisfaction.database import wal_is_safe
from satisfaction.disks import Fullness, measure_disk
from satisfaction.errors import ProgramFailedError, ProgramMissingError
from satisfaction.programs import run_program

OLDEST_BACKUP = timedelta(hours=26)
CERTIFICATE_WARNING = timedelta(days=30)
_UNSYNCHRONISED = 5
_TIMEX_BYTES = 256
_PANGO = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")


class Verdict(StrEnum):
    """How a thing stands; only an error makes the check fail."""

    GOOD = "good"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``value`` is the same in both languages."""

    vietnamese: str
    english: str
    verdict: Verdict
    value: str


def check_installation(settings: Settings, *, newest_revision: str | None) -> Iterator[Finding]:
    """Yield a finding for each thing: settings, database, files, clock, disk, backups, letters."""
    plan = backups.plan_from(settings)
    yield _settings(settings)
    yield from _database(plan.url, newest_revision)
    yield _permissions(settings)
    yield _zone()
    yield _clock()
    yield from _disks(settings, plan)
    yield _backups(plan)
    yield from _certificates(settings)
    yield from _letters(settings)
    yield _paper()


def _settings(settings: Settings) -> Finding:
    given = sorted(PREFIX + name.upper() for name in settings.model_fields_set)
    return Finding("Cấu hình", "Settings", Verdict.GOOD, ", ".join(given) or "–")


def _database(url: str, newest_revision: str | None) -> Iterator[Finding]:
    names = ("Cơ sở dữ liệu", "Database")
    if dumps.is_sqlite(url) and not dumps.sqlite_file(url).exists():
        yield Finding(*names, Verdict.ERROR, "chưa có / not there yet")
        return
    try:
        with dumps.looking_at(url) as connection:
            contents = dumps.examine(connection)
            yield Finding(*names, Verdict.GOOD, _engine(connection))
            if dumps.is_sqlite(url):
                yield _journal(connection)
    except DBAPIError as problem:
        yield Finding(*names, Verdict.ERROR, str(problem.orig).splitlines()[0])
        return
    is_newest = contents.revision == newest_revision
    verdict = Verdict.GOOD if is_newest else Verdict.ERROR
    value = str(contents.revision)
    if not is_newest:
        value += f" ≠ {newest_revision}: flask --app wsgi database prepare"
    yield Finding("Phiên bản dữ liệu", "Form of the database", verdict, value)


def _engine(connection: Connection) -> str:
    name = connection.dialect.name
    version = ".".join(map(str, connection.dialect.server_version_info or ()))
    return f"{'SQLite' if name == 'sqlite' else 'PostgreSQL'} {version}"


def _journal(connection: Connection) -> Finding:
    """What the file itself says; WAL is right with a repaired library.

    The file remembers only whether it is in WAL: of the others, the product takes truncate.
    """
    wanted = "wal" if wal_is_safe(sqlite3.sqlite_version_info) else "truncate"
    found = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    is_right = (found == "wal") is (wanted == "wal")
    names = ("Nhật ký ghi", "Journal")
    if is_right:
        return Finding(*names, Verdict.GOOD, f"{wanted}, synchronous=full")
    return Finding(*names, Verdict.WARNING, f"{found} ≠ {wanted}")


def _permissions(settings: Settings) -> Finding:
    """Whatever others could read, or somebody else owns."""
    folder = settings.data_folder
    private = [folder, folder / "secret.key", *folder.glob("*.sqlite3"), *folder.glob("*.json")]
    private += [one for one in (settings.backup_passphrase_file, settings.backup_folder) if one]
    open_ones = [f"{one}: {_mode(one):04o}" for one in private if one.exists() and _is_open(one)]
    open_ones += [f"{one}: {_mode(one):04o}" for one in listed_credentials() if _is_too_open(one)]
    owners = {one.stat().st_uid for one in private if one.exists()} - {os.geteuid()}
    if owners and os.geteuid() != 0:
        open_ones.append(f"uid {owners} ≠ {os.geteuid()}")
    verdict = Verdict.ERROR if open_ones else Verdict.GOOD
    return Finding("Quyền tệp", "Permissions", verdict, ", ".join(open_ones) or str(folder))


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _is_open(path: Path) -> bool:
    """Say whether others may look into a folder, or read a file whose folder lets them in."""
    is_closed_in = not path.is_dir() and not _mode(path.parent) & 0o077
    return bool(_mode(path) & 0o077) and not is_closed_in


def _is_too_open(path: Path) -> bool:
    return bool(_mode(path) & ~MOST_MODE)


def _zone() -> Finding:
    offset = clock.now().astimezone(ZoneInfo(clock.OFFICE_ZONE.key)).strftime("%z")
    verdict = Verdict.GOOD if offset == "+0700" else Verdict.ERROR
    return Finding("Múi giờ", "Time zone", verdict, f"{clock.OFFICE_ZONE.key} {offset}")


def _clock() -> Finding:
    """Ask the kernel whether something keeps its clock right; no right is needed for that."""
    names = ("Đồng hồ", "Clock")
    moment = f"{clock.local_time(clock.now()):%d/%m/%Y %H:%M:%S}"
    if not clock.is_set():
        return Finding(*names, Verdict.ERROR, f"{moment}: chưa đặt / not set")
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (AttributeError, OSError):
        state = -1
    if state < 0:
        return Finding(*names, Verdict.WARNING, f"{moment}, NTP: không rõ / unknown")
    if state == _UNSYNCHRONISED:
        return Finding(*names, Verdict.WARNING, f"{moment}, NTP: chưa đồng bộ / not synchronised")
    return Finding(*names, Verdict.GOOD, f"{moment}, NTP")


def _disks(settings: Settings, plan: BackupPlan) -> Iterator[Finding]:
    folders = [("Đĩa dữ liệu", "Data disk", settings.data_folder)]
    if plan.folder.exists():
        folders.append(("Đĩa sao lưu", "Backup disk", plan.folder))
    for vietnamese, english, folder in folders:
        disk = measure_disk(folder)
        verdict = {Fullness.ROOMY: Verdict.GOOD, Fullness.FILLING: Verdict.WARNING}.get(
            disk.fullness, Verdict.ERROR
        )
        value = f"{folder}: {disk.used_share:.0%}, {disk.free // 1024**2} MB"
        yield Finding(vietnamese, english, verdict, value)


def _backups(plan: BackupPlan) -> Finding:
    names = ("Sao lưu", "Backups")
    found = backups.list_backups(plan.folder)
    if not found:
        return Finding(*names, Verdict.WARNING, "chưa có / none yet: flask --app wsgi backup now")
    newest = found[0]
    age = clock.now() - newest.taken_at
    is_right = age <= OLDEST_BACKUP and (newest.proved or plan.keys.suffix)
    value = f"{newest.name}, {age / timedelta(hours=1):.0f} h, {len(found)}"
    return Finding(*names, Verdict.GOOD if is_right else Verdict.WARNING, value)


def _certificates(settings: Settings) -> Iterator[Finding]:
    root = make_url(settings.effective_database_url).query.get("sslrootcert")
    paths = [settings.certificate, Path(root) if isinstance(root, str) else None]
    for path in paths:
        if path is not None:
            yield _certificate(path)


def _certificate(path: Path) -> Finding:
    names = ("Chứng thư", "Certificate")
    try:
        words = ["openssl", "x509", "-noout", "-enddate", "-dateopt", "iso_8601", "-in", path]
        said = run_program(words, longest_seconds=10).decode().strip()
        ends_at = datetime.fromisoformat(said.removeprefix("notAfter=").replace("Z", "+00:00"))
    except (ProgramMissingError, ProgramFailedError, ValueError) as problem:
        return Finding(*names, Verdict.ERROR, f"{path}: {problem}")
    left = ends_at - clock.now()
    verdict = Verdict.GOOD if left > CERTIFICATE_WARNING else Verdict.WARNING
    if left <= timedelta():
        verdict = Verdict.ERROR
    return Finding(*names, verdict, f"{path}: {ends_at:%d/%m/%Y}, {left.days} d")


def _letters(settings: Settings) -> Iterator[Finding]:
    """What letters need beside a server: whom they come from, and the link that stops them."""
    if not settings.smtp_host:
        return
    needed = {"SMTP_FROM": settings.smtp_from, "PUBLIC_URL": settings.public_url}
    missing = [f"{PREFIX}{name}" for name, value in needed.items() if not value]
    lacks = f"chưa đặt / not set: {', '.join(missing)}"
    verdict = Verdict.WARNING if missing else Verdict.GOOD
    yield Finding("Thư", "Letters", verdict, lacks if missing else settings.public_url)


def _paper() -> Finding:
    """What PDF needs from the system; without it reports are printed from the page."""
    missing = [name for name in _PANGO if ctypes.util.find_library(name) is None]
    verdict = Verdict.WARNING if missing else Verdict.GOOD
    return Finding("PDF", "PDF", verdict, ", ".join(missing or _PANGO))
