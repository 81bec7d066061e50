"""What may be offered: exclusions, what one owns and needs once, and how many of a category."""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np

from dangol.insight.affinity.pairs import Pairs, known_items
from dangol.insight.lifetime.histories import Floats, Whole
from dangol.insight.modeling.refusals import require_range
from dangol.insight.modeling.tables import numbered

MOST_A_CUSTOMER = 1_000


@dataclass(frozen=True)
class Choice:
    """What of the items is offered.

    `excluded` items are offered to nobody, `durable` ones not to who has them. With `per_category`, at most
    so many of one category of `categories` (item → category) stand in a list; items without one are free.
    """

    excluded: Collection[Hashable] = ()
    durable: Collection[Hashable] = ()
    categories: Mapping[Hashable, Hashable] = field(default_factory=dict)
    per_category: int | None = None


def best(pairs: Pairs, rows: tuple[Whole, Whole, Floats], *, k: int, choice: Choice) -> tuple[Whole, Whole]:
    """Return which rows are the best k of each customer, in their order, and the rank of each, from 1.

    `rows` are the places of customers and items, and the scores. Equal scores are divided by the item's id.
    """
    require_range("k", k, 1, MOST_A_CUSTOMER)
    customer, item, score = rows
    order = np.lexsort((item, -score, customer))
    if choice.excluded:
        order = order[~np.isin(item[order], known_items(pairs, choice.excluded, "excluded"))]
    if choice.per_category is not None:
        require_range("per_category", choice.per_category, 1, MOST_A_CUSTOMER)
        order = order[_within(pairs, customer[order], item[order], choice)]
    rank = numbered(customer[order])
    kept = rank < k
    return order[kept], rank[kept] + 1


def _within(
    pairs: Pairs, customer: Whole, item: Whole, choice: Choice
) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Return which rows, best first, are within the number of their category."""
    known = {category: place for place, category in enumerate(dict.fromkeys(choice.categories.values()))}
    of = np.array(
        [
            known[choice.categories[one]] if one in choice.categories else -1
            for one in pairs.items.to_pylist()
        ],
        np.int64,
    )[item]
    by = np.lexsort((np.arange(len(item)), of, customer))
    place = np.empty(len(item), np.int64)
    place[by] = numbered(customer[by] * (len(known) + 1) + of[by] + 1)
    return (of < 0) | (place < (choice.per_category or 0))
