"""A promotion tried on past orders: who would have got it, what it would have cost, and until when."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from dangol.domain.conditions import Happening, Subject
from dangol.domain.promotions import Cart, Minimum, Promotion, Reason, Remaining
from dangol.domain.promotions.benefits import FreeShipping, Percent, Points
from dangol.domain.promotions.past import PastOrder, Trial, past_lines
from dangol.domain.promotions.rules import NOBODY
from tests.domain.promotions.shop import AS_IT_COMES, NOON, SEOUL, cart, condition, line, promotion

DAY = timedelta(days=1)
TENTH = promotion("own", Percent(1_000))


def day_start(at: datetime) -> datetime:
    local = at.astimezone(SEOUL)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def order(who: str | None, at: datetime, minor: int = 10_000, **cart_of: Any) -> tuple[PastOrder, Subject]:
    bought: Cart = cart(line("latte", minor), **cart_of)
    return PastOrder(who.encode() if who else None, at, bought), NOBODY


def tried(rule: Promotion, *orders: tuple[PastOrder, Subject], limits: Remaining | None = None) -> Trial:
    trial = Trial(rule, limits or Remaining(), AS_IT_COMES, zone=SEOUL, period_start=day_start)
    trial.ask(orders)
    return trial


@pytest.mark.parametrize(
    ("list_minor", "quantity_milli", "units"),
    [
        (4_500, 1_000, [(4_500, 1)]),
        (9_000, 2_000, [(4_500, 2)]),
        (10_000, 3_000, [(3_333, 2), (3_334, 1)]),
        (3_210, 750, [(3_210, 1)]),
        (3_210, 0, [(3_210, 1)]),
        (0, 2_000, [(0, 2)]),
    ],
)
def test_past_lines__by_count_or_weight__keep_the_sum(
    list_minor: int, quantity_milli: int, units: list[tuple[int, int]]
) -> None:
    found = past_lines("1", "latte", "Coffee > Hot", list_minor=list_minor, quantity_milli=quantity_milli)

    assert [(one.unit_minor, one.quantity) for one in found] == units
    assert sum(one.unit_minor * one.quantity for one in found) == list_minor
    assert {(one.product, one.categories) for one in found} == {("latte", ("Coffee > Hot",))}
    assert len({one.key for one in found}) == len(found)


def test_trial__whatever_its_dates__counts_orders_members_days_and_money() -> None:
    rule = promotion("own", Percent(1_000), Points(50), active_from=NOON + 90 * DAY)
    trial = tried(rule, order("kim", NOON), order("lee", NOON + DAY), order("kim", NOON + DAY, 20_000), order(None, NOON))  # fmt: skip  # noqa: E501 - a line

    tally = trial.tally
    assert (tally.orders, tally.used, tally.minor, tally.points) == (4, 4, 5_000, 200)
    assert tally.list_minor == 50_000
    assert tally.by_customer == {b"kim": (2, 3_000), b"lee": (1, 1_000)}
    assert {who: one.minor for who, one in tally.largest.items()} == {b"kim": 2_000, b"lee": 1_000}
    assert tally.guests_used == 1
    assert [(one.orders, one.used, one.minor) for one in tally.days.values()] == [
        (2, 2, 2_000),
        (2, 2, 3_000),
    ]


@pytest.mark.parametrize(
    ("limits", "used", "minor", "ran_out"),
    [
        (Remaining(), 4, 4_000, False),
        (Remaining(uses=3), 3, 3_000, True),
        (Remaining(customer_uses=1), 2, 2_000, False),
        (Remaining(period_uses=1), 3, 3_000, False),
        (Remaining(units=2), 2, 2_000, True),
        # The last of a budget is given, too.
        (Remaining(budget_minor=2_500), 3, 2_500, True),
    ],
)
def test_trial__within_limits__uses_them_up_in_the_order_they_came(
    limits: Remaining, used: int, minor: int, ran_out: bool
) -> None:
    kim = [order("kim", NOON), order("kim", NOON + timedelta(hours=1)), order("kim", NOON + DAY)]
    trial = tried(TENTH, *kim, order("lee", NOON + 2 * DAY), limits=limits)

    assert (trial.tally.used, trial.tally.minor) == (used, minor)
    assert bool(trial.tally.ran_out_on) is ran_out


def test_trial__that_needs_a_code__takes_each_as_having_given_it() -> None:
    assert tried(promotion("own", Percent(1_000), needs_code=True), order("kim", NOON)).tally.used == 1


def test_trial__orders_that_get_nothing__are_counted_by_reason() -> None:
    rule = promotion("own", Percent(1_000), minimum=Minimum(minor=15_000))
    trial = tried(rule, order("kim", NOON), order("lee", NOON, 15_000))

    assert trial.tally.whys == {Reason.MINIMUM_NOT_REACHED: 1}
    assert trial.tally.used == 1


def test_trial__delivery__counts_as_money() -> None:
    assert tried(promotion("own", FreeShipping()), order("kim", NOON, shipping=3_000)).tally.minor == 3_000


def test_trial__what_happened__is_asked_as_it_stood_just_before_each_order() -> None:
    first = condition({"type": "did", "event": "order.placed", "times": {"op": "exactly", "n": 0}})
    told = tuple(Happening("order.placed", NOON + n * DAY, {}, f"e{n}") for n in range(2))
    subject = Subject({}, told)
    orders = [(order("kim", NOON + n * DAY)[0], subject) for n in range(2)]

    trial = tried(promotion("own", Percent(1_000), condition=first), *orders)

    assert (trial.tally.used, trial.tally.whys) == (1, {Reason.CONDITION_FALSE: 1})
