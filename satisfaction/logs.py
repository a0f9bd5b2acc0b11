"""Lines of the log for programs to read: JSON, or CEF for a monitoring centre.

Refuses to let what somebody typed begin a line of its own or steer a terminal: control signs are
written as escapes. Nobody may log a comment, a token or a full address in the first place.
"""

import logging
import logging.config
import re
import sys
import threading
from collections.abc import Mapping
from logging.handlers import SysLogHandler
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

PLAIN, JSON, CEF = "plain", "json", "cef"
LEVELS = ("debug", "info", "warning", "error")
DEEDS = "hailong.deeds"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SEVERITY = {"debug": 1, "info": 3, "warning": 6, "error": 8, "critical": 10}
_OWN = {"event", "level", "at", "logger"}


def without_control_signs(text: str) -> str:
    """Return a text in which control and direction signs are visible escapes."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _cleaned(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    return {name: _clean_value(value) for name, value in event.items()}


def _clean_value(value: Any) -> Any:
    if isinstance(value, str):
        return without_control_signs(value)
    if isinstance(value, dict):
        return {str(name): _clean_value(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean_value(one) for one in value]
    return value if isinstance(value, int | float | None) else without_control_signs(str(value))


def _as_cef(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
    """Return a line of ArcSight's Common Event Format, version 0."""
    named = _header(str(event.get("event", "")))
    severity = _SEVERITY.get(str(event.get("level")), 5)
    rest = " ".join(
        f"{name}={_extension(str(value))}" for name, value in event.items() if name not in _OWN
    )
    head = f"CEF:0|Hai Long|hailong|1|{_header(str(event.get('logger', '')))}|{named}|{severity}"
    return f"{head}|rt={_extension(str(event.get('at', '')))} {rest}".rstrip()


def _header(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|")


def _extension(text: str) -> str:
    return text.replace("\\", "\\\\").replace("=", "\\=")


def make_formatter(form: str) -> logging.Formatter:
    """Return what writes any record of the log, ours or a library's, as one line."""
    last: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _cleaned,
            _as_cef if form == CEF else last,
        ],
    )


def logging_config(form: str, level: str) -> dict[str, Any]:
    """Return the configuration for ``logging.config`` in which every record takes this form."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "satisfaction.logs.make_formatter", "form": form}},
        "handlers": {
            "line": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"level": level.upper(), "handlers": ["line"]},
        # gunicorn's own line for each request has the page's address and the client's, whole.
        # Alembic tells of each look at the database's form.
        "loggers": {
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
            "alembic": {"level": "WARNING"},
        }
        | {
            name: {"level": level.upper(), "handlers": [], "propagate": True}
            for name in ("gunicorn.error", "hailong")
        },
    }


def is_for_programs(environment: Mapping[str, str]) -> bool:
    """Say whether the log is for programs to read, and not for people."""
    return environment.get("HAILONG_LOG_FORMAT", PLAIN) in {JSON, CEF}


def configure_logs(environment: Mapping[str, str]) -> bool:
    """Have every record of this process, and what ends it, be a line for programs to read.

    Returns whether that is wanted here: where the log is for people, nothing is changed. It reads
    the environment, because what is wrong with the other settings is logged as well.
    """
    if not is_for_programs(environment):
        return False
    form = environment["HAILONG_LOG_FORMAT"]
    level = environment.get("HAILONG_LOG_LEVEL", "info")
    logging.config.dictConfig(logging_config(form, level if level in LEVELS else "info"))
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_end
    threading.excepthook = lambda ended: _log_end(
        ended.exc_type, ended.exc_value, ended.exc_traceback
    )
    return True


def _log_end(
    kind: type[BaseException], problem: BaseException | None, trace: TracebackType | None
) -> None:
    """Log what ends a thread or the process, as one line with its trace."""
    if problem is None or issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logging.getLogger("hailong").critical("ended", exc_info=(kind, problem, trace))


def send_deeds_to(address: str) -> logging.Handler:
    """Send officers' deeds as CEF to a syslog server, besides the log of the database.

    Shape: ``udp://host:514``, ``tcp://host:514`` or ``unix:///dev/log``. A server that is away
    loses lines and holds up nobody; the database's log stays whole.
    """
    parts = urlsplit(address)
    target: Any = parts.path if parts.scheme == "unix" else (parts.hostname, parts.port or 514)
    try:
        handler: logging.Handler = _QuietHandler(target, is_stream=parts.scheme == "tcp")
    except OSError as problem:
        sys.stderr.write(f"syslog {address}: {problem.strerror}\n")
        return logging.NullHandler()
    handler.setFormatter(make_formatter(CEF))
    logger = logging.getLogger(DEEDS)
    for earlier in [one for one in logger.handlers if isinstance(one, _QuietHandler)]:
        # A server that took its settings anew tells of each deed once.
        logger.removeHandler(earlier)
        earlier.close()
    logger.addHandler(handler)
    return handler


class _QuietHandler(SysLogHandler):
    """A handler that drops a line rather than failing the deed that it tells of."""

    def __init__(self, target: Any, *, is_stream: bool) -> None:
        import socket

        kind = socket.SOCK_STREAM if is_stream else socket.SOCK_DGRAM
        super().__init__(target, facility=SysLogHandler.LOG_AUTHPRIV, socktype=kind)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - named by logging.
        """Say nothing: the next record tries again."""
