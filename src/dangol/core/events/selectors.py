"""How the timeline stands: its head, its consumers, and the proof of its order."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Q

from dangol.core.events.consumers import cursor_consumers
from dangol.core.events.models import Cursor, Event, Head
from dangol.core.events.payloads import decode
from dangol.core.events.records import Recorded
from dangol.core.events.services import SHARD
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import columns, read_rows, select_matching, table

# The fields of `Recorded`, in its order.
_RECORDED = (
    "id", "customer_id", "customer_seq", "name", "subject_id", "occurred_at", "recorded_at", "payload",
)  # fmt: skip


class ConsumerState(NamedTuple):
    """How far a consumer has come, and what stopped it: `error` is empty while all is well."""

    name: str
    position: int
    behind: int
    error: str
    failed_for: timedelta | None


class TimelineFaults(NamedTuple):
    """What must all be nothing: see `find_timeline_faults`."""

    unnumbered: int
    missing_positions: int
    doubled_positions: int
    inverted: int


class Told(NamedTuple):
    """An event as it is read for a person or a program: its payload is still the JSON that was written."""

    id: Id
    name: str
    customer_seq: int
    subject_id: Id | None
    occurred_at: datetime
    recorded_at: datetime
    payload: str


def timeline_of(
    customer_id: Id, *, before: tuple[datetime, int] | None = None, limit: int = 50
) -> list[Told]:
    """Return what happened to a customer, the latest first, from `before` (instant, sequence number) on."""
    events = Event.objects.filter(customer_id=customer_id)
    if before:
        at, seq = before
        events = events.filter(Q(occurred_at__lt=at) | Q(occurred_at=at, customer_seq__lt=seq))
    rows = events.order_by("-occurred_at", "-customer_seq").values_list(*Told._fields)
    return [Told(*row) for row in rows[:limit]]


def find_told(event_ids: Iterable[Id]) -> dict[Id, Told]:
    """Return the events of these ids, those there are."""
    wanted = [(one,) for one in sorted(set(event_ids))]
    return {row[0]: Told(*row) for row in select_matching(Event, Told._fields, ("id",), wanted)}


def read_head() -> int:
    """Return the last position given; every event up to it can be read."""
    rows = select_matching(Head, ("position",), ("shard",), [(SHARD,)])
    return rows[0][0] if rows else 0


def events_after(position: int, *, limit: int) -> list[tuple[int, Recorded]]:
    """Return the next events behind a position, each with its own; all of them, whoever has had them."""
    rows = read_rows(
        Event,
        ("position", *_RECORDED),
        f"SELECT {columns(Event, ('position', *_RECORDED))} FROM {table(Event)}"  # noqa: S608 - our own names
        " WHERE position > %s ORDER BY position LIMIT %s",
        [position, limit],
    )
    return [(row[0], Recorded._make((*row[1:-1], decode(row[4], row[-1])))) for row in rows]


def show_consumers(as_of: datetime) -> list[ConsumerState]:
    """Return the state of all consumers that keep a cursor, and of the lake."""
    head = read_head()
    cursors = {cursor.consumer: cursor for cursor in Cursor.objects.all()}
    names = dict.fromkeys([*(one.name for one in cursor_consumers()), *cursors])
    return [_state(name, cursors.get(name), head, as_of) for name in names]


def _state(name: str, cursor: Cursor | None, head: int, as_of: datetime) -> ConsumerState:
    if cursor is None:
        return ConsumerState(name, 0, head, "", None)
    failed_for = as_of - cursor.failed_at if cursor.error and cursor.failed_at else None
    return ConsumerState(name, cursor.position, head - cursor.position, cursor.error, failed_for)


def find_timeline_faults() -> TimelineFaults:
    """Count events without a position, positions left out or given twice, and customers' events out of order.

    An event is out of order where its customer's numbers do not go up by one along the positions.
    """
    event = table(Event)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*) - count(position),
                   coalesce(max(position), 0) - count(DISTINCT position),
                   count(position) - count(DISTINCT position)
            FROM {event}
            """  # noqa: S608 - our own table
        )
        unnumbered, missing, doubled = cursor.fetchone()
        cursor.execute(
            f"""
            SELECT count(*) FROM (
                SELECT customer_seq - coalesce(
                    lag(customer_seq) OVER (PARTITION BY customer_id ORDER BY position), 0) AS step
                FROM {event} WHERE position IS NOT NULL
            ) AS steps WHERE step <> 1
            """  # noqa: S608 - our own table
        )
        (inverted,) = cursor.fetchone()
    return TimelineFaults(unnumbered, missing, doubled, inverted)
