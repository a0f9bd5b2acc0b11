"""What the kiosk's page weighs, counted in the browser from what was really transferred."""

import gzip

import pytest
from playwright.sync_api import Response

from tests.conftest import Office
from tests.journeys.browsing import Tabs
from tests.journeys.kiosks import KioskAtDesk, key, rest, wait_until_drawn

pytestmark = pytest.mark.journey
MOST_BYTES = 120 * 1024
MOST_COMPRESSED_BYTES = 60 * 1024


def test_the_page_in_all_its_states_is_light(ward_now: Office, tabs: Tabs) -> None:
    kiosk = KioskAtDesk(ward_now, tabs)
    kiosk.serve()
    page = kiosk.tabs.context().new_page()
    bodies: dict[str, bytes] = {}

    def weigh(response: Response) -> None:
        if response.status == 200 and "/kiosk/screen" not in response.url:
            bodies[response.url.removeprefix(tabs.address)] = response.body()

    page.on("response", weigh)
    page.goto(f"/kiosk/enrol/{ward_now.tokens[0]}")
    page.locator(".keys").wait_for()
    wait_until_drawn(page)
    rest(page)
    page.get_by_text("English").click()
    key(page, 2).click()
    page.locator(".reasons").wait_for()
    rest(page)
    page.locator("[data-do=send]").click()
    page.locator(".thanks").wait_for()
    page.wait_for_timeout(200)
    packed = {
        name: len(body) if name.endswith(".woff2") else len(gzip.compress(body, 6))
        for name, body in bodies.items()
    }
    total, total_packed = sum(map(len, bodies.values())), sum(packed.values())
    for name, body in sorted(bodies.items(), key=lambda item: -len(item[1])):
        print(f"{len(body):7} {packed[name]:7}  {name}")
    print(f"{total:7} {total_packed:7}  in all")
    assert not any("htmx" in name or "admin" in name for name in bodies)
    assert not any("noto-sans-latin" in name for name in bodies)
    assert total <= MOST_BYTES
    assert total_packed <= MOST_COMPRESSED_BYTES
