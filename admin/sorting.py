"""Tables in the order that the address asks for, without any script. Refuses other words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import request, url_for

from admin.asked_words import read_choice

Item = TypeVar("Item")


@dataclass(frozen=True)
class Order(Generic[Item]):
    """By what a list is sorted; ``is_downwards`` says that the greatest stands first."""

    key: Callable[[Item], Any]
    is_downwards: bool = False


@dataclass(frozen=True)
class Sorting(Generic[Item]):
    """The orders that a table offers, by their words, and the one that is asked for."""

    orders: Mapping[str, Order[Item]]
    word: str

    def sort(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return the lines as they are asked for; as they come where nothing is."""
        order = self.orders.get(self.word)
        return items if order is None else sorted(items, key=order.key, reverse=order.is_downwards)

    def address(self, word: str) -> str:
        """Return this page in another order, with all else that was asked for."""
        asked: dict[str, Any] = request.args.to_dict(flat=False) | (request.view_args or {})
        return url_for(request.endpoint or "", **(asked | {"sort": word, "page": None}))

    def direction(self, word: str) -> str:
        """Return what a heading says to who does not see the arrow; empty for another order."""
        if word != self.word:
            return ""
        return "descending" if self.orders[word].is_downwards else "ascending"


def read_sorting(orders: Mapping[str, Order[Item]]) -> Sorting[Item]:
    """Return the order that the address asks for.

    Raises: WordUnknownError.
    """
    return Sorting(orders, read_choice(request.args, "sort", among=orders))
