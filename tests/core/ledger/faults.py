"""Doing to a database what nothing in the house does: writing rows that no rule allows."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname FROM pg_constraint
    WHERE conrelid::regclass::text LIKE 'dg_%%' AND (contype = 'c' OR conname = 'dg_transfer_key')
"""


@contextmanager
def tampering() -> Iterator[None]:
    """Set aside triggers, checks and keys; whatever is done meanwhile is undone at the end."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        try:
            with transaction.atomic():
                _unlock()
                yield
                transaction.set_rollback(True)
        finally:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA ignore_check_constraints = OFF")
                cursor.execute("PRAGMA foreign_keys = ON")


def _unlock() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(_CONSTRAINTS)
            for owner, name in cursor.fetchall():
                cursor.execute(f'ALTER TABLE {owner} DROP CONSTRAINT "{name}"')
            return
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')
        # SQLite cannot drop a unique constraint: the table is replaced by a copy without any.
        cursor.execute("CREATE TABLE bare AS SELECT * FROM dg_transfer")
        cursor.execute("DROP TABLE dg_transfer")
        cursor.execute("ALTER TABLE bare RENAME TO dg_transfer")


def tamper(sql: str, **ids: bytes) -> None:
    """Run SQL; ids are given by name, as in `:lot`, and written as the database at hand spells them."""
    for name, value in ids.items():
        spelled = f"'{value.hex()}'" if connection.vendor == "postgresql" else f"x'{value.hex()}'"
        sql = sql.replace(f":{name}", spelled)
    with connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.rowcount, "the fault must be there to be found"
