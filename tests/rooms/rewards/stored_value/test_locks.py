"""Whoever is told of a movement is locked before the account: nobody waits in a circle."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.people.merges import merge_customers
from dangol.core.storage.ids import new_id
from dangol.rooms.rewards.promotions.committing import commit
from dangol.rooms.rewards.promotions.returning import bring_back
from dangol.rooms.rewards.promotions.sales import cancel, reopen
from dangol.rooms.rewards.stored_value import cards, refunds, selectors
from dangol.rooms.rewards.stored_value.credit import ByHand, move_by_hand, take_credit
from dangol.rooms.rewards.stored_value.errors import ValueKeyReused
from tests.rooms.rewards.promotions.shop import AT, open_shop
from tests.rooms.rewards.stored_value.shop import (
    BY,
    CLERK,
    credit,
    held,
    on_card,
    on_credit,
    prove,
    ref,
    sold,
)
from tests.rooms.rewards.stored_value.test_cards import DAY
from tests.rooms.rewards.stored_value.test_refunds import LATER

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


class Locks(CaptureQueriesContext):
    """What a block asks the database."""

    def __init__(self) -> None:
        super().__init__(connection)

    @property
    def late(self) -> set[str]:
        """Return the customers who are locked after lots were first read, and were not before."""
        asked = [one["sql"] for one in self.captured_queries if one["sql"].startswith("SELECT")]
        lots = [place for place, sql in enumerate(asked) if "dg_value_lot" in sql]
        first, then = _heads(asked[: lots[0]]), _heads(asked[lots[0] :])
        assert first, "no money was moved"
        return then - first


def _heads(asked: list[str]) -> set[str]:
    heads = [sql for sql in asked if "dg_event_customer_head" in sql]
    return {found for sql in heads for found in re.findall("[0-9a-f]{32}", sql)}


def half_lapsed(holder: bytes) -> cards.Issued:
    """Return a card that somebody holds, of which one lot has lapsed at LATER and another has not."""
    card = sold(10_000, expires_at=AT + 10 * DAY)
    cards.claim(ref(card), holder, by=BY)
    cards.top_up(card.id, 20_000, key="more", by=BY)
    return card


def test_pay__with_a_card_that_another_holds_of_which_some_lapsed__locks_the_holder_first() -> None:
    kim, lee = open_shop("kim", "lee")
    card = half_lapsed(kim)

    with Locks() as locks:
        sale = held(lee, ("coffee", 6_000, 1), gift_cards=(ref(card),), at=LATER.at)

    assert locks.late == set()
    assert (sale.stored_minor, on_card(card, LATER.at)) == (6_000, 14_000)
    assert "lapsed" in [one.kind.value for one in selectors.moves_of_card(card.id)]
    prove()


def test_return_and_reopen__of_what_another_holds_and_lapsed_since__lock_the_holder_first() -> None:
    kim, lee = open_shop("kim", "lee")
    card, other = half_lapsed(kim), half_lapsed(kim)
    sale = held(lee, ("coffee", 12_000, 1), gift_cards=(ref(card),))
    commit(sale.id, source="shop", number="1", at=AT)
    gone = held(lee, ("coffee", 2_000, 1), gift_cards=(ref(other),))

    with Locks() as locks:
        bring_back(sale.id, number="r", units={"coffee": 1}, at=LATER.at)
    with Locks() as let_go:
        cancel(gone.id, at=LATER.at)
    with Locks() as again:
        reopen(gone.id, at=LATER.at)

    assert (locks.late, let_go.late, again.late) == (set(), set(), set())
    assert (on_card(card, LATER.at), on_card(other, LATER.at)) == (20_000, 18_000)
    prove()


def test_credit__of_who_became_part_of_another__locks_the_whole_family_first() -> None:
    kim, lee = open_shop("kim", "lee")
    credit(lee, 5_000, expires_at=AT + 10 * DAY)
    credit(lee, 4_000, key="stays")
    credit(kim, 3_000)
    merge_customers(kim, lee, actor=CLERK, reason="한 사람", at=AT)

    with Locks() as pays:
        held(kim, ("coffee", 6_000, 1), pay_credit="most", at=LATER.at)
    with Locks() as by_hand:
        move_by_hand(lee, ByHand("KRW", 500), form=new_id(), actor=CLERK, reason="사과", at=LATER.at)

    assert (pays.late, by_hand.late) == (set(), set())
    heads = [one["sql"] for one in by_hand.captured_queries if "dg_event_customer_head" in one["sql"]]
    # Both at once: one id first and the family later would be out of order.
    assert len(_heads(heads[:1])) == 2
    assert on_credit(kim, LATER.at) == 1_500
    prove()


def test_refund__as_credit_of_a_holder_who_became_part_of_another__locks_both_first() -> None:
    kim, lee = open_shop("kim", "lee")
    card = sold(10_000)
    cards.claim(ref(card), lee, by=BY)
    merge_customers(kim, lee, actor=CLERK, reason="한 사람", at=AT)

    with Locks() as locks:
        out = refunds.refund(card.id, as_credit=True, reason="환급", key="r", by=BY)

    assert locks.late == set()
    assert (out.minor, on_credit(kim)) == (10_000, 10_000)
    prove()


def test_take_credit__of_a_family__is_soonest_to_lapse_first_and_its_key_names_all_of_it() -> None:
    kim, lee = open_shop("kim", "lee")
    credit(kim, 4_000, expires_at=AT + 20 * DAY)
    credit(lee, 3_000, expires_at=AT + 10 * DAY)
    merge_customers(kim, lee, actor=CLERK, reason="한 사람", at=AT)

    first = take_credit(kim, 3_500, "KRW", key="t", reason="잘못", by=BY)

    assert take_credit(lee, 3_500, "KRW", key="t", reason="잘못", by=BY) == first
    (left,) = selectors.credit_of(kim, at=AT)
    assert (left.minor, left.next_end) == (3_500, AT + 20 * DAY)
    for other in (500, 3_000, 3_501):
        with pytest.raises(ValueKeyReused):
            take_credit(kim, other, "KRW", key="t", reason="잘못", by=BY)
    prove()
