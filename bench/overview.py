"""How long the supervisors' overview takes at ten million ratings: the whole page, and a swap.

200 desks in 20 wards over five years, with procedures and reasons; the product's own view answers a
signed-in officer, without a network between. A ward's supervisor and the city's head are asked for.
*First page* is asked of a process that has summed up nothing yet, as in the morning.
"""

import re
from collections.abc import Callable
from datetime import date

from flask import Flask
from flask.testing import FlaskClient

from bench.history import Span, write_history
from bench.planting import City, plant_city
from bench.results import Row, at_most
from bench.running import Run
from bench.timing import typical_ms
from satisfaction import accounts, clock
from satisfaction.counting.kept import forget_stored
from satisfaction.database import unit_of_work
from satisfaction.office import get_unit
from satisfaction.terms import Role
from satisfaction.web.unseen import forget_unseen

YEARS, QUICK_YEARS = 5, 1
DESKS_EACH = 10
PROCEDURES = 120
RATED, UNRATED = 28, 7
PASSWORD = "Xem so lieu 2026 di"
PAGE_MS, SWAP_MS = 300, 150
TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


def measure(run: Run) -> list[Row]:
    """Measure on each engine."""
    return [row for engine in run.places.engines() for row in _measure_engine(run, engine)]


def _measure_engine(run: Run, engine: str) -> list[Row]:
    today = clock.today()
    years = QUICK_YEARS if run.is_quick else YEARS
    first_day = date(today.year - years, today.month, 1)
    place = run.places.make(engine, "overview")
    with place.opened():
        with unit_of_work() as session:
            wards = 2 if run.is_quick else 20
            city = plant_city(session, wards=wards, desks_each=DESKS_EACH, procedures=PROCEDURES)
        span = Span(first_day, today, rated=RATED, unrated=UNRATED)
        ratings = write_history(place, city, span)
        _add_officers(city)
    label = f"{engine}, {ratings / 1e6:.2g} M"
    rows: list[Row] = []
    with place.reopened() as app:
        for who, unit_id in (("ward", city.stands[0].unit_id), ("city", city.unit_id)):
            rows += _measure_officer(run, app, f"{label}: {who}", (who, unit_id))
    return rows


def _add_officers(city: City) -> None:
    with unit_of_work() as session:
        for name, unit_id in (("ward", city.stands[0].unit_id), ("city", city.unit_id)):
            account = accounts.create_account(session, name, display_name=name, password=PASSWORD)
            unit = get_unit(session, unit_id)
            accounts.grant_role(session, account, Role.HEAD, unit=unit, from_day=date(2020, 1, 1))


def _measure_officer(run: Run, app: Flask, label: str, officer: tuple[str, int]) -> list[Row]:
    account, unit_id = officer
    client = _sign_in(app, account)
    asked = {
        "last month": "period=last-month",
        "this month": "period=this-month",
        "7 days": "period=7-days",
        "this quarter": "period=this-quarter",
    }
    rows: list[Row] = []
    for what, words in asked.items():
        address = f"/admin/overview?unit={unit_id}&{words}"
        page = _ask(client, address, is_swap=False)
        swap = _ask(client, address, is_swap=True)
        page()
        taken = [
            (_first_ms(app, page), typical_ms(page, times=5), typical_ms(swap, times=5))
            for _ in range(run.rounds)
        ]
        for place, (name, most) in enumerate(
            (("first page", PAGE_MS), ("page", PAGE_MS), ("swap", SWAP_MS))
        ):
            values = [one[place] for one in taken]
            rows.append(Row("overview", f"{label}, {what}, {name}", values, "ms", at_most(most)))
    return rows


def _first_ms(app: Flask, page: Callable[[], object]) -> float:
    """Time a page with everything forgotten that was summed up or counted before."""
    with app.app_context():
        forget_stored()
        forget_unseen()
    return typical_ms(page, times=1)


def _sign_in(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    form = client.get("/admin/sign-in").text
    found = TOKEN.search(form)
    assert found is not None
    answer = client.post(
        "/admin/sign-in", data={"csrf_token": found[1], "name": name, "password": PASSWORD}
    )
    assert answer.status_code == 303, answer.text
    return client


def _ask(client: FlaskClient, address: str, *, is_swap: bool) -> Callable[[], object]:
    headers = {"HX-Request": "true"} if is_swap else {}

    def work() -> object:
        answer = client.get(address, headers=headers)
        if answer.status_code != 200 or "data-part=" not in answer.text:
            raise RuntimeError(f"no overview at {address}: {answer.status_code}")
        return answer

    return work
