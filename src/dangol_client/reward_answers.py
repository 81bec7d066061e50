"""What the API answers about rewards."""

from datetime import datetime

from dangol_client.answers import Answer


class Reward(Answer, frozen=True):
    """A reward. `left` is how many there are now, None: always some."""

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
    active_from: datetime | None
    active_to: datetime | None
    voucher_days: int | None
    gives_back: bool
    batch_id: str | None
    revision: int
    created_at: datetime
    archived_at: datetime | None


class Codes(Answer, frozen=True):
    """How many codes were new, and how many are left in the pool."""

    added: int
    left: int


class Redemption(Answer, frozen=True):
    """A reward taken. `code` is the code of the pool, once the member could read it, or the coupon's.

    `lapses_at` is exclusive; `is_used`: a sale uses the coupon.
    """

    id: str
    member_id: str
    reward_id: str
    reward: str
    kind: str
    state: str
    points: int
    currency: str
    code: str | None
    redeemed_at: datetime
    changed_at: datetime
    lapses_at: datetime | None
    is_used: bool
