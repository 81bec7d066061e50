"""Reading many statements' worth of rows as they were at one instant, while others go on writing."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction


@contextmanager
def read_snapshot(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Let all reads within see the database as it is at the first of them. Nothing may be written within.

    PostgreSQL: a read-only transaction at REPEATABLE READ. SQLite: a transaction that begins as a reader
    (`atomic` would begin as the writer), which its write-ahead log keeps apart from all later commits.
    """
    connection = connections[using]
    assert not connection.in_atomic_block, "a snapshot stands alone"
    if connection.vendor == "postgresql":
        with transaction.atomic(using=using):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
