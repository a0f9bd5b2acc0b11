"""A number for every request, in the answer and in every line of the log about it.

Refuses to log an address of a page, which may hold a token: the endpoint's name is logged.
"""

import logging
import re
import time
import uuid

import structlog
from flask import Flask, Response, g, request

from satisfaction.logs import PLAIN
from satisfaction.web.guards import client_network

HEADER = "X-Request-Id"
_GIVEN = re.compile("[A-Za-z0-9_-]{8,64}")
_log = logging.getLogger("hailong.requests")


def install_request_numbers(app: Flask, *, log_format: str) -> None:
    """Number every request; a line for each where the log is for programs."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get(HEADER, "")
        g.request_number = given if _GIVEN.fullmatch(given) else uuid.uuid4().hex
        g.begun = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=g.request_number)

    @app.after_request
    def end(response: Response) -> Response:
        if "request_number" in g:
            response.headers[HEADER] = g.request_number
        return response

    if log_format != PLAIN:
        app.after_request(_log_answer)


def _log_answer(response: Response) -> Response:
    if "begun" in g:
        told = {
            "method": request.method,
            "endpoint": request.endpoint or "none",
            "status": response.status_code,
            "ms": round((time.perf_counter() - g.begun) * 1000, 1),
            "network": client_network(),
        }
        _log.info("request", extra=told)
    return response
