"""The calls about rewards, each made once."""

from dangol_client import Dangol, RewardDraft
from tests.dangol_client.coupon_calls import PROMOTION


def take_rewards(dangol: Dangol, member: str) -> None:
    """Make rewards, and let a member take some of their points' worth."""
    dangol.points.adjust(member, 50, "리워드")
    cup = dangol.rewards.create(RewardDraft("컵", "Cup", price=20), stock=2)
    cup = dangol.rewards.change(cup.id, RewardDraft("컵", "Cup", price=10), revision=cup.revision)
    assert dangol.rewards.change_stock(cup.id, 1).left == 3
    card = dangol.rewards.create(RewardDraft("영화표", price=10), kind="code")
    assert dangol.rewards.add_codes(card.id, ["A-1", "A-2"]).left == 2
    assert [one.id for one in dangol.rewards.each()] == [card.id, cup.id]

    taken = dangol.rewards.redeem(member, cup.id)
    assert (taken.state, taken.points, dangol.rewards.get(cup.id).left) == ("issued", 10, 2)
    assert dangol.rewards.hand_over(member, taken.id).state == "handed_over"
    shown = dangol.rewards.redeem(member, card.id)
    assert shown.code == "A-1"
    assert dangol.rewards.cancel(member, shown.id, "변심").state == "canceled"
    assert [one.id for one in dangol.rewards.of(member, page_size=1)] == [shown.id, taken.id]
    assert [one.id for one in dangol.rewards.redemptions(state="handed_over", reward=cup.id)] == [taken.id]
    assert dangol.rewards.archive(cup.id).archived_at
    _take_what_lapses_and_a_coupon(dangol, member)


def _take_what_lapses_and_a_coupon(dangol: Dangol, member: str) -> None:
    tea = dangol.rewards.create(RewardDraft("차", price=1, voucher_days=7, gives_back=True))
    assert (tea.voucher_days, tea.gives_back, tea.batch_id) == (7, True, None)
    assert dangol.rewards.redeem(member, tea.id).lapses_at is not None
    batch = dangol.coupons.create(PROMOTION, "리워드", "unique", pattern="RW-####-####-####", count=2)
    money_off = dangol.rewards.create(RewardDraft("천 원 할인", price=1, batch=batch.id), kind="coupon")
    taken = dangol.rewards.redeem(member, money_off.id)
    assert (taken.code is not None, taken.is_used, dangol.rewards.get(money_off.id).left) == (True, False, 1)
    assert dangol.rewards.cancel(member, taken.id, "변심").state == "canceled"
