"""What rewards tells the timeline."""

from dangol.core.events.payloads import Payload, named


@named("tier.changed")
class TierChanged(Payload, frozen=True):
    """A member's tier went up or down. `value` and `threshold` are in the unit of `measure`.

    Where a second thing counts, `also` is its measure, and `join` says whether a level asks all or any.
    """

    program: str
    from_tier: str
    to_tier: str
    cause: str
    measure: str
    value: int
    threshold: int
    also: str = ""
    also_value: int = 0
    also_threshold: int = 0
    join: str = ""


@named("tier.reviewed")
class TierReviewed(Payload, frozen=True):
    """A member's tier was looked at and stays, or has a time of grace."""

    program: str
    tier: str
    cause: str
    measure: str
    value: int
    threshold: int
    also: str = ""
    also_value: int = 0
    also_threshold: int = 0
    join: str = ""
