"""The chime calls whoever waits: once, the same for all, only where the office wants it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import unit_of_work
from tests.conftest import Office
from tests.journeys.browsing import CHROMIUM, FLAGS, Tabs
from tests.journeys.kiosks import KioskAtDesk, key, rest

pytestmark = pytest.mark.journey
CHIME = "/static/audio/chime.ogg"
# What is asked to sound on which screen, and what became of it.
LISTENING = """
window.asked = [];
window.heard = [];
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  const file = new URL(this.src).pathname;
  window.asked.push(file);
  this.addEventListener("ended", () => window.heard.push(file), { once: true });
  const begun = play.call(this);
  begun.catch((problem) => window.heard.push(problem.name));
  return begun;
};
"""
# The loudest sample, as a share of the loudest there can be, and the length in seconds.
MEASURED = """async (address) => {
  const content = await (await fetch(address)).arrayBuffer();
  const sound = await new OfflineAudioContext(1, 48000, 48000).decodeAudioData(content);
  const samples = sound.getChannelData(0);
  return [samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0), sound.duration];
}"""


@pytest.fixture
def kiosk(ward_now: Office, tabs: Tabs) -> KioskAtDesk:
    """Return the kiosk of the first desk."""
    return KioskAtDesk(ward_now, tabs)


@pytest.fixture
def strict(browser: Browser, address: str) -> Iterator[Tabs]:
    """Return what opens pages in a browser that plays nothing before a touch."""
    flags = [*FLAGS, "--autoplay-policy=document-user-activation-required"]
    started = browser.browser_type.launch(executable_path=CHROMIUM, args=flags)
    opened = Tabs(started, address)
    yield opened
    opened.close()
    started.close()
    assert opened.unexpected() == []


def _want_chime(ward: Office) -> None:
    with unit_of_work() as session:
        change_configuration(session, ward.unit, Changes(has_chime=True))


def _open(kiosk: KioskAtDesk) -> Page:
    page = kiosk.open(script=LISTENING)
    page.locator(".wait").wait_for()
    return page


def _meet(kiosk: KioskAtDesk, page: Page, ticket: str) -> None:
    kiosk.serve(ticket)
    page.locator(".keys").wait_for()
    rest(page)


def _answer(page: Page, level: int) -> None:
    """Answer, pass over the reasons where they are asked, and wait for the waiting screen."""
    key(page, level).click()
    page.locator(".reasons,.thanks").first.wait_for()
    rest(page)
    if page.locator("[data-do=pass]").count():
        page.locator("[data-do=pass]").click()
    page.locator(".wait").wait_for()


def _asked(page: Page) -> list[str]:
    found: list[str] = page.evaluate("window.asked")
    return found


def test_a_kiosk_is_silent_unless_the_office_wants_it_otherwise(kiosk: KioskAtDesk) -> None:
    page = _open(kiosk)
    _meet(kiosk, page, "001")
    _answer(page, 5)
    assert _asked(page) == []


def test_each_question_is_called_once_whatever_is_answered(
    kiosk: KioskAtDesk, ward_now: Office
) -> None:
    _want_chime(ward_now)
    page = _open(kiosk)
    assert _asked(page) == []
    for number, level in enumerate((1, 5), start=1):
        _meet(kiosk, page, f"00{number}")
        assert _asked(page) == [CHIME] * number
        page.wait_for_function("number => heard.length === number", arg=number)
        _answer(page, level)
        assert _asked(page) == [CHIME] * number
    assert page.evaluate("window.heard") == [CHIME] * 2
    loudest, seconds = page.evaluate(MEASURED, CHIME)
    assert 0.1 < loudest < 0.3
    assert 0.8 < seconds < 1.5


def test_a_question_that_is_read_aloud_needs_no_chime(kiosk: KioskAtDesk, ward_now: Office) -> None:
    _want_chime(ward_now)
    page = _open(kiosk)
    rest(page)
    page.locator("[data-do=listen]").click()
    _meet(kiosk, page, "001")
    page.locator("h1.is-read").wait_for()
    assert CHIME not in _asked(page)


def test_a_page_that_begins_with_a_question_calls_nobody(
    kiosk: KioskAtDesk, ward_now: Office
) -> None:
    _want_chime(ward_now)
    kiosk.serve("001")
    page = kiosk.open(script=LISTENING)
    page.locator(".keys").wait_for()
    rest(page)
    assert _asked(page) == []


def test_a_browser_that_refuses_to_play_is_silent_and_asks_all_the_same(
    ward_now: Office, strict: Tabs
) -> None:
    _want_chime(ward_now)
    kiosk = KioskAtDesk(ward_now, strict)
    page = kiosk.open(script=LISTENING, waits=False)
    # What the driver evaluates, as it does to look for an element, counts as a touch.
    _poll(page, 204)
    kiosk.serve("001")
    _poll(page, 200)
    _poll(page, 204)
    assert page.evaluate("window.heard") == ["NotAllowedError"]
    rest(page)
    _answer(page, 4)
    assert [given.level for given in kiosk.counted()] == [4]


def _poll(page: Page, status: int) -> None:
    """Wait until the page has asked what to show and was answered so."""
    with page.expect_response(lambda one: "/kiosk/screen?" in one.url and one.status == status):
        pass
