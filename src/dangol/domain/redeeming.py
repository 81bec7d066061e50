"""Rewards for points: what one costs whom, how often one may be had, and where a redemption may go."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.domain.calendars import day_of, first_of_period, start_of_day
from dangol.domain.errors import DomainError

# Up to so many pieces lie in one bucket, so that the last of them are given out by one row.
ONE_BUCKET = 200
MOST_BUCKETS = 16


class RewardKind(StrEnum):
    """What a member gets: something to pick up, a code of a pool, or a coupon that opens a promotion."""

    ITEM = "item"
    CODE = "code"
    COUPON = "coupon"


class Period(StrEnum):
    """In which stretch of the program's calendar a member's redemptions are counted together."""

    EVER = "ever"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class RedemptionState(StrEnum):
    """Where a redemption stands.

    A code or a coupon is the member's when it is issued; an item is handed over, or lapses.
    """

    ISSUED = "issued"
    HANDED_OVER = "handed_over"
    CANCELED = "canceled"
    LAPSED = "lapsed"


class RedemptionOver(DomainError):
    """A redemption is at a state (`state`) from which this cannot be done."""

    code = "rewards.redemption_over"


class NotOffered(DomainError):
    """A reward is not to be had at this instant: archived, not yet or not any more."""

    code = "rewards.not_offered"


class NotForTier(DomainError):
    """A reward has no price for the member's tier (`tier`)."""

    code = "rewards.not_for_tier"


class LimitReached(DomainError):
    """A member has had a reward as often (`limit`) as a period (`period`) allows."""

    code = "rewards.limit_reached"


class Offer(NamedTuple):
    """On what terms a reward is to be had.

    `price` is in points, for every tier without a price of its own; None: for those tiers only. It may be
    had from `active_from` (None: ever) until, exclusive, `active_to` (None: always); `limit` times a member
    and `period` (None: as often as they like).
    """

    price: int | None
    tier_prices: Mapping[str, int] = {}
    limit: int | None = None
    period: Period = Period.EVER
    active_from: datetime | None = None
    active_to: datetime | None = None
    is_archived: bool = False


def is_offered(offer: Offer, at: datetime) -> bool:
    """Say whether a reward is to be had at an instant, stock aside."""
    begun = offer.active_from is None or offer.active_from <= at
    return begun and not offer.is_archived and (offer.active_to is None or at < offer.active_to)


def price_for(offer: Offer, tier: str) -> int | None:
    """Return what a reward costs a member of a tier; None where it is not for them."""
    return offer.tier_prices.get(tier, offer.price)


def counted_since(period: Period, at: datetime, zone: ZoneInfo) -> datetime | None:
    """Return from when redemptions count with one at `at`: the period's first local midnight; None: ever."""
    if period is Period.EVER:
        return None
    day = day_of(at, zone)
    first = day if period is Period.DAY else first_of_period(day, 1 if period is Period.MONTH else 12)
    return start_of_day(first, zone)


def require_redeemable(offer: Offer, *, tier: str, had: int, at: datetime) -> int:
    """Return what a reward costs a member who has had it `had` times in the period that `at` lies in.

    Raises NotOffered, NotForTier or LimitReached.
    """
    if not is_offered(offer, at):
        raise NotOffered()
    price = price_for(offer, tier)
    if price is None:
        raise NotForTier(tier=tier)
    if offer.limit is not None and had >= offer.limit:
        raise LimitReached(limit=offer.limit, period=offer.period.value)
    return price


def lapses_at(days: int | None, at: datetime, zone: ZoneInfo) -> datetime | None:
    """Return until when, exclusive, what was redeemed at `at` waits to be picked up; None: for good.

    The last day is the one so many days after the day of redeeming, and it is whole.
    """
    return None if days is None else start_of_day(day_of(at, zone) + timedelta(days=days + 1), zone)


def split_stock(count: int) -> list[int]:
    """Return so many pieces in buckets that differ by one at most: one bucket up to 200 pieces, else sixteen.

    >>> split_stock(200), split_stock(203)[:4], sum(split_stock(203))
    ([200], [13, 13, 13, 13], 203)
    """
    if count <= ONE_BUCKET:
        return [count]
    each, rest = divmod(count, MOST_BUCKETS)
    return [each + (place < rest) for place in range(MOST_BUCKETS)]


def bucket_order(numbers: Sequence[int], taker: bytes) -> list[int]:
    """Return in which order somebody tries the buckets: each begins elsewhere, and all are tried once."""
    start = int.from_bytes(taker) % len(numbers) if numbers else 0
    return [*numbers[start:], *numbers[:start]]


def require_move(kind: RewardKind, state: RedemptionState, to: RedemptionState) -> None:
    """Refuse what cannot follow: only an issued one goes on, and only an item is handed over or lapses.

    Raises RedemptionOver.
    """
    is_of_items = to in (RedemptionState.HANDED_OVER, RedemptionState.LAPSED)
    if state is not RedemptionState.ISSUED or (is_of_items and kind is not RewardKind.ITEM):
        raise RedemptionOver(state=state.value)
