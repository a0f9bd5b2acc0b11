"""A look at the whole installation: a line for each thing, and the status that scripts read."""

import socket
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from satisfaction import backups, checks, clock, dumps, schema
from satisfaction.backups import BackupKind
from satisfaction.checks import Finding, Verdict, check_installation
from satisfaction.config import Settings, load_settings
from satisfaction.database import db, unit_of_work, wal_is_safe
from satisfaction.errors import ConfigurationError
from tests.conftest import Office


@pytest.fixture
def settings(app: Flask) -> Settings:
    """Return the settings of an installation whose folder is private, as the units make it."""
    found: Settings = app.config["SETTINGS"]
    found.data_folder.chmod(0o700)
    return found


def _look(settings: Settings) -> dict[str, Finding]:
    found = check_installation(settings, newest_revision=schema.newest_revision())
    return {finding.english: finding for finding in found}


def test_a_sound_installation_is_found_so(app: Flask, settings: Settings, ward: Office) -> None:
    with clock.replaced(clock.now()):
        backups.run_backup(settings)
        found = _look(settings)
    for name in ("Settings", "Database", "Form of the database", "Permissions", "Time zone"):
        assert found[name].verdict is Verdict.GOOD, found[name]
    assert found["Backups"].verdict is Verdict.GOOD
    assert {"Data disk", "Backup disk", "Clock", "PDF"} <= set(found)
    said = app.test_cli_runner().invoke(args=["check"])
    assert said.exit_code == 0, said.output
    assert all(" / " in line for line in said.stdout.splitlines())
    assert len(said.stdout.splitlines()) == len(found) + 1
    assert "Mail server: chưa đặt" in said.stdout


@pytest.mark.own_app
def test_a_mail_server_that_does_not_answer_is_an_error(app: Flask, settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        app.config["SETTINGS"] = settings.model_copy(
            update={"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_from": "a@example.vn"}
        )
        said = app.test_cli_runner().invoke(args=["check"])
    assert said.exit_code == 1
    (line,) = [one for one in said.stdout.splitlines() if "Mail server" in one]
    assert line.startswith("lỗi / error")
    assert f"127.0.0.1:{port}" in line


def test_a_mail_server_alone_is_not_enough_for_letters(settings: Settings) -> None:
    assert "Letters" not in _look(settings)
    half = settings.model_copy(update={"smtp_host": "mail.example.vn"})
    found = _look(half)["Letters"]
    assert found.verdict is Verdict.WARNING
    assert found.value.endswith("HAILONG_SMTP_FROM, HAILONG_PUBLIC_URL")
    whole = {"smtp_from": "a@example.vn", "public_url": "https://danhgia.example.vn"}
    assert _look(half.model_copy(update=whole))["Letters"].verdict is Verdict.GOOD


def test_what_is_wrong_is_an_error_and_the_status_says_so(
    app: Flask, settings: Settings, ward: Office
) -> None:
    (settings.data_folder / "secret.key").chmod(0o644)
    settings.data_folder.chmod(0o755)
    with unit_of_work() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    found = _look(settings)
    assert found["Permissions"].verdict is Verdict.ERROR
    assert "secret.key: 0644" in found["Permissions"].value
    assert found["Form of the database"].verdict is Verdict.ERROR
    assert app.test_cli_runner().invoke(args=["check"]).exit_code == 1


def test_no_backup_and_an_old_one_are_to_be_looked_at(
    app: Flask, settings: Settings, ward: Office
) -> None:
    assert _look(settings)["Backups"].verdict is Verdict.WARNING
    plan = backups.plan_from(settings)
    with clock.replaced(clock.now() - timedelta(hours=27)):
        backups.take_backup(plan, BackupKind.NIGHTLY)
    assert _look(settings)["Backups"].verdict is Verdict.WARNING
    assert app.test_cli_runner().invoke(args=["check", "--strict"]).exit_code == 1


def test_the_journal_is_what_the_file_says(settings: Settings, ward: Office) -> None:
    url = settings.effective_database_url
    if not dumps.is_sqlite(url):
        assert "Journal" not in _look(settings)
        return
    assert _look(settings)["Journal"].verdict is Verdict.GOOD
    is_wal = wal_is_safe(sqlite3.sqlite_version_info)
    wrong = "delete" if is_wal else "wal"
    db.engine.dispose()
    with closing(sqlite3.connect(dumps.sqlite_file(url))) as connection:
        connection.execute(f"PRAGMA journal_mode={wrong}")
        found = _look(settings)["Journal"]
    assert found.verdict is Verdict.WARNING
    assert found.value == f"{wrong} ≠ {'wal' if is_wal else 'truncate'}"


@pytest.mark.parametrize(
    ("days", "verdict"), [(365, Verdict.GOOD), (10, Verdict.WARNING), (None, Verdict.ERROR)]
)
def test_a_certificate_is_watched(
    app: Flask, settings: Settings, tmp_path: Path, days: int | None, verdict: Verdict
) -> None:
    path = tmp_path / "cert.pem"
    if days is not None:
        words = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        words += ["-subj", "/CN=kiosk", "-days", str(days), "-keyout", str(tmp_path / "key")]
        subprocess.run(["openssl", "req", *words, "-out", path], check=True, capture_output=True)
    else:
        path.write_text("no certificate")
    found = _look(settings.model_copy(update={"certificate": path}))
    assert found["Certificate"].verdict is verdict, found["Certificate"]


def test_the_clock_is_asked_and_may_be_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    class _Library:
        state = 0

        def __init__(self, _name: None) -> None:
            pass

        def adjtimex(self, _buffer: object) -> int:
            return self.state

    monkeypatch.setattr("ctypes.CDLL", _Library)
    verdicts = []
    for state in (0, 5, -1):
        _Library.state = state
        verdicts.append(checks._clock().verdict)
    assert verdicts == [Verdict.GOOD, Verdict.WARNING, Verdict.WARNING]
    with clock.replaced(datetime(1970, 1, 1, tzinfo=UTC)):
        assert checks._clock().verdict is Verdict.ERROR


def test_settings_come_as_files_that_only_the_service_reads(tmp_path: Path) -> None:
    file = tmp_path / "hailong_secret_key"
    file.write_text("k" * 40 + "\n")
    file.chmod(0o400)
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert load_settings(environment).secret_key == "k" * 40
    given = environment | {"HAILONG_SECRET_KEY": "v" * 40}
    assert load_settings(given).secret_key == "v" * 40
    file.chmod(0o444)
    with pytest.raises(ConfigurationError) as refused:
        load_settings(environment)
    assert refused.value.fields["variable"] == "HAILONG_SECRET_KEY"
    file.chmod(0o400)
    (tmp_path / "hailong_secret_kye").write_text("x")
    (tmp_path / "hailong_secret_kye").chmod(0o400)
    with pytest.raises(ConfigurationError) as refused:
        load_settings(environment)
    assert refused.value.fields["meant"] == "HAILONG_SECRET_KEY"
