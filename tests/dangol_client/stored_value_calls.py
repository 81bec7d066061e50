"""The calls about gift cards and store credit, each made once."""

from dangol_client import (
    Approval,
    CartLine,
    CheckoutCart,
    Dangol,
    GiftCardBatch,
    GiftCardBatchDraft,
    StoredValueSettings,
    ValueMove,
)


def hold_money(dangol: Dangol, member: str) -> None:
    """Sell, load, shut and pay out cards, give and take credit, and pay with both."""
    new = dangol.gift_cards.sell(50_000, price_minor=45_000, reason="설 할인")
    card = dangol.gift_cards.look_up(new.code.lower())
    assert (card.id, card.minor, card.tail) == (new.card.id, 50_000, new.code[-4:])
    assert dangol.gift_cards.get(card.id).state == "active"
    assert dangol.gift_cards.top_up(card.id, 10_000).minor == 60_000
    assert dangol.gift_cards.block(card.id, "분실").state == "blocked"
    assert dangol.gift_cards.open(card.id, "찾음").state == "active"
    assert dangol.gift_cards.claim(member, new.code).member_id
    assert [one.id for one in dangol.gift_cards.held_by(member)] == [card.id]

    batch = dangol.gift_cards.make(GiftCardBatchDraft("설", 10_000, 2))
    assert isinstance(batch, GiftCardBatch)
    assert [one.id for one in dangol.gift_cards.batches()] == [batch.id]
    codes = dangol.gift_cards.codes(batch.id, "인쇄")
    assert dangol.gift_cards.activate(codes[0].id).minor == 10_000
    assert dangol.gift_cards.batch(batch.id).active_count == 1
    assert {one.state for one in dangol.gift_cards.list(batch=batch.id, page_size=1)} == {"made", "active"}

    given, taken = dangol.credit.give(member, 9_000, "사과"), dangol.credit.take(member, 1_000, "잘못")
    assert isinstance(given, ValueMove)
    assert isinstance(taken, ValueMove)
    assert (given.minor, taken.minor) == (9_000, -1_000)
    waits = dangol.credit.give(member, 200_000, "사과")
    assert isinstance(waits, Approval)
    assert (waits.state, waits.points, waits.credit_minor) == ("waiting", 0, 200_000)
    assert [one.minor for one in dangol.credit.of(member)] == [8_000]
    assert [one.kind for one in dangol.credit.moves(member, page_size=1)] == ["taken", "given"]

    lines = [CartLine("LATTE", 4_500, 3)]
    cart = CheckoutCart(lines, member=member, gift_cards=[codes[0].code], pay_credit="most")
    found = dangol.checkout.evaluate(cart)
    assert found.stored is not None
    paid = sum(one.minor for one in found.stored.paid)
    assert (paid, found.due_minor) == (found.payable_minor, 0)
    assert [one.kind for one in dangol.gift_cards.moves(card.id)] == ["sold", "sold"]

    assert dangol.gift_cards.refundable(card.id).reason == "withdrawn"
    out = dangol.gift_cards.refund(card.id, "환불", as_credit=True)
    assert (out.minor, out.value_minor, out.card.minor) == (55_000, 60_000, 0)
    assert {one.holding for one in dangol.gift_cards.owed().data} == {"card", "credit"}
    before = dangol.gift_cards.settings()
    changed = dangol.gift_cards.change_settings({"valid_months": 48}, version=before.version)
    assert isinstance(changed, StoredValueSettings)
    assert (changed.content["valid_months"], changed.version) == (48, before.version + 1)
    looser = changed.content | {"credit_limit_minor": 10**9}
    asked = dangol.gift_cards.change_settings(looser, version=changed.version, reason="봄 행사")
    assert isinstance(asked, Approval)
    assert (asked.kind, asked.state, asked.reason) == ("stored_value.settings", "waiting", "봄 행사")
    assert dangol.gift_cards.settings().content["lapsed_share"] == 9_000
