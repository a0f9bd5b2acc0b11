"""What the kiosk's page weighs and how fast it is felt, in the machine's own Chromium.

The first paint is compared with a bare static page of as many bytes in the same browser; a touch
is timed by the browser itself, from the finger to the frame in which something is to be seen.
"""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Response, sync_playwright

from bench.bare import BARE_PAGE
from bench.planting import Stand, expire_waiting, plant_city, plant_posts
from bench.results import Row, at_most
from bench.running import Run
from bench.serving import Server, serve
from satisfaction.database import unit_of_work
from tests.journeys.browsing import launch_browser

KIOSK_PAGE = "/kiosk/"
FIRST_PAINT = """() => new Promise((resolve) => {
  new PerformanceObserver((seen) => {
    for (const entry of seen.getEntries()) {
      if (entry.name === "first-contentful-paint") resolve(entry.startTime);
    }
  }).observe({type: "paint", buffered: true});
})"""
FELT = """
  window.felt = {};
  addEventListener("pointerdown", (event) => {
    const key = event.target.closest(".key");
    requestAnimationFrame(() => requestAnimationFrame((now) => {
      if (key?.matches(".is-down, [aria-pressed=true]")) felt.seen = now - event.timeStamp;
    }));
  });
  addEventListener("click", (event) => {
    if (!event.target.closest(".key")) return;
    const look = (now) => {
      if (document.querySelector(".thanks")) felt.next = now - event.timeStamp;
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, true);
"""


def measure(run: Run) -> list[Row]:
    """Measure the page with a question on it."""
    place = run.places.make("SQLite", "page")
    with place.opened():
        with unit_of_work() as session:
            stand = plant_city(session, wards=1, desks_each=1).stands[0]
        with serve(place) as server, sync_playwright() as playwright:
            browser = launch_browser(playwright)
            try:
                return _measure(run, browser, server, stand)
            finally:
                browser.close()


def _measure(run: Run, browser: Browser, server: Server, stand: Stand) -> list[Row]:
    weight, packed = _weigh(browser, server, stand)
    bare_address = f"{server.address}{BARE_PAGE}/{weight}"
    ours, bare, seen, following = [], [], [], []
    for _ in range(run.rounds + 1):
        with _opened(browser, server, stand) as page:
            page.goto(bare_address)
            bare.append(float(page.evaluate(FIRST_PAINT)))
        _ask(stand)
        with _opened(browser, server, stand) as page:
            page.goto(server.address + KIOSK_PAGE)
            ours.append(float(page.evaluate(FIRST_PAINT)))
            felt = _touch(page)
            seen.append(felt["seen"])
            following.append(felt["next"])
    ratios = [one / other for one, other in zip(ours[1:], bare[1:], strict=True)]
    paint = "first contentful paint"
    return [
        Row("page", "bytes in all", [weight / 1024], "KB", at_most(120)),
        Row("page", "bytes as gzip would send them", [packed / 1024], "KB", at_most(45)),
        Row("page", f"{paint} against a bare page", ratios, "×", at_most(1.3)),
        Row("page", paint, ours[1:], "ms"),
        Row("page", "from touch to visible answer", seen[1:], "ms", at_most(100)),
        Row("page", "from release to the next screen", following[1:], "ms", at_most(250)),
    ]


def _ask(stand: Stand) -> None:
    """Have one finished visit wait for its answer at the desk."""
    expire_waiting()
    plant_posts([stand], 1)


def _weigh(browser: Browser, server: Server, stand: Stand) -> tuple[int, int]:
    """Return the bytes of all that the page loads, as they are and as gzip would send them."""
    bodies: dict[str, bytes] = {}

    def keep(response: Response) -> None:
        if response.status == 200:
            bodies[response.url] = response.body()

    _ask(stand)
    with _opened(browser, server, stand) as page:
        page.on("response", keep)
        page.goto(server.address + KIOSK_PAGE, wait_until="networkidle")
    packed = [
        len(body) if ".woff2" in url else len(gzip.compress(body, 6))
        for url, body in bodies.items()
    ]
    return sum(map(len, bodies.values())), sum(packed)


@contextmanager
def _opened(browser: Browser, server: Server, stand: Stand) -> Iterator[Page]:
    """Open a page as an enrolled device that has never been here, with nothing in its cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        context.add_cookies([{"name": "kiosk", "value": stand.credential, "url": server.address}])
        context.add_init_script(FELT)
        yield context.new_page()
    finally:
        context.close()


def _touch(page: Page) -> dict[str, float]:
    """Touch the best face once the screen takes touches; return what was felt, in milliseconds."""
    page.locator("body:not(.is-fresh)").wait_for()
    box = page.locator(".key[value='5']").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(60)
    page.mouse.up()
    page.locator(".thanks").wait_for()
    page.wait_for_timeout(50)
    felt: dict[str, float] = page.evaluate("felt")
    return felt
