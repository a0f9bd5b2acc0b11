"""Tables in the order that the address asks for, without any script. Refuses other words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import request, url_for

from admin.asked_words import read_choice

Item = TypeVar("Item")


TURNED = "yes"


@dataclass(frozen=True)
class Order(Generic[Item]):
    """By what a list is sorted; ``is_downwards`` says that the greatest stands first.

    What has no key, because its figure is not shown, stands behind in either direction.
    """

    key: Callable[[Item], Any]
    is_downwards: bool = False


@dataclass(frozen=True, kw_only=True)
class Sorting(Generic[Item]):
    """The orders that a table offers, by their words, and the one that is asked for.

    ``asked`` are the words of the address at which the table stands, which stay as they are.
    """

    orders: Mapping[str, Order[Item]]
    word: str
    is_turned: bool
    endpoint: str
    asked: Mapping[str, Any]

    def sort(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return the lines as they are asked for; as they come where nothing is."""
        order = self.orders.get(self.word)
        if order is None:
            return items
        keyed = [(order.key(item), item) for item in items]
        known = [one for one in keyed if one[0] is not None]
        known.sort(key=lambda one: one[0], reverse=order.is_downwards != self.is_turned)
        return [item for _, item in known] + [item for key, item in keyed if key is None]

    def address(self, word: str) -> str:
        """Return this page in another order, or in the same one turned round."""
        turned = TURNED if word == self.word and not self.is_turned else None
        words = {**self.asked, "sort": word, "turned": turned, "page": None}
        return url_for(self.endpoint, **words)

    def direction(self, word: str) -> str:
        """Return what a heading says to who does not see the arrow; empty for another order."""
        if word != self.word:
            return ""
        is_downwards = self.orders[word].is_downwards != self.is_turned
        return "descending" if is_downwards else "ascending"


def read_sorting(
    orders: Mapping[str, Order[Item]],
    *,
    usual: str = "",
    endpoint: str = "",
    asked: Mapping[str, str] | None = None,
) -> Sorting[Item]:
    """Return the order that the address asks for; without one, the usual.

    Raises: WordUnknownError.
    """
    word = read_choice(request.args, "sort", among=orders) or usual
    turned = read_choice(request.args, "turned", among=[TURNED] if word else [])
    here: dict[str, Any] = request.args.to_dict(flat=False) | (request.view_args or {})
    return Sorting(
        orders=orders,
        word=word,
        is_turned=bool(turned),
        endpoint=endpoint or request.endpoint or "",
        asked=here if asked is None else asked,
    )
