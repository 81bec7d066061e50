"""Value given for nothing: with a reason, up to a limit of a day, above it with a second person."""

import pytest

from dangol.core.access.approvals import ApprovalState
from dangol.core.access.errors import AlreadyDecided, OwnRequest
from dangol.core.access.own_account import OwnAccount, link_membership
from dangol.core.people.actors import Actor, ActorKind, ReasonMissing
from dangol.core.people.models import Staff
from dangol.core.storage.ids import new_id
from dangol.rooms.rewards.stored_value import cards, refunds
from dangol.rooms.rewards.stored_value.batch_asks import ask_batch, decide_batch
from dangol.rooms.rewards.stored_value.cards import BatchDraft, CardDraft
from dangol.rooms.rewards.stored_value.errors import InvalidGiftCard, TooMuchGiven
from dangol.rooms.rewards.stored_value.models import GiftCard
from tests.rooms.rewards.promotions.shop import AT, open_shop
from tests.rooms.rewards.stored_value.shop import BY, CLERK, credit, on_card, prove, ref, sold

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
BOSS = Actor(ActorKind.STAFF, "boss@shop.example", "사장")
MUCH = BatchDraft("사은", 50_000, "KRW", 3, is_given=True, reason="개업")


def test_given__card_or_less_than_its_face__has_a_reason_and_ends_at_the_limit_of_a_day() -> None:
    open_shop("kim")
    with pytest.raises(ReasonMissing):
        sold(1_000, is_given=True)
    with pytest.raises(ReasonMissing):
        sold(1_000, price_minor=1)
    sold(60_000, is_given=True, reason="사은")
    card = sold(50_000, price_minor=20_000, reason="설")

    with pytest.raises(TooMuchGiven) as refused:
        sold(10_001, is_given=True, reason="사은")
    with pytest.raises(TooMuchGiven):
        cards.top_up(card.id, 10_002, price_minor=1, key="x", reason="사은", by=BY)
    with pytest.raises(TooMuchGiven):
        cards.make_batch(MUCH._replace(card_count=1), by=BY)

    assert refused.value.data == {"most": 100_000, "given": 90_000, "asked": 10_001}
    assert GiftCard.objects.count() == 2
    sold(10_000, is_given=True, reason="사은")
    cards.top_up(card.id, 10_000, key="paid", by=BY)
    assert on_card(card) == 60_000
    cards.sell_card(CardDraft(90_000, "KRW", is_given=True, reason="사은"), by=BY._replace(actor=BOSS))
    prove()


def test_activate__under_its_face__has_a_reason_and_counts() -> None:
    open_shop("kim")
    batch = cards.make_batch(BatchDraft("설", 150_000, "KRW", 1), by=BY)
    (card,) = GiftCard.objects.filter(batch_id=batch)

    with pytest.raises(ReasonMissing):
        cards.activate(card.id, price_minor=1, key="a", by=BY)
    with pytest.raises(TooMuchGiven):
        cards.activate(card.id, price_minor=49_999, key="a", reason="설", by=BY)

    cards.activate(card.id, price_minor=50_000, key="a", reason="설", by=BY)
    prove()


def test_given__by_several_programs__counts_together() -> None:
    open_shop("kim")
    one, other = (BY._replace(actor=Actor(ActorKind.KEY, name, name)) for name in ("a", "b"))
    cards.sell_card(CardDraft(60_000, "KRW", is_given=True, reason="사은"), by=one)

    with pytest.raises(TooMuchGiven):
        cards.sell_card(CardDraft(60_000, "KRW", is_given=True, reason="사은"), by=other)


def test_batch__above_the_limit__is_made_once_a_second_person_lets_it_happen() -> None:
    open_shop("kim")
    form = new_id()
    first = ask_batch(MUCH, by=BY, batch_id=form)
    again = ask_batch(MUCH, by=BY, batch_id=form)

    assert first.waits is not None
    assert (first.waits.state, first.waits.size, again) == (ApprovalState.WAITING, 150_000, first)
    assert GiftCard.objects.count() == 0
    with pytest.raises(OwnRequest):
        decide_batch(form, approves=True, actor=CLERK, reason="", at=AT)
    decide_batch(form, approves=True, actor=BOSS, reason="", at=AT)
    with pytest.raises(AlreadyDecided):
        decide_batch(form, approves=True, actor=BOSS, reason="", at=AT)

    assert GiftCard.objects.filter(batch_id=form, state="active").count() == 3
    no = ask_batch(MUCH, by=BY)
    assert no.waits is not None
    decide_batch(no.waits.id, approves=False, actor=BOSS, reason="많음", at=AT)
    assert ask_batch(MUCH._replace(card_count=2), by=BY).waits is None
    assert GiftCard.objects.count() == 5
    with pytest.raises(InvalidGiftCard):
        ask_batch(MUCH._replace(card_count=0), by=BY)
    prove()


def test_own_card__of_who_works_here__is_not_given_claimed_loaded_or_made_credit_by_them() -> None:
    (kim,) = open_shop("kim")
    card = sold()
    cards.claim(ref(card), kim, by=BY)
    spare, staff = sold(), Staff.objects.create(username=CLERK.key)
    link_membership(staff.pk, kim, at=AT)

    with pytest.raises(OwnAccount):
        sold(holder=kim)
    with pytest.raises(OwnAccount):
        cards.claim(ref(spare), kim, by=BY)
    with pytest.raises(OwnAccount):
        cards.top_up(card.id, 5_000, key="x", by=BY)
    with pytest.raises(OwnAccount):
        refunds.refund(card.id, as_credit=True, reason="환급", key="x", by=BY)
    with pytest.raises(OwnAccount):
        credit(kim, 1)
    assert on_card(card) == 10_000
