"""What the catalog refuses beside what its rules do (`domain.redeeming`)."""

from dangol.domain.errors import DomainError, Malformed, NotFound


class UnknownReward(NotFound):
    """There is no such reward (`reward`)."""

    code = "rewards.unknown_reward"


class UnknownRedemption(NotFound):
    """The member has no such redemption (`redemption`)."""

    code = "rewards.unknown_redemption"


class InvalidReward(Malformed):
    """A field (`field`) of a reward cannot be so (`problem`)."""

    code = "rewards.invalid_reward"


class RedemptionUsed(DomainError):
    """The coupon of a redemption has been used: it is not taken back."""

    code = "rewards.redemption_used"


class VoucherLapsed(DomainError):
    """A redemption could be picked up until, exclusive, `lapsed_at`: it is not handed over any more."""

    code = "rewards.voucher_lapsed"


class RewardChanged(DomainError):
    """Somebody has changed the reward since it was read: it is at `revision` now."""

    code = "rewards.reward_changed"


class SoldOut(DomainError):
    """There is nothing left of a reward (`reward`)."""

    code = "rewards.sold_out"


class NotSoMuchStock(DomainError):
    """More was to be taken out of stock than there is (`left`)."""

    code = "rewards.not_so_much_stock"


class RedemptionKeyReused(DomainError):
    """An idempotency key (`key`) came again for another reward."""

    code = "rewards.redemption_key_reused"
