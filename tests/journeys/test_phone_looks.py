"""The pages on citizens' phones: nothing is clipped at any zoom, and axe finds nothing."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from satisfaction import clock, opinions
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import unit_of_work
from satisfaction.models import Configuration
from tests.conftest import Office
from tests.journeys.auditing import IS_LONG, find_barriers
from tests.journeys.browsing import Tabs
from tests.journeys.looking import find_faults
from tests.kiosk.phones import invite
from tests.making import finished_visit

pytestmark = pytest.mark.journey
PHONE = (390, 844)
WINDOWS = (PHONE, (320, 568), (768, 1024), (1280, 800), (1280, 400))
ASKED = (PHONE, (320, 568))


@pytest.fixture
def path(ward_now: Office) -> str:
    """Return the address of a link to a visit for a procedure with a long name."""
    with unit_of_work() as session:
        shown = session.get(Configuration, ward_now.configuration.id)
        assert shown is not None
        shown.we_changed_vi = "từ 01/10, Bàn 6 mở thêm buổi sáng để giảm chờ chứng thực."
        shown.we_changed_en = "since 1 October, Desk 6 opens in the morning to shorten the wait."
        change_configuration(session, ward_now.unit, Changes(allows_unlinked=True))
        ward_now.procedures[0].short_name = "Chứng thực bản sao từ bản chính giấy tờ, văn bản"
        session.merge(ward_now.procedures[0])
    visit = finished_visit(
        ward_now.desks[0], ticket_number="A047", procedure_id=ward_now.procedures[0].id
    )
    return f"/R/{invite(visit)}"


def _screens(page: Page, path: str, language: str) -> Iterator[str]:
    """Walk through every page of a link, and name each one as it stands there."""
    page.goto(f"{path}?lang={language}")
    yield "question"
    page.locator(".key.l2").click()
    page.locator(".reasons").wait_for()
    yield "words"
    page.locator(".btn.second").click()
    page.locator(".thanks").wait_for()
    yield "thanks"
    page.goto(f"{path}?lang={language}")
    yield "rated"


def _look(page: Page, name: str, found: dict[str, Any]) -> None:
    """Look at the page at every size, and at twice and four times the size of its letters."""
    for easy in ("", "easy"):
        if easy:
            page.evaluate("document.body.classList.add('easy')")
        for window in WINDOWS:
            page.set_viewport_size({"width": window[0], "height": window[1]})
            if faults := find_faults(page, may_scroll=True):
                found[f"{name} {window} {easy}"] = faults
            if (IS_LONG or window in ASKED) and (faults := find_barriers(page, f"phone, {name}")):
                found[f"{name} axe {window} {easy}"] = faults
    page.evaluate("document.body.classList.remove('easy')")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_of_a_link_fits_and_suits_everybody(
    tabs: Tabs, path: str, language: str, tmp_path: Path
) -> None:
    page = tabs.context(size=PHONE).new_page()
    found: dict[str, Any] = {}
    for name in _screens(page, path, language):
        page.screenshot(path=tmp_path / f"phone-{name}-{language}.png")
        _look(page, name, found)
    assert found == {}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_pages_that_only_say_something_fit_and_suit_everybody(
    tabs: Tabs, path: str, language: str
) -> None:
    page = tabs.context(size=PHONE).new_page()
    tabs.allow("status of 4")
    found: dict[str, Any] = {}
    page.goto(f"/R/UNKNOWN?lang={language}")
    _look(page, "unknown", found)
    with clock.replaced(clock.now() + timedelta(hours=24)):
        page.goto(f"{path}?lang={language}")
    told = {"vi": "Mã này đã hết hạn sau 24 giờ.", "en": "This code has expired after 24 hours."}
    page.get_by_text(told[language]).wait_for()
    _look(page, "expired", found)
    page.goto(f"/Q/UNKNOWN?lang={language}")
    _look(page, "no card", found)
    assert found == {}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_of_a_desks_card_fits_and_suits_everybody(
    tabs: Tabs, path: str, ward_now: Office, language: str
) -> None:
    with unit_of_work() as session:
        card = opinions.make_card(session, {ward_now.unit.id}, desk_id=ward_now.desks[0].id)
    page = tabs.context(size=PHONE).new_page()
    found: dict[str, Any] = {}
    page.goto(f"/Q/{card.word}?lang={language}")
    _look(page, "card", found)
    page.locator(".key.l1").click()
    page.locator(".reasons").wait_for()
    _look(page, "card, words", found)
    page.locator(".btn").first.click()
    page.locator(".thanks").wait_for()
    _look(page, "card, thanks", found)
    assert found == {}


def test_letters_grow_with_the_browsers_own_size(tabs: Tabs, path: str) -> None:
    page = tabs.open(path, size=(1280, 800))
    before: float = page.evaluate("document.querySelector('h1').getBoundingClientRect().height")
    page.set_viewport_size({"width": 640, "height": 400})
    sizes = page.evaluate("getComputedStyle(document.documentElement).fontSize")
    assert sizes == "16px", "a window of half the size is a zoom of 200 %"
    after: float = page.evaluate("document.querySelector('h1').getBoundingClientRect().height")
    assert after >= before
    viewport = page.locator("meta[name=viewport]").get_attribute("content")
    assert viewport == "width=device-width, initial-scale=1"


def test_every_target_is_large_and_low_enough(tabs: Tabs, path: str) -> None:
    page = tabs.open(path, size=PHONE)
    boxes = [box.bounding_box() for box in page.locator("button:visible, a:visible").all()]
    assert len(boxes) == 8
    for box in boxes:
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    assert min(box["y"] for box in boxes if box) >= 0.28 * PHONE[1]


def test_the_page_stands_as_it_is_drawn(tabs: Tabs, ward_now: Office, tmp_path: Path) -> None:
    visit = finished_visit(
        ward_now.desks[0], ticket_number="047", procedure_id=ward_now.procedures[0].id
    )
    page = tabs.open(f"/R/{invite(visit)}", size=PHONE)
    page.screenshot(path=tmp_path / "phone-390x844.png")
    drawn = {"keys": 358, "high": 70, "label": "20px", "helper": 48}
    key = page.locator(".key").first.bounding_box()
    helper = page.locator(".tool").first.bounding_box()
    assert key is not None
    assert helper is not None
    label = page.evaluate("getComputedStyle(document.querySelector('.key span')).fontSize")
    measured = {
        "keys": round(key["width"]),
        "high": round(key["height"]),
        "label": label,
        "helper": round(helper["height"]),
    }
    assert measured == drawn
    assert not find_faults(page), "the first page stands in one window without scrolling"
