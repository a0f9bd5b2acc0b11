"""The house checks that every HTML page passes, whichever test opens it."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

from satisfaction.web.guards import guard_of

LANGUAGES = {"vi", "en"}
# "None." is a sentence of the English pages; Python's None comes without a full stop.
LEAKS = re.compile(
    r"\bundefined\b|\bNone\b(?!\.)|\bNaN\b|<[\w.]+ object at|Markup\(|\{\{|\}\}|lazy_gettext"
)
ADDRESSES = {"href", "src", "action", "formaction", "poster", "hx-get", "hx-post"}
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SILENT = {"script", "style"}


class CheckedClient(FlaskClient):
    """A test client that fails on a page with a fault, so that no test can overlook one."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request, and check what comes back if it is a page.

        Each request has an application context of its own, as on a server; the one that a test
        holds open would let one request's officer be remembered for the next.
        """
        with self.application.app_context():
            response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.status_code not in {301, 302, 303, 308}:
            asked = response.request
            faults = faults_of(
                response.text,
                app=self.application,
                path=asked.path,
                is_piece=asked.headers.get("HX-Request") == "true",
                is_refused_form=asked.method == "POST" and response.status_code >= 400,
            )
            assert not faults, f"{asked.method} {asked.path}: {'; '.join(faults)}"
        return response


def faults_of(
    html: str, *, app: Flask, path: str, is_piece: bool = False, is_refused_form: bool = False
) -> list[str]:
    """Return what is wrong with a page, or with a piece of one; nothing for a good one.

    A page that refuses a form stands at an address that cannot be opened; it may name it.
    """
    if is_piece and not html:
        return []
    page = _Page()
    page.feed(html)
    page.close()
    faults = [*page.faults, *_faults_of_ids(page)]
    if not is_piece:
        faults += _faults_of_head(html, page)
    faults += [f"leak: {found}" for text in page.texts for found in LEAKS.findall(text)]
    for method, address in page.addresses:
        if is_refused_form and urlsplit(address).path in {"", path}:
            continue
        if address.startswith("#"):
            faults += [] if is_piece or address[1:] in page.ids else [f"no id for {address}"]
            continue
        faults += _faults_of_address(app, urljoin(path, address), method)
    for form in page.forms:
        if not is_refused_form or form.get("action"):
            faults += _faults_of_form(app, path, form)
    return faults


class _Page(HTMLParser):
    """What the checks look at."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.texts: list[str] = []
        self.title = ""
        self.language = ""
        self.ids: list[str] = []
        self.references: list[str] = []
        self.headings = 0
        self.addresses: list[tuple[str, str]] = []
        self.forms: list[dict[str, Any]] = []
        self._open: list[str] = []
        self._stops: list[bool] = []
        self._templates = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        found = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._open.append(tag)
            self._stops.append(found.get("tabindex") == "0")
        if tag == "table" and not any(self._stops):
            self.faults.append("a table that cannot be scrolled by keys where it is too wide")
        self._templates += tag == "template"
        self.faults += _faults_of_code(tag, found)
        self.texts += found.values()
        self.ids += [self._scope + found["id"]] if "id" in found else []
        for name in ("for", "aria-labelledby", "aria-describedby"):
            self.references += [self._scope + word for word in found.get(name, "").split()]
        if tag == "html":
            self.language = found.get("lang", "")
        self.headings += tag == "h1" and not self._scope
        self._look_at_form(tag, found)
        for name in ADDRESSES & found.keys():
            method = "POST" if name == "hx-post" else "GET"
            is_inert = bool(self._scope) and found[name].startswith("#")
            if name not in {"action", "formaction"} and not is_inert:
                self.addresses.append((method, found[name]))

    @property
    def _scope(self) -> str:
        """Which template this is in, if any: each is a document of its own until it is used."""
        return f"template {self._templates}: " if "template" in self._open else ""

    def _look_at_form(self, tag: str, found: dict[str, str]) -> None:
        if tag == "form":
            self.forms.append({**found, "has_token": False, "is_inert": "template" in self._open})
        elif "form" in self._open and found.get("name") == "csrf_token" and found.get("value"):
            self.forms[-1]["has_token"] = True

    def handle_endtag(self, tag: str) -> None:
        """Leave an element; one that was never entered, or not last, is a fault."""
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1] if self._open else 'nothing'}")
        if tag in self._open:
            while self._open.pop() != tag:
                pass
            del self._stops[len(self._open) :]

    def handle_data(self, data: str) -> None:
        """Keep what can be read."""
        if self._open and self._open[-1] == "title" and "svg" not in self._open:
            self.title += data
        if not self._open or self._open[-1] not in SILENT:
            self.texts.append(data)

    def close(self) -> None:
        """Finish; what is still open is a fault."""
        super().close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]


def _faults_of_code(tag: str, found: dict[str, str]) -> list[str]:
    """Return inline code and inline style, which the security policy would not run."""
    faults = [f"{name} on <{tag}>" for name in found if name.startswith(("on", "hx-on"))]
    if "style" in found or tag == "style":
        faults.append(f"inline style: <{tag}>")
    if tag == "script" and "src" not in found and found.get("type") != "application/json":
        faults.append("inline script")
    return faults


def _faults_of_head(html: str, page: _Page) -> list[str]:
    faults = [] if html.lstrip().lower().startswith("<!doctype html>") else ["no doctype"]
    if page.language not in LANGUAGES:
        faults.append(f"lang is {page.language!r}")
    if not page.title.strip():
        faults.append("no title")
    if page.headings != 1:
        faults.append(f"{page.headings} headings of the first level")
    return faults


def _faults_of_ids(page: _Page) -> list[str]:
    faults = [f"id {name!r} {n} times" for name, n in Counter(page.ids).items() if n > 1]
    return faults + [f"no id {name!r}" for name in page.references if name not in page.ids]


def _faults_of_form(app: Flask, path: str, form: dict[str, Any]) -> list[str]:
    """Return what a form lacks: where it goes, and the token where an officer sends it.

    A form without an action goes to the page's own address, which has to take what it sends; one
    in a template goes nowhere until a program has taken it out.
    """
    method = form.get("method", "get").upper()
    if method == "DIALOG" or (form["is_inert"] and "action" not in form):
        return []
    address = urljoin(path, form.get("action", ""))
    faults = _faults_of_address(app, address, method)
    if method == "POST" and not faults and not form["has_token"]:
        endpoint, _arguments = _match(app, address, method)
        guard = guard_of(app.view_functions.get(endpoint))
        if guard is None or guard.is_for_office:
            faults.append(f"no CSRF token for {address}")
    return faults


def _match(app: Flask, address: str, method: str) -> tuple[str, Any]:
    return app.url_map.bind("localhost").match(urlsplit(address).path, method=method)


def _faults_of_address(app: Flask, address: str, method: str) -> list[str]:
    """Return why an address leads nowhere on this site."""
    parts = urlsplit(address)
    if parts.scheme == "data":
        return []
    if parts.scheme or parts.netloc:
        return [f"another site: {address}"]
    try:
        endpoint, arguments = _match(app, address, method)
    except (HTTPException, MethodNotAllowed, RequestRedirect) as problem:
        return [f"{method} {address}: {type(problem).__name__}"]
    if endpoint == "static":
        file = Path(str(app.static_folder)) / arguments["filename"]
        return [] if file.is_file() else [f"no file {address}"]
    return []
