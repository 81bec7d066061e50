"""How good the lists are: what was bought after a day, looked for in lists made of what was known before it.

Two tasks. *Any*: all items bought, own ones too. *New*: items never bought before. All items are ranked,
none is sampled. Beside each model stand the baselines, and whether it beats the best of them.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dangol.insight.affinity import buy_again
from dangol.insight.affinity.choice import Choice, best
from dangol.insight.affinity.discover import TREND_WEIGHT, candidates
from dangol.insight.affinity.item_models import (
    ItemModel,
    fit_ease,
    fit_neighbors,
    popularity,
    popularity_lately,
)
from dangol.insight.affinity.pairs import HALF_LIFE_DAYS, Pairs, read_pairs
from dangol.insight.lifetime.histories import Floats, Whole
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.insight.modeling.figures import mean_of
from dangol.insight.modeling.refusals import require_range
from dangol.insight.modeling.tables import whole

# With fewer customers in the test an interval is wider than any difference between models.
FEWEST_TESTED = 30
ANY, NEW = "any", "new"
BASELINES = {"popularity", "popularity_lately", "own_frequency"}
Lists = tuple[Whole, Whole, Whole]


@dataclass(frozen=True, eq=False)
class Quality:
    """Recall and NDCG of each customer tested, shape (customers,)."""

    recall: Floats
    ndcg: Floats


@dataclass(frozen=True)
class Settings:
    """How the models compared are fitted."""

    half_life_days: float = HALF_LIFE_DAYS
    repeat_weight: float = buy_again.REPEAT_WEIGHT
    regularization: float = 500.0
    top_items: int = 6_000
    neighbors: int = 200
    trend_weight: float = TREND_WEIGHT
    fewest_buyers: int = 10


def evaluate(
    purchases: ibis.Table, *, split_day: date, days: int = 31, k: int = 10, seed: int = 0,
    settings: Settings | None = None, models: Collection[str] | None = None,
) -> pa.Table:  # fmt: skip
    """Return how well each model and baseline foretells what is bought in the `days` from `split_day` on.

    A row each: `task` ("any" or "new"), `model`, `is_baseline` (bool), `customers` (int64, tested), and
    `recall` and `ndcg` at `k` (float64), each with `_low` and `_high` (95 %, bootstrap over customers). For
    models also `over_baseline` with `_low` and `_high`, by how much recall is above the best baseline of
    the task (the same customers drawn for both), and `beats_baseline` (bool): the whole interval lies above
    0. Recall is hits / min(k, items bought); NDCG has gain 1 and discount log₂(rank + 1): Järvelin and
    Kekäläinen, ACM Transactions on Information Systems 20 (2002). With `models`, only these beside all
    baselines of their tasks. Raises as `read_pairs`, or NotEnoughData.
    """
    chosen = settings or Settings()
    require_range("days", days, 1, 3_660)
    before = split_day - timedelta(days=1)
    pairs = read_pairs(
        purchases, as_of=before, half_life_days=chosen.half_life_days, fewest_buyers=chosen.fewest_buyers
    )
    truth = _truth(purchases, pairs, split_day, days)
    own = pairs.customer * len(pairs.items) + pairs.item
    truths = {ANY: truth, NEW: np.setdiff1d(truth, own, assume_unique=True)}
    rows: list[dict[str, Any]] = []
    for task, lists in ((ANY, _any_lists(pairs, chosen)), (NEW, _new_lists(pairs, chosen))):
        asked = {name for name in lists if name not in BASELINES and (models is None or name in models)}
        if not asked:
            continue
        found = {
            name: judged(pairs, make(k), truths[task], k)
            for name, make in lists.items()
            if name in asked | BASELINES
        }
        rows += _rows(task, found, seed)
    return pa.Table.from_pylist(rows)


def _truth(purchases: ibis.Table, pairs: Pairs, split_day: date, days: int) -> Whole:
    """Return who of the pairs bought what of them in the test, each once: customer × items + item."""
    until = split_day + timedelta(days=days)
    rows = purchases.filter((purchases.day >= ibis.date(split_day)) & (purchases.day < ibis.date(until)))
    if "quantity" in rows.columns:
        rows = rows.filter(rows.quantity > 0)
    found = rows.select("customer", "item").distinct().to_pyarrow()
    customer = pc.index_in(found["customer"], value_set=pairs.customers)
    item = pc.index_in(found["item"], value_set=pairs.items)
    known = pc.and_(pc.is_valid(customer), pc.is_valid(item))
    keys = whole(customer.filter(known)) * len(pairs.items) + whole(item.filter(known))
    return np.unique(keys)


def _any_lists(pairs: Pairs, chosen: Settings) -> Mapping[str, Callable[[int], Lists]]:
    """Return how the lists of the first task are made, by model."""
    share = pairs.buyers / pairs.buyers.max() / 2
    own = pairs.times + share[pairs.item]
    again = buy_again.scores(pairs, chosen.repeat_weight)
    return {
        "popularity": lambda k: _of_model(pairs, popularity(pairs), k, 0, is_new=False),
        "popularity_lately": lambda k: _of_model(pairs, popularity_lately(pairs), k, 0, is_new=False),
        "own_frequency": lambda k: _top(pairs, (pairs.customer, pairs.item, own), k),
        "buy_again": lambda k: _top(pairs, (pairs.customer, pairs.item, again), k),
    }


def _new_lists(pairs: Pairs, chosen: Settings) -> Mapping[str, Callable[[int], Lists]]:
    """Return how the lists of the second task are made, by model."""
    weight = chosen.trend_weight

    def neighbors(weighting: Literal["bm25", "cosine"]) -> Callable[[int], Lists]:
        number = chosen.neighbors
        return lambda k: _of_model(
            pairs, fit_neighbors(pairs, weighting=weighting, neighbors=number), k, weight
        )

    def ease(k: int) -> Lists:
        fitted = fit_ease(pairs, regularization=chosen.regularization, top_items=chosen.top_items)
        return _of_model(pairs, fitted, k, weight)

    return {
        "popularity": lambda k: _of_model(pairs, popularity(pairs), k, 0),
        "popularity_lately": lambda k: _of_model(pairs, popularity_lately(pairs), k, 0),
        "neighbors_bm25": neighbors("bm25"),
        "neighbors_cosine": neighbors("cosine"),
        "ease": ease,
    }


def _of_model(pairs: Pairs, model: ItemModel, k: int, trend_weight: float, *, is_new: bool = True) -> Lists:
    return _top(
        pairs,
        candidates(pairs, model, k=k, choice=Choice(), trend_weight=trend_weight, is_new=is_new),
        k,
    )


def _top(pairs: Pairs, rows: tuple[Whole, Whole, Floats], k: int) -> Lists:
    kept, rank = best(pairs, rows, k=k, choice=Choice())
    return rows[0][kept], rows[1][kept], rank


def judged(pairs: Pairs, lists: Lists, truth: Whole, k: int) -> Quality:
    """Return the quality of lists (customer, item, rank) for each customer who has any truth."""
    customer, item, rank = lists
    bought = np.bincount(truth // len(pairs.items), minlength=len(pairs.customers))
    tested = bought > 0
    if tested.sum() < FEWEST_TESTED:
        raise NotEnoughData(what="customers to test with", found=int(tested.sum()), needed=FEWEST_TESTED)
    hit = np.isin(customer * len(pairs.items) + item, truth)
    worth = 1 / np.log2(np.arange(2, k + 2))
    most = np.minimum(bought[tested], k)
    hits = np.bincount(customer, weights=hit, minlength=len(pairs.customers))[tested]
    gains = np.bincount(customer, weights=hit * worth[rank - 1], minlength=len(pairs.customers))[tested]
    return Quality(hits / most, gains / np.cumsum(worth)[most - 1])


def _rows(task: str, found: Mapping[str, Quality], seed: int) -> list[dict[str, Any]]:
    """Return the rows of a task, each model beside the best baseline."""
    baselines = [name for name in found if name in BASELINES]
    baseline = max(baselines, key=lambda name: found[name].recall.mean())
    rows: list[dict[str, Any]] = []
    for name, quality in found.items():
        row: dict[str, Any] = {"task": task, "model": name, "is_baseline": name in BASELINES}
        row["customers"] = len(quality.recall)
        over = quality.recall - found[baseline].recall
        for what, values in (("recall", quality.recall), ("ndcg", quality.ndcg), ("over_baseline", over)):
            figure = mean_of(values, seed=seed)
            row |= {what: figure.value, f"{what}_low": figure.low, f"{what}_high": figure.high}
        row["beats_baseline"] = row["over_baseline_low"] > 0
        if row["is_baseline"]:
            row |= dict.fromkeys([one for one in row if "baseline" in one and one != "is_baseline"])
        rows.append(row)
    # Models first: their row tells all types.
    return sorted(rows, key=lambda row: bool(row["is_baseline"]))
