"""A walker who asks any route in every hostile way, and looks at what is answered.

Refuses to know any view: addresses and forms are learnt from the pages, names from the views.
"""

import csv
import html
import io
import logging
import re
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from flask import Flask, json
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from satisfaction import clock
from tests.admin.officers import TOKEN, signed_in
from tests.hostile import (
    ALONE,
    BODIES,
    INJECTED,
    RAW,
    STRANGE,
    STRANGE_JSON,
    TEN_MEGABYTES,
    listen_anew,
    sample,
)
from tests.pages import faults_of as page_faults

LONGEST_SECONDS = 10.0
ELSEWHERE = "Phường Phú Thượng"
# A route that ends the session does so whatever it is sent; each new sign-in takes long.
MOST_EXITS = 3
Fields = dict[str, Any]


@dataclass
class Form:
    """A form as a page shows it: where it goes, and what it holds."""

    method: str
    action: str
    fields: Fields = field(default_factory=dict)


class Page(HTMLParser):
    """The links and forms of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        found = {name: value or "" for name, value in attrs}
        self.links += [found[name] for name in ("href", "hx-get") if name in found]
        if tag == "form":
            self.forms.append(Form(found.get("method", "get").upper(), found.get("action", "")))
        if not self.forms:
            return
        held = self.forms[-1].fields
        if tag in {"input", "textarea", "button"} and "name" in found:
            held.setdefault(found["name"], found.get("value", ""))
        if tag == "select":
            self._select = found.get("name", "")
        is_first = tag == "option" and not held.get(self._select)
        if self._select and (is_first or "selected" in found):
            held[self._select] = found.get("value", "")


@dataclass(frozen=True)
class Known:
    """The things of the ward, under every name that an address or a form may have for them."""

    ours: Fields
    others: Fields


class _Heard(logging.Handler):
    """Keeps the last error that the application has logged, to name it beside its status."""

    last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one error."""
        self.last = repr(record.exc_info[1])[:200] if record.exc_info else record.getMessage()


class Walker:
    """Asks every route, and keeps what was wrong with the answers."""

    def __init__(self, app: Flask, kiosk: str, known: Known, bearer: str) -> None:
        self.faults: list[str] = []
        self._app = app
        self._known = known
        self._heard = _Heard()
        app.logger.addHandler(self._heard)
        self._sign_in()
        self._environment = {"REMOTE_ADDR": "10.1.2.3"}
        self._headers = {"Authorization": f"Bearer {bearer}"}
        self._kiosk = kiosk
        self._seen: set[int] = set()
        self._exits = 0
        self._addresses: dict[str, str] = {}
        self._forms: dict[tuple[str, str], Fields] = {}

    def close(self) -> None:
        """Stop listening to what the application logs."""
        self._app.logger.removeHandler(self._heard)

    def _sign_in(self) -> None:
        officer = signed_in(self._app, "mạnh")
        self._client = officer.client
        found = TOKEN.search(officer.get("/admin/sign-in", follow_redirects=True).text)
        assert found is not None
        self._token = found[1]

    def look_around(self, starts: list[str]) -> None:
        """Open pages from these on, one for each route, to learn real addresses and forms."""
        waiting, seen = list(starts), set[str]()
        while waiting:
            address = waiting.pop(0)
            endpoint = self._endpoint(address, "GET")
            if endpoint in {"", "static"} or endpoint in seen:
                continue
            seen.add(endpoint)
            answer = self.ask("GET", address)
            self._addresses[endpoint] = urlsplit(address).path
            if answer is None:
                continue
            if answer.location:
                waiting.append(urljoin(address, answer.location))
            if answer.mimetype == "text/html":
                waiting += self._learn(address, Page(answer.text))

    def _learn(self, address: str, page: Page) -> list[str]:
        for form in page.forms:
            action = urljoin(address, form.action)
            endpoint = self._endpoint(action, form.method)
            if endpoint:
                known = self._forms.setdefault((endpoint, form.method), {})
                known |= {name: held for name, held in form.fields.items() if held}
                self._addresses.setdefault(endpoint, urlsplit(action).path)
        return [urljoin(address, link) for link in page.links if not link.startswith("#")]

    def _endpoint(self, address: str, method: str) -> str:
        parts = urlsplit(address)
        if parts.netloc or parts.scheme:
            return ""
        try:
            return str(self._app.url_map.bind("localhost").match(parts.path, method=method)[0])
        except HTTPException:
            return ""

    def walk(self, rule: Rule, method: str) -> None:
        """Ask one route in every hostile way."""
        self._exits = 0
        address = self._addresses.get(rule.endpoint) or self._address(rule, {})
        self._ask_strange_addresses(rule, method)
        names, schemas = self._names(address, method)
        held = self._forms.get((rule.endpoint, method), {})
        good = {name: held.get(name) or self._known.ours.get(name, "") for name in sorted(names)}
        for value in STRANGE if good or held else ():
            self._send(method, address, dict.fromkeys(good | held, value))
        for name in names if method != "GET" else ():
            for value in ALONE:
                self._send(method, address, held | good | {name: value})
        others = {name: one for name, one in self._known.others.items() if name in names}
        for changed in ({name: one} for name, one in others.items()):
            self._send(method, address, held | good | changed, is_elsewhere=True)
        if method != "GET":
            self._send_files(method, address, good)
            self._send_messages(method, address, schemas)

    def _ask_strange_addresses(self, rule: Rule, method: str) -> None:
        """Ask with strange parts of the address; without the stroke that would end a part."""
        for name in rule.arguments:
            for value in (*STRANGE, str(self._known.others.get(name, "0"))):
                part = quote(value.replace("/", "").encode("utf-8", "surrogatepass"))
                self.ask(method, self._address(rule, {name: part}))

    def _address(self, rule: Rule, parts: dict[str, str]) -> str:
        def part(found: re.Match[str]) -> str:
            name = found[1].rpartition(":")[2]
            return parts.get(name) or quote(str(self._known.ours.get(name, "1")), safe="")

        return re.sub(r"<([^>]+)>", part, rule.rule)

    def _names(self, address: str, method: str) -> tuple[set[str], list[Any]]:
        """Return what a view looks for, after asking it three times with ever more of it."""
        names: set[str] = set()
        schemas: dict[str, dict[str, Any]] = {}
        for _ in range(3):
            asked = listen_anew()
            self._send(method, address, {name: self._known.ours.get(name, "1") for name in names})
            if method != "GET":
                for message in self._messages(list(schemas.values())) or [{}]:
                    self._send_json(method, address, json.dumps(message).encode())
            names |= asked.names - {"csrf_token", "lang"}
            schemas |= {json.dumps(schema): schema for schema in asked.schemas}
        for schema in schemas.values():
            names |= set(schema.get("properties", {}))
        return names, list(schemas.values())

    def _messages(self, schemas: list[dict[str, Any]]) -> list[Any]:
        """Return an example for each schema; a list of anything is filled with the others."""
        made = [sample(schema, self._known.ours, clock.now()) for schema in schemas]
        for message in made:
            if isinstance(message, dict) and message.get("items") == ["a"]:
                message["items"] = [one for one in made if one is not message]
        return made

    def _send(
        self, method: str, address: str, fields: Fields, *, is_elsewhere: bool = False
    ) -> None:
        words = urlencode(fields, errors="surrogatepass")
        if method == "GET":
            self.ask(method, f"{address}?{words}" if words else address, is_elsewhere=is_elsewhere)
            return
        body = f"{words}&csrf_token={quote(self._token)}".encode()
        kind = "application/x-www-form-urlencoded"
        self.ask(method, address, data=body, content_type=kind, is_elsewhere=is_elsewhere)

    def _send_files(self, method: str, address: str, good: Fields) -> None:
        """Send every field as a file, one whose name and content are strange, and too much."""
        for content in (b"PK\x03\x04\x00\xff", b"\xef\xbb\xbf=a;\x00\n" * 9):
            files = {name: (io.BytesIO(content), "../\u202e=a\x01.xlsx") for name in good}
            data = {"csrf_token": self._token} | files
            self.ask(method, address, data=data, content_type="multipart/form-data")
        for kind in ("application/x-www-form-urlencoded", "application/json"):
            self.ask(method, address, data=b"a" * TEN_MEGABYTES, content_type=kind)
        self.ask(method, address, data=b"--x", content_type="multipart/form-data; boundary=x")

    def _send_messages(self, method: str, address: str, schemas: list[Any]) -> None:
        for body in BODIES if schemas else BODIES[:4]:
            self._send_json(method, address, body)
        for message in self._messages(schemas):
            for changed in _spoilt(message):
                self._send_json(method, address, json.dumps(changed).encode())

    def _send_json(self, method: str, address: str, body: bytes) -> None:
        headers = {"X-CSRFToken": self._token}
        self.ask(method, address, data=body, content_type="application/json", headers=headers)

    def ask(
        self, method: str, address: str, *, is_elsewhere: bool = False, **options: Any
    ) -> TestResponse | None:
        """Ask once, signed in and with a device's credential, and look at the answer."""
        if self._exits == MOST_EXITS:
            return None
        self._client.set_cookie("kiosk", self._kiosk)
        headers = self._headers | options.pop("headers", {})
        began = time.process_time()
        with self._app.app_context():
            answer = FlaskClient.open(
                self._client,
                address,
                method=method,
                headers=headers,
                environ_overrides=dict(self._environment),
                **options,
            )
        seconds = time.process_time() - began
        if self._was_sent_away(address, answer):
            self._exits += 1
            self._sign_in()
        found = faults_of(answer, is_elsewhere=is_elsewhere) + self._faults_of_page(answer)
        for fault in found:
            self._keep(method, address, options, f"{fault} {self._heard.last}")
        if seconds > LONGEST_SECONDS:
            self._keep(method, address, options, f"{seconds:.1f} s")
        return answer

    def _faults_of_page(self, answer: TestResponse) -> list[str]:
        """Return what the house checks say of a page; most answers are one that was seen before."""
        if answer.mimetype != "text/html" or answer.status_code in {301, 302, 303, 308}:
            return []
        is_refused = answer.status_code >= 400
        path = "" if is_refused else answer.request.path
        seen = hash((path, TOKEN.sub("", answer.text)))
        if seen in self._seen:
            return []
        self._seen.add(seen)
        return page_faults(
            answer.text,
            app=self._app,
            path=answer.request.path,
            is_refused_form=is_refused and answer.request.method == "POST",
        )

    def _was_sent_away(self, address: str, answer: TestResponse) -> bool:
        """Say whether the officer is no longer signed in."""
        is_form = urlsplit(address).path.endswith("/sign-in")
        return "/sign-in" in (answer.location or "") and not is_form

    def _keep(self, method: str, address: str, options: Fields, fault: str) -> None:
        said = options.get("data", b"")
        self.faults.append(f"{method} {address[:200]} {str(said)[:200]}: {fault}")


def _spoilt(message: Any) -> Iterator[Any]:
    """Yield a message with each of its fields strange, one at a time, also within a list."""
    if not isinstance(message, dict):
        return
    for name, held in message.items():
        for strange in STRANGE_JSON:
            yield message | {name: strange}
        if isinstance(held, list):
            for place, item in enumerate(held):
                for changed in _spoilt(item):
                    yield message | {name: [*held[:place], changed, *held[place + 1 :]]}


def faults_of(answer: TestResponse, *, is_elsewhere: bool) -> list[str]:
    """Return what no answer to anything may be or hold."""
    faults = [f"status {answer.status_code}"] if answer.status_code in {500, 501, 502} else []
    if INJECTED in answer.headers:
        faults.append("a header of the sender's")
    target = urlsplit(answer.location or "")
    if target.netloc not in {"", "localhost"} or target.scheme not in {"", "http"}:
        faults.append(f"sent to {answer.location}")
    if answer.mimetype == "text/html":
        faults += [f"not escaped: {raw}" for raw in RAW if raw in answer.text]
    if answer.mimetype == "text/csv":
        rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";")
        faults += [f"formula: {cell}" for row in rows for cell in row if cell[:1] in {"=", "@"}]
    if "spreadsheetml" in (answer.mimetype or ""):
        with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
            sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/")]
            faults += [f"formula in {name}" for name in sheets if b"<f>" in book.read(name)]
    if is_elsewhere and ELSEWHERE in html.unescape(answer.text):
        faults.append("names another unit")
    return faults
