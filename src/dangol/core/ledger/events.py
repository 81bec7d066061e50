"""What the ledger tells the timeline: one event for each transfer, whose subject is the transfer."""

from datetime import datetime

from dangol.core.events.payloads import Payload, named


@named("points.earned")
class PointsEarned(Payload, frozen=True):
    """Points for something. They may be used from `release_at` until, exclusive, `expires_at`."""

    currency: str
    points: int
    reason: str
    about: str | None
    release_at: datetime
    expires_at: datetime | None


class _Moved(Payload, frozen=True):
    currency: str
    points: int
    reason: str
    about: str | None


@named("points.posted")
class PointsPosted(_Moved, frozen=True):
    """Pending points may now be used."""


@named("points.voided")
class PointsVoided(_Moved, frozen=True):
    """Pending points were taken back before they could be used."""


@named("points.spent")
class PointsSpent(_Moved, frozen=True):
    """Points were exchanged for a benefit."""


@named("points.expired")
class PointsExpired(_Moved, frozen=True):
    """Points lapsed unused."""


@named("points.clawed_back")
class PointsClawedBack(_Moved, frozen=True):
    """Points of an earning were taken back."""


@named("points.restored")
class PointsRestored(_Moved, frozen=True):
    """Points of a spend were given back to the lots they came from."""


@named("points.settled")
class PointsSettled(_Moved, frozen=True):
    """Points went to a debt as they opened."""


@named("points.adjusted")
class PointsAdjusted(_Moved, frozen=True):
    """Points were given or taken by hand; `points` is never negative, `taken` tells the direction."""

    taken: bool


@named("points.gift_sent")
class GiftSent(_Moved, frozen=True):
    """Points left for another member, who is named by the gift, not here."""


@named("points.gift_received")
class GiftReceived(_Moved, frozen=True):
    """Points came from another member."""
