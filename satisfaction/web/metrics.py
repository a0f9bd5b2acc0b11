"""Figures about the product for Prometheus, at an address of its own.

Refuses to count by the addresses of pages, whose number has no end: endpoints are counted.
The door is a second socket of the same server, told apart by the port that the socket listens on;
the citizens' port knows no such page.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from satisfaction import backups, vitals
from satisfaction.config import Settings
from satisfaction.database import reading
from satisfaction.disks import measure_disk
from satisfaction.vitals import Vitals

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
_library: Any = values
if os.environ.get("HAILONG_METRICS") and MULTIPROCESS not in os.environ:
    # The workers' figures meet in files; named before the first figure is made, and then for all.
    os.environ[MULTIPROCESS] = tempfile.mkdtemp(
        prefix="metrics-", dir=os.environ.get("RUNTIME_DIRECTORY") or None
    )
    _library.ValueClass = _library.MultiProcessValue()
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
REQUESTS = Histogram(
    "hailong_request_seconds",
    "How long requests took, by endpoint and status.",
    ["endpoint", "method", "status"],
    buckets=SECONDS,
    registry=CollectorRegistry(),
)
Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]


def install_metrics(app: Flask, settings: Settings) -> None:
    """Count requests, and open the door where the settings name one."""
    if not settings.metrics:
        return

    @app.after_request
    def count(response: Response) -> Response:
        if "begun" in g:
            endpoint = request.endpoint or "none"
            labels = REQUESTS.labels(endpoint, request.method, str(response.status_code))
            labels.observe(time.perf_counter() - g.begun)
        return response

    app.wsgi_app = _Door(app, app.wsgi_app, settings.metrics)  # type: ignore[method-assign]


class _Door:
    """Answers what comes through the socket of the metrics, and hands everything else on."""

    def __init__(self, app: Flask, behind: Any, address: str) -> None:
        self._app, self._behind = app, behind
        parts = urlsplit(f"//{address}")
        self._port = str(parts.port)

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        if environ.get("SERVER_PORT") != self._port:
            answered: Iterable[bytes] = self._behind(environ, start_response)
            return answered
        if environ.get("PATH_INFO") != "/metrics":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"/metrics\n"]
        text = write_metrics(self._app)
        start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
        return [text]


def write_metrics(app: Flask) -> bytes:
    """Return all figures as Prometheus reads them, of every worker together."""
    registry = CollectorRegistry()
    registry.register(_Office(app))
    if MULTIPROCESS in os.environ:
        collect: Any = MultiProcessCollector
        collect(registry)
    else:
        registry.register(REQUESTS)
    return generate_latest(registry)


class _Office(Collector):
    """What the database, the backups and the disk say at this moment."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def collect(self) -> Iterator[Metric]:
        """Yield the figures; where the database is away, that is the figure."""
        settings: Settings = self._app.config["SETTINGS"]
        with self._app.app_context():
            try:
                with reading() as session:
                    found = vitals.read_vitals(session)
            except (DBAPIError, PoolTimeoutError):
                found = None
        yield _gauge("hailong_database_up", "1 where the database answers.", found is not None)
        disk = measure_disk(settings.data_folder)
        yield _gauge("hailong_disk_free_bytes", "Room on the data folder's disk.", disk.free)
        yield _gauge("hailong_disk_used_share", "How full that disk is, 0 to 1.", disk.used_share)
        age = backups.age_of_newest(backups.plan_from(settings).folder)
        if age is not None:
            yield _gauge(
                "hailong_backup_age_seconds", "Age of the newest backup.", age.total_seconds()
            )
        if found is not None:
            yield from _of_database(found)


def _of_database(found: Vitals) -> Iterator[Metric]:
    yield _gauge("hailong_ratings_today", "Ratings of today.", found.ratings_today)
    yield _gauge("hailong_stale_days", "Closed days counted live.", found.stale_days)
    words = "Age of the oldest letter that waits to be sent."
    yield _gauge("hailong_outbox_age_seconds", words, found.oldest_letter_age)
    if found.seconds_since_rebuild is not None:
        words = "Since a day's counts were last stored."
        yield _gauge("hailong_rebuild_age_seconds", words, found.seconds_since_rebuild)
    refusals = GaugeMetricFamily(
        "hailong_refusals", "Ratings refused, kept with their reason.", labels=["reason"]
    )
    for reason, number in sorted(found.refusals.items()):
        refusals.add_metric([reason], number)
    yield refusals
    beats = GaugeMetricFamily(
        "hailong_kiosk_heartbeat_age_seconds", "Since a kiosk was last heard of.", labels=["kiosk"]
    )
    for kiosk, seconds in sorted(found.heartbeat_ages.items()):
        beats.add_metric([str(kiosk)], seconds)
    yield beats


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=float(value))
