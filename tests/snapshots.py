"""What a history has left in both databases, kept and put back: for what many tests begin from."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import atomic

T = TypeVar("T")


class Copied(NamedTuple):
    """A table's rows: on PostgreSQL as COPY writes them, on SQLite as a list."""

    table: str
    rows: Any


class Snapshot(NamedTuple):
    """The tables that were filled, and where counters stood, by the alias of the database."""

    tables: Mapping[str, Sequence[Copied]]
    counters: Mapping[str, Sequence[tuple[str, int]]]


class Kept(Generic[T]):
    """What many tests begin from: told to the first who asks in this process, put back for all others.

    Nothing that the telling writes to may have happened before in the test that asks.
    """

    def __init__(self, tell: Callable[[], T]) -> None:
        self._tell = tell
        self._told: tuple[T, Snapshot] | None = None

    def __call__(self) -> T:
        """Let it have happened, and return what was told."""
        if self._told is None:
            found: list[T] = []
            snapshot = snapshot_of(lambda: found.append(self._tell()))
            self._told = found[0], snapshot
        else:
            put_back(self._told[1])
        return self._told[0]


def snapshot_of(tell: Callable[[], object]) -> Snapshot:
    """Let something happen, and return the tables it has written to, as they are after it.

    Tables it leaves alone may have rows already, of who has signed in. Must not be called in a transaction.
    """
    before = {alias: _copy_out(connections[alias]) for alias in connections}
    tell()
    after = {alias: _copy_out(connections[alias]) for alias in connections}
    return Snapshot(
        {
            alias: [Copied(*one) for one in copied.items() if before[alias].get(one[0]) != one[1]]
            for alias, copied in after.items()
        },
        {alias: _counters(connections[alias]) for alias in connections},
    )


def put_back(snapshot: Snapshot) -> None:
    """Put the rows into tables that are empty. Must not be called inside a transaction."""
    for alias, tables in snapshot.tables.items():
        if connections[alias].vendor == "sqlite":
            _insert(connections[alias], tables)
        else:
            _copy_in(connections[alias], tables, snapshot.counters[alias])


def _copy_out(connection: BaseDatabaseWrapper) -> dict[str, Any]:
    """Return the rows of every table that has some."""
    copied = {}
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            if name == "django_migrations":
                continue
            if connection.vendor == "sqlite":
                rows: Any = _stored(cursor, connection, name)
            else:
                with cursor.copy(f"COPY {connection.ops.quote_name(name)} TO STDOUT") as out:
                    rows = b"".join(bytes(part) for part in out)
            if rows:
                copied[name] = rows
    return copied


def _stored(cursor: Any, connection: BaseDatabaseWrapper, table: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table as SQLite stores them: a plus sign keeps instants from being converted."""
    quote = connection.ops.quote_name
    cursor.execute(f"SELECT name FROM pragma_table_info('{table}')")  # noqa: S608 - our own names
    columns = ", ".join(f"+{quote(name)}" for (name,) in cursor.fetchall())
    return list(cursor.execute(f"SELECT {columns} FROM {quote(table)}").fetchall())  # noqa: S608


def _insert(connection: BaseDatabaseWrapper, tables: Sequence[Copied]) -> None:
    with atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("PRAGMA defer_foreign_keys = ON")
        for table, rows in tables:
            places = ", ".join(["%s"] * len(rows[0]))
            # What a trigger has written meanwhile is among the rows.
            cursor.executemany(
                f"INSERT OR REPLACE INTO {connection.ops.quote_name(table)} VALUES ({places})",  # noqa: S608
                rows,
            )


def _counters(connection: BaseDatabaseWrapper) -> list[tuple[str, int]]:
    if connection.vendor == "sqlite":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(sequencename), last_value FROM pg_sequences"
            " WHERE last_value IS NOT NULL AND schemaname = current_schema()"
        )
        return list(cursor.fetchall())


def _copy_in(
    connection: BaseDatabaseWrapper, tables: Sequence[Copied], counters: Sequence[tuple[str, int]]
) -> None:
    with connection.cursor() as cursor:
        # Neither what watches over new rows nor the order of foreign keys is in the way then.
        cursor.execute("SET session_replication_role = replica")
        try:
            for table, rows in tables:
                with cursor.copy(f"COPY {connection.ops.quote_name(table)} FROM STDIN") as into:
                    into.write(rows)
            for name, value in counters:
                cursor.execute("SELECT setval(%s, greatest(%s, nextval(%s)))", [name, value, name])
        finally:
            cursor.execute("SET session_replication_role = DEFAULT")
