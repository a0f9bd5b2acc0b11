"""Every screen that a kiosk can show, one after the other, held still so that it can be looked at.

Refuses to judge a screen; the tests of looks and of access do.
"""

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from satisfaction import fleet, office, visits
from satisfaction.database import unit_of_work
from satisfaction.models import Configuration
from tests.journeys.kiosks import (
    DEAD_MS,
    KioskAtDesk,
    cut_off,
    key,
    rest,
    stop_clock,
    wait_until_drawn,
)

SIZES = (
    (1280, 800),
    (1280, 720),
    (1366, 768),
    (1024, 600),
    (1024, 768),
    (1920, 1080),
    (800, 1280),
    (768, 1024),
    (1080, 1920),
)
PHONE = (390, 844)
HELPERS = ("", "easy", "lower")
THROTTLED = {"state": "throttled", "seconds": 40}
LONG_PROCEDURE = "Chứng thực bản sao từ bản chính giấy tờ, văn bản"


def tell_what_changed(kiosk: KioskAtDesk) -> None:
    """Have the office say what it has changed, and serve for a procedure with a long name."""
    with unit_of_work() as session:
        shown = session.get(Configuration, kiosk.ward.configuration.id)
        assert shown is not None
        shown.we_changed_vi = "từ 01/10, Bàn 6 mở thêm buổi sáng để giảm chờ chứng thực."
        shown.we_changed_en = "since 1 October, Desk 6 opens in the morning to shorten the wait."
        procedure = session.merge(kiosk.ward.procedures[0])
        procedure.short_name = LONG_PROCEDURE


def hold(page: Page) -> None:
    """Stop the page's clock a moment later, when the screen takes touches."""
    stop_clock(page, ahead_seconds=0.7)
    for _ in range(100):
        page.clock.run_for(DEAD_MS)
        if not page.locator("body.is-fresh").count():
            return
        page.wait_for_timeout(50)
    raise AssertionError("the screen never comes to rest")


def dress(page: Page, language: str, helper: str) -> None:
    """Show the screen as it now stands in a language, with larger letters or lower keys."""
    if page.evaluate("document.documentElement.lang") != language:
        page.evaluate(
            "wanted => document.querySelector(`[data-do=language][lang=${wanted}]`).click()",
            language,
        )
    page.evaluate(
        """wanted => { for (const helper of ["easy", "lower"]) {
             document.body.classList.toggle(helper, helper === wanted);
           } }""",
        helper,
    )


class Walk:
    """A walk through all screens in one language, with one helper on."""

    def __init__(
        self, kiosk: KioskAtDesk, language: str = "vi", helper: str = "", *, script: str = ""
    ) -> None:
        self.kiosk = kiosk
        self.language = language
        self.helper = helper
        self.page = kiosk.open(has_own_time=True, script=script)

    def _show(self, name: str) -> str:
        hold(self.page)
        dress(self.page, self.language, self.helper)
        return name

    def _go_on(self) -> None:
        self.page.clock.resume()

    def _touch(self, what: str) -> None:
        """Touch something, which the held clock does not hinder."""
        self._go_on()
        self.page.locator(what).first.click()

    def at_a_desk(self) -> Iterator[str]:
        """Yield the name of each screen of a kiosk at a desk while it is shown."""
        kiosk, page = self.kiosk, self.page
        with unit_of_work() as session:
            open_visit = visits.open_visit(
                session, visits.NewVisit(desk_id=kiosk.desk.id, ticket_number="A047")
            )
        page.get_by_text("A047").wait_for()
        yield self._show("wait")
        page.evaluate("document.querySelector('.wait').click()")
        yield "early"
        self._go_on()
        with unit_of_work() as session:
            visits.close_visit(session, open_visit.id)
        page.locator(".keys").wait_for()
        kiosk.serve("A048")
        page.get_by_text("A048").wait_for()
        yield self._show("rate")
        page.clock.fast_forward("01:31")
        page.get_by_role("dialog").wait_for()
        page.clock.run_for(DEAD_MS)
        yield "still"
        with page.expect_response("**/kiosk/screen*"):
            self._touch("[data-do=here]")
            page.clock.fast_forward("00:05")
        page.wait_for_timeout(100)
        yield from self._answered()
        yield from self._cut_off()

    def _answered(self) -> Iterator[str]:
        page = self.page
        key(page, 2).click()
        page.locator(".symbol svg").wait_for()
        yield self._show("reasons")
        self._touch("[data-do=again]")
        page.locator(".keys").wait_for()
        yield self._show("correction")
        self._go_on()
        page.clock.fast_forward("01:55")
        page.locator(".thanks").wait_for()
        yield self._show("late")
        self._go_on()
        page.clock.fast_forward("00:11")
        page.locator(".wait").wait_for()
        self.kiosk.serve("A050")
        page.locator(".keys").wait_for()
        rest(page)
        key(page, 5).click()
        page.locator(".thanks").wait_for()
        yield self._show("thanks")
        self._go_on()
        page.clock.fast_forward("00:11")
        page.locator(".wait").wait_for()

    def _cut_off(self) -> Iterator[str]:
        kiosk, page = self.kiosk, self.page
        with unit_of_work() as session:
            office.configure_unit(
                session, kiosk.ward.unit, scale=office.load_scales(session)["three"]
            )
        kiosk.serve("A049")
        # The page comes anew with the other scale, perhaps after asking with the one before.
        expect(page.locator(".keys .key")).to_have_count(3)
        wait_until_drawn(page)
        yield self._show("rate-three")
        self._go_on()
        cut_off(page, "**/kiosk/**")
        page.locator(".notice").wait_for()
        yield self._show("offline")

    def in_the_lobby(self) -> Iterator[str]:
        """Yield the name of each screen of a kiosk in the lobby that the desk's has not."""
        kiosk, page = self.kiosk, self.page
        kiosk.serve("147")
        page.locator(".digits").wait_for()
        yield self._show("number")
        self._go_on()
        page.keyboard.type("147999")
        page.keyboard.press("Enter")
        page.locator(".told:not(:empty)").wait_for()
        yield self._show("number-told")
        self._go_on()
        page.route("**/kiosk/tickets", lambda route: route.fulfill(json=THROTTLED))
        page.keyboard.type("147998")
        page.keyboard.press("Enter")
        page.locator(".told:not(:empty)").wait_for()
        page.unroute("**/kiosk/tickets")
        yield self._show("number-throttled")
        self._go_on()
        page.keyboard.type("147")
        page.keyboard.press("Enter")
        page.locator(".keys").wait_for()
        yield self._show("rate-lobby")


class LobbyWalk(Walk):
    """A walk through the screens of a kiosk in the lobby."""

    def __init__(
        self, kiosk: KioskAtDesk, language: str = "vi", helper: str = "", *, script: str = ""
    ) -> None:
        with unit_of_work() as session:
            token = fleet.enrol_lobby_kiosk(session, kiosk.ward.unit, name="Sảnh").token
        self.kiosk, self.language, self.helper = kiosk, language, helper
        self.page = kiosk.open(has_own_time=True, token=token, script=script)
