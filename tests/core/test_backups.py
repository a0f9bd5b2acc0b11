"""Backups come back: taken under use, proved, sealed, rotated, and put in place only on purpose."""

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select, text

from satisfaction import backups, clock, dumps, presence, restoring, schema, soundness
from satisfaction.backups import BackupKind, BackupPlan, run_backup
from satisfaction.config import Settings
from satisfaction.database import db, reading, writing_engine
from satisfaction.envelopes import Keys
from satisfaction.errors import (
    BackupFailedError,
    DatabaseDamagedError,
    DatabaseMissingError,
    DataInUseError,
    NewerDataError,
)
from satisfaction.models import AuditEntry, Rating
from satisfaction.terms import AuditAction
from satisfaction.web.contexts import this_app
from tests.commanding import run_command, running_command
from tests.conftest import Office
from tests.making import rated_visit

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, now: object) -> Run:
    """Return what runs one command on the clock of the test."""

    def invoke(*words: str, typed: str | None = None) -> Result:
        return app.test_cli_runner().invoke(args=words, input=typed)

    return invoke


@pytest.fixture
def settings(app: Flask) -> Settings:
    """Return the settings of the test's application."""
    found: Settings = app.config["SETTINGS"]
    return found


@pytest.fixture
def plan(settings: Settings) -> BackupPlan:
    """Return the plan of the test's database."""
    return backups.plan_from(settings)


def _rate(ward: Office, number: int = 3, day: int = 0) -> None:
    for minute in range(number):
        at = clock.now() - timedelta(days=1 - day, minutes=minute)
        rated_visit(ward, 4, at=at)


def _ratings() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Rating)) or 0


def _restore(plan: BackupPlan, name: str, settings: Settings, *, newer: bool = False) -> str | None:
    db.engine.dispose()
    restored = restoring.restore_backup(
        plan, name, data_folder=settings.data_folder, overwrites_newer=newer
    )
    return restored.safety_copy


def test_a_backup_is_proved_and_says_what_is_in_it(
    settings: Settings, plan: BackupPlan, ward: Office
) -> None:
    _rate(ward)
    taken = run_backup(settings, BackupKind.BY_HAND)
    assert taken.proved == "restored"
    assert taken.contents.ratings == 3
    assert taken.contents.newest_rating_at is not None
    assert backups.list_backups(plan.folder) == [taken]
    assert backups.verify_backup(plan, taken.name) == taken
    manifest = json.loads(backups.manifest_of(plan.folder, taken.name).read_text())
    assert manifest["format"] == backups.FORMAT
    assert manifest["contents"]["rows"]["rating"] == 3
    assert manifest["sha256"] == backups.hash_of(plan.folder / taken.name)
    assert {path.stat().st_mode & 0o777 for path in plan.folder.glob("hailong-*")} == {0o600}
    assert list(plan.folder.glob(".partial*")) == []
    with reading() as session:
        deed = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.BACKUP_TAKEN)
        ).one()
    assert deed.detail["name"] == taken.name


def test_a_role_that_may_make_no_database_has_its_copy_read_back(
    settings: Settings, plan: BackupPlan, ward: Office
) -> None:
    if dumps.is_sqlite(plan.url):
        assert dumps.suffix_of(plan.url) == ".sqlite3.gz"
        return
    _rate(ward)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ALTER ROLE hailong NOCREATEDB"))
        connection.execute(text("CREATE ROLE lesser LOGIN IN ROLE hailong"))
    try:
        lesser = BackupPlan(url=plan.url.replace("hailong@", "lesser@"), folder=plan.folder)
        taken = backups.take_backup(lesser, BackupKind.NIGHTLY)
        assert (taken.proved, taken.contents.ratings) == ("read", 3)
        assert backups.verify_backup(plan, taken.name) == taken
    finally:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("DROP ROLE lesser"))
            connection.execute(text("ALTER ROLE hailong CREATEDB"))


def test_a_restore_brings_back_what_was_there_and_keeps_what_stood(
    settings: Settings, plan: BackupPlan, ward: Office
) -> None:
    _rate(ward)
    first = run_backup(settings, BackupKind.BY_HAND)
    _rate(ward, 2, day=1)
    with pytest.raises(NewerDataError) as refused:
        _restore(plan, first.name, settings)
    assert (refused.value.fields["stored"], refused.value.fields["kept"]) == (5, 3)
    assert _ratings() == 5
    safety = _restore(plan, first.name, settings, newer=True)
    assert _ratings() == 3
    if db.engine.dialect.name == "postgresql":
        with reading() as session:
            known = text("SELECT count(*) FROM pg_stats WHERE tablename = 'rating'")
            assert session.scalar(known) > 0
    assert safety is not None
    assert "before-restore" in safety
    assert _restore(plan, safety, settings) is not None
    assert _ratings() == 5
    schema.check_database()


def test_the_command_asks_for_the_name_and_then_for_the_newer_data(
    run: Run, settings: Settings, plan: BackupPlan, ward: Office
) -> None:
    _rate(ward)
    name = run("backup", "now").stdout.split("\t")[0]
    assert name in run("backup", "list").stdout
    assert "good" in run("backup", "verify").stdout
    _rate(ward, 1, day=1)
    assert run("backup", "restore", name, typed="other\n").exit_code != 0
    refused = run("backup", "restore", name, typed=f"{name}\n")
    assert (refused.exit_code, "--overwrite-newer" in refused.stderr) == (1, True)
    assert _ratings() == 4
    done = run("backup", "restore", name, "--yes", "--overwrite-newer")
    assert done.exit_code == 0, done.output
    assert _ratings() == 3
    with reading() as session:
        action = AuditEntry.action == AuditAction.BACKUP_RESTORED
        assert session.scalars(select(AuditEntry).where(action)).one().detail["name"] == name
    assert "no backup" in run("backup", "verify", "hailong-none").stderr


def test_nothing_is_restored_under_a_running_server(
    settings: Settings, plan: BackupPlan, ward: Office
) -> None:
    taken = run_backup(settings, BackupKind.BY_HAND)
    held = presence.stay_present(settings.data_folder)
    with pytest.raises(DataInUseError):
        _restore(plan, taken.name, settings)
    os.close(held)
    with presence.nobody_else(settings.data_folder), pytest.raises(DataInUseError):
        presence.stay_present(settings.data_folder)
    if not dumps.is_sqlite(plan.url):
        with db.engine.connect(), pytest.raises(DataInUseError):
            restoring.restore_backup(plan, taken.name, data_folder=settings.data_folder)
        return
    with dumps.sqlite_file(plan.url).open("rb") as held_open:
        looker = subprocess.Popen(["sleep", "60"], stdin=held_open)
    try:
        with pytest.raises(DataInUseError):
            _restore(plan, taken.name, settings)
    finally:
        looker.kill()
        looker.wait()
    _restore(plan, taken.name, settings)


def test_nothing_is_restored_while_the_jobs_run(
    run: Run, settings: Settings, plan: BackupPlan, ward: Office
) -> None:
    taken = run_backup(settings, BackupKind.BY_HAND)
    words = ["jobs", "run"]
    with running_command(settings, words) as jobs:
        jobs.wait_for("The scheduler is running")
        refused = run("backup", "restore", taken.name, "--yes", "--overwrite-newer")
        assert refused.exit_code == 1
        assert "is in use; stop the services first" in refused.stderr
        assert str(settings.data_folder) in refused.stderr
        jobs.terminate()
    done = run("backup", "restore", taken.name, "--yes", "--overwrite-newer")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("way", ["gpg", "age"])
def test_a_sealed_backup_comes_back_with_its_key_only(
    settings: Settings, plan: BackupPlan, ward: Office, tmp_path: Path, way: str
) -> None:
    _rate(ward)
    keys = _keys(way, tmp_path)
    sealed = BackupPlan(url=plan.url, folder=plan.folder, keys=keys)
    taken = backups.take_backup(sealed, BackupKind.BY_HAND)
    assert taken.name.endswith(keys.suffix)
    assert taken.proved == "restored"
    assert b"rating" not in (plan.folder / taken.name).read_bytes()
    wrong = tmp_path / "wrong"
    wrong.write_text("another passphrase\n")
    other = (
        Keys(passphrase_file=wrong, gpg_home=tmp_path / "gnupg")
        if way == "gpg"
        else Keys(keys.recipient)
    )
    with pytest.raises(BackupFailedError) as refused:
        backups.verify_backup(BackupPlan(url=plan.url, folder=plan.folder, keys=other), taken.name)
    assert refused.value.fields["problem"] == "no key"
    db.engine.dispose()
    restoring.restore_backup(sealed, taken.name, data_folder=settings.data_folder)
    assert _ratings() == 3


def test_a_passphrase_among_the_credentials_seals_whoever_takes_the_backup(
    settings: Settings, plan: BackupPlan, ward: Office, tmp_path: Path
) -> None:
    """As in each unit: the web's before an upgrade, the jobs', the timer's, and by hand."""
    credential = tmp_path / "hailong_backup_passphrase"
    credential.write_text("một câu dài của cơ quan\n", encoding="utf-8")
    credential.chmod(0o400)
    folder = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    words = ["backup", "now", "--kind", "nightly"]
    done = run_command(settings, words, **folder)
    assert done.returncode == 0, done.stderr
    (sealed,) = backups.list_backups(plan.folder)
    assert (sealed.is_sealed, sealed.proved) == (True, "restored")
    assert run_command(settings, ["backup", "verify"], **folder).returncode == 0
    assert run_command(settings, ["backup", "verify"]).returncode == 1

    with pytest.raises(BackupFailedError) as problem:
        backups.take_backup(plan, BackupKind.BEFORE_UPGRADE)
    assert problem.value.fields["problem"] == "not sealed"
    said = run_command(settings, words)
    assert said.returncode == 1
    assert "backup now --unsealed" in said.stderr
    assert [one.name for one in backups.list_backups(plan.folder)] == [sealed.name]

    assert run_command(settings, ["backup", "now", "--unsealed"]).returncode == 0
    assert run_command(settings, words).returncode == 0
    assert {one.is_sealed for one in backups.list_backups(plan.folder)} == {False}


def _keys(way: str, folder: Path) -> Keys:
    file = folder / "key"
    if way == "gpg":
        file.write_text("a long passphrase of the office\n")
        return Keys(passphrase_file=file, gpg_home=folder / "gnupg")
    assert shutil.which("age-keygen") is not None, "apt-get install age"
    subprocess.run(["age-keygen", "-o", file], check=True, capture_output=True)
    recipient = subprocess.run(
        ["age-keygen", "-y", file], check=True, capture_output=True, text=True
    ).stdout.strip()
    return Keys(recipient=recipient, identity_file=file)


def test_a_damaged_or_altered_backup_is_found(
    settings: Settings, plan: BackupPlan, ward: Office
) -> None:
    _rate(ward)
    taken = run_backup(settings, BackupKind.BY_HAND)
    file = plan.folder / taken.name
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BackupFailedError) as refused:
        backups.verify_backup(plan, taken.name)
    assert refused.value.fields["problem"] == "altered"
    db.engine.dispose()
    with pytest.raises(BackupFailedError):
        restoring.restore_backup(plan, taken.name, data_folder=settings.data_folder)
    assert _ratings() == 3
    file.unlink()
    assert backups.list_backups(plan.folder) == []


def test_a_copy_that_lacks_a_row_is_no_backup(plan: BackupPlan, ward: Office) -> None:
    with dumps.looking_at(plan.url) as connection:
        contents = dumps.examine(connection)
    less = dumps.Contents(contents.revision, contents.rows | {"desk": 1}, None)
    with pytest.raises(BackupFailedError) as refused:
        backups.require_same("x", wanted=contents, found=less)
    assert refused.value.fields["detail"] == "desk"


def test_backups_are_whole_while_ratings_come_in(
    settings: Settings, plan: BackupPlan, ward: Office
) -> None:
    stop = threading.Event()

    def tap(app: Flask) -> None:
        with app.app_context():
            while not stop.is_set():
                _rate(ward, 1)

    thread = threading.Thread(target=tap, args=(this_app(),))
    thread.start()
    try:
        taken = [backups.take_backup(plan, BackupKind.BY_HAND) for _ in range(3)]
    finally:
        stop.set()
        thread.join()
    assert [one.proved for one in taken] == ["restored"] * 3
    assert taken[-1].contents.ratings >= taken[0].contents.ratings


def test_rotation_keeps_days_weeks_and_months(plan: BackupPlan, app: Flask) -> None:
    start = datetime(2026, 12, 31, 15, 0, tzinfo=UTC)
    plan.folder.mkdir()
    for back in range(400):
        _plant(plan.folder, start - timedelta(days=back), BackupKind.NIGHTLY)
    _plant(plan.folder, start - timedelta(days=999), BackupKind.BY_HAND)
    for number in range(7):
        _plant(plan.folder, start - timedelta(hours=number), BackupKind.BEFORE_UPGRADE)
    gone = backups.rotate(plan.folder)
    left = backups.list_backups(plan.folder)
    nightly = [one.taken_at for one in left if one.kind is BackupKind.NIGHTLY]
    assert nightly[:7] == [start - timedelta(days=back) for back in range(7)]
    assert len(gone) == 400 - len(nightly) + 2
    weeks = sorted({clock.local_day(at).isocalendar()[:2] for at in nightly}, reverse=True)
    assert len(weeks) >= backups.WEEKS_KEPT
    months = [(at.year, at.month) for at in nightly]
    assert set(months) == {(2026, month) for month in range(1, 13)}
    assert sum(one.kind is BackupKind.BEFORE_UPGRADE for one in left) == 5
    assert sum(one.kind is BackupKind.BY_HAND for one in left) == 1
    assert backups.rotate(plan.folder) == []


def _plant(folder: Path, at: datetime, kind: BackupKind) -> None:
    name = f"hailong-{at:%Y%m%d%H%M}-{kind}.dump"
    (folder / name).touch()
    contents: dict[str, object] = {"revision": None, "rows": {}, "newest_rating_at": None}
    shown: dict[str, object] = {
        "format": backups.FORMAT,
        "name": name,
        "kind": kind,
        "taken_at": at.isoformat(),
    }
    shown |= {"engine": "sqlite", "size": 0, "sha256": "", "contents": contents, "proved": ""}
    backups.manifest_of(folder, name).write_text(json.dumps(shown))


def test_each_backup_is_copied_elsewhere(app: Flask, ward: Office, tmp_path: Path) -> None:
    away = tmp_path / "mount"
    settings = app.config["SETTINGS"].model_copy(update={"backup_copy_to": str(away)})
    with pytest.raises(BackupFailedError):
        run_backup(settings)
    away.mkdir()
    taken = run_backup(settings)
    assert (away / taken.name).read_bytes() == (
        backups.plan_from(settings).folder / taken.name
    ).read_bytes()
    assert [one.name for one in backups.list_backups(away)] == [taken.name]


def test_whoever_asks_twice_a_night_takes_one(settings: Settings, ward: Office) -> None:
    first = backups.run_nightly_backup(settings)
    with clock.replaced(clock.now() + timedelta(hours=2)):
        assert backups.run_nightly_backup(settings) == first
    with clock.replaced(clock.now() + timedelta(hours=24)):
        assert backups.run_nightly_backup(settings) != first


def test_two_backups_at_once_are_one_too_many(plan: BackupPlan, ward: Office) -> None:
    plan.folder.mkdir()
    with (plan.folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BackupFailedError) as refused:
            backups.take_backup(plan, BackupKind.BY_HAND)
    assert refused.value.fields["problem"] == "busy"


@contextmanager
def _older(app: Flask) -> Iterator[None]:
    from flask_migrate import downgrade

    downgrade(revision="-1")
    yield
    schema.check_database()


def test_an_upgrade_begins_with_a_backup_of_what_there_is(
    app: Flask, settings: Settings, plan: BackupPlan
) -> None:
    with _older(app):
        schema.prepare_database()
    taken = backups.list_backups(plan.folder)
    assert [one.kind for one in taken] == [BackupKind.BEFORE_UPGRADE]
    assert taken[0].contents.revision != schema.current_revision()
    schema.prepare_database()
    assert len(backups.list_backups(plan.folder)) == 1


def test_an_upgrade_without_a_backup_changes_nothing(
    app: Flask, settings: Settings, plan: BackupPlan
) -> None:
    with _older(app):
        before = schema.current_revision()
        plan.folder.mkdir()
        with (plan.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(BackupFailedError):
                schema.prepare_database()
        assert schema.current_revision() == before
        schema.prepare_database(takes_backup=False)
    assert backups.list_backups(plan.folder) == []


def test_a_database_that_has_gone_is_not_begun_anew(
    app: Flask, settings: Settings, plan: BackupPlan, ward: Office
) -> None:
    _rate(ward)
    schema.prepare_database()
    taken = run_backup(settings, BackupKind.BY_HAND)
    db.engine.dispose()
    if dumps.is_sqlite(plan.url):
        dumps.sqlite_file(plan.url).unlink()
    else:
        with writing_engine(db.engine).begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    with pytest.raises(DatabaseMissingError) as refused:
        schema.prepare_database()
    assert refused.value.fields["last_good"] == taken.name
    _restore(plan, taken.name, settings)
    schema.prepare_database()
    assert _ratings() == 3


@pytest.mark.parametrize("damage", ["header", "middle", "empty", "cut"])
def test_a_damaged_file_is_named_with_the_last_good_backup(
    settings: Settings, plan: BackupPlan, ward: Office, damage: str
) -> None:
    if not dumps.is_sqlite(plan.url):
        soundness.require_sound_file(plan, settings.data_folder, was_here=True)
        return
    _rate(ward, 10)
    schema.prepare_database()
    taken = run_backup(settings, BackupKind.BY_HAND)
    db.engine.dispose()
    file = dumps.sqlite_file(plan.url)
    whole = file.read_bytes()
    page = whole.index(b"\x0d", len(whole) // 2 // 4096 * 4096)
    file.write_bytes(
        {
            "header": b"\0" * 100 + whole[100:],
            "middle": whole[:page] + b"\xff" * 4096 + whole[page + 4096 :],
            "empty": b"",
            "cut": whole[: len(whole) // 2],
        }[damage]
    )
    before = file.read_bytes()
    with pytest.raises((DatabaseDamagedError, DatabaseMissingError)) as refused:
        schema.prepare_database()
    assert refused.value.fields["last_good"] == taken.name
    assert file.read_bytes() == before
    if damage != "empty":
        with pytest.raises(NewerDataError):
            _restore(plan, taken.name, settings)
    aside = _restore(plan, taken.name, settings, newer=True)
    assert _ratings() == 10
    if damage != "empty":
        assert aside is not None
        assert (plan.folder / aside / file.name).read_bytes() == before
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
