"""Statements that take any number of keys and still are few. Refuses to know what they ask."""

from collections.abc import Collection
from functools import cache
from itertools import repeat
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Select, Update, bindparam
from sqlalchemy.engine import Connection


class ByKeys:
    """A statement for the rows with any of some keys, compiled once for each power of two.

    A list of any length is rendered anew at each execution; one of a few fixed lengths is not, and
    a server that prepares statements knows it again.
    """

    def __init__(
        self, statement: Select[*tuple[Any, ...]] | Update, column: ColumnElement[Any]
    ) -> None:
        self._statement = statement
        self._column = column
        self._by_length: dict[int, Select[*tuple[Any, ...]] | Update] = {}

    def run(
        self, connection: Connection, keys: Collection[Any], **values: Any
    ) -> CursorResult[Any]:
        """Execute for these keys, of which there must be one at least; the last fills the list."""
        *_, last = keys
        length = 1 << (len(keys) - 1).bit_length()
        named = dict(
            zip(_key_names(length), (*keys, *repeat(last, length - len(keys))), strict=True)
        )
        return connection.execute(self._of_length(length), named | values)

    def _of_length(self, length: int) -> Select[*tuple[Any, ...]] | Update:
        if length not in self._by_length:
            kind = self._column.type
            listed = [bindparam(name, type_=kind) for name in _key_names(length)]
            self._by_length[length] = self._statement.where(self._column.in_(listed))
        return self._by_length[length]


@cache
def _key_names(length: int) -> tuple[str, ...]:
    return tuple(f"key_{place}" for place in range(length))
