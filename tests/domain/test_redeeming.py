"""What a reward costs whom, how often it may be had, and where a redemption may go."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from dangol.domain.redeeming import (
    MOST_BUCKETS,
    ONE_BUCKET,
    LimitReached,
    NotForTier,
    NotOffered,
    Offer,
    Period,
    RedemptionOver,
    RedemptionState,
    RewardKind,
    bucket_order,
    counted_since,
    price_for,
    require_move,
    require_redeemable,
    split_stock,
)
from tests.sizes import SIZE

AT = datetime(2026, 11, 27, 6, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")
GOLD_ONLY = Offer(None, {"gold": 400})


@pytest.mark.parametrize(
    ("offer", "tier", "price"),
    [
        (Offer(500), "basic", 500),
        (Offer(500, {"gold": 400}), "gold", 400),
        (Offer(500, {"gold": 400}), "basic", 500),
        (GOLD_ONLY, "gold", 400),
        (GOLD_ONLY, "basic", None),
    ],
)
def test_price_for__tier__its_own_else_everybodys(offer: Offer, tier: str, price: int | None) -> None:
    assert price_for(offer, tier) == price


@pytest.mark.parametrize(
    ("offer", "had", "refusal"),
    [
        (Offer(500, is_archived=True), 0, NotOffered),
        (Offer(500, active_from=AT + timedelta(seconds=1)), 0, NotOffered),
        (Offer(500, active_to=AT), 0, NotOffered),
        (GOLD_ONLY, 0, NotForTier),
        (Offer(500, limit=2), 2, LimitReached),
    ],
)
def test_require_redeemable__what_is_in_the_way__is_told(offer: Offer, had: int, refusal: type) -> None:
    with pytest.raises(refusal):
        require_redeemable(offer, tier="basic", had=had, at=AT)


def test_require_redeemable__last_instant_and_last_time__is_the_price() -> None:
    offer = Offer(500, limit=2, active_from=AT, active_to=AT + timedelta(microseconds=1))

    assert require_redeemable(offer, tier="basic", had=1, at=AT) == 500


@pytest.mark.parametrize(
    ("period", "since"),
    [
        (Period.EVER, None),
        # 15:00 in Seoul.
        (Period.DAY, datetime(2026, 11, 26, 15, tzinfo=UTC)),
        (Period.MONTH, datetime(2026, 10, 31, 15, tzinfo=UTC)),
        (Period.YEAR, datetime(2025, 12, 31, 15, tzinfo=UTC)),
    ],
)
def test_counted_since__period__begins_at_a_local_midnight(period: Period, since: datetime | None) -> None:
    assert counted_since(period, AT, SEOUL) == since


@settings(max_examples=SIZE.examples)
@given(st.integers(0, 10_000_000), st.binary(min_size=16, max_size=16))
def test_split_stock__any_count__sums_up_and_each_bucket_is_tried_once(count: int, taker: bytes) -> None:
    parts = split_stock(count)
    numbers = list(range(len(parts)))

    assert sum(parts) == count
    assert max(parts) - min(parts) <= 1
    assert len(parts) == (1 if count <= ONE_BUCKET else MOST_BUCKETS)
    assert sorted(bucket_order(numbers, taker)) == numbers


def test_bucket_order__no_bucket__is_none() -> None:
    assert bucket_order([], bytes(16)) == []


@pytest.mark.parametrize("kind", RewardKind)
@pytest.mark.parametrize("state", RedemptionState)
@pytest.mark.parametrize(
    "to", [RedemptionState.HANDED_OVER, RedemptionState.CANCELED, RedemptionState.LAPSED]
)
def test_require_move__every_step__only_from_issued_and_no_code_over_a_counter(
    kind: RewardKind, state: RedemptionState, to: RedemptionState
) -> None:
    may = state is RedemptionState.ISSUED and (to is RedemptionState.CANCELED or kind is RewardKind.ITEM)
    if may:
        require_move(kind, state, to)
    else:
        with pytest.raises(RedemptionOver):
            require_move(kind, state, to)
