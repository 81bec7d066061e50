"""How the API shows rewards, and what members took of them."""

from typing import Literal

from dangol.api.replies import Instant, Shown
from dangol.core.storage.ids import show_id
from dangol.rooms.rewards.catalog.selectors import RedemptionView as Kept, RewardView as Found

StateName = Literal["issued", "handed_over", "canceled", "lapsed"]


class RewardView(Shown):
    """A reward. `left` is how many there are now, null: always some."""

    id: str
    program_id: str
    currency: str
    kind: str
    name_ko: str
    name_en: str
    about_ko: str
    about_en: str
    price: int | None
    tier_prices: dict[str, int]
    left: int | None
    limit: int | None
    limit_period: str
    active_from: Instant | None
    active_to: Instant | None
    voucher_days: int | None
    gives_back: bool
    batch_id: str | None
    revision: int
    created_at: Instant
    archived_at: Instant | None


class RewardList(Shown):
    """Rewards, the newest first."""

    data: list[RewardView]


class CodesView(Shown):
    """How many codes were new, and how many are left in the pool."""

    added: int
    left: int


class RedemptionView(Shown):
    """A reward taken. `code` is the code of the pool, once the member could read it, or the coupon's.

    Of a coupon it is told as it is taken, and to who may read coupons. `lapses_at` is exclusive; `is_used`: a
    sale uses the coupon.
    """

    id: str
    member_id: str
    reward_id: str
    reward: str
    kind: str
    state: StateName
    points: int
    currency: str
    code: str | None
    redeemed_at: Instant
    changed_at: Instant
    lapses_at: Instant | None
    is_used: bool


class RedemptionPage(Shown):
    """Rewards taken, the latest first."""

    data: list[RedemptionView]
    next_cursor: str | None


def show_reward(one: Found) -> RewardView:
    """Return a reward as it is sent."""
    offer = one.offer
    return RewardView(
        id=show_id(one.id), program_id=show_id(one.program_id), currency=one.currency, kind=one.kind.value,
        name_ko=one.names["ko"], name_en=one.names["en"], about_ko=one.abouts["ko"],
        about_en=one.abouts["en"], price=offer.price, tier_prices=dict(offer.tier_prices), left=one.left,
        limit=offer.limit, limit_period=offer.period.value, active_from=offer.active_from,
        active_to=offer.active_to, voucher_days=one.voucher_days, gives_back=one.gives_back,
        batch_id=show_id(one.batch_id) if one.batch_id else None, revision=one.revision,
        created_at=one.created_at, archived_at=one.archived_at,
    )  # fmt: skip


def show_redemption(one: Kept) -> RedemptionView:
    """Return a redemption as it is sent."""
    return RedemptionView(
        id=show_id(one.id), member_id=show_id(one.customer_id), reward_id=show_id(one.reward.id),
        reward=one.reward.names["ko"], kind=one.reward.kind.value, state=one.state.value, points=one.points,
        currency=one.reward.currency, code=one.code, redeemed_at=one.redeemed_at, changed_at=one.changed_at,
        lapses_at=one.lapses_at, is_used=one.is_used,
    )  # fmt: skip
