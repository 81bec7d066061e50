"""Stamps by hand: laid, struck, undone; what full cards give; and what is refused."""

from datetime import timedelta

import pytest

from dangol.core.events.models import Event
from dangol.core.people.actors import ReasonMissing
from dangol.core.storage.ids import Id, new_id
from dangol.domain.redeeming import RewardKind
from dangol.domain.stamps import GiftKind, NotSoManyStamps, OnReturn
from dangol.rooms.rewards.catalog.editing import change_stock, import_codes
from dangol.rooms.rewards.catalog.selectors import redemptions_of
from dangol.rooms.rewards.catalog.services import By, hand_over
from dangol.rooms.rewards.coupons.models import CouponCode
from dangol.rooms.rewards.coupons.services import take
from dangol.rooms.rewards.stamps import selectors
from dangol.rooms.rewards.stamps.editing import archive_program
from dangol.rooms.rewards.stamps.errors import (
    InvalidStampCount,
    NoFullCard,
    StampKeyReused,
    StampProgramArchived,
    StampsUndone,
    UnknownStampMove,
    UnknownStampProgram,
)
from dangol.rooms.rewards.stamps.models import StampMove
from dangol.rooms.rewards.stamps.services import (
    add_stamps,
    expire_due,
    give_full_cards,
    retry_waiting,
    strike_stamps,
    undo_stamps,
)
from dangol.rooms.rewards.stamps.takeout import read_cards, read_moves
from tests.rooms.rewards.coupons.shop import batch
from tests.rooms.rewards.promotions.shop import AT, offer, open_shop, percent
from tests.rooms.rewards.stamps.shop import BY, CLERK, broken, mug, points_of, program, shown, stamp

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
DAY = timedelta(days=1)


@pytest.fixture
def member() -> Id:
    (one,) = open_shop("kim")
    return one


def told(member: Id) -> list[str]:
    names = Event.objects.filter(customer_id=member, name__startswith="stamp").order_by("customer_seq")
    return list(names.values_list("name", flat=True))


def test_add__more_than_a_card_takes__gives_the_points_once_and_carries_over(member: Id) -> None:
    card = program()

    stamp(member, card, 12)

    assert shown(member) == [("given", 10), ("open", 2)]
    assert points_of(member) == 500
    assert told(member) == ["stamp_card.filled", "stamps.added", "stamp_card.given"]
    standing = selectors.standings_for(member, at=AT)[0]
    assert (standing.stamps, standing.size, standing.debt, standing.waiting) == (2, 10, 0, 0)
    assert broken() == []


def test_add__twenty_five_at_once__fills_two_cards_and_each_gives(member: Id) -> None:
    card = program()

    stamp(member, card, 25)

    assert shown(member) == [("given", 10), ("given", 10), ("open", 5)]
    assert points_of(member) == 1_000
    figures = selectors.figures_of([card])[card]
    assert (figures.opened, figures.full, figures.given, figures.members) == (1, 0, 2, 1)


def test_add__same_key__is_the_same_stamps_or_refused(member: Id) -> None:
    card = program()

    assert stamp(member, card, 3, "k") == stamp(member, card, 3, "k")

    assert shown(member) == [("open", 3)]
    with pytest.raises(StampKeyReused):
        stamp(member, card, 4, "k")


@pytest.mark.parametrize("count", [0, -1, 101])
def test_add__so_many__is_refused(member: Id, count: int) -> None:
    with pytest.raises(InvalidStampCount):
        stamp(member, program(), count)


def test_add__without_a_reason_or_a_program__is_refused(member: Id) -> None:
    with pytest.raises(ReasonMissing):
        add_stamps(member, program(), count=1, key="k", reason="  ", by=BY)
    with pytest.raises(UnknownStampProgram):
        stamp(member, new_id(), 1)


def test_add__archived_program__is_refused_until_it_is_restored(member: Id) -> None:
    card = program()
    archive_program(card, actor=CLERK, at=AT)

    with pytest.raises(StampProgramArchived):
        stamp(member, card, 1)
    archive_program(card, is_archived=False, actor=CLERK, at=AT)
    stamp(member, card, 1)

    assert shown(member) == [("open", 1)]


def test_coupon__of_a_full_card__is_handed_out_and_is_theirs(member: Id) -> None:
    codes = batch(code_count=1)
    card = program(gives=GiftKind.COUPON, target_id=codes)

    stamp(member, card, 10)

    given = selectors.cards_of(member)[0]
    assert (given.gift_kind, given.gift_ref) == (GiftKind.COUPON, CouponCode.objects.get().shown)
    assert CouponCode.objects.get().customer_id == member


def test_coupon__none_left__waits_with_its_reason_and_is_given_later(member: Id) -> None:
    codes = batch(code_count=1)
    card = program(gives=GiftKind.COUPON, target_id=codes)

    stamp(member, card, 20)

    assert shown(member) == [("given", 10), ("full", 10)]
    assert [one.trouble for one in selectors.waiting_cards(card)] == ["coupons.none_left"]
    assert retry_waiting(as_of=AT) == 0
    CouponCode.objects.update(customer_id=None)
    assert retry_waiting(as_of=AT + DAY) == 1
    assert shown(member) == [("given", 10), ("given", 10)]
    with pytest.raises(NoFullCard):
        give_full_cards(member, card, by=BY)


def test_retry__program_that_has_nothing__holds_up_no_other(member: Id) -> None:
    cup = mug(0)
    empty = program(gives=GiftKind.COUPON, target_id=batch(code_count=1))
    other = program(key="cake", gives=GiftKind.REWARD, target_id=cup)
    CouponCode.objects.update(is_blocked=True)
    stamp(member, empty, 20)
    stamp(member, other, 10, by=By(CLERK, AT + DAY))
    change_stock(cup, 1, actor=CLERK, at=AT)

    assert retry_waiting(as_of=AT + 2 * DAY, limit=2) == 1
    assert [one.trouble for one in selectors.waiting_cards(empty)] == ["coupons.none_left"] * 2
    assert selectors.waiting_cards(other) == []


def test_reward__of_a_full_card__is_a_voucher_and_takes_a_piece(member: Id) -> None:
    cup = mug(1)
    card = program(gives=GiftKind.REWARD, target_id=cup)

    stamp(member, card, 20)

    (voucher,) = redemptions_of(member)
    assert (voucher.reward.id, voucher.points, voucher.is_open) == (cup, 0, True)
    assert [one.trouble for one in selectors.waiting_cards(card)] == ["rewards.sold_out"]
    change_stock(cup, 1, actor=CLERK, at=AT)
    assert give_full_cards(member, card, by=BY) == 1
    assert broken() == []


def test_strike__more_than_there_are__is_refused(member: Id) -> None:
    card = program()
    stamp(member, card, 13)

    strike_stamps(member, card, count=2, key="s", reason="잘못", by=BY)
    assert strike_stamps(member, card, count=2, key="s", reason="잘못", by=BY)

    assert shown(member) == [("given", 10), ("open", 1)]
    with pytest.raises(NotSoManyStamps):
        strike_stamps(member, card, count=2, key="t", reason="잘못", by=BY)
    assert broken() == []


def test_undo__stamps_that_filled_a_card__takes_unspent_points_back(member: Id) -> None:
    card = program()
    stamp(member, card, 8)
    mistake = stamp(member, card, 4)

    undo_stamps(member, mistake, reason="다른 손님", by=BY)

    assert shown(member) == [("open", 8)]
    assert points_of(member) == 0
    with pytest.raises(StampsUndone):
        undo_stamps(member, mistake, reason="다시", by=BY)
    stamp(member, card, 2)
    assert points_of(member) == 500
    assert broken() == []


@pytest.mark.parametrize(
    ("on_return", "debt", "after"),
    [(OnReturn.TAKE_BACK, 0, 5), (OnReturn.KEEP, 0, 5), (OnReturn.DEBT, 2, 3)],
)
def test_undo__of_a_card_whose_reward_is_used__is_kept_or_owed(
    member: Id, on_return: OnReturn, debt: int, after: int
) -> None:
    cup = mug()
    card = program(gives=GiftKind.REWARD, target_id=cup, on_return=on_return)
    stamp(member, card, 8)
    mistake = stamp(member, card, 2)
    hand_over(member, redemptions_of(member)[0].id, by=BY)

    undo_stamps(member, mistake, reason="다른 손님", by=BY)

    assert shown(member) == [("given", 10)]
    assert selectors.standings_for(member, at=AT)[0].debt == debt
    stamp(member, card, 5)
    assert shown(member)[1:] == [("open", after)]
    assert selectors.standings_for(member, at=AT)[0].debt == 0
    assert broken() == []


@pytest.mark.parametrize("used", [False, True])
def test_undo__coupon__is_blocked_while_it_is_unused(member: Id, used: bool) -> None:
    promotion = offer(percent(10), needs_code=True)
    card = program(gives=GiftKind.COUPON, target_id=batch(code_count=2, promotion_id=promotion))
    mistake = stamp(member, card, 10)
    code = selectors.cards_of(member)[0].gift_ref
    if used:
        assert take([code], customer_id=member, sale_id=new_id(), at=AT) == []

    undo_stamps(member, mistake, reason="다른 손님", by=BY)

    assert shown(member) == ([("given", 10)] if used else [])
    assert CouponCode.objects.get(shown=code).is_blocked is not used


def test_undo__code_of_a_pool_nobody_has_read__goes_back(member: Id) -> None:
    pool = mug(kind=RewardKind.CODE)
    import_codes(pool, ["AAA"], actor=CLERK, at=AT)
    card = program(gives=GiftKind.REWARD, target_id=pool)
    mistake = stamp(member, card, 10)

    undo_stamps(member, mistake, reason="다른 손님", by=BY)
    stamp(member, card, 10)

    assert [one.state.value for one in redemptions_of(member)] == ["issued", "canceled"]


def test_undo__what_is_not_by_hand__is_unknown(member: Id) -> None:
    with pytest.raises(UnknownStampMove):
        undo_stamps(member, new_id(), reason="이유", by=BY)


def test_expire__card_whose_last_day_is_over__goes_with_its_stamps(member: Id) -> None:
    card = program(valid_days=30)
    mistake = stamp(member, card, 8)

    assert expire_due(as_of=AT + 30 * DAY) == 0
    assert expire_due(as_of=AT + 31 * DAY) == 1
    assert expire_due(as_of=AT + 31 * DAY) == 0

    assert shown(member) == [("expired", 8)]
    later = By(CLERK, AT + 32 * DAY)
    undo_stamps(member, mistake, reason="늦게", by=later)
    assert selectors.standings_for(member, at=later.at)[0].debt == 0
    assert told(member)[-2:] == ["stamp_card.expired", "stamps.taken"]
    assert broken() == []


def test_expire__late_stamps__do_not_lie_on_a_card_that_is_over(member: Id) -> None:
    card = program(valid_days=30)
    stamp(member, card, 8)

    stamp(member, card, 3, by=By(CLERK, AT + 40 * DAY))

    assert shown(member) == [("expired", 8), ("open", 3)]


def test_takeout__member__has_cards_and_stamps_with_their_reasons(member: Id) -> None:
    card = program()
    stamp(member, card, 11)

    assert [(one["state"], one["count"], one["gift_points"]) for one in read_cards([member])] == [
        ("given", 10, 500), ("open", 1, None)
    ]  # fmt: skip
    assert [(one["kind"], one["count"], one["reason"]) for one in read_moves([member])] == [
        ("hand", 11, "직접")
    ]
    assert StampMove.objects.get().actor == "kim"
