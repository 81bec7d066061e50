"""How the lists are judged: figures by hand, a real grocer's December, and customers who buy by chance."""

from datetime import date, timedelta

import ibis
import numpy as np
import pyarrow as pa
import pytest

from dangol.insight.affinity.evaluation import Settings, evaluate, judged
from dangol.insight.affinity.pairs import read_pairs
from dangol.insight.lifetime.refusals import NotEnoughData
from tests.insight.complete_journey import lines
from tests.sizes import SIZE

SPLIT = date(2017, 12, 1)
HOUSEHOLDS = 2_469 if SIZE.soak else 1_200


def reduced(households: int = HOUSEHOLDS) -> ibis.Table:
    """Return the purchases of some households."""
    rows = lines()
    some = rows.select("customer").distinct().order_by("customer").limit(households)
    return rows.semi_join(some, "customer").select("customer", "item", "day", "quantity")


def settings() -> Settings:
    """Return settings for the size of the test."""
    return Settings() if SIZE.soak else Settings(top_items=2_000, regularization=300)


def test_evaluate__real_december__each_model_beats_its_baseline_beyond_chance() -> None:
    rows = {
        (row["task"], row["model"]): row
        for row in evaluate(reduced(), split_day=SPLIT, settings=settings()).to_pylist()
    }

    again, ease = rows["any", "buy_again"], rows["new", "ease"]
    assert again["recall"] >= (0.40 if SIZE.soak else 0.38)
    assert again["recall_low"] > 2 * rows["any", "popularity"]["recall_high"]
    assert again["beats_baseline"]
    assert ease["recall"] >= (0.052 if SIZE.soak else 0.045)
    assert ease["beats_baseline"]
    assert all(row["recall_low"] <= row["recall"] <= row["recall_high"] for row in rows.values())
    assert rows["any", "popularity"]["over_baseline"] is None


def test_evaluate__who_buys_whose_basket_is_shuffled__beats_nothing() -> None:
    """The same December, given to other households: what remains is what everybody buys."""
    rows = reduced(600)
    households = rows.select("customer").distinct().order_by("customer").to_pyarrow()["customer"].to_numpy()
    other = np.random.default_rng(5).permutation(households)
    renamed = ibis.memtable(pa.table({"customer": households, "other": other}))
    later = rows.filter(rows.day >= ibis.date(SPLIT)).to_pyarrow()
    later = ibis.memtable(later).join(renamed, "customer").drop("customer").rename(customer="other")
    before = ibis.memtable(rows.filter(rows.day < ibis.date(SPLIT)).to_pyarrow())
    shuffled = before.union(later.select(*before.columns))

    found = evaluate(shuffled, split_day=SPLIT, settings=settings()).to_pylist()

    assert not [row["model"] for row in found if row["beats_baseline"]]


def test_evaluate__the_same_seed__gives_the_same_table() -> None:
    found = [evaluate(_by_chance(), split_day=SPLIT, seed=7) for _ in range(2)]

    assert found[0].equals(found[1])


def test_evaluate__purchases_by_chance__says_that_no_model_beats_its_baseline() -> None:
    found = evaluate(_by_chance(), split_day=SPLIT).to_pylist()

    assert not [row["model"] for row in found if row["beats_baseline"]]
    assert {row["beats_baseline"] for row in found} == {None, False}


def _by_chance() -> ibis.Table:
    """Return 300 customers who each day buy anything, some things more than others."""
    dice = np.random.default_rng(11)
    liking = 1 / np.arange(1, 61)
    item = dice.choice(60, 9_000, p=liking / liking.sum())
    day = [SPLIT + timedelta(days=int(one)) for one in dice.integers(-90, 31, 9_000)]
    table = {"customer": dice.integers(0, 300, 9_000), "item": item, "day": pa.array(day)}
    return ibis.memtable(pa.table(table))


def test_judged__by_hand__is_recall_and_ndcg() -> None:
    """Two bought of which one stands second: recall 1/2, NDCG (1/log₂3) / (1 + 1/log₂3)."""
    pairs = read_pairs(_by_chance(), as_of=SPLIT)
    n, customers = len(pairs.items), np.arange(40)
    lists = np.repeat(customers, 3), np.tile([4, 5, 6], 40), np.tile([1, 2, 3], 40)
    truth = np.sort(np.concatenate([customers * n + 5, customers * n + 9]))

    found = judged(pairs, lists, truth, k=3)

    second = 1 / np.log2(3)
    assert found.recall == pytest.approx(np.full(40, 0.5))
    assert found.ndcg == pytest.approx(np.full(40, second / (1 + second)))


def test_evaluate__hardly_anybody_in_the_test__says_how_many_are_needed() -> None:
    with pytest.raises(NotEnoughData) as refused:
        evaluate(_by_chance(), split_day=SPLIT + timedelta(days=31))

    assert refused.value.data == {"what": "customers to test with", "found": 0, "needed": 30}
