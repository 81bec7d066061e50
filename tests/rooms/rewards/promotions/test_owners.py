"""Sales whose order is another's: merged before the till, claimed, or returned at another door."""

from datetime import timedelta

import pytest

from dangol.core.commerce.claims import claim_guest_order
from dangol.core.commerce.drafts import ReturnDraft, ReturnLineDraft
from dangol.core.commerce.models import Order, OrderLine, Return
from dangol.core.commerce.returns import record_returns
from dangol.core.events.settling import settle_all
from dangol.core.ledger.selectors import balances_of
from dangol.core.people.merges import merge_customers
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.promotions.committing import HasReturns, commit, undo
from dangol.rooms.rewards.promotions.returning import ReturnedElsewhere, bring_back, give_back_amount
from dangol.rooms.rewards.promotions.sales import SaleOfAbsorbed, cancel, reopen, reserve
from tests.core.ledger.following import BY_HAND
from tests.core.segments.shop import SEOUL
from tests.rooms.rewards.promotions.shop import AT, CURRENCY, asked, cart, offer, open_shop, percent

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
SOON = timedelta(minutes=5)


def held(customer_id: Id | None) -> Id:
    """Hold two coffees with a tenth off."""
    offer(percent(10))
    return reserve(asked(cart(("coffee", 5_000, 2)), customer_id), at=AT).id


def points_of(customer_id: Id) -> int:
    """Return what somebody may spend."""
    return balances_of([customer_id], CURRENCY)[customer_id].available


def test_commit__buyer_merged_meanwhile__is_the_kept_ones_order_and_comes_back() -> None:
    kim, lee = open_shop("kim", "lee")
    sale = held(lee)
    merge_customers(kim, lee, at=AT, **BY_HAND)
    settle_all(clock=lambda: AT, zone=SEOUL)

    first = commit(sale, source="shop", number="1", at=AT + SOON)

    assert Order.objects.get().customer_id == kim
    assert commit(sale, source="shop", number="1", at=AT + SOON) == first
    assert points_of(kim) == 90
    assert bring_back(sale, number="r1", units={"coffee": 1}, at=AT + SOON).money_minor == 4_500
    assert points_of(kim) == 45


def test_return__of_a_guests_sale_that_was_claimed__is_the_members() -> None:
    (kim,) = open_shop("kim")
    sale = held(None)
    commit(sale, source="shop", number="1", at=AT)
    claim_guest_order(source="shop", number="1", customer_id=kim, recorded_at=AT)

    assert bring_back(sale, number="r1", units={"coffee": 2}, at=AT + SOON).money_minor == 9_000
    assert Return.objects.get().customer_id == kim
    assert points_of(kim) == 0


def test_return__of_what_came_back_at_another_door__is_refused() -> None:
    (kim,) = open_shop("kim")
    sale = held(kim)
    commit(sale, source="shop", number="1", at=AT)
    line = OrderLine.objects.get()
    back = ReturnLineDraft(line.product_id, "coffee", "", 1_000, 4_500, 1)
    with write_transaction():
        record_returns([ReturnDraft(kim, "shop", "r0", AT, "KRW", [back], order_number="1")], recorded_at=AT)

    with pytest.raises(ReturnedElsewhere):
        bring_back(sale, number="r1", units={"coffee": 1}, at=AT + SOON)
    with pytest.raises(HasReturns):
        undo(sale, at=AT + SOON)
    assert points_of(kim) == 45


def test_reopen__customer_merged_meanwhile__is_refused_and_names_the_kept_one() -> None:
    kim, lee = open_shop("kim", "lee")
    sale = held(lee)
    cancel(sale, at=AT)
    merge_customers(kim, lee, at=AT, **BY_HAND)
    settle_all(clock=lambda: AT, zone=SEOUL)

    with pytest.raises(SaleOfAbsorbed) as refused:
        reopen(sale, at=AT + SOON)
    assert refused.value.data["customer"] == show_id(kim)


def test_reopen__a_sale_of_no_promotions__is_of_none_again() -> None:
    (kim,) = open_shop("kim")
    offer(percent(10))
    plain = asked(cart(("coffee", 5_000, 2)), kim, only=frozenset())
    sale = reserve(plain, at=AT)
    cancel(sale.id, at=AT)

    assert sale.discount_minor == reopen(sale.id, at=AT + SOON).discount_minor == 0


def test_points__of_several_promotions_after_an_amount_came_back__are_taken_to_the_last_one() -> None:
    (kim,) = open_shop("kim")
    offer({"kind": "points", "points": 7}, name="가", target={"include": {"products": ["coffee"]}})
    offer({"kind": "points", "points": 7}, name="나", target={"include": {"products": ["tea"]}}, lane="after")
    lines = cart(("coffee", 5_000, 1), ("tea", 4_000, 1))
    sale = reserve(asked(lines, kim), at=AT).id
    commit(sale, source="shop", number="1", at=AT)
    earned = points_of(kim)

    told = [give_back_amount(sale, number=f"a{n}", minor=900, at=AT).points_taken for n in range(3)]
    for line in ("tea", "coffee"):
        told.append(bring_back(sale, number=line, units={line: 1}, at=AT).points_taken)

    assert earned > 14
    assert sum(told) == 14
    assert points_of(kim) == 0
