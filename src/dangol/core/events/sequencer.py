"""The fenced sequencer: on PostgreSQL, events get their position after they are committed.

There many writers commit at once, and no number taken while writing follows the order of commits: a
reader that goes by such a number overtakes a slow writer and never sees its events. So writers leave
the position empty, and a sequencer, one at a time behind the lock of the head row, numbers the events
it can see. On SQLite the one writer numbers its own. docs/algorithms/timeline.md tells all of it.
"""

from django.db import connection

from dangol.core.events.models import Event, Head
from dangol.core.events.services import SHARD
from dangol.core.storage.rows import insert_missing, table
from dangol.core.storage.transactions import write_transaction

NUMBERED_AT_ONCE = 2_000
# Between two turns that were not full: each costs a commit, on a disk that the writers use too.
REST_SECONDS = 0.05


def number_waiting(limit: int = NUMBERED_AT_ONCE) -> int:
    """Give positions to up to `limit` committed events in id order; returns how many (0 on SQLite).

    Any number of sequencers may run; they take turns.
    """
    if connection.vendor != "postgresql" or not _anything_waits():
        return 0
    with write_transaction():
        last = _pass_fence()
        # A statement of its own, whose snapshot is taken now that the fence is passed: numbered in one
        # statement with the lock, the rows that another sequencer has just done would be done again.
        numbered = _number_visible(last, limit)
        if numbered:
            Head.objects.filter(shard=SHARD).update(position=last + numbered)
    return numbered


def catch_up() -> int:
    """As `number_waiting`, but returns 0 where a rest of `REST_SECONDS` is due: the turn was not full."""
    numbered = number_waiting()
    return numbered if numbered >= NUMBERED_AT_ONCE else 0


def _anything_waits() -> bool:
    """Look before taking the lock, so that an idle sequencer writes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {table(Event)} WHERE position IS NULL LIMIT 1")  # noqa: S608
        return cursor.fetchone() is not None


def _pass_fence() -> int:
    head = Head.objects.select_for_update().filter(shard=SHARD)
    found = head.values_list("position", flat=True).first()
    if found is not None:
        return found
    insert_missing(Head, ["shard", "position"], [(SHARD, 0)])
    return head.values_list("position", flat=True).get()


def _number_visible(last: int, limit: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH batch AS (
                SELECT customer_id, customer_seq, row_number() OVER (ORDER BY id) AS place
                FROM (SELECT customer_id, customer_seq, id FROM {table(Event)}
                      WHERE position IS NULL ORDER BY id LIMIT %s) AS waiting
            )
            UPDATE {table(Event)} AS event SET position = %s + batch.place
            FROM batch WHERE event.customer_id = batch.customer_id
              AND event.customer_seq = batch.customer_seq
            """,  # noqa: S608 - our own table's name
            [limit, last],
        )
        return int(cursor.rowcount)
