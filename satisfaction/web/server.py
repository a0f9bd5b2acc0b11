"""How gunicorn serves the application; gunicorn reads the names below as its settings.

Refuses to be hurried: Ctrl-C lets answers that are under way be finished, as SIGTERM does.
Source: docs/configuration.md; two workers of eight threads suit two cores.
"""

import os
import signal
from typing import Any

from satisfaction.web.listening import find_binds, read_port

bind = find_binds(read_port(os.environ))
workers = 2
threads = 8
worker_class = "gthread"
preload_app = True
graceful_timeout = 20
keepalive = 5
timeout = 60
control_socket_disable = True


def when_ready(_server: Any) -> None:
    """Treat Ctrl-C in the terminal as a request to finish, not as one to break off."""
    signal.signal(signal.SIGINT, lambda _signal, _frame: os.kill(os.getpid(), signal.SIGTERM))


def post_worker_init(_worker: Any) -> None:
    """Leave Ctrl-C, which the terminal sends to every process, to the one that leads them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
