"""Sales paid with cards and credit: held, given back by unit and by amount, undone, timed out."""

from datetime import timedelta
from typing import Any

import pytest

from dangol.core.commerce.models import Order, OrderTender
from dangol.core.ledger.selectors import balances_of
from dangol.core.people.data_keys import shared_key
from dangol.core.storage.ids import Id
from dangol.domain.stored_value import Kind
from dangol.rooms.rewards.promotions.asking import ask
from dangol.rooms.rewards.promotions.committing import commit, undo
from dangol.rooms.rewards.promotions.documents import write_answer
from dangol.rooms.rewards.promotions.returning import NotReturnable, bring_back, give_back_amount
from dangol.rooms.rewards.promotions.sales import cancel, reopen
from dangol.rooms.rewards.promotions.tendering import StoredValueNotTaken
from dangol.rooms.rewards.promotions.time_outs import release_due
from dangol.rooms.rewards.stored_value.cards import CardDraft, block, sell_card
from dangol.rooms.rewards.stored_value.codes import refs_of
from dangol.rooms.rewards.stored_value.models import GiftCard, ValueMove
from dangol.rooms.rewards.stored_value.settings import unpack_settings, write_settings
from tests.rooms.rewards.promotions.shop import AT, CURRENCY, asked, cart, give, offer, open_shop, percent
from tests.rooms.rewards.stored_value.shop import BY, credit, held, on_card, on_credit, prove, ref, sold

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
COFFEE = ("coffee", 5_000, 3)


def answer_to(customer_id: Id | None, *lines: tuple[str, int, int], **more: Any) -> dict[str, Any]:
    return write_answer(ask(asked(cart(*lines), customer_id, **more)))


def set_up(**content: Any) -> None:
    write_settings(unpack_settings(content), changed_by="주인", at=AT)


def test_ask__card_and_credit_and_points__pay_in_that_order_and_write_nothing() -> None:
    (kim,) = open_shop("kim", tender={"points": 1, "minor": 1})
    give(kim, 2_000)
    card, _ = sold(4_000), credit(kim, 50_000)
    before = ValueMove.objects.count()

    found = answer_to(kim, COFFEE, pay_points=2_000, gift_cards=(ref(card),), pay_credit="most")

    assert found["stored"]["paid"] == [
        {"kind": "gift_card", "card": card.code[-4:], "minor": 4_000},
        {"kind": "credit", "card": "", "minor": 9_000},
    ]
    assert (found["payable_minor"], found["due_minor"]) == (15_000, 0)
    # Money is money: it takes nothing off what is earned.
    assert found["earning"]["points"] == 150
    assert ValueMove.objects.count() == before
    assert (on_card(card), on_credit(kim)) == (4_000, 50_000)


def test_ask__cards_that_cannot_pay__are_told_and_the_rest_still_pays() -> None:
    (kim,) = open_shop("kim")
    good, shut, empty, old = sold(), sold(), sold(5_000), sold(expires_at=AT + timedelta(days=1))
    block(shut.id, is_blocked=True, reason="분실", by=BY)
    held(None, ("coffee", 5_000, 1), gift_cards=(ref(empty),))
    cards = (*refs_of(["GC-NICHTS"]), ref(shut), ref(empty), ref(old), ref(good), ref(good))
    late = AT + timedelta(days=2)

    found = answer_to(kim, COFFEE, gift_cards=cards, at=late)["stored"]
    shopper = answer_to(kim, COFFEE, gift_cards=cards, by_shopper=True, at=late)["stored"]

    assert [one["reason"] for one in found["refused"]] == [
        "unknown_gift_card", "gift_card_blocked", "gift_card_empty", "gift_card_lapsed", "gift_card_twice",
    ]  # fmt: skip
    assert {one["reason"] for one in shopper["refused"]} == {"unknown_gift_card", "gift_card_twice"}
    assert found["minor"] == shopper["minor"] == 10_000
    assert all(one["message"] for one in found["refused"])


@pytest.mark.parametrize(
    ("given", "content", "reason"),
    [
        ({"pay_credit": 8_001}, {}, "not_enough_store_credit"),
        ({"pay_credit": 8_000}, {"most_credit_share": 5_000}, "more_than_share"),
        ({"pay_credit": 1_000}, {"accepts_credit": False}, "stored_value_not_accepted"),
    ],
)
def test_reserve__credit_that_does_not_pay__is_refused_and_holds_nothing(
    given: dict[str, Any], content: dict[str, Any], reason: str
) -> None:
    (kim,) = open_shop("kim")
    credit(kim, 8_000)
    set_up(**content)

    with pytest.raises(StoredValueNotTaken) as refused:
        held(kim, COFFEE, **given)

    assert refused.value.data["reason"] == reason
    assert on_credit(kim) == 8_000
    with pytest.raises(StoredValueNotTaken) as nobody:
        held(None, COFFEE, pay_credit=1_000)
    assert nobody.value.data["reason"] in ("no_member", "stored_value_not_accepted")


def test_reserve__by_card__keeps_its_money_until_canceled_and_leaves_no_code_behind() -> None:
    open_shop("kim")
    card = sold(20_000)

    sale = held(None, COFFEE, gift_cards=(ref(card),))

    assert on_card(card) == 5_000
    row = GiftCard.objects.get(id=card.id)
    assert card.code.encode() not in bytes(row.sealed)
    assert card.code not in str(sale.answer)
    assert shared_key("gift-cards")
    cancel(sale.id, at=AT)
    cancel(sale.id, at=AT)
    assert on_card(card) == 20_000
    again = reopen(sale.id, at=AT)
    assert (again.stored_minor, on_card(card)) == (15_000, 5_000)
    prove()


def test_time_out__of_a_sale_paid_by_card_and_credit__gives_both_back() -> None:
    (kim,) = open_shop("kim")
    card, _ = sold(6_000), credit(kim, 4_000)
    held(kim, COFFEE, gift_cards=(ref(card),), pay_credit="most")
    assert (on_card(card), on_credit(kim)) == (0, 0)

    release_due(as_of=AT + timedelta(hours=1))

    assert (on_card(card), on_credit(kim)) == (6_000, 4_000)
    prove()


def test_commit__paid_by_card_and_credit__is_an_order_with_tenders_and_all_its_points() -> None:
    (kim,) = open_shop("kim")
    card, _ = sold(6_000), credit(kim, 4_000)
    sale = held(kim, COFFEE, gift_cards=(ref(card),), pay_credit="most", shipping=2_500)

    commit(sale.id, source="shop", number="1", at=AT)

    tenders = {one.kind: one.amount_minor for one in OrderTender.objects.all()}
    assert tenders == {"gift_card": 6_000, "credit": 4_000}
    assert Order.objects.get().net_minor == 15_000
    assert balances_of([kim], CURRENCY)[kim].pending + balances_of([kim], CURRENCY)[kim].available == 150
    told = ValueMove.objects.filter(kind=Kind.PAID.value)
    assert {(one.customer_id, one.sale_id) for one in told} == {(kim, sale.id)}
    prove()


def test_commit__where_it_counts_as_a_discount__earns_on_the_money_alone() -> None:
    (kim,) = open_shop("kim")
    set_up(is_discount=True)
    credit(kim, 10_000)
    sale = held(kim, COFFEE, pay_credit=10_000)

    commit(sale.id, source="shop", number="1", at=AT)

    assert sale.answer["earning"]["points"] == 50
    assert Order.objects.get().net_minor == 5_000
    found = balances_of([kim], CURRENCY)[kim]
    assert found.pending + found.available == 50
    bring_back(sale.id, number="r", units={"coffee": 3}, at=AT)
    found = balances_of([kim], CURRENCY)[kim]
    assert found.pending + found.available == 0
    prove()


def test_return__unit_by_unit__gives_each_way_of_paying_back_to_the_won() -> None:
    (kim,) = open_shop("kim")
    card, _ = sold(7_000), credit(kim, 3_001)
    sale = held(kim, ("coffee", 3_333, 3), ("tea", 5_001, 1), gift_cards=(ref(card),), pay_credit="most")
    commit(sale.id, source="shop", number="1", at=AT)
    assert sale.answer["due_minor"] == 4_999

    parts = [
        bring_back(sale.id, number=f"r{n}", units=units, at=AT)
        for n, units in enumerate([{"coffee": 1}, {"tea": 1}, {"coffee": 2}])
    ]

    assert sum(one.money_minor for one in parts) == 4_999
    assert sum(one.stored_back_minor for one in parts) == 10_001
    assert (on_card(card), on_credit(kim)) == (7_000, 3_001)
    prove()


def test_return__amount_then_units__gives_back_what_is_left_and_no_more() -> None:
    open_shop("kim")
    card = sold(9_000)
    sale = held(None, ("coffee", 5_000, 2), gift_cards=(ref(card),))
    commit(sale.id, source="shop", number="1", at=AT)

    first = give_back_amount(sale.id, number="a", minor=3_333, at=AT)
    again = give_back_amount(sale.id, number="a", minor=3_333, at=AT)
    rest = bring_back(sale.id, number="b", units={"coffee": 2}, at=AT)

    assert (first.money_minor, first.stored_back_minor) == (334, 2_999)
    assert again.repeated
    assert (rest.money_minor, rest.stored_back_minor) == (666, 6_001)
    assert on_card(card) == 9_000
    prove()


def test_return__card_that_has_lapsed_meanwhile__lapses_again_and_may_be_claimed() -> None:
    open_shop("kim")
    card = sold(9_000, expires_at=AT + timedelta(days=10))
    sale = held(None, ("coffee", 9_000, 1), gift_cards=(ref(card),))
    commit(sale.id, source="shop", number="1", at=AT)
    late = AT + timedelta(days=20)

    bring_back(sale.id, number="r", units={"coffee": 1}, at=late)

    assert on_card(card, late) == 0
    assert [one.kind for one in ValueMove.objects.filter(account_id=card.id).order_by("id")] == [
        "sold", "paid", "back", "lapsed",
    ]  # fmt: skip
    prove()


def test_return__as_credit__gives_the_money_to_the_member_and_never_lapses() -> None:
    (kim,) = open_shop("kim")
    set_up(credit_valid_days=30)
    sale = held(kim, COFFEE, shipping=2_500)
    commit(sale.id, source="shop", number="1", at=AT)

    back = bring_back(sale.id, number="r", units={"coffee": 3}, delivery=True, as_credit=True, at=AT)
    again = bring_back(sale.id, number="r", units={"coffee": 3}, delivery=True, as_credit=True, at=AT)

    assert (back.money_minor, back.credit_minor, again.credit_minor) == (17_500, 17_500, 17_500)
    assert on_credit(kim, AT + timedelta(days=400)) == 17_500
    guests = held(None, COFFEE)
    commit(guests.id, source="shop", number="2", at=AT)
    with pytest.raises(NotReturnable):
        bring_back(guests.id, number="r", units={"coffee": 1}, as_credit=True, at=AT)
    prove()


def test_undo__of_an_order_paid_by_card__is_as_if_it_had_never_been() -> None:
    (kim,) = open_shop("kim")
    offer(percent(10))
    card = sold(9_000)
    sale = held(kim, COFFEE, gift_cards=(ref(card),))
    commit(sale.id, source="shop", number="1", at=AT)

    undo(sale.id, at=AT)

    assert on_card(card) == 9_000
    prove()


def test_reserve__given_card__is_drawn_like_any_other() -> None:
    open_shop("kim")
    card = sell_card(CardDraft(5_000, "KRW", is_given=True, reason="사은"), by=BY)

    held(None, ("coffee", 2_000, 1), gift_cards=(ref(card),))

    assert on_card(card) == 3_000
