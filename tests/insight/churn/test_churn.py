"""Churn: features know nothing later, figures of a real grocer's year, and what cannot be foretold."""

from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest

from dangol.insight.churn.evaluation import evaluate_churn
from dangol.insight.churn.features import known_at
from dangol.insight.churn.model import Settings, Sources, fit_churn
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.insight.modeling.refusals import BrokenTable, OutOfRange
from tests.insight.complete_journey import rollup

AS_OF, SPLIT = date(2026, 6, 30), date(2017, 12, 1)


def days(*rows: tuple[str, int, int, int]) -> ibis.Table:
    """Return a rollup of (customer, days before AS_OF, orders, amount)."""
    customer, ago, orders, amount = zip(*rows, strict=True)
    day = pa.array([AS_OF - timedelta(days=int(one)) for one in ago])
    return ibis.memtable(
        pa.table({"customer": customer, "day": day, "orders": orders, "amount_minor": amount})
    )


QUICK = Settings(kind="logistic", snapshots=2)
HANDS = (
    ("ann", 100, 1, 900),
    ("ann", 40, 2, 500),
    ("ann", 10, 1, 400),
    ("ann", 5, 0, -100),
    ("ben", 7, 1, 50),
)

ALWAYS = [(f"c{who}", ago, 1, 1) for who in range(99) for ago in range(0, 200, 5)]
STEADY = days(*ALWAYS)


def by_chance(customers: int = 250) -> ibis.Table:
    """Return customers who all come on each day with the same chance."""
    came = np.random.default_rng(8).random((customers, 300)) < 0.04
    return days(*((f"c{who:03}", ago, 1, 1000) for who, ago in np.argwhere(came).tolist()))


def test_known_at__by_hand__is_what_stands_in_the_rollup() -> None:
    known = known_at(days(*HANDS), as_of=AS_OF)
    ann = dict(zip(known.names, known.values[0].tolist(), strict=True))

    assert known.customers.to_pylist() == ["ann", "ben"]
    assert ann == {
        "recency_days": 10, "tenure_days": 100, "purchase_days": 3, "usual_interval_days": 45,
        "irregularity": pytest.approx(15 / 45), "lateness": pytest.approx(10 / 45), "days_30": 1,
        "days_90": 2, "days_before_90": 1, "orders_90": 3, "amount_a_day": pytest.approx(1700 / 3),
        "amount_90": 800, "amount_trend": pytest.approx((800 - 900) / (1700 / 3)),
    }  # fmt: skip
    assert known.values[1][known.names.index("usual_interval_days")] == 7


def test_known_at__events_after_the_day__change_no_feature() -> None:
    later = (("ann", -1, 9, 10**6), ("ben", -400, 1, 1), ("eve", -2, 1, 70))

    def at(rows: tuple[Any, ...], more: tuple[Any, ...]) -> Any:
        who, ago, what = zip(
            *(("ann", 3, "tea"), ("ann", 4, "milk"), ("ann", 91, "salt"), *more), strict=True
        )
        day = pa.array([AS_OF - timedelta(days=one) for one in ago])
        kinds = ibis.memtable(pa.table({"customer": who, "day": day, "category": what}))
        visits = kinds.mutate(name=ibis.literal("visits"), value=kinds.category.length())
        if more:
            visits = visits.union(visits.filter(visits.category == "new").mutate(name=ibis.literal("yet")))
        return known_at(days(*rows), as_of=AS_OF, categories=kinds, signals=visits)

    without, with_later = at(HANDS, ()), at(HANDS + later, (("ann", -1, "new"), ("ben", -9, "new")))

    assert with_later.names == without.names
    assert with_later.customers.equals(without.customers)
    assert (with_later.values == without.values).all()
    assert without.column("categories_90").tolist() == [2, 0]
    assert without.column("visits_90").tolist() == [7, 0]


def test_fit_churn__events_after_the_day__give_the_very_same_model() -> None:
    rows = by_chance()
    later = rows.mutate(day=(rows.day + ibis.interval(days=301)).cast("date"))

    models = [
        fit_churn(Sources(table), as_of=AS_OF, horizon_days=30, settings=QUICK)
        for table in (rows, rows.union(later))
    ]

    known = Sources(rows).known(AS_OF, 365)
    assert models[0].version == models[1].version
    assert (models[0].probabilities(known) == models[1].probabilities(known)).all()


def test_evaluate_churn__real_december__is_calibrated_and_beats_its_rules() -> None:
    report = evaluate_churn(Sources(ibis.memtable(rollup().to_pyarrow())), split_day=SPLIT, horizon_days=30)
    rows = {row["model"]: row for row in report.figures.to_pylist()}

    own = rows["boosting"]
    assert own["auc_low"] >= 0.87
    assert own["beats_baseline"]
    assert own["brier_high"] <= 0.105
    assert own["lift_low"] >= 3.4
    assert rows["rule_lateness"]["auc_high"] < rows["logistic"]["auc_low"]
    curve = report.reliability.to_pylist()
    assert sum(row["customers"] for row in curve) == own["customers"]
    # Nine of ten bins hold what was said; by chance alone one of twenty would not.
    assert sum(row["came_low"] - 0.01 <= row["said"] <= row["came_high"] + 0.01 for row in curve) >= 8
    card = report.card.to_dict()
    assert (card["beats_baseline"], card["as_of"], card["baseline"]) == (True, "2017-11-30", "rule_recency")


def test_evaluate_churn__who_comes_by_chance__says_that_no_rule_is_beaten() -> None:
    report = evaluate_churn(
        Sources(by_chance()), split_day=AS_OF - timedelta(days=29), horizon_days=30, settings=QUICK
    )

    assert not [row["model"] for row in report.figures.to_pylist() if row["beats_baseline"]]


def test_scores__of_each__tell_the_model_the_day_and_what_pushes() -> None:
    sources = Sources(by_chance())
    model = fit_churn(sources, as_of=AS_OF, horizon_days=30, settings=QUICK)

    table = model.scores(sources.known(AS_OF, 365), reasons=2)

    rows = table.to_pylist()
    assert table.schema.field("as_of").type == pa.date32()
    assert {row["model_version"] for row in rows} == {model.version}
    assert all(0 < row["probability"] < 1 for row in rows)
    for row in rows:
        pushes = [one["push"] for one in row["because"]]
        assert len(pushes) <= 2
        assert pushes == sorted(pushes, reverse=True)
        assert all(push > 0 for push in pushes)


@pytest.mark.parametrize(
    ("table", "horizon", "refusal", "fact"),
    [
        (days(*HANDS), 30, NotEnoughData, "who stayed away"),
        (days(*HANDS), 60, NotEnoughData, "days of purchases"),
        (days(*HANDS).filter(ibis._.orders > 9), 30, NotEnoughData, "days of purchases"),
        (STEADY, 30, NotEnoughData, "stayed away"),
        (days(*HANDS).drop("orders"), 30, BrokenTable, "orders"),
        (days(*HANDS), 0, OutOfRange, "horizon_days"),
    ],
)  # fmt: skip
def test_fit_churn__too_little_or_of_one_kind__says_what_is_needed(
    table: ibis.Table, horizon: int, refusal: type[Exception], fact: str
) -> None:
    with pytest.raises(refusal) as refused:
        fit_churn(Sources(table), as_of=AS_OF, horizon_days=horizon)

    assert fact in str(refused.value)
