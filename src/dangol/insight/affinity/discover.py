"""Discover: items new to a customer, each with the items of theirs that speak for it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from dangol.insight.affinity.choice import MOST_A_CUSTOMER, Choice, best
from dangol.insight.affinity.item_models import ItemModel, Sparse
from dangol.insight.affinity.pairs import Pairs, known_items
from dangol.insight.lifetime.histories import Floats, Whole
from dangol.insight.modeling.refusals import require_range

REASONS = 3
# Chosen on November of a grocer's year (docs/algorithms/affinity.md), before December was looked at again.
TREND_WEIGHT = 0.5
# Buyers added to those of the last days and to those of all: of few a share says little.
_DOUBTED = 1, 10
_BLOCK = 256
# Where a category may fill up, so many times more are looked at.
_SPARE = 20


def discover(
    pairs: Pairs,
    model: ItemModel,
    *,
    k: int = 10,
    choice: Choice | None = None,
    reasons: int = REASONS,
    trend_weight: float = TREND_WEIGHT,
) -> pa.Table:
    """Return the best `k` items for each customer that they never bought; fewer where nothing speaks for
    more.

    `customer`, `rank` (int64, from 1), `item`, `score` (float64, the sum over their items times the item's
    trend) and `because`: a list of `item` and `weight` (float64), the up to `reasons` of their items that
    speak most for it. With a number per category, the best 20 k are looked at. Raises OutOfRange or
    BrokenTable.
    """
    require_range("reasons", reasons, 0, 100)
    rows = candidates(pairs, model, k=k, choice=choice or Choice(), trend_weight=trend_weight)
    customer, item, score = rows
    kept, rank = best(pairs, rows, k=k, choice=choice or Choice())
    customer, item = customer[kept], item[kept]
    return pa.table(
        {
            "customer": pairs.customers.take(pa.array(customer)),
            "rank": rank,
            "item": pairs.items.take(pa.array(item)),
            "score": score[kept],
            "because": _because(pairs, model, (customer, item), reasons, trends(pairs, trend_weight)[item]),
        }
    )


def candidates(
    pairs: Pairs, model: ItemModel, *, k: int, choice: Choice, trend_weight: float, is_new: bool = True
) -> tuple[Whole, Whole, Floats]:
    """Return places of customers and items, and scores above 0: the best for each, and all that equal the
    last.

    Where `is_new`, only items they never bought.
    """
    require_range("k", k, 1, MOST_A_CUSTOMER)
    left_out = np.isin(model.places, known_items(pairs, choice.excluded, "excluded"))
    number = min(k * (1 if choice.per_category is None else _SPARE), len(model.places))
    rising = trends(pairs, trend_weight)[model.places].astype(np.float32)
    found: list[tuple[Whole, Whole, Floats]] = []
    for start, own in _blocks(owned(pairs, model)):
        scores = model.scores(own) * rising
        scores[:, left_out] = -np.inf
        if is_new:
            scores[own.nonzero()] = -np.inf
        last = np.partition(scores, -number, axis=1)[:, -number, None]
        row, column = np.nonzero((scores >= last) & (scores > 0))
        score = np.asarray(np.round(scores[row, column], 6), np.float64)
        found.append((row + start, model.places[column], score))
    customer, item, score = (np.concatenate(part) for part in zip(*found, strict=True))
    return customer, item, score


def trends(pairs: Pairs, weight: float) -> Floats:
    """Return by what the score of each item is multiplied, shape (items,).

    The share of its buyers who bought it within the last 30 days, to the power of `weight`: what is in season
    goes up, what is no longer sold down. Raises OutOfRange.
    """
    require_range("trend_weight", weight, 0, 10)
    return np.asarray(((pairs.lately + _DOUBTED[0]) / (pairs.buyers + _DOUBTED[1])) ** weight, np.float64)


def owned(pairs: Pairs, model: ItemModel) -> Sparse:
    """Return 1 for each of the model's items a customer owns, shape (customers, items of the model)."""
    return pairs.matrix(np.ones(len(pairs.item), np.float32))[:, model.places]


def _blocks(own: Sparse) -> Iterator[tuple[int, Sparse]]:
    """Yield customers by the hundred, so that the scores of all are never in memory at once."""
    for start in range(0, own.shape[0], _BLOCK):
        yield start, own[start : start + _BLOCK]


def _because(
    pairs: Pairs, model: ItemModel, rows_of: tuple[Whole, Whole], reasons: int, rising: Floats
) -> Any:
    """Return for each row the own items that speak most for the item offered."""
    customer, item = rows_of
    own, offered = owned(pairs, model), np.searchsorted(model.places, item)
    counts, items, weights = np.zeros(len(item), np.int64), [], []
    ends = np.searchsorted(customer, np.arange(len(pairs.customers) + 1))
    for place in np.unique(customer):
        rows = slice(ends[place], ends[place + 1])
        mine = np.sort(own.indices[own.indptr[place] : own.indptr[place + 1]]).astype(np.int64)
        speaks = np.round(model.weights(mine, offered[rows]) * rising[rows], 6)
        most = np.argsort(-speaks, axis=0, kind="stable")[:reasons]
        weight = np.take_along_axis(speaks, most, axis=0).T
        counts[rows] = (weight > 0).sum(axis=1)
        items.append(mine[most].T[weight > 0])
        weights.append(weight[weight > 0])
    flat = model.places[np.concatenate(items)] if items else np.empty(0, np.int64)
    structs = pa.StructArray.from_arrays(
        [pairs.items.take(pa.array(flat)), pa.array(np.concatenate(weights) if weights else np.empty(0))],
        names=["item", "weight"],
    )
    return pa.ListArray.from_arrays(pa.array(np.append(0, np.cumsum(counts)), pa.int32()), structs)
