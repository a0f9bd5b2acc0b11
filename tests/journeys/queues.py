"""The queue of a kiosk's page: filled by the page's own program, looked at, and compared."""

import json
import uuid
from collections import Counter
from datetime import datetime
from typing import Any

from playwright.sync_api import Page
from sqlalchemy import select

from satisfaction import clock
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Rating, Visit
from satisfaction.terms import Channel, VisitKind
from tests.conftest import Office

_FILL = """async (ratings) => {
  const { Queue } = await import("/static/js/kiosk-queue.js");
  const queue = new Queue();
  for (const rating of ratings) await queue.addRating(rating);
}"""
_LOOK = """async () => {
  const request = indexedDB.open("hailong");
  const db = await new Promise((resolve) => { request.onsuccess = () => resolve(request.result) });
  const all = (store) => new Promise((resolve) => {
    db.transaction(store).objectStore(store).getAll().onsuccess =
      ({target}) => resolve(target.result);
  });
  const [items, kept] = [await all("items"), await all("kept")];
  db.close();
  const known = ({id, kind, epoch, counter, at, about, body}) =>
    ({id, kind, epoch, counter, at, about, body});
  return {items: items.map(known), kept: kept.map(known)};
}"""


# Writing begins and does not end: what was put into the store keeps its transaction busy.
HOLD = """() => {
  const { add } = IDBObjectStore.prototype;
  window.isHeld = true;
  window.held = 0;
  IDBObjectStore.prototype.add = function (...given) {
    const request = add.apply(this, given);
    const again = () => {
      if (window.isHeld) this.count().onsuccess = again;
    };
    window.held += 1;
    again();
    return request;
  };
}"""


def plant_visits(ward: Office, amount: int, *, closed_at: datetime | None = None) -> list[str]:
    """Plant visits of the first desk that are finished and not rated; return their names."""
    at = closed_at or clock.now()
    visits = [
        Visit(
            token=uuid.uuid4(),
            unit_id=ward.unit.id,
            desk_id=ward.desks[0].id,
            kind=VisitKind.INTAKE,
            channel=Channel.IN_PERSON,
            opened_at=at,
            closed_at=at,
            closed_day=clock.local_day(at),
        )
        for _ in range(amount)
    ]
    with unit_of_work() as session:
        session.add_all(visits)
        return [str(visit.token) for visit in visits]


def make_ratings(ward: Office, visits: list[str]) -> list[dict[str, Any]]:
    """Return a tap for each visit, as the page makes it."""
    return [
        {
            "id": str(uuid.uuid4()),
            "visit": visit,
            "configuration": ward.configuration.id,
            "scale": ward.configuration.scale_id,
            "level": place % 5 + 1,
            "tapped_at": clock.now().isoformat(),
            "clock_offset_ms": 0,
            "language": "vi",
            "layout": "row",
            "supersedes": None,
        }
        for place, visit in enumerate(visits)
    ]


def fill_queue(page: Page, ratings: list[dict[str, Any]]) -> None:
    """Have the page's own program queue ratings, as that many taps would."""
    page.evaluate(_FILL, json.loads(json.dumps(ratings)))


def look_at_store(page: Page) -> dict[str, list[dict[str, Any]]]:
    """Return what lies in the device's store: what is queued, and what was delivered."""
    found: dict[str, list[dict[str, Any]]] = page.evaluate(_LOOK)
    return found


def stored_ratings() -> Counter[str]:
    """Return how often each rating stands in the database, which must be once."""
    with reading() as session:
        return Counter(str(name) for name in session.scalars(select(Rating.id)))
