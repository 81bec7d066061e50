"""What each customer bought on each of the shop's days: the table that reports on purchases begin with.

Most of what such a report costs is making one day of a customer's purchases on it. A consumer does that once,
as the orders come in; where the shop's zone changes, all is read again from the timeline.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from zoneinfo import ZoneInfo

import pyarrow as pa
from django.db.models import Sum

from dangol.core.commerce.events import OrderClaimed, OrderPlaced, OrderReturned
from dangol.core.commerce.models import CustomerDay, DayZone
from dangol.core.commerce.undone import find_undone
from dangol.core.events.consumers import Consumer
from dangol.core.events.models import Cursor
from dangol.core.events.records import Recorded
from dangol.core.people.merged import all_merged
from dangol.core.people.selectors import all_erased, shop
from dangol.core.storage.rows import insert_missing, table, write_from
from dangol.core.storage.transactions import write_transaction
from dangol.core.storage.walks import walk
from dangol.domain.calendars import day_of

NAME = "commerce.days"
SCHEMA = pa.schema(
    [
        ("customer", pa.binary()),
        ("day", pa.date32()),
        ("orders", pa.int32()),
        ("amount_minor", pa.int64()),
    ]
)
_KEYS = ("customer_id", "day", "currency")
_COUNTS = ("orders", "amount_minor")
_READ_AT_ONCE = 50_000


def count_days(events: Sequence[Recorded]) -> None:
    """Add orders and returns to their customers' days; guests, whom nobody knows, are left out.

    What came back is taken off on its own day. An order of which all came back was no purchase: it is counted
    no more on the day on which it was placed.
    """
    zone = _zone()
    sums: dict[tuple[bytes, object, str], list[int]] = defaultdict(lambda: [0, 0])
    for event in events:
        payload = event.payload
        assert isinstance(payload, OrderPlaced | OrderReturned)
        if payload.is_guest:
            continue
        own = sums[event.customer_id, day_of(event.occurred_at, zone), payload.currency]
        is_order = isinstance(payload, OrderPlaced)
        own[0] += is_order
        own[1] += payload.net_minor if is_order else -payload.net_minor
    for one in find_undone([event for event in events if _is_known_return(event)]):
        sums[one.customer_id, day_of(one.placed_at, zone), one.currency][0] -= 1
    rows = sorted((*key, *counts) for key, counts in sums.items())
    insert_missing(CustomerDay, (*_KEYS, *_COUNTS), [(*row[:3], 0, 0) for row in rows])
    write_from(
        CustomerDay,
        (*_KEYS, *_COUNTS),
        rows,
        f"UPDATE {table(CustomerDay)} AS t"  # noqa: S608 - our own names
        " SET orders = t.orders + input.orders, amount_minor = t.amount_minor + input.amount_minor"
        " FROM {input}"
        " WHERE t.customer_id = input.customer_id AND t.day = input.day AND t.currency = input.currency",
        keys=3,
        sums=True,
    )


def _is_known_return(event: Recorded) -> bool:
    return isinstance(event.payload, OrderReturned) and not event.payload.is_guest


def _zone() -> ZoneInfo:
    """Return the zone in which days are counted: the shop's, noted with the first of them."""
    row, _made = DayZone.objects.get_or_create(pk=1, defaults={"zone": shop().zone})
    return ZoneInfo(row.zone)


def recount_days_if_moved() -> bool:
    """Begin to count all days anew where the shop's zone has changed; returns whether it has."""
    counted = DayZone.objects.values_list("zone", flat=True).first()
    if counted in (None, shop().zone):
        return False
    with write_transaction():
        # The reader stands back where it finds its cursor moved, and begins where that is.
        Cursor.objects.select_for_update().filter(pk=NAME).update(position=0)
        CustomerDay.objects.all().delete()
        DayZone.objects.all().delete()
    return True


def read_days(currency: str) -> Iterator[pa.RecordBatch]:
    """Yield all days of one currency (`SCHEMA`), who was merged as the one they became.

    So one customer may have two rows of one day: whoever reads them sums these.

    Who was erased is left out, so that no model learns of them or tells anything of them: they are in no
    cohort any more either, whose sums are those of who is known today. Their days themselves stay, as their
    orders do: they are made of events, and counting those anew would bring back what had been deleted here.
    """
    now, erased = all_merged(), all_erased()
    for rows in walk(
        CustomerDay,
        (*_KEYS, *_COUNTS),
        _KEYS,
        size=_READ_AT_ONCE,
        where="currency = %s",
        params=[currency],
    ):
        owned = [(owner, *row[1:]) for row in rows if (owner := now.get(row[0], row[0])) not in erased]
        columns = [[row[at] for row in owned] for at in (0, 1, 3, 4)]
        yield pa.record_batch(
            [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)],
            schema=SCHEMA,
        )


def count_elsewhere(currency: str, *, as_of: date) -> dict[str, int]:
    """Return how many orders there were up to a day in each currency but this one; reads all days once."""
    others = CustomerDay.objects.filter(day__lte=as_of).exclude(currency=currency).order_by()
    counts = others.values_list("currency").annotate(count=Sum("orders"))
    return {other: count for other, count in sorted(counts) if count}


DAYS = Consumer(NAME, frozenset({OrderPlaced.event, OrderClaimed.event, OrderReturned.event}), count_days)
