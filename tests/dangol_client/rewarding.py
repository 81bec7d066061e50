"""Each call about what rewards members, made once."""

from dangol_client import Dangol
from tests.dangol_client.checkout_calls import sell
from tests.dangol_client.coupon_calls import keep_coupons
from tests.dangol_client.event_rule_calls import reward_deeds
from tests.dangol_client.household_calls import live_together
from tests.dangol_client.referral_calls import bring_friends
from tests.dangol_client.reward_calls import take_rewards
from tests.dangol_client.stamp_calls import collect_stamps
from tests.dangol_client.stored_value_calls import hold_money
from tests.dangol_client.wallet_calls import keep_wallets


def reward(dangol: Dangol, member: str) -> None:
    """Make each call about promotions, coupons, rewards, cards, friends, deeds, stored value and wallets."""
    sell(dangol, member)
    keep_coupons(dangol, member)
    take_rewards(dangol, member)
    collect_stamps(dangol, member)
    bring_friends(dangol, member)
    reward_deeds(dangol, member)
    keep_wallets(dangol, member)
    hold_money(dangol, member)
    live_together(dangol, member)
