"""Recording events, in the same transaction as what they tell of."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from dangol.core.events.consumers import inline_consumers, inline_mask
from dangol.core.events.heads import Place, lock_customers, move_heads, touch_customers
from dangol.core.events.models import Event, Head
from dangol.core.events.payloads import encode
from dangol.core.events.records import Draft, Recorded
from dangol.core.storage.ids import id_after
from dangol.core.storage.rows import insert_rows, table

__all__ = ["Place", "lock_customers", "record_batch", "touch_customers"]
SHARD = 0
_COLUMNS = (
    "id", "customer_id", "customer_seq", "name", "subject_id",
    "occurred_at", "recorded_at", "payload", "inline_done", "position",
)  # fmt: skip


def record_batch(drafts: Sequence[Draft], *, recorded_at: datetime) -> list[Recorded]:
    """Put what happened on the timeline and run the inline consumers over it.

    Must be called inside the write transaction that makes the change itself. Each customer's events
    keep the order in which they are given; a constant number of statements serves any number of them.
    """
    if not drafts:
        return []
    heads = lock_customers(draft.customer_id for draft in drafts)
    recorded = []
    for draft in drafts:
        seq, last_id = heads[draft.customer_id]
        # Made after the lock and above the customer's last one, so that id order is the customer's order.
        event_id = id_after(last_id)
        heads[draft.customer_id] = (seq + 1, event_id)
        recorded.append(
            Recorded(
                event_id,
                draft.customer_id,
                seq + 1,
                draft.payload.event,
                draft.subject_id,
                draft.occurred_at,
                recorded_at,
                draft.payload,
            )
        )
    _insert(recorded)
    move_heads(heads)
    _run_inline(recorded)
    return recorded


def _insert(recorded: Sequence[Recorded]) -> None:
    is_numbered = connection.vendor == "sqlite"  # else a sequencer numbers what has been committed
    insert_rows(
        Event,
        _COLUMNS if is_numbered else _COLUMNS[:-1],
        [(*event[:7], encode(event.payload), inline_mask(event.name)) for event in recorded],
        numbers=_take_positions if is_numbered else None,
    )


def _take_positions(count: int) -> range:
    """Take the next positions: with one writer at a time, commit order is known while writing."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {table(Head)} (shard, position) VALUES (%s, %s)
            ON CONFLICT (shard) DO UPDATE SET position = position + excluded.position
            RETURNING position
            """,  # noqa: S608 - our own table's name
            [SHARD, count],
        )
        (last,) = cursor.fetchone()
    return range(last - count + 1, last + 1)


def _run_inline(recorded: Sequence[Recorded]) -> None:
    for consumer in inline_consumers():
        wanted = [event for event in recorded if consumer.wants(event.name)]
        if wanted:
            consumer.handle(wanted)
