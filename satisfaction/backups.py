"""Take, prove, keep and find backups. Refuses to call a copy a backup before it was read back.

A backup is a file and a manifest beside it. The manifest is written last, so that what a killed
run leaves behind is no backup; it is swept away by the next one.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from satisfaction import clock, dumps, envelopes
from satisfaction.audit import record_deed
from satisfaction.config import Settings
from satisfaction.database import unit_of_work
from satisfaction.dumps import Contents
from satisfaction.envelopes import Keys
from satisfaction.errors import BackupFailedError, BackupNotFoundError
from satisfaction.offsite import send_away
from satisfaction.terms import AuditAction

FORMAT = "hailong-backup/1"
DAYS_KEPT, WEEKS_KEPT, MONTHS_KEPT = 7, 5, 12
SAFETY_COPIES_KEPT = 5
RECENT = timedelta(hours=12)
ROOM_TO_SPARE = 16 * 1024 * 1024
_MANIFEST = ".json"
_PARTIAL = ".partial"


class BackupKind(StrEnum):
    """Why a backup was taken; those by hand are kept until somebody removes them."""

    NIGHTLY = "nightly"
    BY_HAND = "by-hand"
    BEFORE_UPGRADE = "before-upgrade"
    BEFORE_RESTORE = "before-restore"


@dataclass(frozen=True, kw_only=True)
class BackupPlan:
    """Of which database backups are taken, where they lie, and with what they are sealed.

    ``may_lie_open`` says that somebody means an open one to follow one that was sealed.
    """

    url: str
    folder: Path
    keys: Keys = field(default_factory=Keys)
    copy_to: str = ""
    may_lie_open: bool = False


@dataclass(frozen=True, kw_only=True)
class Backup:
    """What a manifest says of one backup.

    Shape: ``proved`` is "restored" where it was restored into a scratch place, "read" where its
    rows were counted in the copy, empty where this machine lacks the key.
    Units: ``size`` in bytes.
    """

    name: str
    kind: BackupKind
    taken_at: datetime
    engine: str
    size: int
    sha256: str
    contents: Contents
    proved: str = ""

    @property
    def is_sealed(self) -> bool:
        """Whether nobody can read it without a key."""
        return Path(self.name).suffix in {envelopes.GPG, envelopes.AGE}


def plan_from(settings: Settings) -> BackupPlan:
    """Return the plan that the settings describe."""
    keys = Keys(
        recipient=settings.backup_recipient,
        passphrase=settings.backup_passphrase,
        passphrase_file=settings.backup_passphrase_file,
        identity_file=settings.backup_identity_file,
        gpg_home=settings.data_folder / "gnupg",
    )
    return BackupPlan(
        url=settings.effective_database_url,
        folder=settings.backup_folder or settings.data_folder / "backups",
        keys=keys,
        copy_to=settings.backup_copy_to,
    )


def run_backup(
    settings: Settings, kind: BackupKind = BackupKind.NIGHTLY, *, may_lie_open: bool = False
) -> Backup:
    """Take a backup, note it in the log, let old ones go and send it away: the nightly job.

    It may run twice and may run late. Writes: audit_entry, in a unit of work of its own.
    Raises: BackupFailedError, ProgramMissingError, ProgramFailedError.
    """
    plan = replace(plan_from(settings), may_lie_open=may_lie_open)
    backup = take_backup(plan, kind)
    with unit_of_work() as session:
        record_deed(session, AuditAction.BACKUP_TAKEN, detail=deed_of(backup))
    rotate(plan.folder)
    if plan.copy_to:
        send_away([plan.folder / backup.name, manifest_of(plan.folder, backup.name)], plan.copy_to)
    return backup


def run_nightly_backup(settings: Settings) -> Backup:
    """Return a backup of the last hours, or take one: whoever asks twice a night takes one.

    Raises: BackupFailedError, ProgramMissingError, ProgramFailedError.
    """
    for backup in list_backups(plan_from(settings).folder):
        if clock.now() - backup.taken_at < RECENT and backup.kind is BackupKind.NIGHTLY:
            return backup
    return run_backup(settings)


def deed_of(backup: Backup) -> dict[str, Any]:
    """Return what the log keeps of a backup."""
    detail = {"name": backup.name, "kind": backup.kind.value, "sha256": backup.sha256}
    return detail | {"ratings": backup.contents.ratings, "proved": backup.proved}


def take_backup(plan: BackupPlan, kind: BackupKind) -> Backup:
    """Copy the database while it is in use, restore the copy into a scratch place, compare, keep.

    Raises: BackupFailedError, ProgramMissingError, ProgramFailedError; nothing is left behind.
    """
    now = clock.now()
    with _one_at_a_time(plan.folder), _scratch(plan.folder) as scratch:
        _require_seal(plan)
        _require_room(plan)
        dump = scratch / f"dump{dumps.suffix_of(plan.url)}"
        try:
            contents = dumps.write_dump(plan.url, dump)
            kept = _sealed(dump, plan.keys)
            proved = _prove(plan, kept, contents)
        except OSError as problem:
            raise BackupFailedError(problem="disk", detail=problem.strerror or "") from problem
        backup = Backup(
            name=_name(plan, kind, now),
            kind=kind,
            taken_at=now,
            engine="sqlite" if dumps.is_sqlite(plan.url) else "postgresql",
            size=kept.stat().st_size,
            sha256=hash_of(kept),
            contents=contents,
            proved=proved,
        )
        _keep(plan.folder, kept, backup)
    return backup


def _name(plan: BackupPlan, kind: BackupKind, now: datetime) -> str:
    stamp = clock.local_time(now).strftime("%Y%m%d-%H%M%S")
    ending = dumps.suffix_of(plan.url) + plan.keys.suffix
    name, number = f"hailong-{stamp}-{kind}{ending}", 2
    while (plan.folder / name).exists():
        name, number = f"hailong-{stamp}-{kind}-{number}{ending}", number + 1
    return name


def _sealed(dump: Path, keys: Keys) -> Path:
    if not keys.suffix:
        return dump
    sealed = dump.with_name(dump.name + keys.suffix)
    envelopes.seal_file(dump, sealed, keys=keys)
    dump.unlink()
    return sealed


def _prove(plan: BackupPlan, kept: Path, contents: Contents) -> str:
    """Read the copy back and compare it with what was copied."""
    if plan.keys.suffix and not envelopes.can_be_opened(plan.keys):
        return ""
    found, how = read_back(plan, kept, scratch=kept.parent)
    require_same(kept.name, wanted=contents, found=found)
    return how


def read_back(plan: BackupPlan, file: Path, *, scratch: Path) -> tuple[Contents, str]:
    """Restore a backup's file into a scratch place; return what is in it and how it was done.

    Raises: BackupFailedError, ProgramMissingError, ProgramFailedError.
    """
    dump = opened(file, scratch=scratch, keys=plan.keys)
    try:
        return dumps.prove_dump(plan.url, dump, scratch=scratch)
    finally:
        if dump != file:
            dump.unlink()


def opened(file: Path, *, scratch: Path, keys: Keys) -> Path:
    """Return the open form of a backup's file: itself, or a private one in the scratch place."""
    if file.suffix not in {envelopes.GPG, envelopes.AGE}:
        return file
    target = scratch / f"open-{file.stem}"
    envelopes.open_file(file, target, keys=keys)
    return target


def require_same(name: str, *, wanted: Contents, found: Contents) -> None:
    """Refuse a copy whose revision, newest rating or rows differ from what was copied.

    Raises: BackupFailedError.
    """
    if wanted == found:
        return
    tables = wanted.rows.keys() | found.rows.keys()
    odd = [one for one in sorted(tables) if wanted.rows.get(one) != found.rows.get(one)]
    raise BackupFailedError(problem="differs", name=name, detail=", ".join(odd[:3]))


def verify_backup(plan: BackupPlan, name: str) -> Backup:
    """Read a backup again and compare it with its manifest: the hash, the checks, every count.

    Raises: BackupNotFoundError, BackupFailedError, ProgramMissingError, ProgramFailedError.
    """
    backup = get_backup(plan.folder, name)
    file = plan.folder / name
    if hash_of(file) != backup.sha256:
        raise BackupFailedError(problem="altered", name=name)
    with _scratch(plan.folder) as scratch:
        found, _ = read_back(plan, file, scratch=scratch)
    require_same(name, wanted=backup.contents, found=found)
    return backup


def hash_of(file: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as opened_file:
        return hashlib.file_digest(opened_file, "sha256").hexdigest()


def _keep(folder: Path, kept: Path, backup: Backup) -> None:
    """Put a proved file in place and then its manifest, each whole and on the disk."""
    draft = kept.with_name("manifest")
    draft.write_text(_as_json(backup), encoding="utf-8")
    for source, target in ((kept, folder / backup.name), (draft, manifest_of(folder, backup.name))):
        with source.open("rb") as file:
            os.fsync(file.fileno())
        source.chmod(0o600)
        source.replace(target)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Have the disk keep which files stand in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def manifest_of(folder: Path, name: str) -> Path:
    """Return where the manifest of a backup lies."""
    return folder / f"{name}{_MANIFEST}"


def _as_json(backup: Backup) -> str:
    shown = {"format": FORMAT, **asdict(backup), "taken_at": backup.taken_at.isoformat()}
    newest = backup.contents.newest_rating_at
    shown["contents"] |= {"newest_rating_at": newest.isoformat() if newest else None}
    return json.dumps(shown, ensure_ascii=False, indent=1) + "\n"


def _from_json(text: str) -> Backup:
    read: dict[str, Any] = json.loads(text)
    if read.pop("format") != FORMAT:
        raise ValueError("another format")
    contents = read.pop("contents")
    newest = contents.pop("newest_rating_at")
    return Backup(
        **read
        | {
            "kind": BackupKind(read["kind"]),
            "taken_at": datetime.fromisoformat(read["taken_at"]),
            "contents": Contents(
                **contents, newest_rating_at=datetime.fromisoformat(newest) if newest else None
            ),
        }
    )


def list_backups(folder: Path) -> list[Backup]:
    """Return the whole backups in a folder, the newest first; a manifest gone bad is none."""
    found = []
    for manifest in folder.glob(f"hailong-*{_MANIFEST}"):
        try:
            backup = _from_json(manifest.read_text(encoding="utf-8"))
        except (KeyError, TypeError, ValueError):
            continue
        if (folder / backup.name).is_file() and manifest_of(folder, backup.name) == manifest:
            found.append((backup.taken_at, manifest.stat().st_mtime_ns, backup))
    found.sort(key=lambda dated: dated[:2], reverse=True)
    return [backup for _, _, backup in found]


def get_backup(folder: Path, name: str) -> Backup:
    """Return the backup of a name.

    Raises: BackupNotFoundError.
    """
    for backup in list_backups(folder):
        if backup.name == name:
            return backup
    raise BackupNotFoundError(name=name)


def last_good_name(plan: BackupPlan) -> str | None:
    """Return the newest backup of this kind of database that was proved; None where there is none.

    It asks only for folders and manifests, so that it serves where no database can be opened.
    """
    wanted = "sqlite" if dumps.is_sqlite(plan.url) else "postgresql"
    for backup in list_backups(plan.folder):
        if backup.engine == wanted and (backup.proved or plan.keys.suffix):
            return backup.name
    return None


def rotate(folder: Path) -> list[str]:
    """Let go of nightly backups beyond 7 days, 5 weeks and 12 months, and of old safety copies.

    The newest of each day, ISO week and month counts; those taken by hand stay.
    """
    backups = list_backups(folder)
    kept = _to_keep([backup for backup in backups if backup.kind is BackupKind.NIGHTLY])
    for kind in (BackupKind.BEFORE_UPGRADE, BackupKind.BEFORE_RESTORE):
        safety = [backup.name for backup in backups if backup.kind is kind]
        kept |= set(safety[:SAFETY_COPIES_KEPT])
    kept |= {backup.name for backup in backups if backup.kind is BackupKind.BY_HAND}
    gone = [backup.name for backup in backups if backup.name not in kept]
    for name in gone:
        manifest_of(folder, name).unlink()
        (folder / name).unlink()
    return gone


def _to_keep(backups: Sequence[Backup]) -> set[str]:
    """Return the names to keep of nightly backups that come with the newest first."""
    days: dict[Any, str] = {}
    weeks: dict[Any, str] = {}
    months: dict[Any, str] = {}
    for backup in backups:
        day = clock.local_day(backup.taken_at)
        days.setdefault(day, backup.name)
        weeks.setdefault(day.isocalendar()[:2], backup.name)
        months.setdefault((day.year, day.month), backup.name)
    kept = [*days.values()][:DAYS_KEPT] + [*weeks.values()][:WEEKS_KEPT]
    return {*kept, *[*months.values()][:MONTHS_KEPT]}


def age_of_newest(folder: Path) -> timedelta | None:
    """Return how old the newest backup is; None where there is none."""
    backups = list_backups(folder)
    return clock.now() - backups[0].taken_at if backups else None


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Refuse to take two backups at once.

    Raises: BackupFailedError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError as problem:
        raise BackupFailedError(problem="busy", detail=str(folder)) from problem
    except OSError as problem:
        raise BackupFailedError(problem="disk", detail=problem.strerror or "") from problem


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Yield a private place beside the backups that is empty before and gone afterwards."""
    place = folder / f"{_PARTIAL}-{os.getpid()}"
    for left in folder.glob(f"{_PARTIAL}-*"):
        if left == place or not Path("/proc", left.name.rpartition("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    place.mkdir(mode=0o700)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _require_seal(plan: BackupPlan) -> None:
    """Refuse to let a backup lie open where the last one was sealed: a key has gone unnoticed.

    Raises: BackupFailedError.
    """
    if plan.keys.suffix or plan.may_lie_open:
        return
    newest = next(iter(list_backups(plan.folder)), None)
    if newest is not None and newest.is_sealed:
        raise BackupFailedError(problem="not sealed", name=newest.name)


def _require_room(plan: BackupPlan) -> None:
    """Refuse to begin what would fill the disk: the copy and its restored form lie side by side.

    Raises: BackupFailedError.
    """
    wanted = ROOM_TO_SPARE
    if dumps.is_sqlite(plan.url):
        wanted += 2 * dumps.sqlite_file(plan.url).stat().st_size
    free = shutil.disk_usage(plan.folder).free
    if free < wanted:
        detail = f"{free // 1024**2} MB < {wanted // 1024**2} MB"
        raise BackupFailedError(problem="no room", detail=detail)
