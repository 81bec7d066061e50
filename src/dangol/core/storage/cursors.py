"""Cursors for statements that come again and again.

Django has its driver write the values into the text, so that PostgreSQL parses and plans each statement
anew; for an order that is as much work as carrying it out. A statement through `prepared` is sent with its
values apart and is known to the connection from the second time on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper


class _PreparingCursor(psycopg.RawCursor[Any]):
    """A cursor of the driver that prepares what it executes."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        options["prepare"] = True
        return super().execute(_numbered(query), params, **options)


@lru_cache(maxsize=512)
def _numbered(sql: str) -> bytes:
    """Return the statement with PostgreSQL's own marks; the driver would look for them each time anew."""
    pieces = sql.split("%s")
    marked = pieces[0] + "".join([f"${place}{piece}" for place, piece in enumerate(pieces[1:], start=1)])
    return marked.replace("%%", "%").encode()


# A plan that is made once is made for few rows, and for a table as small as it was then; it stays until the
# table is next analyzed. An order bears that. A batch does not: each of its rows may cost a look at the whole
# table, which has grown meanwhile; so whoever brings more than an order has lets both be counted anew.
_FEW = 20


@contextmanager
def prepared(connection: BaseDatabaseWrapper, *, size: int = 1) -> Iterator[CursorWrapper]:
    """Yield a cursor for statements whose text stays the same; SQLite's driver prepares all of them anyway.

    `size` is for how many rows it is: with many it is a plain cursor. Values must be of types that
    PostgreSQL can tell from where they stand, or be cast.
    """
    if connection.vendor != "postgresql" or size > _FEW or connection.queries_logged:  # to be read by people
        with connection.cursor() as plain:
            yield plain
        return
    connection.validate_thread_sharing()
    connection.ensure_connection()
    assert connection.connection is not None
    with CursorWrapper(_PreparingCursor(connection.connection), connection) as cursor:
        yield cursor
