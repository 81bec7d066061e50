"""All actions of all rooms, in one list: what may be done to or for a customer."""

from typing import Any

from dangol.core.actions.catalog import Action
from dangol.rooms.rewards.actions import AWARD_POINTS, SET_TIER
from dangol.rooms.rewards.coupons.actions import ISSUE_COUPON
from dangol.rooms.rewards.stored_value.actions import GIVE_CREDIT

ACTIONS: list[Action[Any, Any]] = [AWARD_POINTS, SET_TIER, ISSUE_COUPON, GIVE_CREDIT]
