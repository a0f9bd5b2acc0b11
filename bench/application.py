"""The product as it is served, and beside it, on the same server, the baseline called *hello*.

``hello`` is a bare Flask application with one view, so that no part of the product can make the
baseline slower. HAILONG settings reach the product unchanged; the one switch of this file,
BENCH_JOURNAL=wal, belongs to measurements only and never to an installation.
"""

import os
from typing import TYPE_CHECKING, Any
from unittest import mock

from flask import Flask

from satisfaction import database
from wsgi import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HELLO = "/hello"


def _make_hello() -> Flask:
    hello = Flask("hello", static_folder=None)

    @hello.get(HELLO)
    def answer() -> str:
        return "ok"

    return hello


def create() -> "WSGIApplication":
    """Return the product with the baseline beside it."""
    if os.environ.get("BENCH_JOURNAL") == "wal":
        mock.patch.object(database, "wal_is_safe", return_value=True).start()
    product, hello = create_app(), _make_hello()

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        chosen = hello if environ["PATH_INFO"] == HELLO else product
        return chosen(environ, start_response)

    return application
