"""Sending the writes of a block together, at its end.

Where a person waits, it is not the rows that cost but the statements, each a way to the database and back.
Inside `gathered()` the set-based writes of `rows` are kept, and at the end of the block, or as soon as
anything looks at a table they go to, PostgreSQL gets all of them as one statement with a part for each table.
SQLite, to which the way is short, gets one for each table. Whoever reads and writes inside notices nothing,
but that a write is refused (a conflict, a check) only when it is sent.

What is kept for one table comes from one kind of write, or touches different rows: the parts of a statement
do not see one another.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from dangol.core.storage.columns import Model, Row
from dangol.core.storage.cursors import prepared
from dangol.core.storage.plans import current_plan
from dangol.core.storage.transactions import require_write_transaction
from dangol.core.storage.values import input_params, records_params

_UNDOES = re.compile(r"\s*ROLLBACK TO\b", re.IGNORECASE)
_READS = re.compile(r"\s*SELECT\b", re.IGNORECASE)
_TABLE = re.compile(r"\bdg_\w+")


class LostRows(RuntimeError):
    """Rows that were to be changed, and that the caller holds locked, are not there: a bug."""


class Write(NamedTuple):
    """One kind of write: `sql` takes a table of the named fields and is the same for any number of rows.

    `keys`: how many of the names, the first ones, say which row is changed (0: rows are added).
    `sums`: what is written adds to what is there, so that two of them cannot become one. `ready` encodes
    rows and returns what writes them alone, and says how many were changed.
    """

    model: Model
    sql: str
    names: tuple[str, ...]
    ready: Callable[[Sequence[Row]], Callable[[], int]]
    keys: int = 0
    sums: bool = False

    def place(self, row: Row) -> Row:
        """Return which row of the table is changed."""
        return row[: self.keys]

    def params(self, rows: Sequence[Row]) -> list[Any]:
        """Return the parameters of `sql` for these rows."""
        return (input_params if self.keys else records_params)(self.model, self.names, rows)


class Gathering:
    """The writes of a block, in the order in which their tables were first written to."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self._waiting: dict[tuple[Model, str], tuple[Write, list[Row]]] = {}
        self._tables: set[str] = set()

    def add(self, write: Write, rows: Sequence[Row]) -> int:
        """Keep rows to be written; returns how many there will be."""
        if any(_may_meet(one, kept, write, rows) for one, kept in self._waiting.values()):
            self.send()
        _, kept = self._waiting.setdefault((write.model, write.sql), (write, []))
        self._tables.add(write.model._meta.db_table)
        if write.keys and kept:  # of two changes of one row the later holds
            places = {write.place(row): row for row in (*kept, *rows)}
            kept[:] = places.values()
        else:
            kept.extend(rows)
        return len(rows)

    def watch(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Send what waits before a statement that could notice that it is not there yet."""
        if self._waiting:
            text = str(sql)
            if _UNDOES.match(text):
                self._waiting.clear()
                self._tables.clear()
            elif not _READS.match(text) or not _tables_of(text).isdisjoint(self._tables):
                self.send()
        return execute(sql, params, many, context)

    def send(self) -> None:
        """Write what waits; raises LostRows, and what the database refuses."""
        waiting = list(self._waiting.values())
        self._waiting.clear()
        self._tables.clear()
        if not waiting:
            return
        if self.connection.vendor == "postgresql":
            counts = _send_together(self.connection, waiting)
        else:
            counts = [write.ready(rows)() for write, rows in waiting]
        for (write, rows), count in zip(waiting, counts, strict=True):
            if write.keys and count != len(rows):
                raise LostRows(f"{write.model.__name__}: {len(rows)} rows to change, {count} found")


def _may_meet(one: Write, kept: Sequence[Row], other: Write, rows: Sequence[Row]) -> bool:
    """Say whether both may be about the same row in a way that the first has to be sent before the second."""
    if one.model is not other.model:
        return False
    if one.sql == other.sql:
        return one.sums
    if one.keys or not other.keys:
        # Rows that are added after a change are none of those it is about.
        return bool(other.keys)
    keys = other.names[: other.keys]
    if not set(keys) <= set(one.names):
        return True
    at = [one.names.index(key) for key in keys]
    added = {tuple([row[place] for place in at]) for row in kept}
    return any(other.place(row) in added for row in rows)


@lru_cache(maxsize=512)
def _tables_of(sql: str) -> frozenset[str]:
    return frozenset(_TABLE.findall(sql))


@lru_cache(maxsize=256)
def _together(parts: tuple[tuple[str, bool], ...]) -> str:
    """Return one statement that does all parts and says how many rows each has changed: 0 if it only adds."""
    named = [
        f"w{place} AS ({sql}{' RETURNING 1' if changes else ''})"
        for place, (sql, changes) in enumerate(parts)
    ]
    counts = [
        f"(SELECT count(*) FROM w{place})" if changes else "0"  # noqa: S608 - our own names
        for place, (_, changes) in enumerate(parts)
    ]
    return f"WITH {', '.join(named)} SELECT {', '.join(counts)}"


def _send_together(
    connection: BaseDatabaseWrapper, waiting: Sequence[tuple[Write, list[Row]]]
) -> Sequence[int]:
    params = [param for write, rows in waiting for param in write.params(rows)]
    with prepared(connection, size=max(len(rows) for _, rows in waiting)) as cursor:
        cursor.execute(_together(tuple([(write.sql, write.keys > 0) for write, _ in waiting])), params)
        counts: Sequence[int] = cursor.fetchone()
    return counts


_current: ContextVar[Gathering | None] = ContextVar("gathering", default=None)


def current_gathering(connection: BaseDatabaseWrapper) -> Gathering | None:
    """Return what gathers the writes to this connection here, if something does."""
    found = _current.get()
    return found if found and found.connection is connection else None


@contextmanager
def gathered(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Send the block's writes together, at its end; must be inside write_transaction().

    Within another such block, or while a plan is made, it joins that. If the block fails, what waits is
    dropped: the transaction, or a savepoint around the block, is then to be rolled back.
    """
    require_write_transaction(using)
    connection = connections[using]
    if current_plan(using) or current_gathering(connection):
        yield
        return
    gathering = Gathering(connection)
    token = _current.set(gathering)
    try:
        with connection.execute_wrapper(gathering.watch):
            yield
            gathering.send()
    finally:
        _current.reset(token)
