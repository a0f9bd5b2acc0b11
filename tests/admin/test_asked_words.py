"""Words of addresses: what a page does not know it refuses, with the true cause and a way on."""

import html
import uuid
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask

from admin.questions import NAMES
from satisfaction.terms import Role
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import Office
from tests.hostile import listen_anew, listening
from tests.routes import TABLE
from tests.test_access import _plant

# What pages read of an address is asked here; what they show is asked by their own tests.
pytestmark = pytest.mark.once

# Words that are anybody's own, or that only a script sends: no vocabulary has them.
FREE = {"account", "asked", "code", "next", "q", "seen", "words"}
# These copy the address before they read it, so that it cannot be heard what they look for.
COPIED = {
    "admin.overview.index": set(NAMES) | {"sort"},
    "admin.reports.index": set(NAMES) | {"form", "part", "version", "year"},
    "admin.reports.download": set(NAMES) | {"form", "part", "version", "year"},
}


@pytest.fixture
def everybody(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of an officer with every role."""
    make_officer("all", *Role, unit=ward.unit)
    return signed_in(app, "all")


def _pages(browser: OfficersBrowser, ward: Office) -> Iterator[tuple[str, set[str]]]:
    """Yield each address that officers open, and the words that its view looks for."""
    things = _plant(ward)
    for row in TABLE:
        is_page = row.endpoint.startswith("admin.") and not row.address.endswith(".js")
        if row.method == "GET" and is_page:
            address = row.address.format(nothing=uuid.UUID(int=0), **things).partition("?")[0]
            asked = listen_anew()
            if browser.get(address).status_code == 200:
                yield address, (asked.names | COPIED.get(row.endpoint, set())) - FREE


def test_no_page_leaves_a_word_unheard(
    app: Flask, ward: Office, everybody: OfficersBrowser
) -> None:
    unheard, count = [], 0
    with listening(app):
        for address, names in _pages(everybody, ward):
            for name in sorted(names | {"lang"}):
                answer, count = everybody.get(f"{address}?{name}=zzz"), count + 1
                named = {f"“{name}”", "“zzz”"} & set(_quoted(answer.text))
                if answer.status_code != 404 and (answer.status_code != 400 or not named):
                    unheard.append((address, name, answer.status_code))
    assert unheard == []
    assert count > 100


def _quoted(page: str) -> list[str]:
    return [f"“{part.partition('”')[0]}”" for part in html.unescape(page).split("“")[1:]]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("period=2024-Q5", "Kỳ “2024-Q5” không có. Chọn một kỳ có trên trang."),
        ("period=2024-13", "Kỳ “2024-13” không có."),
        ("period=<script>", "Kỳ “<script>” không có."),
        ("period=2024-02-30", "Không có ngày 30/02/2024. Chọn lại ngày."),
        ("from=2024-02-30&to=2024-03-01", "Không có ngày 30/02/2024. Chọn lại ngày."),
        ("from=hôm qua", "Ngày “hôm qua” không đọc được. Chọn ngày trong lịch của trang."),
        ("from=2024-03-02&to=2024-03-01", "Ngày cuối phải từ ngày đầu trở đi."),
        ("period=9999-12", "Chỉ có kỳ từ năm 2000 đến năm 2200."),
        ("period=0001", "Chỉ có kỳ từ năm 2000 đến năm 2200."),
        ("from=0001-01-01&to=9999-12-31", "Chỉ có kỳ từ năm 2000 đến năm 2200."),
        ("from=2001-01-01&to=2024-12-31", "Kỳ này dài quá "),
    ],
)
def test_a_period_is_refused_for_its_true_cause(
    everybody: OfficersBrowser, query: str, words: str
) -> None:
    for path in ("counts", "overview", "voices", "reports", "reports/file", "counts.csv"):
        answer = everybody.get(f"/admin/{path}?{quote(query, safe='=&')}")
        assert answer.status_code == 400
        assert words in html.unescape(answer.text)
    answer = everybody.get(f"/admin/reports/ratings/file?{quote(query, safe='=&')}")
    assert (answer.status_code, words in html.unescape(answer.text)) == (400, True)


@pytest.mark.parametrize("path", ["counts", "overview", "voices", "reports"])
def test_it_is_said_which_period_is_shown_instead(everybody: OfficersBrowser, path: str) -> None:
    shown = {"overview": "Tháng 3/2026", "reports": "Tháng 2/2026"}
    usual = shown.get(path, "04/03 – 10/03/2026")
    answer = everybody.get(f"/admin/{path}?period=2024-Q5")
    assert f"Đang hiện kỳ khác: {usual}." in answer.text


@pytest.mark.parametrize("word", ["x" * 200, "a\x00b", "\u202ea"])
def test_what_is_long_or_cannot_be_seen_is_not_repeated(
    everybody: OfficersBrowser, word: str
) -> None:
    for name in ("period", "from", "channel", "lang"):
        answer = everybody.get("/admin/counts", query_string={name: word})
        assert answer.status_code == 400
        alert = answer.text.partition('role="alert"')[2].partition("</p>")[0]
        assert word not in alert


@pytest.mark.parametrize(
    "query", ["by=day", "source=kiosk", "by=unit&source=kiosk&period=2026-03", "source="]
)
def test_the_overview_leaves_out_what_the_counts_alone_know(
    everybody: OfficersBrowser, query: str
) -> None:
    answer = everybody.get(f"/admin/overview?{query}")
    left = "?period=2026-03" if "period" in query else ""
    assert (answer.status_code, answer.location) == (302, f"/admin/overview{left}")
