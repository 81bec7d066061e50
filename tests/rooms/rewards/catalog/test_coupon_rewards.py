"""Rewards that hand out a coupon: used at the checkout like any, and taken back with it only while unused."""

from datetime import timedelta

import pytest

from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.verify import verify
from dangol.core.people.merges import merge_customers
from dangol.core.storage.ids import Id, new_id
from dangol.domain.redeeming import NotOffered, RedemptionOver, RedemptionState, RewardKind
from dangol.project.checks import all_checks
from dangol.rooms.rewards.catalog import selectors
from dangol.rooms.rewards.catalog.editing import change_stock
from dangol.rooms.rewards.catalog.errors import InvalidReward, RedemptionUsed, SoldOut
from dangol.rooms.rewards.catalog.models import Redemption
from dangol.rooms.rewards.catalog.services import cancel_redemption, give_reward, hand_over
from dangol.rooms.rewards.catalog.takeout import read_redemptions
from dangol.rooms.rewards.coupons.batches import block_batch
from dangol.rooms.rewards.coupons.models import BatchKind, CouponCode
from dangol.rooms.rewards.coupons.owned import coupons_of
from dangol.rooms.rewards.coupons.services import give_back, take
from tests.rooms.rewards.catalog.shop import BY, CLERK, NOW, POINTS, member_with, open_shop, redeem, reward
from tests.rooms.rewards.coupons.shop import batch

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()


def coupon_reward(code_count: int = 3) -> Id:
    return reward(kind=RewardKind.COUPON, batch_id=batch(code_count=code_count))


def points_of(member: Id) -> int:
    return balances_of([member], POINTS)[member].available


def use(member: Id, code: str, sale: Id) -> bool:
    """Let a sale use a code; says whether it could."""
    return take([code], customer_id=member, sale_id=sale, at=NOW) == []


def code_of(member: Id, made: Id) -> str:
    code = selectors.find_redemption(member, made).code
    assert code is not None
    return code


def broken() -> list[str]:
    return [one.check.name for one in verify(all_checks()) if not one.is_kept]


def test_redeem__coupon__a_code_of_the_batch_is_theirs_alone_and_used_once() -> None:
    member, stranger, offer = member_with(100), member_with(0, "2"), coupon_reward()

    made = redeem(member, offer)

    code, sale = code_of(member, made), new_id()
    assert [one.code.shown for one in coupons_of([member])] == [code]
    assert (points_of(member), selectors.find_reward(offer).left) == (40, 2)
    assert not use(stranger, code, new_id())
    assert use(member, code, sale)
    assert not use(member, code, new_id())
    assert selectors.find_redemption(member, made).is_used
    assert redeem(member, offer) == made
    assert broken() == []


def test_cancel__coupon_unused__points_come_back_and_the_code_opens_nothing() -> None:
    member, offer = member_with(100), coupon_reward()
    made = redeem(member, offer)
    code = code_of(member, made)

    cancel_redemption(member, made, by=BY, reason="변심")

    assert points_of(member) == 100
    assert not use(member, code, new_id())
    assert selectors.find_redemption(member, made).state is RedemptionState.CANCELED
    # Its code could have been read: it is handed to nobody else.
    assert selectors.find_reward(offer).left == 2
    assert broken() == []


def test_cancel__coupon_used__is_refused_until_its_sale_is_undone() -> None:
    member, offer = member_with(100), coupon_reward()
    made, sale = redeem(member, offer), new_id()
    use(member, code_of(member, made), sale)

    with pytest.raises(RedemptionUsed):
        cancel_redemption(member, made, by=BY)

    assert (points_of(member), selectors.find_redemption(member, made).state.value) == (40, "issued")
    give_back(customer_id=member, sale_id=sale, at=NOW)
    cancel_redemption(member, made, by=BY)
    assert points_of(member) == 100


def test_redeem__batch_empty_or_closed__nothing_is_spent() -> None:
    member, last = member_with(300), coupon_reward(code_count=1)
    redeem(member, last, "1")
    closed = batch()
    shut = reward(kind=RewardKind.COUPON, batch_id=closed)
    block_batch(closed, actor=CLERK, at=NOW)

    with pytest.raises(SoldOut):
        redeem(member, last, "2")
    with pytest.raises(NotOffered):
        redeem(member, shut, "3")

    assert points_of(member) == 240
    assert Redemption.objects.count() == 1
    assert [one.obstacle for one in selectors.offers_for(member, at=NOW) if one.reward.id == last] == [
        selectors.Obstacle.SOLD_OUT
    ]


def test_create__code_that_everybody_knows_or_a_stock_of_its_own__is_refused() -> None:
    everybodys = batch(BatchKind.GENERIC, pattern="WELCOME10")

    with pytest.raises(InvalidReward):
        reward(kind=RewardKind.COUPON, batch_id=everybodys)
    with pytest.raises(InvalidReward):
        reward(5, kind=RewardKind.COUPON, batch_id=batch())
    with pytest.raises(InvalidReward):
        change_stock(coupon_reward(), 5, actor=CLERK, at=NOW)


def test_hand_over__coupon__is_nothing_to_pick_up() -> None:
    member, offer = member_with(100), coupon_reward()
    made = redeem(member, offer)

    with pytest.raises(RedemptionOver):
        hand_over(member, made, by=BY)
    assert selectors.open_vouchers(member, at=NOW) == []


def test_give_reward__coupon__costs_nothing_and_is_taken_back_without_points() -> None:
    member, offer = member_with(100), coupon_reward()

    made, sale = give_reward(member, offer, key="stamps", by=BY), new_id()

    assert use(member, code_of(member, made), sale)
    give_back(customer_id=member, sale_id=sale, at=NOW)
    cancel_redemption(member, made, by=BY)
    assert points_of(member) == 100
    assert broken() == []


def test_merged__coupon_of_the_absorbed_one__is_used_by_who_they_are_now() -> None:
    kept, absorbed, offer = member_with(0, "1"), member_with(100, "2"), coupon_reward()
    made = redeem(absorbed, offer)
    merge_customers(kept, absorbed, actor=CLERK, reason="한 사람", at=NOW + timedelta(hours=1))

    assert use(kept, code_of(kept, made), new_id())
    assert selectors.find_redemption(kept, made).is_used


def test_takeout__coupon__tells_its_code_and_end() -> None:
    member, offer = member_with(100), coupon_reward()
    made = redeem(member, offer)

    (told,) = read_redemptions([member])

    assert told["code"] == code_of(member, made)


def test_verify__coupon_that_was_never_handed_to_them__is_found() -> None:
    member, offer = member_with(100), coupon_reward()
    redeem(member, offer)
    other = CouponCode.objects.filter(customer_id=None).values_list("key", flat=True)[0]

    Redemption.objects.update(coupon_key=other)

    assert broken() == ["redemption.coupon"]
