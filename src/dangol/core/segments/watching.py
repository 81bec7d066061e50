"""Who is to be looked at, and when: one row a customer."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from dangol.core.people.models import Customer
from dangol.core.segments.models import Watch
from dangol.core.segments.subjects import KNOWN
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import insert_missing, table, write_from
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.core.storage.walks import walk

_AT_ONCE = 5_000


class Fall(NamedTuple):
    """A customer falls due at an instant, because of an event or (None) of a changed condition."""

    customer_id: Id
    at: datetime
    event_id: Id | None


def fall_due(falls: Iterable[Fall]) -> None:
    """Let customers be looked at from these instants on, unless they are due before. Three statements.

    Must be called inside a write transaction.
    """
    require_write_transaction()
    earliest: dict[Id, Fall] = {}
    for one in falls:
        known = earliest.get(one.customer_id)
        if known is None or one.at < known.at:
            earliest[one.customer_id] = one
    rows = [earliest[customer_id] for customer_id in sorted(earliest)]
    names = ("customer_id", "due_at", "event_id")
    insert_missing(Watch, names, rows)
    write_from(
        Watch,
        names,
        rows,
        f"UPDATE {table(Watch)} AS t SET due_at = input.due_at, event_id = input.event_id FROM {{input}}"  # noqa: S608
        " WHERE t.customer_id = input.customer_id AND (t.due_at IS NULL OR t.due_at > input.due_at)",
        keys=1,
    )


def fall_due_all(at: datetime, *, report: Callable[[int], None]) -> int:
    """Let every customer be looked at, some thousand a transaction; returns how many there are."""
    done = 0
    for rows in walk(
        Customer,
        ("customer_id",),
        ("customer_id",),
        size=_AT_ONCE,
        where=KNOWN,
    ):
        with write_transaction():
            fall_due([Fall(customer_id, at, None) for (customer_id,) in rows])
        done += len(rows)
        report(done)
    return done
