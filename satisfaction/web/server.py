"""How gunicorn serves the application; gunicorn reads the names below as its settings.

Refuses to be hurried: Ctrl-C lets answers that are under way be finished, as SIGTERM does.
Source: docs/configuration.md; two workers of eight threads suit two cores.
"""

import gc
import os
import shutil
import signal
import sys
from typing import Any

from satisfaction.config import ensure_data_folder, load_settings
from satisfaction.errors import DataInUseError, SatisfactionError
from satisfaction.logs import PLAIN, configure_logs, logging_config
from satisfaction.notices import say
from satisfaction.presence import stay_present
from satisfaction.web import reloading
from satisfaction.web.listening import find_binds, read_port

METRICS = os.environ.get("HAILONG_METRICS", "")
bind = find_binds(read_port(os.environ)) + ([METRICS] if METRICS else [])
workers = 2
threads = 8
worker_class = "gthread"
preload_app = True
graceful_timeout = 20
keepalive = 5
timeout = 60
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
if (LOG_FORMAT := os.environ.get("HAILONG_LOG_FORMAT", PLAIN)) != PLAIN:
    logconfig_dict = logging_config(LOG_FORMAT, os.environ.get("HAILONG_LOG_LEVEL", "info"))


def on_starting(_server: Any) -> None:
    """Hold the data folder as long as any worker lives, so that nothing is restored under it."""
    try:
        stay_present(ensure_data_folder(load_settings()))
    except DataInUseError as error:
        sys.exit(say(error))


def _share() -> None:
    """Leave what is loaded by now alone, so that the workers go on sharing it.

    Looking for garbage writes to every object that is looked at, and a page of memory that is
    written to becomes each worker's own.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def when_ready(_server: Any) -> None:
    """Share what is loaded before the first worker begins.

    Ctrl-C in the terminal is a request to finish, not one to break off.
    """
    _share()
    signal.signal(signal.SIGINT, lambda _signal, _frame: os.kill(os.getpid(), signal.SIGTERM))


def on_reload(server: Any) -> None:
    """Begin the next workers with the settings of now; those that cannot be used change nothing.

    gunicorn alone would keep the application that it made first. Its code stays: a new release is
    a restart, during which the socket holds whoever comes.
    """
    before = dict(os.environ)
    try:
        reloading.take_handed_over(os.environ)
        server.app.callable = server.app.load()
    except SatisfactionError as error:
        os.environ.clear()
        os.environ.update(before)
        server.log.error("%s", say(error))
        return
    configure_logs(os.environ)
    _share()
    server.log.info("settings taken anew")


def on_exit(_server: Any) -> None:
    """Take the files of the figures away."""
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        shutil.rmtree(folder, ignore_errors=True)


def post_worker_init(_worker: Any) -> None:
    """Leave Ctrl-C, which the terminal sends to every process, to the one that leads them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
