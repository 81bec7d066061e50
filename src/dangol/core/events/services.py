"""Recording events, in the same transaction as what they tell of."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection

from dangol.core.events.consumers import inline_consumers, inline_mask
from dangol.core.events.models import CustomerHead, Event, Head
from dangol.core.events.payloads import encode
from dangol.core.events.records import Draft, Recorded
from dangol.core.storage.ids import Id, id_after
from dangol.core.storage.rows import (
    insert_missing,
    insert_rows,
    select_matching,
    sorted_ids,
    table,
    update_rows,
)
from dangol.core.storage.transactions import require_write_transaction

SHARD = 0
_COLUMNS = (
    "id", "customer_id", "customer_seq", "name", "subject_id",
    "occurred_at", "recorded_at", "payload", "inline_done", "position",
)  # fmt: skip
_HEAD = ("customer_id", "last_seq", "last_event_id")


def lock_customers(customer_ids: Iterable[Id]) -> dict[Id, tuple[int, Id | None]]:
    """Lock all that belongs to these customers until the transaction ends, in sorted order.

    Lock before looking: two tills may serve the same customer at once. Returns each customer's last
    sequence number and last event id.
    """
    require_write_transaction()
    keys = [(customer_id,) for customer_id in sorted_ids(customer_ids)]

    def lock() -> dict[Id, tuple[int, Id | None]]:
        found = select_matching(
            CustomerHead, _HEAD, ["customer_id"], keys, order_by=["customer_id"], lock=True
        )
        return {customer_id: (seq, event_id) for customer_id, seq, event_id in found}

    heads = lock()
    if len(heads) < len(keys):
        missing = [(key, 0) for (key,) in keys if key not in heads]
        insert_missing(CustomerHead, ["customer_id", "last_seq"], missing)
        heads = lock()
    return heads


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
    update_rows(
        CustomerHead,
        ["customer_id"],
        ["last_seq", "last_event_id"],
        [(customer_id, seq, event_id) for customer_id, (seq, event_id) in heads.items()],
    )
    _run_inline(recorded)
    return recorded


def _insert(recorded: Sequence[Recorded]) -> None:
    positions: Iterable[int | None] = [None] * len(recorded)
    if connection.vendor == "sqlite":
        positions = _take_positions(len(recorded))
    insert_rows(
        Event,
        _COLUMNS,
        [
            (*event[:7], encode(event.payload), inline_mask(event.name), position)
            for event, position in zip(recorded, positions, strict=True)
        ],
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
