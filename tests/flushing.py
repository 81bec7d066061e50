"""Emptying the databases after a test: only what it has filled, and without the command's ceremony.

Django's `flush` looks for a module of each app and deletes from every table: thirty milliseconds of a test.
"""

from collections.abc import Iterator, Sequence
from functools import cache

import pytest
from django.core.management.color import no_style
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase


@pytest.fixture(scope="session", autouse=True)
def filled_emptied() -> Iterator[None]:
    """Empty what a test has filled once it is over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _empty)
        yield


def _empty(case: TransactionTestCase) -> None:
    for alias in case._databases_names(include_mirrors=False):  # type: ignore[attr-defined] # Django's own
        empty(connections[alias])


def empty(connection: BaseDatabaseWrapper) -> None:
    """Delete all rows of a database but those of its migrations. Must not be called in a transaction."""
    there = set(connection.introspection.table_names())
    filled = _filled(connection, [one for one in _tables_of(connection.alias) if one in there])
    if connection.vendor == "sqlite":
        connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), filled))
    elif filled:
        # To truncate would make a file anew for each. Neither what guards rows from being deleted nor the
        # order of foreign keys is in the way so.
        emptied = (f"DELETE FROM {connection.ops.quote_name(table)}" for table in filled)  # noqa: S608 - ours
        connection.ops.execute_sql_flush(["SET LOCAL session_replication_role = replica", *emptied])


@cache
def _tables_of(alias: str) -> list[str]:
    return connections[alias].introspection.django_table_names(include_views=False)


def _filled(connection: BaseDatabaseWrapper, tables: Sequence[str]) -> list[str]:
    quote = connection.ops.quote_name
    asked = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quote(table)})"  # noqa: S608 - our own names
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [row[0] for row in cursor.fetchall()]
