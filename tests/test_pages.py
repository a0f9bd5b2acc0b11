"""The house checks see what they are to see, and every page of the house passes them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from satisfaction import errors
from satisfaction.database import db
from satisfaction.terms import Role
from satisfaction.web.guards import public
from satisfaction.web.headers import HEADERS
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import Office
from tests.making import finished_visit, rated_visit
from tests.pages import CheckedClient, faults_of

GOOD = (
    '<!doctype html><html lang="vi"><head><title>Số liệu</title></head>'
    "<body><h1>Số liệu</h1>{}</body></html>"
)
FORM = '<form method="post" action="/admin/sign-out">{}</form>'
TOKEN = '<input name="csrf_token" value="x">'


@pytest.mark.parametrize(
    "body",
    [
        *(FORM.format(TOKEN), '<a href="/admin/desk#main">x</a>', '<a href="#a">x</a><p id="a">'),
        '<form method="post" action="/kiosk/rate"></form>',
        '<form method="get" action="/admin/counts"><label for="a">x</label><input id="a"></form>',
        '<template><h1 id="a">x</h1></template><template><h1 id="a">y</h1></template>',
        '<script type="application/json">{}</script><script src="/static/js/admin.js"></script>',
    ],
)
def test_a_good_page_has_no_fault(app: Flask, body: str) -> None:
    closed = body + ("</p>" if body.endswith('<p id="a">') else "")
    assert faults_of(GOOD.format(closed), app=app, path="/admin/counts") == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (FORM.format(""), "no CSRF token"),
        (FORM.format('<input name="csrf_token" value="">'), "no CSRF token"),
        ('<form method="post"></form>', "POST /admin/counts"),
        ('<form action="/nowhere"></form>', "GET /nowhere"),
        ('<a href="/nowhere">x</a>', "GET /nowhere"),
        ('<a href="/admin/sign-out">x</a>', "GET /admin/sign-out"),
        ('<a hx-get="/nowhere">x</a>', "GET /nowhere"),
        ('<a href="#nothing">x</a>', "no id for #nothing"),
        ('<img src="/static/none.svg">', "no file"),
        ('<img src="https://example.org/a.png">', "another site"),
        ('<script src="//example.org/a.js"></script>', "another site"),
        ("<script>alert(1)</script>", "inline script"),
        ('<p style="color:red">x</p>', "inline style"),
        ("<style>p{}</style>", "inline style"),
        ('<p onclick="x()">x</p>', "onclick"),
        ('<p hx-on:click="x()">x</p>', "hx-on"),
        ("<p>None</p>", "leak"),
        ('<input value="undefined">', "leak"),
        ("<p>&lt;Desk object at 0x1&gt;</p>", "leak"),
        ('<p id="a">x</p><p id="a">x</p>', "2 times"),
        ('<label for="b">x</label>', "no id 'b'"),
        ("<h1>x</h1>", "headings"),
        ("<p>x</div>", "closes"),
        ("<p>x", "closes"),
    ],
)
def test_a_fault_is_seen(app: Flask, body: str, fault: str) -> None:
    found = faults_of(GOOD.format(body), app=app, path="/admin/counts")
    assert any(fault in one for one in found), found


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("<html lang='vi'><title>x</title><h1>x</h1></html>", "no doctype"),
        ("<!doctype html><html><title>x</title><h1>x</h1></html>", "lang"),
        ("<!doctype html><html lang='vi'><title> </title><h1>x</h1></html>", "no title"),
        ("<!doctype html><html lang='vi'><title>x</title></html>", "headings"),
    ],
)
def test_a_fault_of_the_whole_page_is_seen(app: Flask, page: str, fault: str) -> None:
    assert any(fault in one for one in faults_of(page, app=app, path="/"))
    assert faults_of("<p>x</p>", app=app, path="/", is_piece=True) == []


def test_a_client_fails_the_test_that_opens_a_bad_page(app: Flask) -> None:
    app.add_url_rule("/bad", "bad", public(lambda: "<p>None</p>"))
    assert isinstance(app.test_client(), CheckedClient)
    with pytest.raises(AssertionError, match="leak"):
        app.test_client().get("/bad")


@pytest.fixture
def browser(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of an officer with every right, in an office with something in it."""
    make_officer("quan", *Role, unit=ward.unit)
    rated_visit(ward, 4, at=ward.configuration.from_at)
    finished_visit(ward.desks[0])
    return signed_in(app, "quan")


# There is no such page where the office trusts no provider.
NOT_SET_UP = {"/admin/provider", "/admin/provider/answer"}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_that_can_be_opened_passes(
    app: Flask, browser: OfficersBrowser, ward: Office, language: str
) -> None:
    browser.client.set_cookie("kiosk", ward.tokens[0])
    opened = 0
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or set()) and not rule.arguments:
            answer = browser.get(rule.rule, query_string={"lang": language})
            allowed = {404} if rule.rule in NOT_SET_UP else {200, 302}
            assert answer.status_code in allowed, rule.rule
            opened += answer.mimetype == "text/html" and answer.status_code == 200
    assert opened >= 3


pytestmark = pytest.mark.own_app

FAILURES: dict[int, Any] = {
    400: errors.InvalidPeriodError(),
    403: errors.PermissionDeniedError(),
    404: errors.NotFoundError(),
    409: errors.VisitClosedError(),
    429: errors.SignInThrottledError(retry_after_seconds=30),
    500: ZeroDivisionError(),
    503: errors.DatabaseNotReadyError(),
}


@pytest.fixture
def failing(app: Flask) -> Iterator[list[str]]:
    """Add a view that fails on order; yield the statements that reach the database meanwhile."""

    @app.get("/admin/fail/<int:status>")
    @public
    def fail(status: int) -> str:
        raise FAILURES[status]

    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(str(arguments[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("status", FAILURES)
def test_an_error_is_told_in_words_without_asking_the_database(
    app: Flask, failing: list[str], browser: OfficersBrowser, status: int
) -> None:
    failing.clear()
    answer = browser.get(f"/admin/fail/{status}")
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    assert "Error" not in answer.text
    assert f'data-status="{status}"' in answer.text
    assert 'href="/admin/"' in answer.text
    assert failing == []
    piece = browser.get(f"/admin/fail/{status}", headers={"HX-Request": "true"})
    assert "<html" not in piece.text
    assert f'data-status="{status}"' in piece.text
    as_json = browser.get(f"/admin/fail/{status}", headers={"Accept": "application/json"})
    assert as_json.content_type == "application/problem+json"
    assert json.loads(as_json.text)["status"] == status


def test_a_database_that_does_not_answer_is_told_in_the_same_words(
    browser: OfficersBrowser,
) -> None:
    def refuse(*_arguments: Any) -> None:
        raise ConnectionError

    event.listen(db.engine, "before_cursor_execute", refuse)
    try:
        answer = browser.get("/admin/desk")
    finally:
        event.remove(db.engine, "before_cursor_execute", refuse)
    assert answer.status_code == 500
    assert "<h1>Chưa tải được số liệu</h1>" in answer.text


def test_the_words_of_an_error_are_those_of_the_house(app: Flask, failing: list[str]) -> None:
    pages = {status: app.test_client().get(f"/admin/fail/{status}") for status in (429, 500)}
    assert "<h1>Chưa tải được số liệu</h1>" in pages[500].text
    assert "<p>Thử lại.</p>" in pages[500].text
    assert pages[429].headers["Retry-After"] == "30"


def test_every_answer_carries_the_security_headers(app: Flask, browser: OfficersBrowser) -> None:
    for path in ("/admin/desk", "/admin/counts.csv", "/admin/nowhere", "/admin/sign-in", "/"):
        answer = browser.get(path)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (path, name)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
    cookie = browser.get("/admin/sign-in?lang=en").headers.get("Set-Cookie", "")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
