"""The overview in a real browser: both languages, four widths, axe, swaps, print, no script.

Pictures of what was looked at lie under build/looks afterwards.
"""

import re
from datetime import datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from satisfaction import clock, recording, visits
from satisfaction.accounts import hash_password
from satisfaction.database import unit_of_work
from satisfaction.demonstration import load_demonstration
from satisfaction.models import Account, Desk
from satisfaction.terms import Role
from tests.admin.officers import PASSWORD, make_officer
from tests.conftest import Office
from tests.journeys.browsing import ROOT, Tabs
from tests.journeys.officers import sign_in
from tests.making import tap

pytestmark = pytest.mark.journey
PICTURES = ROOT / "build" / "looks"
WIDTHS = (720, 1024, 1440, 1920)
RULES = ("wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
GOOD = [5] * 26 + [4] * 16 + [3, 2]
BAD = [1] * 6 + [2] * 6 + [3] * 4 + [4] * 20
PAGE = "/admin/overview?period=7-days"
DEMONSTRATION = "/admin/overview?period=2024-03"


@pytest.fixture
def rated(app: Flask, ward_now: Office) -> Office:
    """Return an office with some days of ratings, a bad desk, and its head."""
    make_officer("hanh", Role.HEAD, unit=ward_now.unit)
    with unit_of_work() as session:
        for desk, detail in zip(ward_now.desks, ("Hướng dẫn, tiếp nhận", "Đất đai"), strict=True):
            session.get_one(Desk, desk.id).detail = detail
    for days in range(4):
        at = clock.now() - timedelta(days=days)
        _rate(ward_now, 0, GOOD, at=at)
        _rate(ward_now, 1, BAD, at=at)
    return ward_now


def _rate(ward: Office, desk: int, levels: list[int], *, at: datetime) -> None:
    with clock.replaced(at), unit_of_work() as session:
        taps = []
        for number, level in enumerate(levels):
            procedure = ward.procedures[desk]
            new = visits.NewVisit(desk_id=ward.desks[desk].id, procedure_id=procedure.id)
            visit = visits.close_visit(session, visits.open_visit(session, new).id)
            reasons = (("wait", "late") if number % 3 else ("fee",)) if level < 4 else ()
            taps.append(tap(ward, visit, desk=desk, level=level, reasons=reasons))
        recording.record_ratings(session.connection(), taps)


def _open(tabs: Tabs, path: str = PAGE, **options: object) -> Page:
    page = tabs.open(path, **options)
    sign_in(page, "hanh")
    return page


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_width_is_readable_and_axe_has_no_finding(
    rated: Office, tabs: Tabs, language: str
) -> None:
    page = _open(tabs)
    page.goto(f"{PAGE}&lang={language}")
    for folded in page.get_by_role("group").locator("summary").all():
        folded.click()
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        page.screenshot(path=PICTURES / f"overview-{language}-{width}.png", full_page=True)
        found = Axe().run(page, options={"runOnly": list(RULES)})
        assert found.violations_count == 0, found.generate_report()


def test_the_demonstration_office_fits_every_width(app: Flask, tabs: Tabs) -> None:
    with unit_of_work() as session:
        assert load_demonstration(session) is not None
        session.scalars(
            select(Account).where(Account.name == "lanhdao")
        ).one().password_hash = hash_password(PASSWORD)
    page = tabs.open(DEMONSTRATION)
    sign_in(page, "lanhdao")
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(DEMONSTRATION)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        hours = page.locator("[data-part=hours] .wide")
        assert hours.evaluate("region => region.scrollWidth <= region.clientWidth"), width
        _see_verdicts(page, width)
        page.screenshot(path=PICTURES / f"demonstration-{width}.png", full_page=True)
    assert page.locator("[data-part=places] tbody tr").count() > 5
    assert Axe().run(page, options={"runOnly": list(RULES)}).violations_count == 0


def _see_verdicts(page: Page, width: int) -> None:
    """Look at what was found of each desk without moving its table sideways."""
    places = page.locator("[data-part=places] .wide").first
    assert places.evaluate("region => region.scrollWidth <= region.clientWidth"), width
    for line in places.locator("tbody tr").all():
        found = line.locator(".near, .verdict").filter(visible=True)
        expect(found).to_have_count(1)
        expect(found).to_have_text(re.compile(r"mức thường|bất thường|Ít dữ liệu"))


def test_what_was_found_of_a_desk_is_in_sight_at_every_width(rated: Office, tabs: Tabs) -> None:
    page = _open(tabs)
    for width in (640, *WIDTHS):
        page.set_viewport_size({"width": width, "height": 900})
        _see_verdicts(page, width)
        shown = page.locator("[data-part=places] table").first.locator("thead th:visible").count()
        assert shown == (8 if width >= 1440 else 6 if width >= 1024 else 4), width


def test_twice_as_large_the_page_has_one_column(rated: Office, tabs: Tabs) -> None:
    page = _open(tabs)
    page.set_viewport_size({"width": 720, "height": 450})
    boxes = [one.bounding_box() for one in page.locator(".panel").all()]
    lefts = {round(box["x"]) for box in boxes if box is not None}
    assert len(lefts) == 1


def test_a_desk_is_a_click_away_and_back_brings_the_office_back(rated: Office, tabs: Tabs) -> None:
    page = _open(tabs)
    page.evaluate("window.isStillTheSamePage = true")
    page.get_by_role("combobox", name="Bàn").select_option(label="Bàn 2 · Đất đai")
    page.wait_for_url(re.compile(f"desk={rated.desks[1].id}"))
    expect(page.locator("[data-figure=answers] dd")).to_contain_text("144")
    assert page.evaluate("window.isStillTheSamePage") is True
    page.go_back()
    expect(page.locator("[data-figure=answers] dd")).to_contain_text("320")
    page.reload()
    expect(page.locator("[data-figure=answers] dd")).to_contain_text("320")


def test_the_page_works_without_javascript(rated: Office, tabs: Tabs) -> None:
    page = _open(tabs, javascript=False)
    page.get_by_role("link", name="Bàn 2", exact=True).click()
    expect(page.locator("[data-figure=answers] dd")).to_contain_text("144")
    page.get_by_role("link", name="Hôm nay").click()
    assert page.url.endswith(f"/admin/overview?period=today&desk={rated.desks[1].id}")


def test_print_is_a4_landscape_without_navigation(rated: Office, tabs: Tabs) -> None:
    page = _open(tabs, f"{PAGE}&desk={rated.desks[0].id}")
    page.emulate_media(media="print")
    for hidden in ("nav.nav", ".who", ".filters", ".b", ".skip"):
        assert all(not one.is_visible() for one in page.locator(hidden).all()), hidden
    expect(page.get_by_text("Bàn: Bàn 1")).to_be_visible()
    for chart in page.locator("svg.chart").all():
        drawn, held = (one.bounding_box() for one in (chart, chart.locator("..")))
        assert drawn is not None
        assert held is not None
        assert drawn["width"] > 0.85 * held["width"]
        assert drawn["height"] == pytest.approx(drawn["width"] * 296 / 860, abs=1)
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / "overview.pdf").write_bytes(printed)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert boxes
    assert {(round(float(wide)), round(float(high))) for wide, high in boxes} == {(842, 595)}


def test_a_failing_server_leaves_the_page_and_says_so(rated: Office, tabs: Tabs) -> None:
    tabs.allow("500")
    page = _open(tabs)
    page.route("**/admin/overview?period=today*", lambda route: route.fulfill(status=500, body="x"))
    page.get_by_role("link", name="Hôm nay").click()
    expect(page.get_by_text("Chưa tải được số liệu. Thử lại.")).to_be_visible()
    expect(page.locator("[data-figure=answers] dd")).to_contain_text("320")
