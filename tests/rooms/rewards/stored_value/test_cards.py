"""Gift cards: sold, made ahead, loaded, shut, claimed, paid out, and what the shop owes for them."""

from datetime import timedelta
from typing import Any

import pytest

from dangol.core.people.erasures import erase_customer
from dangol.core.people.merges import merge_customers
from dangol.core.storage.ids import new_id
from dangol.domain.coupon_codes import GuessablePattern, is_whole
from dangol.domain.gift_card_terms import NoRefund, Why, end_of
from dangol.domain.stored_value import Holding
from dangol.rooms.rewards.promotions.tendering import StoredValueNotTaken
from dangol.rooms.rewards.stored_value import cards, refunds, selectors
from dangol.rooms.rewards.stored_value.cards import BatchDraft, CardDraft
from dangol.rooms.rewards.stored_value.codes import open_codes, refs_of
from dangol.rooms.rewards.stored_value.consumers import FOLLOW
from dangol.rooms.rewards.stored_value.errors import (
    GiftCardHeld,
    GiftCardNotRefundable,
    GiftCardWrongState,
    InvalidGiftCard,
    UnknownGiftCard,
    ValueKeyReused,
)
from dangol.rooms.rewards.stored_value.lapsing import lapse_due
from dangol.rooms.rewards.stored_value.models import CardState, GiftCard
from dangol.rooms.rewards.stored_value.owed import Owed, owed_on
from dangol.rooms.rewards.stored_value.refunds import HandedOut
from tests.core.ledger.shop import let_worker_by
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

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
DAY = timedelta(days=1)
LATER = BY._replace(at=AT + 30 * DAY)


def state(card: Any) -> str:
    return selectors.find_card(card.id, at=AT).state.value


def test_sell__a_card__pays_for_five_years_and_its_form_sent_twice_is_one() -> None:
    open_shop("kim")
    form = new_id()
    card = cards.sell_card(CardDraft(30_000, "KRW"), by=BY, card_id=form)
    again = cards.sell_card(CardDraft(30_000, "KRW"), by=BY, card_id=form)

    found = selectors.find_card_by_code(ref(card), at=AT)

    assert again == card
    assert is_whole(card.code)
    assert (found.id, found.open_minor, found.state) == (card.id, 30_000, CardState.ACTIVE)
    assert found.next_end is not None
    assert found.next_end.isoformat() == "2031-11-27T15:00:00+00:00"
    assert [one.id for one in selectors.list_cards(at=AT, tail=card.code[-4:].lower())] == [card.id]
    assert selectors.list_cards(at=AT, tail="0000", state="blocked") == []


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"minor": 999}, "minor"),
        ({"minor": 500_001}, "minor"),
        ({"minor": 10_000, "price_minor": 10_001}, "price_minor"),
        ({"minor": 10_000, "price_minor": 0}, "price_minor"),
        ({"minor": 10_000, "price_minor": 1, "is_given": True}, "price_minor"),
        ({"minor": 10_000, "expires_at": AT}, "expires_at"),
    ],
)
def test_sell__what_no_card_can_be__is_refused_by_its_field(draft: dict[str, Any], field: str) -> None:
    open_shop("kim")

    with pytest.raises(InvalidGiftCard) as refused:
        cards.sell_card(CardDraft(draft.pop("minor"), "KRW", **draft), by=BY)

    assert refused.value.data["field"] == field
    assert GiftCard.objects.count() == 0


def test_batch__of_cards_for_sale__pay_once_each_is_activated() -> None:
    open_shop("kim")
    form = new_id()
    draft = BatchDraft("설", 50_000, "KRW", 3)
    batch = cards.make_batch(draft, by=BY, batch_id=form)
    assert cards.make_batch(draft, by=BY, batch_id=form) == batch
    one, *_ = GiftCard.objects.filter(batch_id=batch)
    (code,) = open_codes([(one.id, bytes(one.sealed))])

    with pytest.raises(StoredValueNotTaken) as refused:
        held(None, ("coffee", 5_000, 1), gift_cards=refs_of([code]))
    assert refused.value.data["reason"] == "gift_card_not_active"
    cards.activate(one.id, price_minor=45_000, key="sold", by=LATER, reason="설 할인")
    cards.activate(one.id, price_minor=45_000, key="sold", by=LATER, reason="설 할인")

    with pytest.raises(GiftCardWrongState):
        cards.activate(one.id, key="other", by=LATER)
    found = selectors.find_card(one.id, at=LATER.at)
    assert (found.open_minor, found.activated_at) == (50_000, LATER.at)
    assert selectors.find_batch(batch).active_count == 1
    assert [one.active_count for one in selectors.list_batches()] == [1]
    assert GiftCard.objects.filter(batch_id=batch).count() == 3
    prove()


def test_batch__of_given_cards__pay_at_once_and_nothing_is_paid_out_for_them() -> None:
    open_shop("kim")
    batch = cards.make_batch(BatchDraft("사은", 5_000, "KRW", 2, is_given=True, reason="사은"), by=BY)

    found = selectors.list_cards(at=AT, batch_id=batch)

    assert [one.open_minor for one in found] == [5_000, 5_000]
    assert selectors.refund_for(found[0], at=AT) == NoRefund(Why.GIVEN_FREE)
    assert owed_on(AT + DAY) == [Owed(Holding.CARD, "KRW", False, 10_000, 0)]
    with pytest.raises(GuessablePattern):
        cards.make_batch(BatchDraft("짧은", 5_000, "KRW", 2, pattern="GC-####"), by=BY)


def test_top_up__a_card__is_a_lot_of_its_own_and_counts_from_there() -> None:
    open_shop("kim")
    card = sold(10_000)
    held(None, ("coffee", 9_000, 1), gift_cards=(ref(card),))

    cards.top_up(card.id, 20_000, key="more", by=LATER)
    cards.top_up(card.id, 20_000, key="more", by=LATER)

    assert on_card(card) == 21_000
    assert selectors.find_card(card.id, at=AT).face_minor == 21_000
    with pytest.raises(ValueKeyReused):
        cards.top_up(card.id, 30_000, key="more", by=LATER)
    with pytest.raises(InvalidGiftCard):
        cards.top_up(card.id, 480_000, key="too much", by=LATER)
    prove()


def test_block__a_lost_card__pays_no_more_until_it_is_opened() -> None:
    open_shop("kim")
    card = sold()
    cards.block(card.id, is_blocked=True, reason="분실 신고", by=BY)
    cards.block(card.id, is_blocked=True, reason="다시", by=BY)

    with pytest.raises(StoredValueNotTaken):
        held(None, ("coffee", 5_000, 1), gift_cards=(ref(card),))
    with pytest.raises(GiftCardWrongState):
        cards.top_up(card.id, 5_000, key="x", by=BY)
    with pytest.raises(GiftCardWrongState):
        refunds.refund(card.id, as_credit=False, reason="환급", key="x", by=BY)
    cards.block(card.id, is_blocked=False, reason="찾음", by=BY)

    assert held(None, ("coffee", 5_000, 1), gift_cards=(ref(card),)).stored_minor == 5_000
    acts = [(one.act, one.reason) for one in selectors.acts_of(card.id)]
    assert acts == [("opened", "찾음"), ("blocked", "분실 신고")]


def test_claim__by_a_member__is_theirs_also_once_they_are_merged_and_nobody_elses() -> None:
    kim, lee, park = open_shop("kim", "lee", "park")
    card = sold()
    cards.claim(ref(card), lee, by=BY)

    with pytest.raises(GiftCardHeld):
        cards.claim(ref(card), park, by=BY)
    merge_customers(kim, lee, actor=CLERK, reason="한 사람", at=AT)

    assert cards.claim(ref(card), kim, by=BY) == card.id
    assert [one.id for one in selectors.cards_of(kim, at=AT)] == [card.id]
    shut = sold()
    cards.block(shut.id, is_blocked=True, reason="분실", by=BY)
    for code in (ref(shut), refs_of(["GC-0"])[0]):
        with pytest.raises(UnknownGiftCard):
            cards.claim(code, park, by=BY)


def test_moves__of_a_card_that_was_claimed__are_told_to_its_holder_from_then_on() -> None:
    (kim,) = open_shop("kim")
    card, other = sold(), sold()
    held(None, ("coffee", 4_000, 1), gift_cards=(ref(card),))
    cards.claim(ref(card), kim, by=LATER)
    cards.top_up(card.id, 5_000, key="more", by=LATER)

    claims = selectors.claims_of([card.id, other.id])

    assert claims == {card.id: LATER.at}
    assert [one.minor for one in selectors.moves_of_card(card.id, since=LATER.at)] == [5_000]
    assert len(selectors.moves_of_card(card.id)) == 3


def test_refund__mostly_used__hands_out_the_rest_once() -> None:
    open_shop("kim")
    card = sold(50_000)
    held(None, ("coffee", 29_999, 1), gift_cards=(ref(card),))
    with pytest.raises(GiftCardNotRefundable) as refused:
        refunds.refund(card.id, as_credit=False, reason="환급", key="r", by=LATER)
    assert refused.value.data == {"reason": "not_enough_used", "needed": 30_000, "used": 29_999}
    held(None, ("coffee", 1, 1), gift_cards=(ref(card),))

    first = refunds.refund(card.id, as_credit=False, reason="환급", key="r", by=LATER)
    again = refunds.refund(card.id, as_credit=False, reason="환급", key="r", by=LATER)

    assert first == again == HandedOut(first.move_id, 20_000, 20_000, False)
    assert on_card(card) == 0
    move = selectors.moves_of_card(card.id)[0]
    assert (move.minor, move.paid_out_minor, move.reason) == (-20_000, 20_000, "환급")
    prove()


def test_refund__lapsed_as_credit__is_all_of_it_for_its_holder() -> None:
    (kim,) = open_shop("kim")
    card = sold(50_000, expires_at=AT + 10 * DAY)
    late = BY._replace(at=AT + 11 * DAY)
    assert lapse_due(as_of=late.at) == 1
    assert lapse_due(as_of=late.at) == 0
    with pytest.raises(GiftCardWrongState):
        refunds.refund(card.id, as_credit=True, reason="환급", key="r", by=late)
    cards.claim(ref(card), kim, by=late)

    first = refunds.refund(card.id, as_credit=True, reason="환급", key="r", by=late)
    again = refunds.refund(card.id, as_credit=True, reason="환급", key="r", by=late)

    assert first == again == HandedOut(first.move_id, 50_000, 50_000, True)
    assert on_credit(kim) == 50_000
    prove()


def test_owed__on_any_day__is_the_sum_of_what_had_moved_by_then() -> None:
    (kim,) = open_shop("kim")
    sold(50_000, expires_at=AT + 10 * DAY)
    credit(kim, 3_000)
    lapse_due(as_of=AT + 12 * DAY)

    assert owed_on(AT) == []
    assert owed_on(AT + DAY) == [
        Owed(Holding.CARD, "KRW", True, 50_000, 0), Owed(Holding.CREDIT, "KRW", False, 3_000, 0),
    ]  # fmt: skip
    assert owed_on(AT + 11 * DAY) == [
        Owed(Holding.CARD, "KRW", True, 0, 50_000), Owed(Holding.CREDIT, "KRW", False, 3_000, 0),
    ]  # fmt: skip
    over = end_of(AT, 61, AT.tzinfo)  # type: ignore[arg-type]  # UTC has no offset to look up
    assert owed_on(over)[0].claimable_minor == 0


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_erased__holder__has_no_credit_and_the_card_stays_good_for_its_bearer() -> None:
    kim, lee = open_shop("kim", "lee")
    card = sold()
    cards.claim(ref(card), kim, by=BY)
    credit(kim, 3_000)
    credit(lee, 2_000)

    erase_customer(kim, actor=CLERK, reason="요청", at=AT)
    let_worker_by(FOLLOW)

    assert owed_on(AT + DAY)[1] == Owed(Holding.CREDIT, "KRW", False, 2_000, 0)
    assert selectors.find_card(card.id, at=AT).holder_id is None
    assert held(None, ("coffee", 5_000, 1), gift_cards=(ref(card),)).stored_minor == 5_000
    prove()
