"""What was paid for the delivery: kept beside the units, and given back as the shop says."""

from datetime import timedelta
from typing import Any

import pytest

from dangol.core.commerce.models import Return
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.promotions.committing import HasReturns, commit, undo
from dangol.rooms.rewards.promotions.limits import left_of
from dangol.rooms.rewards.promotions.returning import NotReturnable, ReturnNumberTaken, bring_back
from dangol.rooms.rewards.promotions.sales import reserve
from tests.rooms.rewards.promotions.shop import AT, asked, cart, offer, open_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
SOON = timedelta(minutes=5)
HALF_DELIVERY = {"kind": "free_shipping", "most_minor": 1_500}


def sold(**checkout: Any) -> tuple[Id, Id]:
    """Sell two coffees and a delivery of 3,000 won at half its price; the sale and its promotion."""
    (kim,) = open_shop("kim", **checkout)
    promotion = offer(HALF_DELIVERY, limits={"budget_minor": 10_000})
    sale = reserve(asked(cart(("coffee", 5_000, 2), shipping=3_000), kim), at=AT).id
    commit(sale, source="shop", number="1", at=AT)
    return sale, promotion


def test_return__delivery_asked_for__comes_back_with_its_part_of_the_budget() -> None:
    sale, promotion = sold()
    assert left_of([promotion])[promotion].minor == 8_500

    found = bring_back(sale, number="r1", units={"coffee": 1}, delivery=True, at=AT + SOON)

    assert (found.money_minor, found.delivery_minor) == (6_500, 1_500)
    assert left_of([promotion])[promotion].minor == 10_000
    with pytest.raises(NotReturnable) as refused:
        bring_back(sale, number="r2", units={}, delivery=True, at=AT + SOON)
    assert refused.value.data["reason"] == "already_back"
    assert bring_back(sale, number="r3", units={"coffee": 1}, at=AT + SOON).money_minor == 5_000
    assert left_of([promotion])[promotion].minor == 10_000


def test_return__delivery_alone__is_no_return_of_the_orders_lines() -> None:
    sale, _ = sold()

    found = bring_back(sale, number="r1", units={}, delivery=True, at=AT + SOON)

    assert (found.money_minor, found.delivery_minor) == (1_500, 1_500)
    assert not Return.objects.exists()
    assert bring_back(sale, number="r1", units={}, delivery=True, at=AT + SOON).repeated
    with pytest.raises(ReturnNumberTaken):
        bring_back(sale, number="r1", units={"coffee": 1}, at=AT + SOON)


@pytest.mark.parametrize(("rule", "back"), [("last_unit", 11_500), ("asked", 10_000), ("never", 10_000)])
def test_return__all_units__bring_the_delivery_only_where_the_last_unit_does(rule: str, back: int) -> None:
    sale, promotion = sold(delivery_back=rule)

    assert bring_back(sale, number="r1", units={"coffee": 2}, at=AT + SOON).money_minor == back
    assert left_of([promotion])[promotion].minor == 10_000


@pytest.mark.parametrize("rule", ["last_unit", "never"])
def test_return__delivery_asked_for_where_it_is_not_given_back_so__is_refused(rule: str) -> None:
    sale, _ = sold(delivery_back=rule)

    with pytest.raises(NotReturnable) as refused:
        bring_back(sale, number="r1", units={"coffee": 1}, delivery=True, at=AT + SOON)
    assert refused.value.data["reason"] == "not_given_back"


def test_undo__after_the_delivery_alone_came_back__is_refused() -> None:
    sale, _ = sold()
    bring_back(sale, number="r1", units={}, delivery=True, at=AT + SOON)

    with pytest.raises(HasReturns):
        undo(sale, at=AT + SOON)
