"""RFM: on a real year as a loop finds it, fixed bounds, and the grid of segments."""

from collections import Counter
from datetime import date, timedelta

import pytest

from dangol.insight.refusals import BoundsNotRising
from dangol.insight.rfm import SEGMENTS, Bounds, rfm, rfm_grid, rfm_map, rfm_segments
from tests.house_rules import ROOT
from tests.insight.journey import AS_OF, Row, customer_days, days_up_to_as_of, rollup_of, rows_of

TODAY = date(2026, 5, 31)


def fifths(values: dict[str, int]) -> dict[str, int]:
    """Return scores from 1 to 5 of rising values; what is left over goes to the first fifths."""
    ordered = sorted(values, key=lambda customer: (values[customer], customer))
    size, more = divmod(len(ordered), 5)
    ends = [size * score + min(score, more) for score in range(1, 6)]
    return {
        customer: next(score for score, end in enumerate(ends, 1) if place < end)
        for place, customer in enumerate(ordered)
    }


def test_rfm__a_real_year__is_what_a_loop_finds_to_the_unit() -> None:
    last: dict[str, date] = {}
    orders, amount = Counter[str](), Counter[str]()
    for row in days_up_to_as_of():
        last[row.customer] = row.day
        orders[row.customer] += row.orders
        amount[row.customer] += row.amount_minor
    days = {customer: (AS_OF - day).days for customer, day in last.items()}
    r, f, m = fifths({one: -many for one, many in days.items()}), fifths(orders), fifths(amount)
    cells = {(row["r"], row["f"]): row["segment"] for row in rfm_grid().to_pylist()}

    found = rows_of(rfm(customer_days(), as_of=AS_OF), "customer")

    assert found == [
        {
            "customer": one, "recency_days": days[one], "orders": orders[one], "amount_minor": amount[one],
            "r": r[one], "f": f[one], "m": m[one], "segment": cells[r[one], f[one]],
        }
        for one in sorted(last)
    ]  # fmt: skip


def test_rfm_map_and_segments__of_a_real_year__sum_up_to_all() -> None:
    scored = rfm(customer_days(), as_of=AS_OF)
    everyone = rows_of(scored, "customer")

    cells, segments = rows_of(rfm_map(scored), "r", "f"), rows_of(rfm_segments(scored), "segment")

    for rows in (cells, segments):
        assert sum(row["customers"] for row in rows) == len(everyone)
        assert sum(row["amount_minor"] for row in rows) == sum(row["amount_minor"] for row in everyone)
    assert {row["of"] for row in segments} == {len(everyone)}
    assert all(row["share_low"] < row["share"] < row["share_high"] for row in segments)
    assert [row["mean_minor"] for row in segments] == [
        (2 * row["amount_minor"] + row["customers"]) // (2 * row["customers"]) for row in segments
    ]


def test_grid__each_pair_of_scores__is_in_one_of_ten_segments() -> None:
    grid = rfm_grid().to_pylist()

    assert [(row["r"], row["f"]) for row in grid] == [(r, f) for r in range(1, 6) for f in range(1, 6)]
    assert len({one.segment for one in SEGMENTS}) == len(SEGMENTS) == 10


BOUNDS = Bounds(recency_days=(7, 30, 90, 180), orders=(2, 3, 5, 10), amount_minor=(10, 20, 30, 40))


@pytest.mark.parametrize(
    ("days_ago", "orders", "amount", "scores", "segment"),
    [
        (7, 10, 40, (5, 5, 5), "champions"),
        (8, 1, 9, (4, 1, 1), "promising"),
        (0, 1, 10, (5, 1, 2), "new"),
        (90, 3, 25, (3, 3, 3), "needs_attention"),
        (91, 12, 39, (2, 5, 4), "cannot_lose"),
        (181, 4, -5, (1, 3, 1), "at_risk"),
    ],
)
def test_rfm__fixed_bounds__score_each_customer_alone(
    days_ago: int, orders: int, amount: int, scores: tuple[int, int, int], segment: str
) -> None:
    rollup = rollup_of([Row("a", TODAY - timedelta(days_ago), orders, amount)])

    (found,) = rows_of(rfm(rollup, as_of=TODAY, bounds=BOUNDS), "customer")

    assert (found["r"], found["f"], found["m"]) == scores
    assert (found["segment"], found["recency_days"]) == (segment, days_ago)


def test_rfm__only_a_return_or_nothing_yet__is_no_customer() -> None:
    rollup = rollup_of([Row("a", TODAY, 0, -500), Row("b", TODAY + timedelta(1), 1, 500)])

    assert rows_of(rfm(rollup, as_of=TODAY), "customer") == []


def test_rfm__equal_customers__are_divided_by_their_id() -> None:
    rollup = rollup_of([Row(name, TODAY, 1, 500) for name in "edcba"])

    found = rows_of(rfm(rollup, as_of=TODAY), "customer")

    assert [(row["customer"], row["r"], row["f"], row["m"]) for row in found] == [
        (name, place, place, place) for place, name in enumerate("abcde", 1)
    ]


def test_bounds__that_do_not_rise__are_refused() -> None:
    with pytest.raises(BoundsNotRising) as refused:
        Bounds(recency_days=(7, 30, 90, 180), orders=(2, 3, 3, 10), amount_minor=(10, 20, 30, 40))

    assert refused.value.data == {"score": "orders"}


def test_document__its_grid__is_the_one_in_use() -> None:
    cells = {(row["r"], row["f"]): row["segment"] for row in rfm_grid().to_pylist()}
    lines = [f"| {r} | {' | '.join(cells[r, f] for f in range(1, 6))} |" for r in range(5, 0, -1)]

    assert "\n".join(lines) in (ROOT / "docs" / "algorithms" / "purchases.md").read_text()
