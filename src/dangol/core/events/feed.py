"""The whole timeline as a program reads it: in the order in which it may be read, from a place on."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from dangol.core.events.models import Event
from dangol.core.events.payloads import Payload, decode
from dangol.core.events.selectors import read_head
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import Row
from dangol.domain.errors import NotFound

# How many events one reading looks through for those of a name: so it costs the same wherever they are.
LOOKED_THROUGH = 10_000
# A position is given after the commit, an instant before it. No transaction lasts longer than this between.
SKEW = timedelta(hours=1)


class UnknownEvent(NotFound):
    """Nothing that happened has this id (`event`)."""

    code = "events.unknown"


class Happened(NamedTuple):
    """Something that happened, and to whom; `customer_id` is the id they had then."""

    id: Id
    name: str
    customer_id: Id
    customer_seq: int
    subject_id: Id | None
    occurred_at: datetime
    recorded_at: datetime
    payload: Payload


class Feed(NamedTuple):
    """What was found, the position up to which nothing else was to be found, and whether that is the end."""

    events: list[Happened]
    position: int
    is_end: bool


_COLUMNS = Happened._fields


def read_feed(
    *,
    after: int = 0,
    since: datetime | None = None,
    name: str = "",
    customer_ids: Collection[Id] | None = None,
    limit: int,
) -> Feed:
    """Return up to `limit` events behind a position, of a name, of customers, recorded since an instant.

    Where only a name is asked for, one reading looks through `LOOKED_THROUGH` events, and may find none of
    it: go on from its position until `is_end`. Nothing recorded later gets a position before it.
    """
    head = read_head()
    start = max(after, _position_before(since - SKEW, head)) if since else after
    last = head if customer_ids is not None else min(head, start + LOOKED_THROUGH)
    found = Event.objects.filter(position__gt=start, position__lte=last)
    if customer_ids is not None:
        found = found.filter(customer_id__in=customer_ids)
    if name:
        found = found.filter(name=name)
    if since:
        found = found.filter(recorded_at__gte=since)
    rows = list(found.order_by("position").values_list("position", *_COLUMNS)[:limit])
    if len(rows) == limit:
        last = rows[-1][0]
    return Feed([_happened(row[1:]) for row in rows], max(start, last), last >= head)


def find_event(event_id: Id) -> Happened:
    """Return an event; raises UnknownEvent."""
    row = Event.objects.filter(id=event_id).values_list(*_COLUMNS).first()
    if row is None:
        raise UnknownEvent(event=show_id(event_id))
    return _happened(row)


def _happened(row: Row) -> Happened:
    event_id, name, *told, payload = row
    return Happened._make((event_id, name, *told, decode(name, payload)))


def _position_before(instant: datetime, head: int) -> int:
    """Return a position behind which all is that was recorded an hour after that instant, by halving.

    Positions have no gaps; instants go up with them but for the time that transactions last.
    """
    low, high = 0, head
    while low < high:
        middle = (low + high + 1) // 2
        at = Event.objects.filter(position=middle).values_list("recorded_at", flat=True).get()
        low, high = (middle, high) if at < instant else (low, middle - 1)
    return low
