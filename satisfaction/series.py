"""When the accepted ratings of a device's store were given, by its counters. Refuses to judge.

A store is told by its epoch and by where it stands: paired anew there, a device has another key
and goes on with the same numbers.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select, type_coerce
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

from satisfaction.database import UtcTime
from satisfaction.models import Kiosk, Rating
from satisfaction.placing import CLOCK_TOLERANCE, CountedTime

_TOLERANCE_MS = int(CLOCK_TOLERANCE.total_seconds() * 1000)
_LOOKED_BACK = 50


class CorrectedTime(FunctionElement[datetime]):
    """A device's time, corrected by its offset as ``placing`` corrects it."""

    type = UtcTime()
    inherit_cache = True
    name = "corrected_time"


@compiles(CorrectedTime, "sqlite")
def _corrected_on_sqlite(element: CorrectedTime, compiler: SQLCompiler, **options: Any) -> str:
    tapped, offset = (compiler.process(one, **options) for one in element.clauses)
    offset = f"coalesce({offset}, 0)"
    return f"({tapped} + CASE WHEN abs({offset}) > {_TOLERANCE_MS} THEN {offset} * 1000 ELSE 0 END)"


@compiles(CorrectedTime, "postgresql")
def _corrected_on_postgresql(element: CorrectedTime, compiler: SQLCompiler, **options: Any) -> str:
    tapped, offset = (compiler.process(one, **options) for one in element.clauses)
    offset = f"coalesce({offset}, 0)"
    return (
        f"({tapped} + CASE WHEN abs({offset}) > {_TOLERANCE_MS}"
        f" THEN {offset} * interval '1 millisecond' ELSE interval '0' END)"
    )


CORRECTED = CorrectedTime(Rating.tapped_at, Rating.clock_offset_ms)


@dataclass(frozen=True)
class Store:
    """A device's store: its epoch, and the place where its kiosks stood one after the other."""

    epoch: int
    unit_id: int
    desk_id: int | None


_neighbour = aliased(Kiosk, name="neighbour")
_OF_STORE = (Rating.device_epoch == bindparam("epoch"), Rating.local_day.is_not(None))


def _latest_at(*place: ColumnElement[bool]) -> Select[Any]:
    """Return the statement for the latest time before a counter.

    The last few dozen are enough to see small steps back add up, and few to read for a live tap.
    """
    last = (
        select(CORRECTED.label("at"))
        .where(
            Rating.kiosk_id == _neighbour.id, *_OF_STORE, Rating.device_counter < bindparam("first")
        )
        .order_by(Rating.device_counter.desc())
        .limit(_LOOKED_BACK)
        .correlate(_neighbour)
        .subquery("last")
    )
    latest = select(func.max(last.c.at)).correlate(_neighbour).scalar_subquery()
    return select(type_coerce(func.max(latest), UtcTime)).select_from(_neighbour).where(*place)


def _between_at(*place: ColumnElement[bool]) -> Select[int | None, datetime]:
    here = select(_neighbour.id).where(*place)
    return select(Rating.device_counter, CORRECTED).where(
        Rating.kiosk_id.in_(here),
        *_OF_STORE,
        Rating.device_counter > bindparam("first"),
        Rating.device_counter < bindparam("last"),
    )


_AT_DESK = (_neighbour.desk_id == bindparam("desk"),)
_IN_LOBBY = (_neighbour.desk_id.is_(None), _neighbour.unit_id == bindparam("unit"))
_LATEST_AT_DESK, _LATEST_IN_LOBBY = _latest_at(*_AT_DESK), _latest_at(*_IN_LOBBY)
_BETWEEN_AT_DESK, _BETWEEN_IN_LOBBY = _between_at(*_AT_DESK), _between_at(*_IN_LOBBY)


def list_accepted(
    connection: Connection, store: Store, counters: Collection[int]
) -> list[CountedTime]:
    """Return by what the times of these counters are measured.

    That is the latest time before the first of them, and every accepted rating between them;
    ratings whose day is not known are no measure.
    """
    first, last = min(counters), max(counters)
    values = {"epoch": store.epoch, "first": first, "last": last}
    values |= {"unit": store.unit_id} if store.desk_id is None else {"desk": store.desk_id}
    is_lobby = store.desk_id is None
    found = []
    latest = connection.scalar(_LATEST_IN_LOBBY if is_lobby else _LATEST_AT_DESK, values)
    if latest is not None:
        found.append(CountedTime(first - 1, latest))
    if last > first + 1:
        rows = connection.execute(_BETWEEN_IN_LOBBY if is_lobby else _BETWEEN_AT_DESK, values)
        found += [CountedTime(row.device_counter, row[1]) for row in rows]
    return found
