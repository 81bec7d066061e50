"""Stamps of a sale: told when it becomes an order, and with the units that come back."""

from datetime import timedelta

import pytest

from dangol.core.events.models import Event
from dangol.core.events.payloads import decode
from dangol.core.storage.ids import Id, show_id
from dangol.rooms.rewards.promotions.committing import commit
from dangol.rooms.rewards.promotions.events import SaleCommitted, SaleReturned
from dangol.rooms.rewards.promotions.returning import bring_back
from dangol.rooms.rewards.promotions.sales import reserve
from tests.rooms.rewards.promotions.shop import AT, asked, cart, offer, open_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HOUR = timedelta(hours=1)
STAMPS = {"kind": "stamps", "card": "coffee", "per_unit": True}


def told_of(customer_id: Id) -> list[SaleCommitted | SaleReturned]:
    """Return what a customer's timeline has of sales and returns, earliest first."""
    rows = Event.objects.filter(customer_id=customer_id).order_by("customer_seq")
    told = (decode(*row) for row in rows.values_list("name", "payload"))
    return [one for one in told if isinstance(one, SaleCommitted | SaleReturned)]


def test_stamps__of_a_sale__are_told_with_it_and_with_the_units_that_come_back() -> None:
    (member,) = open_shop("kim")
    key = offer(STAMPS, {"kind": "stamps", "card": "cake"})
    sale = reserve(asked(cart(("latte", 4_500, 3), ("cake", 6_000, 1)), member), at=AT)

    commit(sale.id, source="till", number="1", at=AT)
    bring_back(sale.id, number="r1", units={"latte": 1}, at=AT + HOUR)
    bring_back(sale.id, number="r2", units={"cake": 1, "latte": 2}, at=AT + HOUR)

    told = told_of(member)
    stamps = [{one.card: one.count for one in payload.stamps} for payload in told]
    assert stamps == [{"coffee": 4, "cake": 1}, {"coffee": 1}, {"coffee": 3, "cake": 1}]
    assert {one.promotion for payload in told for one in payload.stamps} == {show_id(key)}


def test_stamps__of_somebody_unknown__are_not_told() -> None:
    open_shop()
    offer(STAMPS)
    sale = reserve(asked(cart(("latte", 4_500, 1)), None), at=AT)

    commit(sale.id, source="till", number="1", at=AT)

    assert [one.stamps for one in told_of(sale.customer_id)] == [()]
