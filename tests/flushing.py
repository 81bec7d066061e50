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
    tables = [one for one in _tables_of(connection.alias) if one in there]
    if connection.vendor == "sqlite":
        tables = _filled(connection, tables)
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables))


@cache
def _tables_of(alias: str) -> list[str]:
    return connections[alias].introspection.django_table_names(include_views=False)


def _filled(connection: BaseDatabaseWrapper, tables: Sequence[str]) -> list[str]:
    asked = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})"  # noqa: S608 - our own names
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [row[0] for row in cursor.fetchall()]
