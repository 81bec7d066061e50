"""Databases emptied after a test: of well over a hundred tables only those it has filled.

Django's own way deletes from each of them, and looks for the commands of forty apps every time.
"""

from typing import Any

from django.core.management.base import CommandError
from django.db import Error as DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

_by_django: Any = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined] # not public
# What asks a database which tables have rows, by its name; tables are made before the first test.
_asked: dict[tuple[str, str], str] = {}


def empty_databases(case: Any) -> None:
    """Empty the databases of a test case, as its own `_fixture_teardown` does."""
    try:
        for alias in case._databases_names(include_mirrors=False):
            empty(connections[alias])
    except DatabaseError as error:
        # A test that makes and drops tables leaves others than there were.
        _asked.clear()
        try:
            _by_django(case)
        except CommandError:
            raise error from None


def empty(connection: BaseDatabaseWrapper) -> None:
    """Delete all rows of a database but the list of migrations."""
    key = connection.vendor, str(connection.settings_dict["NAME"])
    asked = _asked.get(key) or _asked.setdefault(key, _which_are_filled(connection))
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            filled = [row[0] for row in cursor.execute(asked).fetchall()]
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            for table in filled:
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        return
    server: Any = connection.connection
    with connection.wrap_database_errors:
        filled = [row[0] for row in server.execute(asked, prepare=True).fetchall()]
        if filled:
            # Neither what guards rows from being deleted nor the order of foreign keys is in the way then.
            deletes = "; ".join(f"DELETE FROM {table}" for table in filled)  # noqa: S608 - our own names
            server.execute(f"BEGIN; SET LOCAL session_replication_role = replica; {deletes}; COMMIT")


def _which_are_filled(connection: BaseDatabaseWrapper) -> str:
    quoted = map(
        connection.ops.quote_name,
        connection.introspection.django_table_names(only_existing=True, include_views=False),
    )
    return " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})"  # noqa: S608 - our own names
        for table in quoted
    )
