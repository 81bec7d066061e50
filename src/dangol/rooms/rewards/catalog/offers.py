"""A reward's row as the rules see it."""

from dangol.domain.redeeming import Offer, Period
from dangol.rooms.rewards.catalog.models import Reward


def offer_of(row: Reward) -> Offer:
    """Return on what terms a reward is to be had."""
    return Offer(
        row.price, row.tier_prices, row.limit_count, Period(row.limit_period), row.active_from, row.active_to,
        is_archived=row.archived_at is not None,
    )  # fmt: skip
