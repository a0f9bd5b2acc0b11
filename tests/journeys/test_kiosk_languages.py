"""A further language is one catalogue, and one that is written from right to left is mirrored."""

from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from flask import Flask
from playwright.sync_api import Page, expect

from tests.conftest import Office
from tests.journeys.browsing import ROOT, Tabs
from tests.journeys.devices import until
from tests.journeys.kiosks import KioskAtDesk, key, rest
from tests.journeys.looking import find_faults
from tests.journeys.screens import HELPERS, PHONE, SIZES, Walk, tell_what_changed
from tests.kiosk.phones import invite
from tests.making import finished_visit

pytestmark = [pytest.mark.journey, pytest.mark.own_app]
ENGLISH = ROOT / "satisfaction" / "translations" / "en" / "LC_MESSAGES" / "messages.mo"
ARABIC = {
    "Ông/bà thấy lần phục vụ vừa rồi thế nào?": "كيف كانت الخدمة التي تلقيتها قبل قليل؟",
    "Chạm vào một khuôn mặt": "المس وجها واحدا",
    "Rất không hài lòng": "غير راض إطلاقا",
    "Không hài lòng": "غير راض",
    "Bình thường": "عادي",
    "Hài lòng": "راض",
    "Rất hài lòng": "راض جدا",
    "Nghe đọc": "استماع",
    "Chữ to": "نص أكبر",
    "Hạ thấp": "خفض الأزرار",
    "Không đánh giá": "بدون تقييم",
    "Cảm ơn ông/bà!": "شكرا لكم!",
}
WORD = "كلمات"


def _write_arabic(folder: Path) -> None:
    """Write a catalogue: some words are real, the others as long as the English ones."""
    with ENGLISH.open("rb") as file:
        english = read_mo(file)
    arabic = Catalog(locale="ar")
    for message in english:
        if isinstance(message.id, str) and message.id:
            arabic.add(message.id, ARABIC.get(message.id) or _of_same_length(str(message.string)))
    for said, words in ARABIC.items():
        arabic.add(said, words)
    place = folder / "ar" / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "messages.mo").open("wb") as file:
        write_mo(file, arabic)


def _of_same_length(english: str) -> str:
    return " ".join(word if "%(" in word else WORD[: max(2, len(word))] for word in english.split())


@pytest.fixture
def kiosk(app: Flask, ward_now: Office, tabs: Tabs, tmp_path: Path) -> KioskAtDesk:
    """Return the kiosk of an office that has got one catalogue more, and nothing else."""
    folder = tmp_path / "translations"
    _write_arabic(folder)
    (folder / "en").symlink_to(ENGLISH.parents[1])
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(folder)
    app.extensions["babel"].translation_directories = [str(folder)]
    kiosk = KioskAtDesk(ward_now, tabs)
    tell_what_changed(kiosk)
    return kiosk


def _in_arabic(page: Page) -> None:
    page.locator("[data-do=language][lang=ar]").click()
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        "ar",
        "rtl",
    ]


def _lefts(page: Page, parts: str) -> list[float]:
    found: list[float] = page.locator(parts).evaluate_all(
        "parts => parts.map(part => part.getBoundingClientRect().left)"
    )
    return found


def test_one_catalogue_adds_a_language_that_is_mirrored(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open()
    page.locator(".keys").wait_for()
    rest(page)
    expect(page.locator("[data-do=language]")).to_have_text(["ENEnglish", "ARالعربية"])
    _in_arabic(page)
    expect(page.get_by_role("heading")).to_have_text(
        ARABIC["Ông/bà thấy lần phục vụ vừa rồi thế nào?"]
    )
    expect(key(page, 1)).to_have_text("غير راض إطلاقا")
    lefts = _lefts(page, ".key")
    assert [level.get_attribute("value") for level in page.locator(".key").all()] == list("12345")
    assert lefts == sorted(lefts, reverse=True), "the lowest stands first, on the right"
    assert _lefts(page, ".ticket")[0] < _lefts(page, "h1")[0]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(key(page, 2)).to_be_focused()
    key(page, 4).click()
    expect(page.get_by_role("heading")).to_have_text("شكرا لكم!")
    until(page, kiosk.counted)
    assert [given.level for given in kiosk.counted()] == [4]


def test_the_next_citizen_begins_from_left_to_right_in_vietnamese(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open()
    page.locator(".keys").wait_for()
    rest(page)
    _in_arabic(page)
    page.locator("[data-do=skip]").click()
    page.locator(".wait").wait_for()
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        "vi",
        "ltr",
    ]


@pytest.mark.parametrize("helper", HELPERS)
def test_every_screen_fits_from_right_to_left(kiosk: KioskAtDesk, helper: str) -> None:
    kiosk.tabs.allow("ERR_FAILED")
    found: dict[str, Any] = {}
    walk = Walk(kiosk, "ar", helper)
    for name in walk.at_a_desk():
        within = "dialog" if walk.page.locator("dialog").count() else "body"
        for window in (*SIZES, PHONE):
            walk.page.set_viewport_size({"width": window[0], "height": window[1]})
            if faults := find_faults(walk.page, may_scroll=window == PHONE, within=within):
                found[f"{name} {window}"] = faults
        walk.page.set_viewport_size({"width": 1280, "height": 800})
        if helper == "" and name in {"rate", "reasons"}:
            pictures = ROOT / "build" / "screens"
            pictures.mkdir(parents=True, exist_ok=True)
            walk.page.screenshot(path=pictures / f"{name}-rtl.png")
    assert found == {}


def test_plain_forms_and_phones_speak_it_too(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open(javascript=False)
    page.goto("/kiosk/?lang=ar")
    assert page.locator("html").get_attribute("dir") == "rtl"
    page.locator(".key").first.click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    visit = finished_visit(kiosk.ward.desks[1], ticket_number="A050")
    phone = kiosk.tabs.open(f"/R/{invite(visit)}?lang=ar", size=PHONE)
    expect(phone.locator("html")).to_have_attribute("dir", "rtl")
    assert find_faults(phone, may_scroll=True) == []
    phone.locator(".key").first.click()
    phone.locator(".reasons, .words").first.wait_for()
    assert find_faults(phone, may_scroll=True) == []
