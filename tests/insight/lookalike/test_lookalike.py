"""Look-alikes: who redeems coupons at a real grocer, whom nobody may be chosen by, and seeds that are like
nobody.
"""

from datetime import date
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest

from dangol.insight.churn.features import known_at
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.insight.lookalike.model import find_lookalikes
from dangol.insight.lookalike.protected import protected_by
from dangol.insight.modeling.refusals import BrokenTable
from tests.insight.complete_journey import rollup, table

AS_OF = date(2017, 9, 30)


def made_up(customers: int = 600) -> dict[str, Any]:
    """Return features of customers by seed: what they like, their age, what stands for it, and nothing."""
    dice = np.random.default_rng(6)
    age = dice.integers(18, 80, customers).astype(float)
    return {
        "customer": np.arange(customers), "likes": dice.normal(size=customers), "age": age,
        "retired_offers": age + dice.normal(0, 5, customers), "noise": dice.normal(size=customers),
        "same": np.ones(customers),
    }  # fmt: skip


def members(customers: Any) -> ibis.Table:
    """Return a seed."""
    return ibis.memtable(pa.table({"customer": customers}))


def test_find_lookalikes__who_redeems_coupons__finds_those_held_out() -> None:
    """The Complete Journey: who redeemed a coupon from October on, by purchases to September."""
    known = known_at(ibis.memtable(rollup().to_pyarrow()), as_of=AS_OF)
    columns: dict[str, Any] = {"customer": known.customers} | {n: known.column(n) for n in known.names}
    used = table("coupon_redemptions")
    used = used.filter(used.redemption_date > ibis.date(AS_OF))
    seed = used.select(customer=used.household_id.cast("int64")).distinct()

    found = find_lookalikes(ibis.memtable(pa.table(columns)), ibis.memtable(seed.to_pyarrow()), as_of=AS_OF)

    assert found.figures["auc"].low > 0.7
    assert found.figures["lift_10"].low > 1.5
    assert found.figures["brier"].high < 0.15
    assert found.card.beats_baseline == (found.figures["over_baseline"].low > 0)


def test_find_lookalikes__protected_and_what_stands_for_it__are_left_out_and_told() -> None:
    columns = made_up()
    seed = columns["customer"][(columns["likes"] > 0.8) | (columns["age"] > 75)]

    found = find_lookalikes(ibis.memtable(pa.table(columns)), members(seed), as_of=AS_OF)

    assert found.excluded.to_pylist() == [
        {"feature": "age", "reason": "protected", "ground": "age"},
        {"feature": "retired_offers", "reason": "proxy", "ground": "age"},
        {"feature": "same", "reason": "constant", "ground": None},
    ]
    assert found.weights["feature"].to_pylist() == ["likes", "noise"]
    assert found.weights["weight"].to_pylist()[0] > 0.5
    rows = found.scores.to_pylist()
    assert not {row["customer"] for row in rows} & set(seed.tolist())
    assert [row["rank"] for row in rows] == list(range(1, 600 - len(seed) + 1))
    liked = dict(zip(columns["customer"].tolist(), columns["likes"].tolist(), strict=True))
    mean = columns["likes"].mean()
    for row in rows:
        assert ("likes" in row["because"]) == (liked[row["customer"]] > mean), "more of it than most have"
        assert row["because"][:1] == ["likes"] or liked[row["customer"]] < mean + 0.5
    bins = found.reliability.to_pylist()
    assert sum(one["customers"] for one in bins) == 600
    assert [one["said"] for one in bins] == sorted(one["said"] for one in bins)
    assert sum(one["came"] * one["customers"] for one in bins) == pytest.approx(len(seed))
    assert [-row["probability"] for row in rows] == sorted(-row["probability"] for row in rows)
    again = find_lookalikes(ibis.memtable(pa.table(columns)), members(seed), as_of=AS_OF)
    assert again.scores.equals(found.scores)


def test_find_lookalikes__a_seed_like_nobody__does_not_beat_its_baseline() -> None:
    columns = made_up()
    seed = np.random.default_rng(9).choice(600, 150, replace=False)

    found = find_lookalikes(ibis.memtable(pa.table(columns)), members(seed), as_of=AS_OF)

    assert found.card.beats_baseline is False
    assert found.figures["auc"].low < 0.5 < found.figures["auc"].high + 0.05


@pytest.mark.parametrize(
    ("name", "ground"),
    [
        ("age", "age"), ("customerAge", "age"), ("birth_year", "age"), ("is_female", "gender"),
        ("성별", "gender"),
        ("고객나이", "age"), ("종교_여부", "religion"), ("religion", "religion"), ("health_score", "health"),
        ("장애등급", "health"), ("nationality", "origin"), ("average_amount", None), ("days_90", None),
        ("message_count", None), ("구매횟수", None),
    ],
)  # fmt: skip
def test_protected_by__names_in_english_and_korean(name: str, ground: str | None) -> None:
    assert protected_by(name) == ground


@pytest.mark.parametrize(
    ("change", "seed", "refusal", "fact"),
    [
        ({}, range(49), NotEnoughData, "seed members"),
        ({}, range(551), NotEnoughData, "prospects"),
        ({"likes": np.full(600, np.nan)}, range(60), BrokenTable, "likes"),
        ({"customer": np.zeros(600, np.int64)}, range(60), BrokenTable, "twice"),
        ({"likes": np.ones(600), "noise": np.ones(600)}, range(60), BrokenTable, "no feature"),
    ],
)
def test_find_lookalikes__of_what_it_cannot_use__says_so(
    change: dict[str, Any], seed: range, refusal: type[Exception], fact: str
) -> None:
    with pytest.raises(refusal) as refused:
        find_lookalikes(ibis.memtable(pa.table(made_up() | change)), members(list(seed)), as_of=AS_OF)

    assert fact in str(refused.value)
