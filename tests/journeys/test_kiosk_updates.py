"""A new edition of the kiosk's page: used when it is complete, dropped if it does not start."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from satisfaction.config import Settings
from tests.conftest import Office
from tests.journeys.browsing import ROOT, GunicornServer, Tabs
from tests.journeys.devices import NO_SERVER, kept, until, wait_until_kept
from tests.journeys.kiosks import KioskAtDesk, key, rest

pytestmark = [pytest.mark.journey, pytest.mark.slow]
PRODUCT = ("kiosk", "admin", "satisfaction", "templates", "static", "wsgi.py")
BROKEN = "broken on purpose"
GATE = """
_create_app = create_app


def create_app():
    app = _create_app()
    inner = app.wsgi_app

    def gate(environ, start_response):
        is_shut = Path(__file__).with_name("shut").exists()
        if is_shut and environ["PATH_INFO"].endswith("/level-3.svg"):
            start_response("503 Service Unavailable", [("Content-Length", "0")])
            return [b""]
        return inner(environ, start_response)

    app.wsgi_app = gate
    return app
"""


@pytest.fixture
def server(app: Flask, ward_now: Office) -> Iterator[GunicornServer]:
    """Return the product as it is served, over the database of the test."""
    settings: Settings = app.config["SETTINGS"]
    served = GunicornServer(settings)
    served.start()
    yield served
    served.kill()


@pytest.fixture
def kiosk(browser: Browser, server: GunicornServer, ward_now: Office) -> Iterator[KioskAtDesk]:
    """Return a kiosk of that server."""
    tabs = Tabs(browser, server.address)
    tabs.allow(f"{NO_SERVER}|{BROKEN}")
    yield KioskAtDesk(ward_now, tabs)
    tabs.close()
    assert tabs.unexpected() == []


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """Return another edition of the product, whose page says which one it is."""
    root = tmp_path / "second"
    root.mkdir()
    for name in PRODUCT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    _write(root, before="", behind='document.documentElement.dataset.edition = "second";')
    return root


def _write(root: Path, *, before: str, behind: str) -> None:
    script = root / "static" / "js" / "kiosk.js"
    text = (ROOT / "static" / "js" / "kiosk.js").read_text(encoding="utf-8")
    script.write_text(f"{before}\n{text}\n{behind}\n", encoding="utf-8")


def _open(kiosk: KioskAtDesk, *, has_own_time: bool = False) -> Page:
    page = kiosk.open(service_workers="allow", has_own_time=has_own_time)
    wait_until_kept(page)
    return page


def _serve_instead(server: GunicornServer, root: Path) -> None:
    server.kill()
    server.root = root
    server.start()


def _is_second(page: Page) -> bool:
    return page.locator("html[data-edition=second]").count() == 1


def _editions(page: Page) -> list[str]:
    return [name for name in kept(page) if name.startswith("hailong-shell-")]


def test_a_new_edition_is_taken_up_while_the_kiosk_waits(
    kiosk: KioskAtDesk, server: GunicornServer, second: Path
) -> None:
    page = _open(kiosk)
    before = _editions(page)
    _serve_instead(server, second)
    page.locator("html[data-edition=second]").wait_for()
    page.locator(".wait").wait_for()
    until(page, lambda: len(_editions(page)) == 1 and _editions(page) != before)
    server.kill()
    page.reload()
    page.locator("html[data-edition=second] .wait").wait_for()


def test_a_new_edition_leaves_a_citizen_in_peace(
    kiosk: KioskAtDesk, server: GunicornServer, second: Path
) -> None:
    page = _open(kiosk)
    kiosk.serve("047")
    page.locator(".keys").wait_for()
    rest(page)
    _serve_instead(server, second)
    page.wait_for_timeout(6_000)
    assert page.locator(".keys").count() == 1
    assert not _is_second(page)
    page.get_by_role("button", name="Không đánh giá").click()
    page.locator("html[data-edition=second] .wait").wait_for()


def test_an_edition_that_is_not_complete_is_not_used(
    kiosk: KioskAtDesk, server: GunicornServer, second: Path
) -> None:
    (second / "wsgi.py").write_text(
        "from pathlib import Path\n" + (ROOT / "wsgi.py").read_text(encoding="utf-8") + GATE,
        encoding="utf-8",
    )
    face = second / "static" / "faces" / "level-3.svg"
    face.write_text(face.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    (second / "shut").touch()
    page = _open(kiosk, has_own_time=True)
    _serve_instead(server, second)
    kiosk.tabs.allow("503")
    until(page, lambda: len(_editions(page)) == 2)
    page.wait_for_timeout(2_000)
    page.reload()
    page.locator(".wait").wait_for()
    assert not _is_second(page)
    assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    (second / "shut").unlink()
    page.clock.fast_forward("01:05")
    page.locator("html[data-edition=second] .wait").wait_for()


def test_an_edition_that_does_not_start_gives_way_to_the_last_good_one(
    kiosk: KioskAtDesk, server: GunicornServer, second: Path
) -> None:
    _write(second, before=f'throw new Error("{BROKEN}");', behind="")
    page = _open(kiosk)
    before = _editions(page)
    _serve_instead(server, second)
    until(page, lambda: any(BROKEN in said for said in kiosk.tabs.complaints))
    with page.expect_navigation(timeout=20_000):
        pass
    assert _editions(page) == before
    kiosk.serve("047")
    page.locator(".keys").wait_for()
    page.wait_for_timeout(5_000)
    assert _times_broken(kiosk) == 1


def test_an_edition_whose_trial_is_broken_off_again_and_again_gives_way(
    kiosk: KioskAtDesk, server: GunicornServer, second: Path
) -> None:
    _write(second, before=f'throw new Error("{BROKEN}");', behind="")
    page = _open(kiosk)
    before = _editions(page)
    _serve_instead(server, second)
    until(page, lambda: _times_broken(kiosk) == 1)
    page.reload()
    until(page, lambda: _times_broken(kiosk) == 2)
    page.reload()
    kiosk.serve("047")
    page.locator(".keys").wait_for()
    assert _editions(page) == before
    assert _times_broken(kiosk) == 2


def _times_broken(kiosk: KioskAtDesk) -> int:
    return sum(BROKEN in said for said in kiosk.tabs.complaints)


def test_the_server_hears_which_edition_did_not_start(
    kiosk: KioskAtDesk, server: GunicornServer, second: Path
) -> None:
    _write(second, before=f'throw new Error("{BROKEN}");', behind="")
    page = _open(kiosk)
    good = page.evaluate("JSON.parse(document.getElementById('data').textContent).page")
    _serve_instead(server, second)
    with page.expect_request(
        lambda request: f"{good}.failed." in (request.post_data or ""), timeout=40_000
    ):
        until(page, lambda: _times_broken(kiosk) == 1)


def test_a_page_that_went_back_keeps_ratings_in_the_newer_store(
    kiosk: KioskAtDesk, server: GunicornServer
) -> None:
    page = _open(kiosk)
    page.locator(".wait").wait_for()
    kiosk.tabs.allow("favicon")
    page.goto("/healthz")
    page.evaluate(
        """() => new Promise((resolve, reject) => {
             const opening = indexedDB.open("hailong", 9);
             opening.onupgradeneeded = () => opening.result.createObjectStore("newer");
             opening.onsuccess = () => resolve(opening.result.close());
             opening.onerror = () => reject(opening.error);
           })"""
    )
    kiosk.serve("047")
    page.goto("/kiosk/")
    page.locator(".keys").wait_for()
    rest(page)
    server.kill()
    key(page, 5).click()
    page.locator(".thanks").wait_for()
    server.start()
    until(page, kiosk.counted)
    assert [given.level for given in kiosk.counted()] == [5]
