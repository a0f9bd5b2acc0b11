"""The application itself, for what goes on after its request. Refuses to make one."""

from typing import cast

from flask import Flask, current_app
from werkzeug.local import LocalProxy


def this_app() -> Flask:
    """Return the application behind the proxy, which stands for it only while a request lasts."""
    return cast("LocalProxy[Flask]", current_app)._get_current_object()
