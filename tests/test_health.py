"""Alive, ready, counted and logged: what supervisors see, and what they must never see."""

import json
import logging
import logging.config
import re
import socket
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from satisfaction import clock, logs
from satisfaction.audit import record_deed
from satisfaction.config import load_settings
from satisfaction.database import db, reading, unit_of_work
from satisfaction.disks import Disk, Fullness
from satisfaction.errors import ConfigurationError
from satisfaction.outages import Outage, find_outage
from satisfaction.terms import AuditAction
from satisfaction.web import health
from tests.conftest import Office
from tests.engines import Engines
from wsgi import create_app

NASTY = 'Lan\r\n{"level":"info"}\x1b[31m đỏ \u2028 \u202e \x9b2J'


def test_a_ready_product_says_so(app: Flask) -> None:
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 200
    checks = _checks(answer)
    assert (checks["database"], checks["migrations"]) == ("ok", "ok")
    assert set(checks) == {"database", "migrations", "disk", "clock"}


def _checks(answer: TestResponse) -> dict[str, str]:
    found: dict[str, str] = json.loads(answer.text)["checks"]
    return found


def test_a_database_of_another_form_is_not_ready(app: Flask) -> None:
    with unit_of_work() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, _checks(answer)["migrations"]) == (503, "other version")
    assert answer.headers["Retry-After"]
    assert app.test_client().get("/healthz").json == {"status": "alive"}


def test_before_its_clock_is_set_nothing_is_stored_or_shown(app: Flask, ward: Office) -> None:
    client = app.test_client()
    with clock.replaced(datetime(1970, 1, 1, 0, 10, tzinfo=UTC)):
        answer = client.get("/readyz")
        assert (answer.status_code, _checks(answer)["clock"]) == (503, "unset")
        client.set_cookie("kiosk", ward.tokens[0])
        refused = client.post("/kiosk/sync", json={})
        assert (refused.status_code, json.loads(refused.text)["title"]) == (503, "clock-unset")
        assert refused.headers["Retry-After"]
        assert client.get("/kiosk/").status_code == 503
        assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_an_absent_database_is_not_ready_and_pages_say_come_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = OperationalError("SELECT 1", None, _sqlite_error(sqlite3.SQLITE_CANTOPEN))

    class _Gone:
        def connect(self) -> None:
            raise gone

    class _Database:
        engine = _Gone()

    monkeypatch.setattr(health, "db", _Database())
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, _checks(answer)["database"]) == (503, "away")


def test_a_full_disk_is_not_ready_and_a_filling_one_is_said(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for disk, word, status in (
        (Disk(10**9, 0.5), "ok", 200),
        (Disk(10**9, 0.81), "filling", 200),
        (Disk(10**9, 0.95), "nearly-full", 200),
        (Disk(10**3, 0.999), "full", 503),
    ):
        monkeypatch.setattr(health, "measure_disk", lambda _folder, found=disk: found)
        answer = app.test_client().get("/readyz")
        assert (answer.status_code, _checks(answer)["disk"]) == (status, word)
    assert Disk(0, 1.0).fullness is Fullness.FULL


def _sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("x")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "outage"),
    [
        (sqlite3.SQLITE_FULL, Outage.DISK_FULL),
        (sqlite3.SQLITE_BUSY, Outage.DATABASE_BUSY),
        (sqlite3.SQLITE_IOERR | 3 << 8, Outage.DISK_FULL),
        (sqlite3.SQLITE_ERROR, None),
        (sqlite3.SQLITE_CORRUPT, None),
    ],
)
def test_only_what_passes_is_an_outage(code: int, outage: Outage | None) -> None:
    assert find_outage(OperationalError("x", None, _sqlite_error(code))) is outage
    assert find_outage(ValueError()) is None


@pytest.mark.own_app
def test_an_outage_is_answered_503_with_when_to_come_again(app: Flask) -> None:
    from satisfaction.web.guards import public

    @app.get("/full")
    @public
    def full() -> str:
        raise OperationalError("x", None, _sqlite_error(sqlite3.SQLITE_FULL))

    for accept in ("text/html", "application/json"):
        answer = app.test_client().get("/full", headers={"Accept": accept})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


@pytest.fixture
def counted(engines: Engines, tmp_path: Path) -> Iterator[Flask]:
    """Return an application whose figures can be asked for."""
    with engines.fresh_settings(tmp_path) as settings:
        made = create_app(settings=settings.model_copy(update={"metrics": "127.0.0.1:9464"}))
        yield made
        _close(made)


def _close(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()


def _metrics(app: Flask) -> dict[str, list[tuple[dict[str, str], float]]]:
    answer = app.test_client().get("/metrics", environ_overrides={"SERVER_PORT": "9464"})
    assert answer.status_code == 200
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_figures_stand_at_their_own_address_only(counted: Flask) -> None:
    client = counted.test_client()
    assert client.get("/metrics").status_code == 404
    other = client.get("/admin/", environ_overrides={"SERVER_PORT": "9464"})
    assert other.status_code == 404
    assert client.get("/no/such/page/8812").status_code == 404
    assert client.get("/healthz").status_code == 200
    found = _metrics(counted)
    assert found["hailong_database_up"] == [({}, 1.0)]
    assert found["hailong_disk_free_bytes"][0][1] > 0
    assert found["hailong_ratings_today"] == [({}, 0.0)]
    labels = [one for one, _ in found["hailong_request_seconds_count"]]
    assert {"endpoint": "alive", "method": "GET", "status": "200"} in labels
    assert {"endpoint": "none", "method": "GET", "status": "404"} in labels
    assert not [one for one in labels if "8812" in str(one)]


def test_a_request_has_a_number_that_may_be_given(app: Flask) -> None:
    client = app.test_client()
    made = client.get("/healthz").headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{32}", made)
    assert client.get("/healthz", headers={"X-Request-Id": "abc-12345"}).headers[
        "X-Request-Id"
    ] == ("abc-12345")
    for wrong in ("a", "x" * 65, "with space 1", "<script>alert(1)"):
        answer = client.get("/healthz", headers={"X-Request-Id": wrong})
        assert answer.headers["X-Request-Id"] != wrong


def _line(form: str, message: str, **extra: Any) -> str:
    record = logging.LogRecord("hailong.test", logging.WARNING, "", 1, message, (), None)
    record.__dict__.update(extra)
    return logs.make_formatter(form).format(record)


@pytest.mark.parametrize("form", [logs.JSON, logs.CEF])
def test_nothing_typed_begins_a_line_or_steers_a_terminal(form: str) -> None:
    line = _line(form, NASTY, name_given=NASTY, nested={"a": [NASTY]})
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]", line)
    assert len(line.splitlines()) == 1
    assert "đỏ" in line
    if form == logs.JSON:
        read = json.loads(line)
        assert (read["level"], read["logger"]) == ("warning", "hailong.test")
        assert read["at"].endswith("Z")


def test_cef_keeps_its_bars_and_equal_signs() -> None:
    line = _line(logs.CEF, "a|b\\c", unit="x=y")
    assert line.startswith("CEF:0|Hai Long|hailong|1|hailong.test|a\\|b\\\\c|6|rt=")
    assert "unit=x\\=y" in line


def test_an_error_of_the_database_does_not_repeat_what_was_written(app: Flask) -> None:
    secret = "ý kiến riêng của công dân"
    with pytest.raises(Exception, match="hidden") as failed, unit_of_work() as session:
        session.execute(text("INSERT INTO no_such_table VALUES (:comment)"), {"comment": secret})
    assert secret not in str(failed.value)


@pytest.mark.own_app
def test_a_line_for_each_request_names_the_endpoint_and_no_address(
    engines: Engines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with engines.fresh_settings(tmp_path) as settings:
        app = create_app(settings=settings.model_copy(update={"log_format": "json"}))
        seen: list[str] = []

        class _Kept(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                seen.append(self.format(record))

        handler = _Kept()
        handler.setFormatter(logs.make_formatter(logs.JSON))
        logger = logging.getLogger("hailong")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        try:
            client = app.test_client()
            number = client.get("/kiosk/secret-token-1234?x=y").headers["X-Request-Id"]
        finally:
            logger.removeHandler(handler)
            logger.setLevel(logging.NOTSET)
            structlog.contextvars.clear_contextvars()
            _close(app)
    (line,) = [json.loads(one) for one in seen]
    assert (line["event"], line["status"], line["request"]) == ("request", 404, number)
    assert line["network"] == "127.0.0.0/24"
    assert "secret-token" not in seen[0]


def test_a_deed_is_told_to_a_syslog_server_once_it_is_stored(app: Flask, ward: Office) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        handler = logs.send_deeds_to(f"udp://127.0.0.1:{server.getsockname()[1]}")
        logger = logging.getLogger(logs.DEEDS)
        logger.setLevel(logging.INFO)
        try:
            with reading() as session:
                record_deed(session, AuditAction.OFFICE_CHANGED)
            with unit_of_work() as session:
                record_deed(session, AuditAction.CARD_MADE, unit_id=ward.unit.id)
            told = server.recv(4096).decode()
            assert "card_made" in told
            assert f"unit={ward.unit.id}" in told
            assert "CEF:0|" in told
        finally:
            logger.removeHandler(handler)
            logger.setLevel(logging.NOTSET)
            handler.close()


def test_the_whole_log_takes_one_form() -> None:
    config = logs.logging_config("json", "warning")
    before = logging.root.handlers[:]
    level = logging.root.level
    try:
        logging.config.dictConfig(config)
        (handler,) = logging.root.handlers
        assert isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)
        assert logging.getLogger("gunicorn.error").handlers == []
        access = logging.getLogger("gunicorn.access")
        assert not access.isEnabledFor(logging.INFO), "it would name whole addresses"
    finally:
        logging.root.handlers[:] = before
        logging.root.setLevel(level)
        for name in config["loggers"]:
            logging.getLogger(name).setLevel(logging.NOTSET)


def test_settings_of_logs_and_figures_are_checked() -> None:
    for name, wrong in (("metrics", "9464"), ("syslog", "host"), ("log_format", "xml")):
        with pytest.raises(ConfigurationError, match=name.upper()):
            load_settings({f"HAILONG_{name.upper()}": wrong})
