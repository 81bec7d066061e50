"""What was handed out for a card was not used: it opens the way to no other money on it."""

from datetime import timedelta

import pytest

from dangol.rooms.rewards.promotions.committing import commit
from dangol.rooms.rewards.promotions.returning import bring_back
from dangol.rooms.rewards.stored_value import cards, refunds, selectors
from dangol.rooms.rewards.stored_value.cards import CardDraft
from dangol.rooms.rewards.stored_value.errors import GiftCardNotRefundable
from tests.rooms.rewards.promotions.shop import AT, open_shop
from tests.rooms.rewards.stored_value.shop import BY, held, on_card, prove, ref, sold

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
LATER = BY._replace(at=AT + timedelta(days=30))


def cash(card: cards.Issued, key: str) -> int:
    return refunds.refund(card.id, as_credit=False, reason="환급", key=key, by=LATER).minor


def face(card: cards.Issued) -> int:
    return selectors.find_card(card.id, at=LATER.at).face_minor


def test_refund__after_a_top_up_was_withdrawn__leaves_what_was_there_before_unused() -> None:
    open_shop("kim")
    card = sold(10_000)
    cards.top_up(card.id, 40_000, key="more", by=LATER)

    assert cash(card, "r1") == 40_000

    assert (face(card), on_card(card)) == (10_000, 10_000)
    with pytest.raises(GiftCardNotRefundable) as refused:
        cash(card, "r2")
    assert refused.value.data == {"reason": "not_enough_used", "needed": 8_000, "used": 0}
    held(None, ("coffee", 8_000, 1), gift_cards=(ref(card),))
    assert cash(card, "r3") == 2_000
    prove()


def test_refund__after_a_withdrawal_and_a_return__counts_what_came_back_as_unused() -> None:
    open_shop("kim")
    card = sold(20_000)
    sale = held(None, ("coffee", 20_000, 1), gift_cards=(ref(card),))
    commit(sale.id, source="shop", number="1", at=AT)
    cards.top_up(card.id, 10_000, key="more", by=LATER)

    assert cash(card, "r1") == 10_000
    bring_back(sale.id, number="back", units={"coffee": 1}, at=LATER.at)

    assert on_card(card) == 20_000
    with pytest.raises(GiftCardNotRefundable) as refused:
        cash(card, "r2")
    assert refused.value.data == {"reason": "not_enough_used", "needed": 12_000, "used": 0}
    prove()


def test_refund__what_had_lapsed_before_the_top_up__is_no_part_of_the_face() -> None:
    open_shop("kim")
    card = cards.sell_card(CardDraft(30_000, "KRW", expires_at=AT + timedelta(days=10)), by=BY)
    cards.top_up(card.id, 20_000, key="more", by=LATER)
    held(None, ("coffee", 5_000, 1), gift_cards=(ref(card),), at=LATER.at)

    assert cash(card, "r1") == 27_000

    assert face(card) == 20_000
    with pytest.raises(GiftCardNotRefundable) as refused:
        cash(card, "r2")
    assert refused.value.data == {"reason": "not_enough_used", "needed": 12_000, "used": 5_000}
