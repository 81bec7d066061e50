"""Buy again: what a customer bought, as often and as lately as they did.

On a grocer's year this goes before every collaborative filter: people buy what they bought. Each day an
item was bought on is worth half after a half-life, and an item that most buyers come back for is put before
one that is bought once.
"""

from datetime import date

import ibis
import numpy as np
import pyarrow as pa

from dangol.insight.affinity.choice import Choice, best
from dangol.insight.affinity.pairs import HALF_LIFE_DAYS, Pairs, known_items, read_pairs
from dangol.insight.lifetime.histories import Floats
from dangol.insight.modeling.refusals import require_range

# Chosen on November of a grocer's year (docs/algorithms/affinity.md), before December was looked at.
REPEAT_WEIGHT = 2.0
# So many buyers who did not come back are added to each item: of few buyers a share says little.
DOUBTED_BUYERS = 5


def buy_again(
    purchases: ibis.Table,
    *,
    as_of: date,
    k: int = 10,
    half_life_days: float = HALF_LIFE_DAYS,
    repeat_weight: float = REPEAT_WEIGHT,
    choice: Choice | None = None,
) -> pa.Table:
    """Return the best `k` items of each customer among those they bought up to the end of `as_of`.

    `customer`, `rank` (int64, from 1), `item`, `score` (float64), and why: `times` (int64, days it was
    bought on), `last_day` (date32), `days_since` (int64), `usual_interval_days` (float64, the mean between
    two of them; null where it was bought once) and `repeat_rate` (float64, the share of its buyers who came
    back for it). `purchases` is as `read_pairs` takes it. Raises BrokenTable, OutOfRange or NotEnoughData.
    """
    pairs = read_pairs(purchases, as_of=as_of, half_life_days=half_life_days)
    return listed(pairs, scores(pairs, repeat_weight), k=k, choice=choice or Choice())


def repeat_rates(pairs: Pairs) -> Floats:
    """Return of each item the share of its buyers who bought it on two days or more, shape (items,)."""
    again = np.bincount(pairs.item, weights=pairs.times > 1, minlength=len(pairs.items))
    return np.asarray(again / (pairs.buyers + DOUBTED_BUYERS), np.float64)


def scores(pairs: Pairs, repeat_weight: float = REPEAT_WEIGHT) -> Floats:
    """Return the score of each pair, shape (pairs,)."""
    require_range("repeat_weight", repeat_weight, 0, 1_000)
    return np.asarray(
        np.round(pairs.decayed + repeat_weight * repeat_rates(pairs)[pairs.item], 9), np.float64
    )


def listed(pairs: Pairs, score: Floats, *, k: int, choice: Choice) -> pa.Table:
    """Return the best `k` of each customer with the reasons, as `buy_again` tells."""
    offered = np.arange(len(score))
    if choice.durable:
        offered = offered[~np.isin(pairs.item, known_items(pairs, choice.durable, "durable"))]
    rows = pairs.customer[offered], pairs.item[offered], score[offered]
    kept, rank = best(pairs, rows, k=k, choice=choice)
    at = offered[kept]
    times, last = pairs.times[at], pairs.last[at]
    spans = (last - pairs.first[at]) / np.maximum(times - 1, 1)
    today = (pairs.as_of - date(1970, 1, 1)).days
    return pa.table(
        {
            "customer": pairs.customers.take(pa.array(pairs.customer[at])),
            "rank": rank,
            "item": pairs.items.take(pa.array(pairs.item[at])),
            "score": score[at],
            "times": times,
            "last_day": pa.array(last.astype(np.int32)).cast(pa.date32()),
            "days_since": today - last,
            "usual_interval_days": pa.array(spans, mask=times < 2),
            "repeat_rate": np.round(repeat_rates(pairs)[pairs.item[at]], 9),
        }
    )
