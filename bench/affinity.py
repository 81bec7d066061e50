"""Affinity: how well the lists foretell December of the Complete Journey, beside their baselines.

All purchases to 30 November are known; items with ten buyers or more, all of them ranked; lists of ten. No
database has a part in it.
"""

import time
from collections.abc import Iterator
from datetime import date
from importlib import import_module

from bench.figures import Figure, at_least, at_most
from dangol.insight.affinity.evaluation import evaluate
from dangol.insight.affinity.item_models import fit_ease, fit_neighbors
from dangol.insight.affinity.pairs import read_pairs

SPLIT, EVE, DAYS = date(2017, 12, 1), date(2017, 11, 30), 31
GOALS = {("any", "buy_again"): 0.40, ("new", "ease"): 0.052}
GOAL_EASE_S = 15


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    purchases = import_module("tests.insight.complete_journey").lines()
    for row in evaluate(purchases, split_day=SPLIT, days=DAYS).to_pylist():
        name = f"{row['task']}: {row['model']}"
        told = f"{name} [{row['recall_low']:.3f} to {row['recall_high']:.3f}, n {row['customers']:,}]"
        goal = GOALS.get((row["task"], row["model"]))
        unit = "recall@10"
        yield Figure(told, row["recall"], unit) if goal is None else at_least(told, row["recall"], unit, goal)
        yield Figure(name, row["ndcg"], "NDCG@10")
        if not row["is_baseline"]:
            over = f"{name} over its baseline, the low end"
            yield Figure(over, row["over_baseline_low"], "", "> 0", row["beats_baseline"])
    began = time.process_time()
    pairs = read_pairs(purchases, as_of=EVE, fewest_buyers=10)
    yield Figure("reading the pairs, processor time", time.process_time() - began, "s")
    began = time.process_time()
    fit_ease(pairs)
    yield at_most("EASE of 6,000 items, processor time", time.process_time() - began, "s", GOAL_EASE_S)
    began = time.process_time()
    fit_neighbors(pairs)
    yield Figure("neighbors of all items, processor time", time.process_time() - began, "s")
