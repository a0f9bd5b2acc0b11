"""Ask Lighthouse about the kiosk's and the phone's pages, and print what it gives them.

Run by ``make lighthouse``, which fetches the program into build/. Refuses a page that falls short
of what docs/accessibility.md states.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.places import Place, Places
from bench.serving import serve
from satisfaction import fleet, opinions, recording
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import unit_of_work
from tests.conftest import make_office
from tests.kiosk.phones import invite
from tests.making import finished_visit, tap

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "build" / "lighthouse" / "node_modules" / "lighthouse" / "cli" / "index.js"
REPORTS = ROOT / "build" / "lighthouse" / "reports"
CHROMIUM = "/usr/bin/chromium"
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --no-first-run"
ROUNDS = 3
WANTED = {"performance": 95, "accessibility": 100, "best-practices": 100}


@dataclass(frozen=True)
class Page:
    """One page: its address, whose device asks for it, and as what kind of device."""

    name: str
    path: str
    token: str = ""
    is_phone: bool = False


def main() -> int:
    """Measure every page; return how many fall short."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    short = 0
    with _served() as (address, pages):
        for page in pages:
            rounds = [_ask(address, page) for _ in range(ROUNDS)]
            scores = {name: sorted(one[name] for one in rounds)[ROUNDS // 2] for name in WANTED}
            short += any(scores[name] < least for name, least in WANTED.items())
            print(f"{page.name:28} " + "  ".join(f"{name} {scores[name]}" for name in WANTED))
    return short


@contextmanager
def _served() -> Iterator[tuple[str, list[Page]]]:
    """Serve a small office as the product is served."""
    with (
        tempfile.TemporaryDirectory(prefix="hailong-") as folder,
        Places.within(Path(folder), with_postgres=False) as places,
    ):
        place = places.make("SQLite", "lighthouse")
        pages = _prepare(place)
        with serve(place) as server:
            yield server.address, pages


def _prepare(place: Place) -> list[Page]:
    with place.opened():
        with unit_of_work() as session:
            ward = make_office(session)
            lobby = fleet.enrol_lobby_kiosk(session, ward.unit, name="Sảnh").token
        asked = finished_visit(
            ward.desks[0], ticket_number="047", procedure_id=ward.procedures[0].id
        )
        link = f"/R/{invite(asked)}"
        rated = finished_visit(ward.desks[1], ticket_number="048")
        with unit_of_work() as session:
            recording.record_rating(session, tap(ward, rated, desk=1, level=4))
            change_configuration(session, ward.unit, Changes(allows_unlinked=True))
            card = opinions.make_card(session, {ward.unit.id}, desk_id=ward.desks[0].id).word
        words = f"/R/{invite(rated)}"
    return [
        Page("kiosk, question", "/kiosk/", ward.tokens[0]),
        Page("kiosk, waiting", "/kiosk/", ward.tokens[1]),
        Page("kiosk in the lobby", "/kiosk/", lobby),
        Page("phone, question", link, is_phone=True),
        Page("phone, question in English", f"{link}?lang=en", is_phone=True),
        Page("phone, words", words, is_phone=True),
        Page("phone, thanks", f"{link}/thanks", is_phone=True),
        Page("desk card", f"/Q/{card}", is_phone=True),
    ]


def _ask(address: str, page: Page) -> dict[str, int]:
    """Return the scores of one run, out of 100."""
    report = REPORTS / f"{page.name.replace(', ', '-').replace(' ', '-')}.json"
    command = [
        *("node", str(PROGRAM), f"{address}{page.path}", "--quiet", "--output=json"),
        *(f"--output-path={report}", f"--chrome-flags={FLAGS}"),
        f"--only-categories={','.join(WANTED)}",
    ]
    if page.token:
        command.append("--extra-headers=" + json.dumps({"Cookie": f"kiosk={page.token}"}))
    if not page.is_phone:
        command.append("--preset=desktop")
    subprocess.run(command, check=True, env=os.environ | {"CHROME_PATH": CHROMIUM}, timeout=180)
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return {name: round(100 * found["categories"][name]["score"]) for name in WANTED}


if __name__ == "__main__":
    sys.exit(main())
