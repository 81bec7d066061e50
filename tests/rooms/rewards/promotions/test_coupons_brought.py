"""Coupons that a sale brings for later: gone with it, handed out again with it, and kept where part stays."""

from datetime import timedelta

import pytest

from dangol.core.storage.ids import Id, new_id, show_id
from dangol.rooms.rewards.coupons.services import take
from dangol.rooms.rewards.promotions.committing import commit, undo
from dangol.rooms.rewards.promotions.returning import bring_back
from dangol.rooms.rewards.promotions.sales import SaleView, reopen, reserve
from tests.rooms.rewards.coupons.shop import batch
from tests.rooms.rewards.promotions.shop import AT, asked, cart, offer, open_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
SOON = timedelta(minutes=5)


def sold() -> SaleView:
    """Sell two coffees that bring a coupon for the next time."""
    (kim,) = open_shop("kim")
    offer({"kind": "coupon", "coupon": show_id(batch())})
    sale = reserve(asked(cart(("coffee", 5_000, 2)), kim), at=AT)
    return commit(sale.id, source="shop", number="1", at=AT)


def code_of(sale: SaleView) -> str:
    code: str = sale.answer["effects"][0]["issued"]
    return code


def is_usable(code: str, customer_id: Id) -> bool:
    return take([code], customer_id=customer_id, sale_id=new_id(), at=AT + SOON) == []


def test_undo__a_sale_that_brought_a_coupon__blocks_it_and_reopened_it_is_good_again() -> None:
    sale = sold()
    undo(sale.id, at=AT + SOON)
    assert not is_usable(code_of(sale), sale.customer_id)

    reopen(sale.id, at=AT + SOON)
    again = commit(sale.id, source="shop", number="2", at=AT + SOON)

    assert code_of(again) == code_of(sale)
    assert is_usable(code_of(again), sale.customer_id)


def test_return__part__keeps_the_coupon() -> None:
    sale = sold()
    bring_back(sale.id, number="r1", units={"coffee": 1}, at=AT + SOON)
    assert is_usable(code_of(sale), sale.customer_id)


def test_return__all__blocks_the_coupon() -> None:
    sale = sold()
    bring_back(sale.id, number="r1", units={"coffee": 1}, at=AT + SOON)
    bring_back(sale.id, number="r2", units={"coffee": 1}, at=AT + SOON)
    assert not is_usable(code_of(sale), sale.customer_id)
