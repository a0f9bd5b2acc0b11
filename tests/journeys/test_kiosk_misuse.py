"""Children, double taps, many fingers, stuck keys: nothing is counted that no citizen chose."""

import random
import time
from collections.abc import Sequence
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from tests.conftest import Office
from tests.journeys.browsing import Tabs
from tests.journeys.kiosks import KioskAtDesk, key, rest, stop_clock

pytestmark = pytest.mark.journey
WILD_SECONDS = 20
LONG_PRESS_MS = 1500
SETTLE_MS = 700
Point = tuple[float, float]


@pytest.fixture
def kiosk(ward_now: Office, tabs: Tabs) -> KioskAtDesk:
    """Return the kiosk of the first desk."""
    return KioskAtDesk(ward_now, tabs)


class Fingers:
    """Real touches, as many at once as there are points, at the browser's own input."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)

    def _send(self, kind: str, points: Sequence[Point] = ()) -> None:
        touches: list[dict[str, Any]] = [
            {"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)
        ]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def down(self, *points: Point) -> None:
        """Put fingers down; those that were down already are named again."""
        self._send("touchStart", points)

    def move(self, *points: Point) -> None:
        """Move the fingers that are down."""
        self._send("touchMove", points)

    def up(self) -> None:
        """Lift all fingers."""
        self._send("touchEnd")

    def tap(self, point: Point) -> None:
        """Touch shortly with one finger."""
        self.down(point)
        self.up()


def _middle(locator: Locator) -> Point:
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _asked(page: Page) -> None:
    page.locator(".keys").wait_for()
    rest(page)


def _settle(page: Page) -> None:
    """Give whatever was touched the time to reach the server."""
    page.wait_for_timeout(SETTLE_MS)


def _is_fresh(page: Page) -> bool:
    return bool(page.evaluate("document.body.classList.contains('is-fresh')"))


def test_touches_on_a_screen_that_has_only_just_appeared_count_for_nothing(
    kiosk: KioskAtDesk,
) -> None:
    page = kiosk.open(has_own_time=True, has_touch=True)
    page.locator(".wait").wait_for()
    stop_clock(page, ahead_seconds=1)
    visit = kiosk.serve()
    for _ in range(600):
        page.clock.run_for(100)
        page.wait_for_timeout(50)
        if page.locator(".keys").count():
            break
    fingers, target = Fingers(page), _middle(key(page, 4))
    assert _is_fresh(page)
    for _ in range(5):
        fingers.tap(target)
    _settle(page)
    assert kiosk.counted() == []
    assert kiosk.outcome(visit) is None
    page.clock.run_for(600)
    assert not _is_fresh(page)
    for _ in range(5):
        fingers.tap(target)
    page.clock.run_for(1000)
    _settle(page)
    assert [(one.level, one.visit_id) for one in kiosk.counted()] == [(4, visit.id)]


def test_of_two_fingers_no_more_than_one_answer_comes(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open(has_touch=True)
    _asked(page)
    fingers = Fingers(page)
    one, other = _middle(key(page, 2)), _middle(key(page, 5))
    fingers.down(one)
    fingers.down(one, other)
    fingers.up()
    _settle(page)
    assert len(kiosk.counted()) <= 1
    assert {given.level for given in kiosk.counted()} <= {2}


def test_a_palm_on_all_keys_answers_nothing_twice(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open(has_touch=True)
    _asked(page)
    fingers = Fingers(page)
    for _ in range(5):
        points = [_middle(key(page, level)) for level in range(1, 6) if key(page, level).count()]
        if not points:
            break
        fingers.down(*points)
        fingers.up()
    _settle(page)
    assert len(kiosk.counted()) <= 1


def test_a_long_press_opens_nothing_and_the_question_stays(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open(has_touch=True)
    _asked(page)
    fingers = Fingers(page)
    fingers.down(_middle(page.locator("h1")))
    page.wait_for_timeout(LONG_PRESS_MS)
    fingers.up()
    assert page.evaluate("String(getSelection())") == ""
    fingers.down(_middle(key(page, 3)))
    page.wait_for_timeout(LONG_PRESS_MS)
    fingers.up()
    _settle(page)
    assert {given.level for given in kiosk.counted()} <= {3}
    prevented = page.evaluate(
        "!document.body.dispatchEvent("
        "new MouseEvent('contextmenu', {bubbles: true, cancelable: true}))"
    )
    assert prevented is True


def test_a_pinch_neither_zooms_nor_answers(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open(has_touch=True)
    _asked(page)
    fingers = Fingers(page)
    (x, y), step = _middle(key(page, 3)), 12
    fingers.down((x - 20, y), (x + 20, y))
    for number in range(1, 15):
        fingers.move((x - 20 - step * number, y), (x + 20 + step * number, y))
    fingers.up()
    _settle(page)
    assert page.evaluate("visualViewport.scale") == 1
    assert kiosk.counted() == []
    page.locator(".keys").wait_for()


def test_a_swipe_moves_nothing_and_answers_nothing(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open(has_touch=True)
    _asked(page)
    fingers = Fingers(page)
    (x, y) = _middle(key(page, 1))
    fingers.down((x, y))
    for number in range(1, 30):
        fingers.move((x + 25 * number, y))
    fingers.up()
    _settle(page)
    assert kiosk.counted() == []
    assert page.evaluate("[scrollX, scrollY]") == [0, 0]
    style = "getComputedStyle(document.documentElement).overscrollBehaviorX"
    assert page.evaluate(style) == "none"


def test_going_back_after_an_answer_puts_no_question_again(kiosk: KioskAtDesk) -> None:
    visit = kiosk.serve()
    page = kiosk.open()
    _asked(page)
    page.goto("/kiosk/?lang=vi")
    _asked(page)
    key(page, 4).click()
    page.locator(".thanks").wait_for()
    _settle(page)
    page.go_back()
    page.locator(".wait,.thanks").wait_for()
    _settle(page)
    assert page.locator(".keys").count() == 0
    assert [(one.level, one.visit_id) for one in kiosk.counted()] == [(4, visit.id)]


@pytest.mark.parametrize(
    "pressed",
    ["Control+1", "Control+5", "Alt+4", "Meta+3", "Alt+ArrowLeft", "F5", "Control+r", "Control+l"],
)
def test_keyboard_escapes_are_no_answer(kiosk: KioskAtDesk, pressed: str) -> None:
    kiosk.serve()
    page = kiosk.open()
    _asked(page)
    page.keyboard.press(pressed)
    _settle(page)
    assert kiosk.counted() == []
    _asked(page)
    page.keyboard.press("4")
    page.locator(".thanks").wait_for()
    _settle(page)
    assert [one.level for one in kiosk.counted()] == [4]


@pytest.mark.parametrize("stuck", ["5", "Enter", " "])
def test_a_key_that_is_stuck_answers_once_and_not_for_the_next_citizen(
    kiosk: KioskAtDesk, stuck: str
) -> None:
    first = kiosk.serve()
    page = kiosk.open(has_own_time=True)
    _asked(page)
    key(page, 5).focus()
    page.keyboard.down(stuck)
    if stuck == " ":
        page.keyboard.up(stuck)
    page.locator(".thanks").wait_for()
    page.clock.fast_forward("00:11")
    page.locator(".wait").wait_for()
    second = kiosk.serve("048")
    _asked(page)
    key(page, 5).focus()
    for _ in range(10):
        page.keyboard.down(stuck)
    _settle(page)
    assert [(one.level, one.visit_id) for one in kiosk.counted()] == [(5, first.id)]
    assert kiosk.outcome(second) is None
    page.locator(".keys").wait_for()


def test_a_child_who_taps_wildly_between_visits_changes_nothing(kiosk: KioskAtDesk) -> None:
    page = kiosk.open(has_touch=True)
    page.locator(".wait").wait_for()
    fingers, draw = Fingers(page), random.Random(4)
    size = page.viewport_size
    assert size is not None
    deadline, taps = time.monotonic() + WILD_SECONDS, 0
    while time.monotonic() < deadline:
        points = [
            (draw.uniform(1, size["width"] - 1), draw.uniform(1, size["height"] - 1))
            for _ in range(draw.choice((1, 1, 1, 2, 3)))
        ]
        fingers.down(*points)
        if draw.random() < 0.2:
            fingers.move(*[(min(x + 60, size["width"] - 1), y) for x, y in points])
        fingers.up()
        taps += 1
        if taps % 20 == 0:
            page.keyboard.press(draw.choice("12345") if taps % 40 else "Tab")
    assert taps > 100
    assert kiosk.counted() == []
    assert page.evaluate("[visualViewport.scale, scrollX, scrollY]") == [1, 0, 0]
    page.locator(".wait").wait_for()
    visit = kiosk.serve()
    _asked(page)
    expect(page.locator(".key")).to_have_count(5)
    assert kiosk.counted() == []
    key(page, 2).click()
    page.wait_for_timeout(SETTLE_MS)
    for _ in range(40):
        if kiosk.counted() or not page.locator(".key").count():
            break
        key(page, 2).click()
        page.wait_for_timeout(SETTLE_MS)
    _settle(page)
    assert [(one.level, one.visit_id) for one in kiosk.counted()] == [(2, visit.id)]
