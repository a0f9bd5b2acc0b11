"""The rows of ratings, stored as each database takes them best. Refuses to decide which.

PostgreSQL gets all rows of a group as one document in one statement that is always the same, so
that it is prepared once; as many parameters as rows have columns cost a tap twice the time.
"""

import json
import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Table, Text, bindparam, cast, column, func, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from satisfaction.models import Rating, Visit
from satisfaction.statements import ByKeys
from satisfaction.terms import Outcome

_rating = Rating.__table__
_visit = Visit.__table__
assert isinstance(_visit, Table), "a view or a join cannot be changed"
_INSERT = insert(Rating)
_OUTCOME = update(_visit).values(outcome=Outcome.RATED)
_VISITS_RATED = ByKeys(_OUTCOME, _visit.c.id)


def store_rows(connection: Connection, rows: Sequence[dict[str, Any]]) -> set[uuid.UUID]:
    """Store rows; return the ids of those that no other transaction stored meanwhile.

    Shape: every row has all columns but ``seq``.
    Writes: rating, and the outcome of the visits that are now rated.
    """
    if connection.dialect.name == "postgresql":
        document = json.dumps(rows, default=_as_text)
        return set(connection.execute(_STORE, {"document": document}).scalars())
    # Here there is no other: who may write at all has read what nobody else can change.
    connection.execute(_INSERT, rows)
    rated = [row["visit_id"] for row in rows if row["visit_id"] is not None]
    if rated:
        _VISITS_RATED.run(connection, rated)
    return {row["id"] for row in rows}


def _as_text(value: object) -> str:
    """Return the text from which PostgreSQL reads a value of a column's type."""
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return rf"\x{value.hex()}"
    raise TypeError(f"no column holds {value!r}")


def _make_store() -> Any:
    columns = [each for each in _rating.c if each.name != "seq"]
    given = (
        func.json_to_recordset(cast(bindparam("document", type_=Text), JSON))
        .table_valued(*[column(each.name, each.type) for each in columns])
        .render_derived(name="given", with_types=True)
    )
    stored = (
        postgresql.insert(Rating)
        .from_select([each.name for each in columns], select(*given.c), include_defaults=False)
        .on_conflict_do_nothing()
        .returning(_rating.c.id, _rating.c.visit_id)
        .cte("stored")
    )
    rated = _OUTCOME.where(_visit.c.id == stored.c.visit_id).cte("rated")
    return select(stored.c.id).add_cte(rated)


_STORE = _make_store()
