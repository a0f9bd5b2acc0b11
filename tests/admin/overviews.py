"""What the tests of the overview have in common: a planted month, and parts of the page."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

from flask import Flask

from satisfaction import clock, counting, recording, visits
from satisfaction.database import reading, unit_of_work
from satisfaction.figures import CountQuery, Figures
from satisfaction.periods import month_period
from satisfaction.terms import (
    Channel,
    Dimension,
    Role,
)
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import Office
from tests.making import tap

HTMX = {"HX-Request": "true"}
MARCH = month_period(date(2026, 3, 1))
MONDAY = datetime(2026, 3, 9, 1, 30, tzinfo=UTC)
PAGE = "/admin/overview?period=2026-03"


def plant(
    ward: Office,
    levels: Iterable[int | None],
    *,
    at: datetime = MONDAY,
    desk: int = 0,
    reasons: tuple[str, ...] = (),
    procedure: int | None = None,
    channel: Channel = Channel.IN_PERSON,
) -> None:
    """Finish visits at a desk, and rate those that have a level, in one transaction."""
    procedure_id = None if procedure is None else ward.procedures[procedure].id
    with clock.replaced(at), unit_of_work() as session:
        taps = []
        for level in levels:
            new = visits.NewVisit(
                desk_id=ward.desks[desk].id, procedure_id=procedure_id, channel=channel
            )
            visit = visits.close_visit(session, visits.open_visit(session, new).id)
            if level is not None:
                taps.append(tap(ward, visit, desk=desk, level=level, reasons=reasons))
        recording.record_ratings(session.connection(), taps)


def open_overview(app: Flask, ward: Office, role: Role = Role.SUPERVISOR) -> OfficersBrowser:
    """Return the browser of an officer of the ward who may open the overview."""
    make_officer("hanh", role, unit=ward.unit)
    return signed_in(app, "hanh")


def text_of(html: str) -> str:
    """Return the words of a piece of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def part_of(html: str, name: str) -> str:
    """Return one part of the page."""
    found = re.search(rf'<section[^>]*data-part="{name}".*?</section>', html, re.DOTALL)
    assert found is not None, name
    return found[0]


def figure_of(html: str, name: str) -> str:
    """Return the words of one figure."""
    found = re.search(rf'data-figure="{name}">.*?</div>', html, re.DOTALL)
    assert found is not None, name
    return text_of(found[0][found[0].index(">") + 1 :])


def count_by(ward: Office, by: Dimension, **filters: Any) -> Figures:
    """Return the figures of March as they are counted."""
    with reading() as session:
        query = CountQuery(unit_id=ward.unit.id, period=MARCH, by=by, **filters)
        return counting.count(session, query)


def number_of(text: str) -> int:
    """Return a number as it is shown."""
    return int(text.replace(".", ""))


def voice_addresses(html: str, part: str) -> list[str]:
    """Return where the voices behind the figures of one part are listed."""
    return [
        unescape(one) for one in re.findall(r'href="(/admin/voices\?[^"]*)"', part_of(html, part))
    ]


def count_listed(browser: OfficersBrowser, address: str) -> int:
    """Return how many voices the list of an address says that it holds."""
    answer = browser.get(address)
    assert answer.status_code == 200, address
    found = re.search(r"([\d.]+) ý kiến chưa hài lòng hoặc có lời", answer.text)
    return number_of(found[1]) if found else 0
