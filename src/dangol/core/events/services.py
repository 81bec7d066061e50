"""Recording events, in the same transaction as what they tell of."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from django.db import connection

from dangol.core.events.consumers import inline_consumers, inline_mask
from dangol.core.events.models import CustomerHead, Event, Head
from dangol.core.events.payloads import encode
from dangol.core.events.records import Draft, Recorded
from dangol.core.storage.ids import Id, id_after
from dangol.core.storage.plans import Overtaken, current_plan
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
# A customer's last sequence number, and the id above which the next event's has to be.
Place: TypeAlias = tuple[int, Id | None]
_COLUMNS = (
    "id", "customer_id", "customer_seq", "name", "subject_id",
    "occurred_at", "recorded_at", "payload", "inline_done", "position",
)  # fmt: skip
_HEAD = ("customer_id", "last_seq", "last_event_id")


def lock_customers(customer_ids: Iterable[Id]) -> dict[Id, Place]:
    """Lock all that belongs to these customers until the transaction ends, in sorted order.

    Lock before looking: two tills may serve the same customer at once. Returns where each customer stands.
    """
    require_write_transaction()
    ordered = sorted_ids(customer_ids)
    if plan := current_plan():
        return plan.guard(_PlannedHeads).look_at(ordered)
    heads = _read_heads(ordered)
    if missing := [(key, 0) for key in ordered if key not in heads]:
        made = insert_missing(CustomerHead, ["customer_id", "last_seq"], missing)
        if made < len(missing):  # somebody else made one meanwhile, and may have moved it on
            return _read_heads(ordered)
        heads |= {key: (0, None) for key, _ in missing}
    return heads


def touch_customers(customer_ids: Iterable[Id]) -> None:
    """Say that something of these customers has changed of which no event tells.

    Their heads move on, so that nothing planned on what was before is carried out.
    """
    heads = lock_customers(customer_ids)
    _move_heads({customer_id: (seq, id_after(last_id)) for customer_id, (seq, last_id) in heads.items()})


def _read_heads(customer_ids: Sequence[Id]) -> dict[Id, Place]:
    found = select_matching(
        CustomerHead,
        _HEAD,
        ["customer_id"],
        [(customer_id,) for customer_id in customer_ids],
        order_by=["customer_id"],
        lock=True,
    )
    return {customer_id: (seq, event_id) for customer_id, seq, event_id in found}


class _PlannedHeads:
    """Where customers stood when a plan was made, and where its own events leave them.

    All that belongs to a customer changes under the customer's lock and moves the head, so a head that
    stands where it stood says that nothing the plan has read of this customer has changed.
    """

    def __init__(self) -> None:
        self._found: dict[Id, Place] = {}
        self._now: dict[Id, Place] = {}

    def look_at(self, customer_ids: Sequence[Id]) -> dict[Id, Place]:
        """Return where these customers stand, with what the plan has told of them."""
        if unseen := [customer_id for customer_id in customer_ids if customer_id not in self._now]:
            found: dict[Id, Place] = dict.fromkeys(unseen, (0, None))
            found |= _read_heads(unseen)
            self._found |= found
            self._now |= found
        return {customer_id: self._now[customer_id] for customer_id in customer_ids}

    def move(self, heads: Mapping[Id, Place]) -> None:
        """Note where the plan's events leave these customers."""
        self._now.update(heads)

    def confirm(self) -> None:
        """Lock the customers; raises Overtaken where one of them has moved on."""
        if lock_customers(self._found) != self._found:
            raise Overtaken


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
    _move_heads(heads)
    _run_inline(recorded)
    return recorded


def _move_heads(heads: Mapping[Id, Place]) -> None:
    if plan := current_plan():
        plan.guard(_PlannedHeads).move(heads)
    rows = [(customer_id, *place) for customer_id, place in heads.items()]
    update_rows(CustomerHead, ["customer_id"], ["last_seq", "last_event_id"], rows)


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
