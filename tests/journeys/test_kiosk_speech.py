"""The recorded voice: what is shown is heard, word for word, and the second touch chooses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from satisfaction import office
from satisfaction.database import unit_of_work
from tests.conftest import Office
from tests.journeys.browsing import Tabs
from tests.journeys.kiosks import KioskAtDesk, key, rest
from tests.journeys.screens import LobbyWalk, Walk, dress

pytestmark = pytest.mark.journey
MANIFEST = Path(__file__).parents[2] / "static" / "audio" / "manifest.json"
LISTENING = """
window.heard = [];
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  if (!this.isWatched) {
    this.isWatched = true;
    for (const kind of ["playing", "ended", "pause", "error"]) {
      this.addEventListener(kind, () => {
        const file = new URL(this.src).pathname.split("/").slice(-2).join("/").split(".")[0];
        window.heard.push({ kind, file, seconds: this.duration });
      }, true);
    }
  }
  this.playbackRate = 4;
  return play.call(this);
};
"""
# Every recording is over at once, and what nobody recorded is written down.
WITHOUT_SOUND = """
window.said = [];
Object.defineProperty(HTMLMediaElement.prototype, "src", { set() {} });
HTMLMediaElement.prototype.play = function () {
  queueMicrotask(() => this.onended());
  return Promise.resolve();
};
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => [{ lang: "vi-VN" }, { lang: "en-US" }],
  speak(speech) { said.push(speech.text); speech.onend(); },
  cancel() {},
  addEventListener() {},
} });
"""
# Have the screen read, then touch each of its controls once, and say what was not recorded.
HEARD = """async (again) => {
  const listen = document.querySelector("[data-do=listen]");
  const pause = () => new Promise((resolve) => {
    const {port1, port2} = new MessageChannel();
    port1.onmessage = resolve;
    port2.postMessage(0);
  });
  const all = async () => {
    do await pause(); while (document.querySelector(".is-read"));
  };
  said.length = 0;
  listen.click();
  await fetch("/kiosk/speech/" + document.documentElement.lang).catch(() => {});
  for (let turn = 0; turn < 20; turn += 1) await pause();
  await all();
  document.querySelector(again)?.click();
  await all();
  const controls = document.querySelector("dialog") ?? document;
  for (const control of controls.querySelectorAll(".key,.reason,[data-do]:not([data-do=listen])")) {
    if (control.checkVisibility()) {
      control.click();
      await pause();
      await all();
    }
  }
  listen.click();
  return said.filter((text) => text);
}"""


@pytest.fixture
def kiosk(ward_now: Office, tabs: Tabs) -> KioskAtDesk:
    """Return the kiosk of the first desk."""
    return KioskAtDesk(ward_now, tabs)


def _heard(page: Page, kind: str = "playing") -> list[str]:
    """Return which recordings have begun to sound, in order."""
    heard: list[dict[str, Any]] = page.evaluate("window.heard")
    return [one["file"] for one in heard if one["kind"] == kind]


def _hear_until(page: Page, file: str, kind: str = "ended") -> list[str]:
    page.wait_for_function(
        "([file, kind]) => heard.some(one => one.file === file && one.kind === kind)",
        arg=[file, kind],
        timeout=40_000,
    )
    return _heard(page)


def _asked(kiosk: KioskAtDesk, **options: Any) -> Page:
    kiosk.serve()
    page = kiosk.open(script=LISTENING, **options)
    page.locator(".keys").wait_for()
    rest(page)
    return page


def _listen(page: Page) -> None:
    page.locator("[data-do=listen]").click()


def test_the_question_and_every_key_are_heard_from_their_recordings(kiosk: KioskAtDesk) -> None:
    page = _asked(kiosk)
    _listen(page)
    _hear_until(page, "vi/skip")
    heard = _heard(page, "ended")
    levels = [f"vi/five-{level}" for level in (1, 2, 3, 4, 5)]
    assert heard == ["vi/question", "vi/hint", *levels, "vi/trust", "vi/skip"]
    assert _heard(page, "error") == []
    lengths = {one["file"]: one["seconds"] for one in page.evaluate("window.heard")}
    stored = json.loads(MANIFEST.read_text(encoding="utf-8"))["voices"]["vi"]["files"]
    for file, seconds in lengths.items():
        assert seconds == pytest.approx(stored[file.split("/")[1]]["duration_ms"] / 1000, abs=0.1)


def test_what_is_being_heard_is_marked(kiosk: KioskAtDesk) -> None:
    page = _asked(kiosk)
    _listen(page)
    _hear_until(page, "vi/question", "playing")
    expect(page.locator(".is-read")).to_have_id("q")
    _listen(page)
    expect(page.locator(".is-read")).to_have_count(0)
    expect(page.locator("[data-do=listen]")).to_have_attribute("aria-pressed", "false")


def test_the_first_touch_is_heard_and_the_second_chooses(kiosk: KioskAtDesk) -> None:
    page = _asked(kiosk)
    _listen(page)
    key(page, 4).click()
    _hear_until(page, "vi/five-4", "playing")
    key(page, 2).click()
    _hear_until(page, "vi/five-2", "playing")
    assert page.locator(".keys:not(.sent)").count() == 1
    key(page, 2).click()
    page.locator(".reasons").wait_for()
    rest(page)
    page.get_by_role("checkbox", name="Chờ lâu").click()
    _hear_until(page, "vi/reason-wait", "playing")
    assert page.locator(":checked").count() == 0
    page.get_by_role("checkbox", name="Chờ lâu").click()
    assert page.locator(":checked").count() == 1
    page.locator("[data-do=send]").click()
    page.locator("[data-do=send]").click()
    _hear_until(page, "vi/thanks", "playing")
    page.wait_for_timeout(300)
    assert [(given.level, given.reasons) for given in kiosk.counted()] == [(2, ("wait",))]


def test_a_new_screen_ends_what_the_old_one_said(kiosk: KioskAtDesk) -> None:
    page = _asked(kiosk)
    _listen(page)
    _hear_until(page, "vi/question", "playing")
    key(page, 5).click()
    key(page, 5).click()
    page.locator(".thanks").wait_for()
    heard = _hear_until(page, "vi/thanks")
    assert heard[0] == "vi/question"
    assert set(heard) <= {"vi/question", "vi/five-5", "vi/thanks", "vi/undo"}


def test_english_is_heard_in_english_and_the_next_citizen_hears_nothing(
    kiosk: KioskAtDesk,
) -> None:
    page = _asked(kiosk)
    page.locator("[data-do=language]").click()
    _listen(page)
    _hear_until(page, "en/question", "playing")
    page.locator("[data-do=skip]").click()
    page.locator("[data-do=skip]").click()
    page.locator(".wait").wait_for()
    page.wait_for_timeout(500)
    assert all(file.startswith("en/") for file in _heard(page))
    expect(page.locator("[data-do=listen]")).to_have_attribute("aria-pressed", "false")
    before = len(_heard(page))
    kiosk.serve("048")
    page.locator(".keys").wait_for()
    page.wait_for_timeout(500)
    assert len(_heard(page)) == before


def test_keys_are_heard_as_they_are_reached_and_enter_chooses(kiosk: KioskAtDesk) -> None:
    page = _asked(kiosk)
    _listen(page)
    page.keyboard.press("ArrowRight")
    _hear_until(page, "vi/five-1", "playing")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    _hear_until(page, "vi/five-4", "playing")
    page.keyboard.press("Enter")
    page.locator(".thanks").wait_for()
    _hear_until(page, "vi/thanks", "playing")
    assert [given.level for given in kiosk.counted()] == [4]


def test_whether_somebody_is_still_there_is_asked_aloud(kiosk: KioskAtDesk) -> None:
    page = _asked(kiosk, has_own_time=True)
    _listen(page)
    page.clock.fast_forward("01:31")
    page.get_by_role("dialog").wait_for()
    _hear_until(page, "vi/still-there", "playing")
    rest(page)
    page.get_by_role("button", name="Tôi còn đây").click()
    _hear_until(page, "vi/i-am-here", "playing")
    page.get_by_role("button", name="Tôi còn đây").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_three_levels_are_heard_too_from_what_says_their_words(kiosk: KioskAtDesk) -> None:
    with unit_of_work() as session:
        office.configure_unit(session, kiosk.ward.unit, scale=office.load_scales(session)["three"])
    page = _asked(kiosk)
    _listen(page)
    for level, recording in ((1, "three-1"), (2, "five-4"), (3, "five-5")):
        key(page, level).click()
        _hear_until(page, f"vi/{recording}", "playing")


def test_words_that_nobody_recorded_are_left_to_the_device(kiosk: KioskAtDesk) -> None:
    page = _asked(kiosk)
    page.evaluate(
        """() => { window.said = [];
          speechSynthesis.getVoices = () => [{ lang: "vi-VN" }];
          window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text } };
          speechSynthesis.speak = (speech) => { said.push(speech.text); speech.onend() };
          document.querySelector(".key span").textContent = "Lời của riêng cơ quan"; }"""
    )
    _listen(page)
    _hear_until(page, "vi/five-2", "playing")
    assert page.evaluate("said") == ["Lời của riêng cơ quan"]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_all_that_is_read_or_touched_on_any_screen_is_recorded(
    kiosk: KioskAtDesk, language: str
) -> None:
    kiosk.tabs.allow("ERR_FAILED")
    unheard: dict[str, list[str]] = {}
    walk = Walk(kiosk, language, script=WITHOUT_SOUND)
    for name in walk.at_a_desk():
        unheard[name] = walk.page.evaluate(HEARD, ".wait" if name == "early" else "x")
    in_lobby = LobbyWalk(kiosk, language, script=WITHOUT_SOUND)
    for name in in_lobby.in_the_lobby():
        unheard[name] = in_lobby.page.evaluate(HEARD, "x")
    assert {"early", "still", "reasons", "late", "offline", "number-throttled"} < set(unheard)
    assert {name: texts for name, texts in unheard.items() if texts} == {}


def _answering(answer: dict[str, Any]) -> Callable[[Route], None]:
    return lambda route: route.fulfill(json=answer)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_the_pad_says_of_a_ticket_is_recorded(kiosk: KioskAtDesk, language: str) -> None:
    walk = LobbyWalk(kiosk, language, script=WITHOUT_SOUND)
    page = walk.page
    page.locator(".digits").wait_for()
    rest(page)
    dress(page, language, "")
    page.locator("[data-do=listen]").click()
    answers: list[dict[str, Any]] = [
        {"state": state} for state in ("unknown", "open", "rated", "several", "offline")
    ]
    answers += [{"state": "throttled", "seconds": seconds} for seconds in (20, 40, 60)]
    for answer in answers:
        page.route("**/kiosk/tickets", _answering(answer))
        page.keyboard.type("407")
        page.keyboard.press("Enter")
        page.locator(".told:not(:empty)").wait_for()
        expect(page.locator(".is-read")).to_have_count(0)
        assert page.evaluate("said") == [], answer
        page.unroute("**/kiosk/tickets")
        page.wait_for_timeout(200)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_screen_that_rests_is_heard(kiosk: KioskAtDesk, language: str) -> None:
    kiosk.tabs.allow("401")
    page = kiosk.open(script=WITHOUT_SOUND)
    page.locator(".wait").wait_for()
    page.route("**/kiosk/screen*", lambda route: route.fulfill(status=401))
    page.locator(".resting").wait_for()
    rest(page)
    dress(page, language, "")
    assert page.evaluate(HEARD, "x") == []
