"""Where counts are read: the ratings themselves, or a table of stored counts, with their filters.

Refuses to know periods: those are ``spans``.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement

from satisfaction.counting.selecting import CHANNEL
from satisfaction.figures import CountQuery
from satisfaction.models import Rating, Visit


@dataclass(frozen=True)
class Source:
    """A table, and the columns in which a question finds its filters there.

    A filter that the table does not know is left out, as visits know no source of ratings.
    """

    model: Any
    channel: Any
    procedure: Any = None
    source: Any = None

    def filters(self, query: CountQuery) -> list[ColumnElement[bool]]:
        """Return the conditions of a question."""
        asked = (
            (self.model.desk_id, query.desk_id),
            (self.channel, query.channel.value if query.channel else None),
            (self.procedure, query.procedure_id),
            (self.source, query.source),
        )
        return [
            column == value for column, value in asked if column is not None and value is not None
        ]


RATINGS = Source(Rating, CHANNEL, Visit.procedure_id, Rating.source)
