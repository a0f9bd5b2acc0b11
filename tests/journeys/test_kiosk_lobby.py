"""The kiosk in the lobby: a ticket's number or its code, then the same question as at the desk."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from satisfaction import fleet, visits
from satisfaction.database import unit_of_work
from satisfaction.models import Visit
from tests.conftest import Office
from tests.journeys.browsing import Tabs
from tests.journeys.devices import until
from tests.journeys.kiosks import KioskAtDesk, key, rest
from tests.kiosk.phones import invite

pytestmark = pytest.mark.journey


class KioskInLobby(KioskAtDesk):
    """A device of the unit that stands at no desk."""

    def enrol(self) -> str:
        """Return the credential of a fresh device."""
        with unit_of_work() as session:
            return fleet.enrol_lobby_kiosk(session, self.ward.unit, name="Sảnh").token


@pytest.fixture
def lobby(ward_now: Office, tabs: Tabs) -> KioskInLobby:
    """Return the kiosk in the lobby."""
    return KioskInLobby(ward_now, tabs)


def _type(page: Page, number: str) -> None:
    for digit in number:
        rest(page)
        page.get_by_role("button", name=digit, exact=True).click()


def _scan(page: Page, text: str) -> None:
    """Type as a reader does: all at once, and then Enter."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def _ready(lobby: KioskInLobby, **options: Any) -> Page:
    page = lobby.open(token=lobby.enrol(), **options)
    page.locator("[data-do=listen]").wait_for()
    rest(page)
    return page


def _rated(lobby: KioskInLobby, page: Page, visit: Visit, level: int) -> None:
    until(page, lobby.counted)
    assert [(one.level, one.visit_id) for one in lobby.counted()] == [(level, visit.id)]
    assert lobby.outcome(visit) == "rated"


def test_a_number_leads_to_the_question_about_its_visit(lobby: KioskInLobby) -> None:
    visit = lobby.serve("047")
    lobby.serve("048")
    page = _ready(lobby)
    _type(page, "047")
    expect(page.locator(".typed b")).to_have_text("047")
    page.get_by_role("button", name="Tiếp tục").click()
    page.locator(".keys").wait_for()
    expect(page.locator(".ticket")).to_contain_text("047")
    expect(page.locator(".ticket")).to_contain_text("Bàn 1")
    expect(page.locator(".ticket")).to_contain_text("Chứng thực bản sao")
    page.locator("[data-do=language]").click()
    expect(page.locator(".ticket")).to_contain_text("Desk 1")
    rest(page)
    key(page, 5).click()
    page.locator(".thanks").wait_for()
    _rated(lobby, page, visit, 5)


def test_a_receipt_is_read_by_a_reader_that_types(lobby: KioskInLobby) -> None:
    visit = lobby.serve("A047")
    page = _ready(lobby)
    _type(page, "99")
    _scan(page, f"HTTPS://HAILONG.EXAMPLE/R/{invite(visit)}")
    page.locator(".keys").wait_for()
    expect(page.locator(".ticket")).to_contain_text("A047")
    rest(page)
    key(page, 4).click()
    page.locator(".thanks").wait_for()
    _rated(lobby, page, visit, 4)


def test_a_keypad_types_the_number_too(lobby: KioskInLobby) -> None:
    lobby.serve("048")
    page = _ready(lobby)
    for sign in ("4", "9", "Backspace", "8"):
        page.keyboard.press(sign)
        page.wait_for_timeout(200)
    expect(page.locator(".typed b")).to_have_text("48")
    page.keyboard.press("Enter")
    page.locator(".keys").wait_for()
    expect(page.locator(".ticket")).to_contain_text("048")


def test_arrows_lead_over_the_pad(lobby: KioskInLobby) -> None:
    page = _ready(lobby)
    for sign in ("ArrowRight", "ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(sign)
    expect(page.locator(".typed b")).to_have_text("5")


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("999", "Không tìm thấy phiếu 999"),
        ("050", "Mời ông/bà đánh giá khi được phục vụ xong."),
        ("051", "Không tìm thấy phiếu 051"),
        ("052", "Nhiều lượt mang số này."),
    ],
)
def test_what_cannot_be_rated_is_said_kindly(lobby: KioskInLobby, number: str, told: str) -> None:
    lobby.serve("051", ago=timedelta(minutes=61))
    lobby.serve("A052")
    lobby.serve("B052")
    with unit_of_work() as session:
        visits.open_visit(
            session, visits.NewVisit(desk_id=lobby.ward.desks[1].id, ticket_number="050")
        )
    page = _ready(lobby)
    _type(page, number)
    page.locator("[data-do=find]").click()
    expect(page.locator(".told")).to_contain_text(told)
    _type(page, "7")
    expect(page.locator(".typed b")).to_have_text("7")
    expect(page.locator(".told")).to_have_text("")


def test_a_ticket_is_rated_once_and_not_by_the_wrong_citizen(lobby: KioskInLobby) -> None:
    visit = lobby.serve("047")
    page = _ready(lobby)
    _type(page, "47")
    page.locator("[data-do=find]").click()
    page.locator(".keys").wait_for()
    rest(page)
    page.get_by_text("Không phải phiếu này").click()
    page.locator(".digits").wait_for()
    expect(page.locator(".typed b")).to_have_text("")
    assert lobby.outcome(visit) is None
    rest(page)
    _type(page, "47")
    page.locator("[data-do=find]").click()
    page.locator(".keys").wait_for()
    rest(page)
    key(page, 5).click()
    page.locator(".thanks").wait_for()
    _rated(lobby, page, visit, 5)
    page.reload()
    page.locator(".digits").wait_for()
    rest(page)
    _type(page, "47")
    page.locator("[data-do=find]").click()
    expect(page.locator(".told")).to_contain_text("đã được đánh giá")


def test_what_was_typed_and_left_is_forgotten(lobby: KioskInLobby) -> None:
    page = _ready(lobby, has_own_time=True)
    _type(page, "12")
    page.locator("[data-do=language]").click()
    page.clock.fast_forward("01:31")
    expect(page.locator(".typed b")).to_have_text("")
    expect(page.locator("h1")).to_contain_text("Số phiếu")


def test_guessing_numbers_becomes_slow(lobby: KioskInLobby) -> None:
    lobby.tabs.allow("429")
    page = _ready(lobby)
    for number in ("901", "902", "903", "904", "905"):
        _type(page, number)
        page.locator("[data-do=find]").click()
        expect(page.locator(".told")).to_contain_text(f"phiếu {number}")
    _type(page, "906")
    page.locator("[data-do=find]").click()
    expect(page.locator(".told")).to_contain_text("Mời ông/bà đợi")
    visit = lobby.serve("047")
    _scan(page, f"https://hailong.example/R/{invite(visit)}")
    page.locator(".keys").wait_for()


def test_without_the_server_the_pad_says_so(lobby: KioskInLobby) -> None:
    lobby.tabs.allow("ERR_FAILED")
    page = _ready(lobby)
    page.route("**/kiosk/tickets", lambda route: route.abort())
    _type(page, "47")
    page.locator("[data-do=find]").click()
    expect(page.locator(".told")).to_contain_text("Máy đang mất mạng")


def test_the_pad_needs_no_javascript(lobby: KioskInLobby) -> None:
    visit = lobby.serve("047")
    page = lobby.open(token=lobby.enrol(), javascript=False)
    _type(page, "48")
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page.locator(".told")).to_contain_text("Không tìm thấy phiếu 48")
    page.get_by_text("English").click()
    expect(page.locator(".typed b")).to_have_text("48")
    page.get_by_role("button", name="Delete").click()
    _type(page, "7")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".ticket")).to_contain_text("Desk 1")
    page.get_by_role("button", name="Larger text").click()
    expect(page.locator(".ticket")).to_contain_text("047")
    page.get_by_text("Not my ticket").click()
    _type(page, "047")
    page.get_by_role("button", name="Tiếp tục").click()
    page.get_by_role("button", name="Rất hài lòng").click()
    expect(page.get_by_role("heading")).to_have_text("Cảm ơn ông/bà!")
    _rated(lobby, page, visit, 5)
    lobby.tabs.allow("404")
    page.goto("/kiosk/?visit=" + str(visit.token))
    page.get_by_text("tạm nghỉ").wait_for()
