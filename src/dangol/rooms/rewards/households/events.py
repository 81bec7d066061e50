"""What households tell the timeline, each to whom it is about."""

from dangol.core.events.payloads import Payload, named


@named("household.joined")
class HouseholdJoined(Payload, frozen=True):
    """Somebody has joined a household, as its head (`side`) or as one of its members."""

    side: str


@named("household.left")
class HouseholdLeft(Payload, frozen=True):
    """Somebody is in a household no more; `cause` is "left", "removed", "merged" or "erased"."""

    cause: str


@named("household.spent")
class HouseholdSpent(Payload, frozen=True):
    """Points were spent of a pool. Told to who spent them (`side` is "spender") and to who gave some.

    `points` are all of them, `own` those of whom it is told to.
    """

    side: str
    currency: str
    points: int
    own: int
