"""The product as it is served, and beside it, on the same server, the baseline called *hello*.

``bench.bare`` is on the same server and the same processes; no part of the product touches it.
HAILONG settings reach the product unchanged; the one
switch of this file, BENCH_JOURNAL=wal, belongs to measurements only, never to an installation.
"""

import os
from typing import TYPE_CHECKING, Any
from unittest import mock

from bench.bare import BARE_PAGE, HELLO, make_hello
from satisfaction import database
from wsgi import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def create() -> "WSGIApplication":
    """Return the product with the baseline beside it."""
    if os.environ.get("BENCH_JOURNAL") == "wal":
        mock.patch.object(database, "wal_is_safe", return_value=True).start()
    product, hello = create_app(), make_hello()

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        is_bare = environ["PATH_INFO"].startswith((HELLO, BARE_PAGE))
        chosen = hello if is_bare else product
        return chosen(environ, start_response)

    return application
