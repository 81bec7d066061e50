"""Ready-made offers: who gets them on which day, to the hour, and that they go on top of one another."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dangol.domain.conditions import Kind, Subject, TraitType
from dangol.domain.promotions import Promotion, Reason
from dangol.domain.promotions.benefits import Percent
from dangol.domain.promotions.templates import birthday, first_purchase, from_tier, members_only, win_back
from tests.domain.promotions.shop import NOON, cart, condition, line, promotion, run, why

CART = cart(line("latte", 4_500))
TENTH = promotion("p", Percent(1_000))
TIERS = {"rewards.tier": TraitType(Kind.TEXT, ("basic", "silver", "gold"))}


def gets(rule: Promotion, at: datetime = NOON, **traits: Any) -> bool:
    customer = Subject({name.replace("__", "."): value for name, value in traits.items()}, ())
    found = run(CART, rule, at=at, customer=customer)
    assert bool(found.effects) == (why(found) != {"p": Reason.CONDITION_FALSE})
    return bool(found.effects)


@pytest.mark.parametrize(("orders", "gets_it"), [(0, True), (1, False), (None, False)])
def test_first_purchase__by_orders__once_and_not_for_who_is_unknown(
    orders: int | None, gets_it: bool
) -> None:
    traits: dict[str, Any] = {} if orders is None else {"customer__order_count": orders}

    assert gets(first_purchase(TENTH), **traits) is gets_it


@pytest.mark.parametrize(("traits", "gets_it"), [({"customer__is_member": True}, True), ({"customer__is_member": False}, False), ({}, False)])  # fmt: skip  # noqa: E501 - a line
def test_members_only__members__alone(traits: dict[str, Any], gets_it: bool) -> None:
    assert gets(members_only(TENTH), **traits) is gets_it


def noon_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("born_on", "today", "days_before", "gets_it"),
    [
        (date(1990, 11, 27), date(2026, 11, 27), 0, True),
        (date(1990, 11, 28), date(2026, 11, 27), 0, False),
        (date(1990, 12, 4), date(2026, 11, 27), 7, True),
        (date(1990, 12, 5), date(2026, 11, 27), 7, False),
        (date(1990, 11, 26), date(2026, 11, 27), 7, False),
        # Over the turn of the year.
        (date(1990, 1, 2), date(2026, 12, 31), 2, True),
        # 29 February: on the 28th in 2026 and 2027, on the day itself in 2028.
        (date(2000, 2, 29), date(2026, 2, 28), 0, True),
        (date(2000, 2, 29), date(2026, 3, 1), 0, False),
        (date(2000, 2, 29), date(2028, 2, 28), 0, False),
        (date(2000, 2, 29), date(2028, 2, 29), 0, True),
        (date(2000, 2, 29), date(2027, 2, 21), 7, True),
        (date(2000, 2, 29), date(2027, 2, 20), 7, False),
    ],
)
def test_birthday__in_its_window__on_the_shops_days(
    born_on: date, today: date, days_before: int, gets_it: bool
) -> None:
    rule = birthday(TENTH, days_before=days_before)

    assert gets(rule, at=noon_of(today), customer__birthday=born_on) is gets_it


def test_birthday__begins__at_the_shops_midnight() -> None:
    midnight = datetime(2026, 11, 26, 15, tzinfo=UTC)
    born = date(1990, 11, 27)

    found = [
        gets(birthday(TENTH), at=at, customer__birthday=born)
        for at in (midnight - timedelta(seconds=1), midnight)
    ]

    assert found == [False, True]


@pytest.mark.parametrize(
    ("tier", "gets_it"), [("basic", False), ("silver", True), ("gold", True), ("other", False)]
)
def test_from_tier__silver__for_silver_and_above(tier: str, gets_it: bool) -> None:
    rule = from_tier(TENTH, "silver", trait="rewards.tier", catalog=TIERS)

    assert gets(rule, rewards__tier=tier) is gets_it


@pytest.mark.parametrize(("days", "gets_it"), [(89, False), (90, True), (400, True), (None, False)])
def test_win_back__ninety_days_away__not_sooner_and_not_who_never_bought(
    days: int | None, gets_it: bool
) -> None:
    traits: dict[str, Any] = {} if days is None else {"customer__last_order_at": NOON - timedelta(days=days)}

    assert gets(win_back(TENTH, days_away=90), **traits) is gets_it


def test_templates__on_top_of_one_another__all_have_to_hold() -> None:
    large = condition({"type": "trait", "trait": "cart.total_minor", "op": "at_least", "value": 4_500})
    rule = birthday(members_only(promotion("p", Percent(1_000), condition=large)), days_before=1)
    born = date(1990, 11, 28)

    assert gets(rule, customer__is_member=True, customer__birthday=born)
    assert not gets(rule, customer__is_member=False, customer__birthday=born)
    assert not gets(rule, customer__is_member=True, customer__birthday=date(1990, 6, 1))
