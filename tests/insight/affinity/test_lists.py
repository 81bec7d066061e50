"""The lists themselves: what is counted, in which order, what is left out, and why it is offered."""

from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest

from dangol.insight.affinity.buy_again import buy_again
from dangol.insight.affinity.choice import Choice
from dangol.insight.affinity.discover import discover
from dangol.insight.affinity.item_models import Dense, fit_ease, fit_neighbors
from dangol.insight.affinity.pairs import Pairs, read_pairs
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.insight.modeling.refusals import BrokenTable, OutOfRange, TooManyItems

AS_OF = date(2026, 6, 30)


def purchases(*rows: tuple[str, str, int, int]) -> ibis.Table:
    """Return purchases as (customer, item, days before AS_OF, quantity)."""
    customer, item, ago, quantity = zip(*rows, strict=True)
    days = pa.array([AS_OF - timedelta(days=one) for one in ago])
    return ibis.memtable(
        pa.table({"customer": customer, "item": item, "day": days, "quantity": pa.array(quantity)})
    )


def crowd(groups: int = 2, customers: int = 60, items: int = 24) -> ibis.Table:
    """Return customers of groups, each of which buys about half of the items of its group."""
    buys = np.random.default_rng(3).random((customers, items)) < 0.5
    return purchases(
        *(
            (f"c{customer:03}", f"i{item:03}", 1 + (customer + item) % 50, 1)
            for customer, item in np.argwhere(buys).tolist()
            if item % groups == customer % groups
        )
    )


HANDS = (
    ("ann", "milk", 0, 1), ("ann", "milk", 30, 2), ("ann", "milk", 90, 1), ("ann", "milk", 90, 4),
    ("ann", "tea", 0, 1), ("ann", "salt", 0, 1), ("ben", "tea", 9, 1),
)  # fmt: skip


def test_buy_again__by_hand__counts_days_and_says_why() -> None:
    rows = buy_again(purchases(*HANDS), as_of=AS_OF, half_life_days=30, repeat_weight=6).to_pylist()

    # 1 + 1/2 + 1/8, and six times the one of its one buyer who came back, five doubted ones added.
    assert rows[0] == {
        "customer": "ann", "rank": 1, "item": "milk", "score": 1.625 + 6 * 1 / 6, "times": 3,
        "last_day": AS_OF, "days_since": 0, "usual_interval_days": 45.0, "repeat_rate": round(1 / 6, 9),
    }  # fmt: skip
    # Equal scores: by the item's id.
    assert [(row["customer"], row["item"], row["rank"]) for row in rows[1:]] == [
        ("ann", "salt", 2), ("ann", "tea", 3), ("ben", "tea", 1),
    ]  # fmt: skip
    assert rows[3]["usual_interval_days"] is None
    assert rows[3]["days_since"] == 9


def test_buy_again__returns_and_days_to_come__change_nothing() -> None:
    later = (("ann", "tea", -1, 1), ("eve", "tea", -9, 1), ("ann", "salt", 3, -1), ("ben", "milk", 3, 0))

    found, without = (
        buy_again(purchases(*rows), as_of=AS_OF).to_pylist() for rows in (HANDS + later, HANDS[::-1])
    )

    assert found == without


@pytest.mark.parametrize(
    ("choice", "items"),
    [
        (Choice(excluded=["milk", "unheard of"]), ["salt", "tea"]),
        (Choice(durable=["salt"]), ["milk", "tea"]),
        (Choice(categories={"milk": "food", "salt": "food"}, per_category=1), ["milk", "tea"]),
        (
            Choice(categories={"tea": "drink", "milk": "drink", "salt": "food"}, per_category=1),
            ["milk", "salt"],
        ),
    ],
)
def test_buy_again__with_a_choice__leaves_out_what_it_says(choice: Choice, items: list[str]) -> None:
    rows = buy_again(purchases(*HANDS), as_of=AS_OF, choice=choice).to_pylist()

    assert [row["item"] for row in rows if row["customer"] == "ann"] == items
    assert [row["rank"] for row in rows if row["customer"] == "ann"] == [1, 2]


@pytest.mark.parametrize("kind", ["ease", "bm25", "cosine"])
def test_discover__two_groups__offers_only_what_is_new_and_of_the_group(kind: Any) -> None:
    table = crowd()
    pairs = read_pairs(table, as_of=AS_OF)
    bought = {(row["customer"], row["item"]) for row in table.to_pyarrow().to_pylist()}
    model = fit_ease(pairs, regularization=5) if kind == "ease" else fit_neighbors(pairs, weighting=kind)

    rows = discover(pairs, model, k=2).to_pylist()

    assert len(rows) == 60 * 2
    for row in rows:
        group = int(row["customer"][1:]) % 2
        assert (row["customer"], row["item"]) not in bought
        assert int(row["item"][1:]) % 2 == group
        assert 1 <= len(row["because"]) <= 3
        weights = [one["weight"] for one in row["because"]]
        assert weights == sorted(weights, reverse=True)
        assert kind == "ease" or sum(weights) <= row["score"] + 1e-5
        assert {(row["customer"], one["item"]) for one in row["because"]} <= bought


def test_discover__with_a_choice__is_filled_up_from_the_rest() -> None:
    pairs = read_pairs(crowd(), as_of=AS_OF)
    model = fit_ease(pairs, regularization=5)
    kinds: dict[Any, Any] = {f"i{item:03}": "a" for item in range(24)} | {"i020": "b", "i021": "b"}

    free = discover(pairs, model, k=3).to_pylist()
    gone = discover(pairs, model, k=3, choice=Choice(excluded=["i020", "i021"])).to_pylist()
    mixed = discover(pairs, model, k=3, choice=Choice(categories=kinds, per_category=2)).to_pylist()

    assert {"i020", "i021"} & {row["item"] for row in free}
    assert len(gone) > 0.9 * len(free)
    assert not {"i020", "i021"} & {row["item"] for row in gone}
    per = [(row["customer"], kinds[row["item"]]) for row in mixed]
    assert max(per.count(one) for one in per) == 2


def test_fit_ease__on_random_purchases__is_the_formula() -> None:
    pairs = read_pairs(crowd(groups=3, customers=90, items=30), as_of=AS_OF)
    bought = pairs.matrix(np.ones(len(pairs.item))).toarray()
    inverse = np.linalg.inv(bought.T @ bought + 7 * np.eye(30))
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)

    model = fit_ease(pairs, regularization=7)

    assert model.matrix == pytest.approx(weights, abs=1e-5)


def test_fit_neighbors__cosine__is_the_formula_and_keeps_the_nearest() -> None:
    pairs = read_pairs(crowd(groups=1), as_of=AS_OF)
    bought = pairs.matrix(pairs.times).toarray().astype(np.float64)
    bought /= np.sqrt((bought**2).sum(axis=0))
    alike = np.round(bought.T @ bought, 6)
    np.fill_diagonal(alike, 0)

    full = fit_neighbors(pairs, weighting="cosine", neighbors=24).matrix.toarray()
    near = fit_neighbors(pairs, weighting="cosine", neighbors=3).matrix.toarray()

    assert full == pytest.approx(alike, abs=2e-6)
    assert ((near > 0).sum(axis=1) == 3).all()
    assert near.max(axis=1) == pytest.approx(alike.max(axis=1), abs=2e-6)


def test_fit_neighbors__bm25__lets_popular_items_and_large_customers_count_for_less() -> None:
    """One pair's weight by hand: idf ln N - ln(1 + n), k₁ 1.2, b 0.75."""
    pairs = read_pairs(crowd(groups=1), as_of=AS_OF)
    times = pairs.matrix(pairs.times).toarray().astype(np.float64)
    size = times.sum(axis=1)
    idf = np.log(len(times)) - np.log1p((times > 0).sum(axis=0))
    norm = 0.25 + 0.75 * size / size.mean()
    weighted = times * 2.2 / (1.2 * norm[:, None] + times) * idf

    found = fit_neighbors(pairs, neighbors=24).matrix.toarray()

    assert found[0, 1] == pytest.approx(weighted[:, 0] @ weighted[:, 1], rel=1e-5)


def _rows(customers: int, items: int) -> Pairs:
    return read_pairs(
        purchases(*((f"c{c}", f"i{i}", 1, 1) for c in range(customers) for i in range(items))), as_of=AS_OF
    )


def test_fit__of_too_few__says_how_many_are_needed() -> None:
    for pairs, what, needed in ((_rows(49, 20), "customers", 50), (_rows(50, 19), "items", 20)):
        for fit in (fit_ease, fit_neighbors):
            with pytest.raises(NotEnoughData) as refused:
                fit(pairs)
            assert (refused.value.data["what"], refused.value.data["needed"]) == (what, needed)


def test_fit_ease__of_too_many_items__says_what_it_would_take() -> None:
    one = np.zeros(20_000, np.int64)
    items = pa.array(np.arange(20_000))
    wide = Pairs(
        pa.array(range(60)), items, np.minimum(np.arange(20_000) // 300, 59), np.arange(20_000),
        one + 1, one, one, np.ones(20_000), AS_OF, 90,
    )  # fmt: skip

    with pytest.raises(TooManyItems) as refused:
        fit_ease(wide, top_items=20_000)

    assert refused.value.data == {"items": 20_000, "most": 10_000, "gigabytes": 4.8}


@pytest.mark.parametrize(
    ("change", "refusal", "fact"),
    [
        (lambda t: t.drop("item"), BrokenTable, "item"),
        (lambda t: t.mutate(day=t.day.cast("string")), BrokenTable, "day"),
        (lambda t: t.mutate(customer=ibis.null("string")), BrokenTable, "customer"),
        (lambda t: t.mutate(quantity=ibis.literal("two")), BrokenTable, "quantity"),
        (lambda t: t.filter(t.quantity > 99), NotEnoughData, "purchases"),
    ],
)
def test_buy_again__of_a_table_it_cannot_use__names_what_is_wrong(
    change: Any, refusal: type[Exception], fact: str
) -> None:
    with pytest.raises(refusal) as refused:
        buy_again(change(purchases(*HANDS)), as_of=AS_OF)

    assert fact in str(refused.value)


@pytest.mark.parametrize(
    "arguments",
    [{"half_life_days": 0}, {"half_life_days": float("nan")}, {"k": 0}, {"repeat_weight": -1}, {"k": 10**9}],
)
def test_buy_again__of_arguments_that_mean_nothing__is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(OutOfRange) as refused:
        buy_again(purchases(*HANDS), as_of=AS_OF, **arguments)

    assert refused.value.data["name"] == next(iter(arguments))


def test_choice__ids_of_another_kind__are_refused() -> None:
    with pytest.raises(BrokenTable, match="excluded"):
        buy_again(purchases(*HANDS), as_of=AS_OF, choice=Choice(excluded=[12]))


def test_discover__equal_scores__end_with_the_item() -> None:
    pairs = read_pairs(crowd(), as_of=AS_OF)
    same = np.ones((24, 24), np.float32)

    rows = discover(pairs, Dense("same", np.arange(24), same), k=5, trend_weight=0).to_pylist()

    items = [row["item"] for row in rows if row["customer"] == "c000"]
    bought = {row["item"] for row in crowd().to_pyarrow().to_pylist() if row["customer"] == "c000"}
    assert items == [f"i{item:03}" for item in range(24) if f"i{item:03}" not in bought][:5]
