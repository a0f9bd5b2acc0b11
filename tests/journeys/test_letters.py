"""The letters in a real browser without pictures: on a telephone, and as wide as they are drawn."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

pytestmark = pytest.mark.journey
GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*.html"))
WIDTHS = (320, 680)
MOST_BYTES = 25 * 1024


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_letter_fits_and_can_be_read_without_pictures(browser: Browser, path: Path) -> None:
    assert path.stat().st_size < MOST_BYTES
    context = browser.new_context(java_script_enabled=False)
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    page = context.new_page()
    page.route("**/*", refuse)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.set_content(path.read_text(encoding="utf-8"))
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width, width
        assert page.evaluate(
            "[...document.querySelectorAll('a, td')].every(one => !one.innerText.trim()"
            " || parseFloat(getComputedStyle(one).fontSize) >= 12)"
        )
        if folder := os.environ.get("PICTURES"):
            page.screenshot(path=Path(folder) / f"letter-{path.stem}-{width}.png", full_page=True)
    context.close()
    assert asked == []
