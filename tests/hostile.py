"""What a hostile sender can put into an address, a form or a message, and what views ask for.

Refuses to know any view: it watches which names a view looks for while it answers.
"""

import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from flask import Flask, Request
from pydantic import BaseModel, TypeAdapter
from werkzeug.datastructures import ImmutableMultiDict

SCRIPT = "<script>alert(1)</script>"
PICTURE = "\"'><img src=x onerror=alert(1)>"
FORMULA = "=cmd|' /C calc'!A0"
INJECTED = "X-Hostile"
RAW = ("<script>alert(", "<img src=x")
# Of one kind each: a view that takes one of them for a word still meets the others.
STRANGE = (
    "",
    f"{SCRIPT}{PICTURE}\u202eabc\u202c\u200f\ufeff😀" + unicodedata.normalize("NFD", "Tây Hồ"),
    FORMULA,
    "-1",
    str(2**63),
    "1e400",
    "²",
    "0000-00-00",
    "9999-12-31",
    "x" * 300,
    "\x01\x08\x1b[31ma\x00b\x7f",
    "\ud800",
    f"a\r\n{INJECTED}: 1",
    "//evil.example/..\\../%00%ff{0}%s",
    "javascript:alert(1)",
    str(uuid.UUID(int=0)),
)
# What stands alone among good values, so that it gets past the checks of the others.
ALONE = (STRANGE[1], str(2**63), "9999-12-31", "a\x00b\ud800")
STRANGE_JSON: tuple[Any, ...] = (
    *(None, True, -1, 2**63, 2.5, 1e308, [], {}, [[]], [None], {"a": {}}),
    *(SCRIPT, "a\x00b", "x" * 300, "0000-00-00T00:00:00Z", "9999-12-31T23:59:59-14:00"),
)
BODIES = (
    b"",
    b"[" * 20_000,
    b"1e999",
    b"[]",
    b"{}",
    b"null",
    b'"\\ud800"',
    b"\xff\xfe\x00",
    b"NaN",
    b"9" * 5000,
    b'{"a":' * 20_000,
    b'{"items":[{"kind":"\\ud800"}],"device_now":"0001-01-01T00:00:00+14:00"}',
)
TEN_MEGABYTES = 10 * 1024 * 1024


class Asked:
    """What a view looked for while it answered one request."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.schemas: list[dict[str, Any]] = []


class _Listening(ImmutableMultiDict[str, Any]):
    """The fields of a request, which note for which names they are asked."""

    asked = Asked()

    def _note(self, name: object) -> None:
        if isinstance(name, str):
            self.asked.names.add(name)

    def __getitem__(self, key: str) -> Any:
        self._note(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._note(key)
        return super().__contains__(key)

    def get(self, key: str, *arguments: Any, **options: Any) -> Any:
        """Return one value."""
        self._note(key)
        return super().get(key, *arguments, **options)

    def getlist(self, key: str, *arguments: Any, **options: Any) -> list[Any]:
        """Return every value."""
        self._note(key)
        return super().getlist(key, *arguments, **options)


class ListeningRequest(Request):
    """A request whose fields note what they are asked for."""

    parameter_storage_class = _Listening


@contextmanager
def listening(app: Flask) -> Iterator[None]:
    """Note what views look for: in an address, a form, or a message that a model describes."""
    reads_json: Any = BaseModel.model_validate_json.__func__  # type: ignore[attr-defined]
    reads_any: Any = BaseModel.model_validate.__func__  # type: ignore[attr-defined]
    reads_item = TypeAdapter.validate_python

    def read_json(cls: type[BaseModel], *arguments: Any, **options: Any) -> Any:
        _Listening.asked.schemas.append(cls.model_json_schema())
        return reads_json(cls, *arguments, **options)

    def read_any(cls: type[BaseModel], *arguments: Any, **options: Any) -> Any:
        _Listening.asked.schemas.append(cls.model_json_schema())
        return reads_any(cls, *arguments, **options)

    def read_item(adapter: TypeAdapter[Any], *arguments: Any, **options: Any) -> Any:
        _Listening.asked.schemas.append(adapter.json_schema())
        return reads_item(adapter, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "request_class", ListeningRequest)
        patch.setattr(BaseModel, "model_validate_json", classmethod(read_json))
        patch.setattr(BaseModel, "model_validate", classmethod(read_any))
        patch.setattr(TypeAdapter, "validate_python", read_item)
        yield


def listen_anew() -> Asked:
    """Return where what is asked for from now on is noted."""
    _Listening.asked = Asked()
    return _Listening.asked


def sample(schema: dict[str, Any], known: dict[str, Any], now: datetime) -> Any:
    """Return something that a schema allows, with the known values under their names."""
    return _Sampling(schema.get("$defs", {}), known, now).of(schema)


class _Sampling:
    """Makes examples of a schema; what it does not know becomes a word."""

    def __init__(self, parts: dict[str, Any], known: dict[str, Any], now: datetime) -> None:
        self._parts = parts
        self._known = known
        self._now = now

    def of(self, schema: dict[str, Any]) -> Any:
        if "$ref" in schema:
            return self.of(self._parts[schema["$ref"].rpartition("/")[2]])
        for kind in ("const", "default"):
            if kind in schema:
                return schema[kind]
        if "enum" in schema:
            return schema["enum"][0]
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                return self.of(schema[choice][0])
        return self._of_type(schema)

    def _of_type(self, schema: dict[str, Any]) -> Any:
        kind = schema.get("type")
        if kind == "object":
            fields = schema.get("properties", {})
            return {name: self._named(name, field) for name, field in fields.items()}
        if kind == "array":
            return [self.of(schema.get("items", {}))]
        if kind in {"integer", "number"}:
            return max(1, int(schema.get("minimum", 1)))
        if kind == "boolean":
            return True
        forms = {"uuid": str(uuid.UUID(int=7)), "date-time": self._now.isoformat()}
        return forms.get(schema.get("format", ""), "a")

    def _named(self, name: str, schema: dict[str, Any]) -> Any:
        return self._known.get(name) or self.of(schema)
