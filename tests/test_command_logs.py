"""The log of what the units start besides the pages: one object a line, whatever happens."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from flask import Flask

from satisfaction import dumps
from satisfaction.config import Settings
from satisfaction.database import unit_of_work
from satisfaction.ledger import NewRun, plan_run
from tests.commanding import run_command, running_command
from tests.conftest import NOW, Office

# What processes write is the same over any database.
pytestmark = pytest.mark.once
JSON = {"HAILONG_LOG_FORMAT": "json"}


def _settings(app: Flask) -> Settings:
    found: Settings = app.config["SETTINGS"]
    return found


def _objects(lines: list[str]) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in lines if line.strip()]
    assert all({"event", "level", "logger", "at"} <= set(one) for one in found), found
    return found


def test_the_jobs_log_an_object_a_line_and_what_fails_with_its_trace(
    app: Flask, ward: Office
) -> None:
    with unit_of_work() as session:
        # A job that was planned long ago: the scheduler carries it out at its first tick.
        plan_run(session, NewRun("rebuild", NOW))
        plan_run(session, NewRun("backup", NOW))
    settings = _settings(app)
    backups = settings.data_folder / "backups"
    backups.write_text("no folder")
    with running_command(settings, ["jobs", "run"], **JSON) as jobs:
        jobs.wait_for("job done")
        jobs.wait_for("job backup failed")
        assert jobs.terminate() == 0
        said = _objects(jobs.lines)
    events = [one["event"] for one in said]
    assert events[0] == "The scheduler is running"
    # Days since then are made up for as well, as far as the time allows.
    (done,) = [one for one in said if one["event"] == "job done" and _is_first(one)]
    assert (done["level"], done["logger"]) == ("info", "hailong.jobs")
    assert set(done["result"]) == {"days", "marks"}
    failed = next(one for one in said if one["event"] == "job backup failed")
    assert failed["level"] == "error"
    assert "BackupFailedError" in failed["exception"]


def _is_first(event: dict[str, Any]) -> bool:
    return bool(event["job"] == "rebuild" and event["due_at"] == NOW.isoformat())


def test_the_level_is_respected(app: Flask, ward: Office) -> None:
    with unit_of_work() as session:
        plan_run(session, NewRun("backup", NOW))
    settings = _settings(app)
    (settings.data_folder / "backups").write_text("no folder")
    words = ["jobs", "run"]
    with running_command(settings, words, HAILONG_LOG_LEVEL="error", **JSON) as jobs:
        jobs.wait_for("job backup failed")
        assert jobs.terminate() == 0
        said = _objects(jobs.lines)
    assert {one["level"] for one in said} == {"error"}


def test_a_backup_says_what_it_took_and_why_it_took_none(app: Flask, ward: Office) -> None:
    settings = _settings(app)
    words = ["backup", "now", "--kind", "nightly", "--unless-recent"]
    done = run_command(settings, words, **JSON)
    assert done.returncode == 0, done.stderr
    said = _objects((done.stdout + done.stderr).splitlines())
    (taken,) = [one for one in said if one["event"] == "backup taken"]
    assert taken["backup"]["kind"] == "nightly"
    assert taken["backup"]["name"].startswith("hailong-")
    refused = run_command(settings, ["backup", "verify", "hailong-none"], **JSON)
    assert refused.returncode == 1
    (line,) = _objects((refused.stdout + refused.stderr).splitlines())
    assert line["level"] == "error"
    assert "hailong-none" in line["event"]
    misspelled = run_command(settings, words, HAILONG_BACKUP_FOLDRE="/x", **JSON)
    assert misspelled.returncode == 1
    (line,) = _objects((misspelled.stdout + misspelled.stderr).splitlines())
    assert "HAILONG_BACKUP_FOLDER" in line["event"]
    plain = run_command(settings, ["backup", "verify", "hailong-none"])
    assert plain.stderr.count("\n") == 1
    assert "There is no backup hailong-none" in plain.stderr


def test_what_nobody_foresaw_is_one_line_as_well(app: Flask, ward: Office) -> None:
    settings = _settings(app)
    url = settings.effective_database_url
    if not dumps.is_sqlite(url):
        return
    with closing(sqlite3.connect(dumps.sqlite_file(url))) as connection:
        connection.execute("ALTER TABLE job_run RENAME TO job_run_gone")
        connection.commit()
    done = run_command(settings, ["jobs", "list"], **JSON)
    assert done.returncode == 1
    (line,) = _objects((done.stdout + done.stderr).splitlines())
    assert (line["event"], line["level"]) == ("ended", "critical")
    assert "no such table: job_run" in line["exception"]
