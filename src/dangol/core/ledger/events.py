"""What the ledger tells the timeline: one event for each transfer, whose subject is the transfer."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

from dangol.core.events.payloads import Payload, named
from dangol.core.storage.ids import Id, show_id
from dangol.domain.points import NEVER, Account, Entry, Kind, Lot, Movement


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


@named("points.revived")
class PointsRevived(_Moved, frozen=True):
    """Points that had lapsed are there again: an activity has come to light that had kept them."""


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
    """Points left for another member, whom the transfer names, not this. Each part keeps its expiry."""

    parts: list[tuple[int, datetime | None]]


@named("points.gift_received")
class GiftReceived(_Moved, frozen=True):
    """Points came from another member; they are about the transfer that sent them."""


# Points, when they were earned, open and lapse (None: never), and the lot they were first in, as hex.
CarriedPoints: TypeAlias = tuple[int, datetime, datetime, datetime | None, str]


@named("points.merge_sent")
class MergeSent(_Moved, frozen=True):
    """Points, and debt, left for the customer this one was merged with or parted from."""

    parts: list[CarriedPoints]
    debt: int
    # By what inactivity each of the parts lapses; empty where none does.
    idle: tuple[str | None, ...] = ()
    # What each of the parts waits for; empty where none does.
    awaits: tuple[str, ...] = ()


@named("points.merge_received")
class MergeReceived(_Moved, frozen=True):
    """Points or debt came with a merge, or its undoing; they are about the transfer that sent them."""


@named("points.forfeited")
class PointsForfeited(_Moved, frozen=True):
    """Points were taken back, and debt let go, of somebody who has ceased to be a customer."""


_PLAIN: Mapping[str, type[_Moved]] = {
    Kind.POST.value: PointsPosted,
    Kind.VOID.value: PointsVoided,
    Kind.SPEND.value: PointsSpent,
    Kind.EXPIRE.value: PointsExpired,
    Kind.REVIVE.value: PointsRevived,
    Kind.CLAW_BACK.value: PointsClawedBack,
    Kind.RESTORE.value: PointsRestored,
    Kind.SETTLE.value: PointsSettled,
    Kind.GIFT_IN.value: GiftReceived,
    Kind.MERGE_IN.value: MergeReceived,
    Kind.FORFEIT.value: PointsForfeited,
}
_EARN, _ADJUST, _GIFT_OUT = Kind.EARN.value, Kind.ADJUST.value, Kind.GIFT_OUT.value
_MERGE_OUT = Kind.MERGE_OUT.value
EVENT_OF_KIND: Mapping[str, str] = {kind: payload.event for kind, payload in _PLAIN.items()} | {
    _EARN: PointsEarned.event,
    _ADJUST: PointsAdjusted.event,
    _GIFT_OUT: GiftSent.event,
    _MERGE_OUT: MergeSent.event,
}


def tell(movement: Movement, currency: str, lots: Mapping[Id, Lot]) -> Payload:
    """Return what the timeline is told of a movement; `lots` are those of its wallet."""
    kind, points, reason = movement.kind, movement.points, movement.reason
    if kind == _GIFT_OUT:
        return GiftSent(
            currency=currency, points=points, reason=reason, about=None, parts=_parts(movement, lots)
        )
    if kind == _MERGE_OUT:
        debt = sum(entry.points for entry in movement.entries if entry.account == Account.DEBT)
        carried = [entry for entry in movement.entries if entry.lot_id]
        idle = [lots[entry.lot_id or b""].idle for entry in carried]
        awaits = tuple([lots[entry.lot_id or b""].awaits for entry in carried])
        return MergeSent(
            currency=currency, points=points, reason=reason, about=None,
            parts=[_carried(entry, lots) for entry in carried], debt=debt,
            idle=tuple([str(one) if one else None for one in idle]) if any(idle) else (),
            awaits=awaits if any(awaits) else (),
        )  # fmt: skip
    about = show_id(movement.subject_id) if movement.subject_id else None
    if kind == _EARN:
        lot = lots[movement.entries[-1].lot_id or b""]
        return PointsEarned(
            currency=currency,
            points=points,
            reason=reason,
            about=about,
            release_at=lot.release_at,
            expires_at=None if lot.expires_at is NEVER else lot.expires_at,
        )
    if kind == _ADJUST:
        taken = movement.entries[0].account == Account.AVAILABLE
        return PointsAdjusted(currency=currency, points=points, reason=reason, about=about, taken=taken)
    return _PLAIN[kind](currency=currency, points=points, reason=reason, about=about)


def _carried(entry: Entry, lots: Mapping[Id, Lot]) -> CarriedPoints:
    lot = lots[entry.lot_id or b""]
    expires_at = None if lot.expires_at is NEVER else lot.expires_at
    return -entry.points, lot.earned_at, lot.release_at, expires_at, lot.root.hex()


def _parts(movement: Movement, lots: Mapping[Id, Lot]) -> list[tuple[int, datetime | None]]:
    parts: dict[datetime | None, int] = {}
    for entry in movement.entries:
        if entry.lot_id:
            expires_at = lots[entry.lot_id].expires_at
            kept = None if expires_at is NEVER else expires_at
            parts[kept] = parts.get(kept, 0) - entry.points
    return [(points, expires_at) for expires_at, points in parts.items()]
