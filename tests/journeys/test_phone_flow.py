"""A citizen's own phone, with and without JavaScript: rates, writes, and finds the link spent."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from satisfaction import opinions
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Comment, Rating, RatingReason
from satisfaction.terms import Language, RatingSource
from tests.conftest import Office
from tests.journeys.browsing import Tabs
from tests.kiosk.phones import invite
from tests.making import finished_visit

pytestmark = pytest.mark.journey
PHONE = (390, 844)
with_and_without = pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])


@pytest.fixture
def path(ward_now: Office) -> str:
    """Return the address of a link to a finished visit."""
    visit = finished_visit(
        ward_now.desks[0], ticket_number="047", procedure_id=ward_now.procedures[0].id
    )
    return f"/R/{invite(visit)}"


def _rating() -> Rating:
    with reading() as session:
        return session.scalars(select(Rating)).one()


@with_and_without
def test_a_citizen_rates_and_writes(tabs: Tabs, path: str, javascript: bool) -> None:
    page = tabs.open(path, size=PHONE, javascript=javascript)
    page.get_by_role("button", name="Không hài lòng", exact=True).click()
    page.get_by_role("heading", name="Điều gì nên làm tốt hơn?").wait_for()
    page.get_by_label("Chờ lâu").check()
    page.get_by_label("Viết thêm").fill("Gọi 0912 345 678")
    page.get_by_role("button", name="Gửi").click()
    page.get_by_role("heading", name="Cảm ơn ông/bà!").wait_for()
    assert _rating().source is RatingSource.QR
    with reading() as session:
        assert session.scalar(select(Comment.body)) == "Gọi […]"
        assert len(session.scalars(select(RatingReason)).all()) == 1
    page.goto(path)
    expect(page.get_by_role("heading", name="Phiếu này đã được đánh giá")).to_be_visible()
    expect(page.locator("form")).to_have_count(0)


@with_and_without
def test_the_page_turns_to_english_and_stays_so(tabs: Tabs, path: str, javascript: bool) -> None:
    page = tabs.open(path, size=PHONE, javascript=javascript)
    page.get_by_role("link", name="English").click()
    page.get_by_role("button", name="Very satisfied").click()
    page.locator("textarea").wait_for()
    assert page.locator("html").get_attribute("lang") == "en"
    assert _rating().language is Language.EN


@with_and_without
def test_back_and_another_key_change_nothing(tabs: Tabs, path: str, javascript: bool) -> None:
    page = tabs.open(path, size=PHONE, javascript=javascript)
    page.get_by_role("button", name="Hài lòng", exact=True).click()
    page.locator("textarea").wait_for()
    page.go_back()
    assert page.url.endswith(path)
    if page.locator(".keys").count():
        page.get_by_role("button", name="Rất không hài lòng").click()
    expect(page.get_by_role("heading", name="Phiếu này đã được đánh giá")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)
    with reading() as session:
        assert len(session.scalars(select(Rating)).all()) == 1


def test_an_impatient_finger_sends_once(tabs: Tabs, path: str) -> None:
    page = tabs.open(path, size=PHONE)
    page.get_by_role("button", name="Hài lòng", exact=True).dblclick()
    page.locator("textarea").wait_for()
    assert _rating().visit_id is not None


def test_the_page_is_heard(tabs: Tabs, path: str) -> None:
    context = tabs.context(size=PHONE)
    context.add_init_script(
        "window.heard = [];"
        "Object.defineProperty(HTMLMediaElement.prototype, 'src', {writable: true, value: ''});"
        "HTMLMediaElement.prototype.play = function () {"
        "  heard.push(this.src.split('?')[0]);"
        "  setTimeout(() => this.dispatchEvent(new Event('ended')), 5);"
        "  return Promise.resolve();"
        "};"
    )
    page = context.new_page()
    page.goto(path)
    button = page.get_by_role("button", name="Nghe đọc")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    page.wait_for_function("heard.length === 7")
    heard: list[str] = page.evaluate("heard.map((path) => path.split('/').pop())")
    assert heard[0] == "question.ogg"
    assert heard[1:6] == [f"five-{level}.ogg" for level in (5, 4, 3, 2, 1)]
    assert heard[6] == "trust.ogg"


@with_and_without
def test_an_opinion_by_a_desks_card(tabs: Tabs, ward_now: Office, javascript: bool) -> None:
    with unit_of_work() as session:
        change_configuration(session, ward_now.unit, Changes(allows_unlinked=True))
        card = opinions.make_card(session, {ward_now.unit.id}, desk_id=ward_now.desks[0].id)
    page = tabs.open(f"/Q/{card.word}", size=PHONE, javascript=javascript)
    page.get_by_role("button", name="Hài lòng", exact=True).click()
    page.get_by_label("Viết thêm").fill("Tốt")
    page.get_by_role("button", name="Gửi").click()
    page.get_by_role("heading", name="Cảm ơn ông/bà!").wait_for()
    rating = _rating()
    assert (rating.visit_id, rating.desk_id) == (None, ward_now.desks[0].id)


def _weight(page: Page) -> int:
    sizes: list[int] = page.evaluate(
        "[...performance.getEntriesByType('resource'),"
        " ...performance.getEntriesByType('navigation')].map((one) => one.encodedBodySize)"
    )
    return sum(sizes)


def test_the_page_is_light(tabs: Tabs, path: str) -> None:
    page = tabs.open(path, size=PHONE)
    page.wait_for_load_state("networkidle")
    assert _weight(page) <= 120 * 1024
