"""What the catalog tells the timeline; the subject is the redemption."""

from dangol.core.events.payloads import Payload, named


@named("reward.redeemed")
class RewardRedeemed(Payload, frozen=True):
    """A member took a reward for so many points; 0 where it was given to them."""

    reward: str
    kind: str
    points: int
    currency: str


@named("reward.handed_over")
class RewardHandedOver(Payload, frozen=True):
    """A member has got what they had redeemed, in a store where that is known."""

    reward: str
    store: str


@named("reward.lapsed")
class RewardLapsed(Payload, frozen=True):
    """A member did not pick up in time what they had redeemed; `points` are those that went back.

    `gives_back`: they were promised back, so that it counts as not redeemed, also where it cost none.
    """

    reward: str
    points: int
    currency: str
    gives_back: bool = False


@named("reward.canceled")
class RewardCanceled(Payload, frozen=True):
    """A redemption was taken back, and its points with it."""

    reward: str
    points: int
    currency: str
