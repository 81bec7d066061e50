"""Histories from the daily rollup: those of CDNOW, and what is said of them joined to the customers again."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from dangol.insight.lifetime.histories import Histories
from dangol.insight.lifetime.summaries import histories_of, join_scores, repeat_spend, summarize
from tests.insight.journey import Row, rollup_of, rows_of
from tests.insight.lifetime.cdnow import SPLIT, cdnow, cdnow_days

TODAY = date(2026, 5, 31)


def test_summarize__cdnow__is_what_the_arrays_say_of_each_customer() -> None:
    histories, _held_out, spend = cdnow()

    found = summarize(cdnow_days(), as_of=SPLIT).order_by("customer").to_pyarrow()

    for name in ("frequency", "recency", "age"):
        assert (found[name].to_numpy() == getattr(histories, name)).all()
    assert found["spend_minor"].to_numpy() / 100 == pytest.approx(spend, rel=1e-12)


def test_histories_of__cdnow__are_the_compressed_ones() -> None:
    small = cdnow()[0].compressed()

    found = histories_of(summarize(cdnow_days(), as_of=SPLIT))

    for name in ("frequency", "recency", "age", "weight"):
        assert (getattr(found, name) == getattr(small, name)).all()


def test_join_scores__each_customer__gets_what_was_said_of_their_history() -> None:
    summary = summarize(cdnow_days(), as_of=SPLIT)
    histories = histories_of(summary)

    scored = join_scores(summary, histories, {"twice": 2 * histories.frequency.astype(np.float64)})

    found = scored.to_pyarrow()
    assert found.num_rows == 2357
    assert (found["twice"].to_numpy() == 2 * found["frequency"].to_numpy()).all()


def test_summarize__a_return_between__is_no_purchase_and_its_money_is_left_out() -> None:
    first = TODAY - timedelta(30)
    rows = [(0, 1, 1000), (5, 0, -400), (10, 2, 700), (20, 0, -700)]
    rollup = rollup_of([Row("a", first + timedelta(day), orders, amount) for day, orders, amount in rows])

    (found,) = rows_of(summarize(rollup, as_of=TODAY), "customer")

    assert (found["frequency"], found["recency"], found["age"]) == (1, 10, 30)
    assert (found["repeat_minor"], found["spend_minor"], found["first_day"]) == (700, 700.0, first)


def test_repeat_spend__who_gave_all_back__is_left_out() -> None:
    rows = [Row(who, TODAY - timedelta(ago), 1, amount) for who, ago, amount in [("a", 9, 5), ("b", 9, 5)]]
    rollup = rollup_of([*rows, Row("a", TODAY, 1, 0), Row("b", TODAY, 1, 30)])

    found = repeat_spend(summarize(rollup, as_of=TODAY))

    assert found.to_pylist() == [{"frequency": 1, "spend_minor": 30.0}]


def test_histories_of__nobody__are_none() -> None:
    found = histories_of(summarize(rollup_of([]), as_of=TODAY))

    assert isinstance(found, Histories)
    assert found.customers == 0
    assert isinstance(repeat_spend(summarize(rollup_of([]), as_of=TODAY)), pa.Table)
    assert found.frequency.dtype == np.int64
