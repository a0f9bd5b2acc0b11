"""How keys stand in addresses. Refuses a number that no key can be, before a database is asked."""

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

LARGEST_KEY = 2**31 - 1


class KeyConverter(IntegerConverter):
    """A key of a row: what is larger leads nowhere, as any address that is none."""

    def __init__(self, map: Map, *arguments: Any, **options: Any) -> None:  # noqa: A002
        super().__init__(map, *arguments, **{"max": LARGEST_KEY} | options)


def install_converters(app: Flask) -> None:
    """Have ``<int:…>`` in every route mean a key."""
    app.url_map.converters["int"] = KeyConverter
