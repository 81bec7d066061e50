"""What referrals do when something happened: a friend bought, brought back; somebody came, went, became one.

A referral is judged by how things are, not by what an event says: so once or twice, in any order, it comes to
the same.
"""

from collections.abc import Sequence
from itertools import groupby

from dangol.core.commerce.events import OrderClaimed, OrderPlaced, OrderReturned
from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.people.events import (
    CustomerErased,
    CustomerJoined,
    CustomerLeft,
    CustomerMerged,
    CustomerUnmerged,
)
from dangol.rooms.rewards.referrals.people import forget, look_anew, part

_ORDERS = frozenset({OrderPlaced.event, OrderClaimed.event, OrderReturned.event})
_PEOPLE = frozenset(
    one.event for one in (CustomerJoined, CustomerLeft, CustomerMerged, CustomerUnmerged, CustomerErased)
)


# Of these one event needs more than a look at how things are now.
_SPECIAL = frozenset({CustomerUnmerged.event, CustomerErased.event})


def follow(events: Sequence[Recorded]) -> None:
    """Judge anew the referrals of all these events' people: those of alike events in a row together."""
    for name, run in groupby(events, key=_manner):
        found = list(run)
        if name in _SPECIAL:
            for event in found:
                _follow_person(event)
        else:
            at = max(event.recorded_at for event in found)
            people = {event.customer_id for event in found}
            look_anew(people, at=at, as_friends_only=name == OrderPlaced.event)


def _manner(event: Recorded) -> str:
    """Return how an event is followed: orders together, who came, went or became one too; others alone."""
    if event.name in _ORDERS:
        return OrderPlaced.event
    return event.name if event.name in _SPECIAL else CustomerJoined.event


def _follow_person(event: Recorded) -> None:
    if isinstance(event.payload, CustomerErased):
        forget(event.customer_id, at=event.recorded_at)
    # An undone merge is told to both; one of the two is enough.
    elif isinstance(event.payload, CustomerUnmerged) and not event.payload.is_kept:
        part(event.customer_id, event.subject_id or b"", at=event.recorded_at)


# Whoever tells a code, or pays by a program's last room, waits for the locks of a turn.
FOLLOW = Consumer("referrals.follow", _ORDERS | _PEOPLE, follow, at_once=50)
