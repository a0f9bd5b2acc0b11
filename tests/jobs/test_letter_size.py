"""A letter stays small however many devices fail and however long names are."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from satisfaction import clock
from satisfaction.concerns import Concern
from satisfaction.digests import Device, Digest, Line, build_digest
from satisfaction.heartbeats import KioskTrouble
from satisfaction.letters import Rendered
from satisfaction.terms import Language
from satisfaction.web.letter_pages import render_letter
from tests.golden.writing import EVENING, make_digests

MOST_BYTES = 25_000
# Names as the longest procedures have them, one word without an end, and what HTML writes longer.
LONG = {
    "words": "Cấp giấy chứng nhận quyền sử dụng đất, quyền sở hữu nhà ở và tài sản khác " * 5,
    "word": "ế" * 300,
    "marks": "&\"'<>" * 60,
}


def _write(app: Flask, digest: Digest) -> Rendered:
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = before.model_copy(
        update={"public_url": "https://danhgia.example.gov.vn"}
    )
    try:
        with app.app_context(), clock.replaced(EVENING):
            return render_letter(digest, Language.VI)
    finally:
        app.config["SETTINGS"] = before


def _bloated(name: str) -> Digest:
    """Return a day's letter in which everything there is bears a name of 300 signs."""
    daily, _ = make_digests()["daily.vi"]
    assert len(name) >= 300
    name = name[:300]
    reasons = tuple(replace(one, label_vi=name[:80]) for one in daily.concerns[0].reasons * 2)
    facts = replace(
        daily.facts,
        unit_name=name,
        lines=tuple(Line(name, name, 40, 30 + n % 5, 5) for n in range(40)),
        concerns=tuple(Concern(name, 5, 2, reasons) for _ in range(40)),
        devices=tuple(Device(name, KioskTrouble.SILENT, EVENING, queue=n) for n in range(300)),
        device_count=310,
    )
    return build_digest(facts, daily.reader, corrections=daily.corrections * 14)


def test_of_three_hundred_devices_eight_are_named(app: Flask) -> None:
    daily, _ = make_digests()["daily.vi"]
    devices = tuple(
        Device(f"Máy ở Bàn {n}", KioskTrouble.SILENT, EVENING, queue=n) for n in range(1, 301)
    )
    facts = replace(daily.facts, devices=devices, device_count=305)
    letter = _write(app, build_digest(facts, daily.reader))
    assert len(re.findall("Máy ở Bàn", letter.plain)) == 8
    assert "- Và 292 máy khác cần xem." in letter.plain
    assert "- 5 máy hoạt động tốt." in letter.plain
    assert "Và 292 máy khác cần xem." in letter.html
    assert len(letter.html.encode()) < MOST_BYTES


@pytest.mark.parametrize("kind", LONG)
def test_long_names_are_cut_and_what_is_left_out_is_counted(app: Flask, kind: str) -> None:
    digest = _bloated(LONG[kind])
    letter = _write(app, digest)
    assert len(letter.html.encode()) < MOST_BYTES
    shown = int(re.findall(r"Và (\d+) dòng khác", letter.plain)[0])
    lines = letter.plain.split("THEO BÀN")[1].split("THIẾT BỊ")[0]
    assert len(re.findall("^-", lines, re.MULTILINE)) + shown == 40
    assert len(letter.subject) <= 300
    assert "…" in letter.plain


@pytest.mark.journey
@pytest.mark.parametrize("kind", LONG)
def test_long_names_do_not_make_a_telephone_scroll_sideways(
    app: Flask, browser: Browser, tmp_path: Path, kind: str
) -> None:
    page = browser.new_page(java_script_enabled=False, viewport={"width": 320, "height": 900})
    page.set_content(_write(app, _bloated(LONG[kind])).html)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320
    page.close()


def test_without_a_public_address_a_letter_says_whom_to_ask(app: Flask) -> None:
    daily, _ = make_digests()["daily.vi"]
    assert not app.config["SETTINGS"].public_url
    with app.app_context(), clock.replaced(EVENING):
        letter = render_letter(daily, Language.VI)
    asked = "Muốn đổi hoặc ngừng nhận thư, hãy báo quản trị viên hay trả lời thư này."
    assert asked in " ".join(letter.plain.split())
    assert asked in letter.html
    assert "http" not in letter.plain
    assert "Ngừng nhận thư" not in letter.plain
