"""The SQLite engine: Django's own, over the library in the `pysqlite3` wheel.

SQLite before 3.51.3 can corrupt a write-ahead log used by several processes (https://sqlite.org/wal.html,
"The WAL-Reset Bug"), and many systems still ship one; so the application brings its own. Django
imports `sqlite3` by name, hence the exchange while its backend is first imported.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any
from unittest import mock

import pysqlite3
from django.db import models
from django.db.models import CompositePrimaryKey

from dangol.core.storage.heaps import is_heap

if TYPE_CHECKING:
    from django.db.backends.sqlite3 import base as sqlite, operations, schema
else:
    # Before the exchange: what is first imported during it is forgotten, and would be there twice.
    import_module("django.db.backends.base.schema")
    with mock.patch.dict(sys.modules, {"sqlite3": pysqlite3, "sqlite3.dbapi2": pysqlite3.dbapi2}):
        sqlite = import_module("django.db.backends.sqlite3.base")
        schema = import_module("django.db.backends.sqlite3.schema")
        operations = import_module("django.db.backends.sqlite3.operations")

OLDEST_SAFE_VERSION = (3, 51, 3)


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Stores a table with a composite key in that key's order, unless it is declared a heap."""

    def table_sql(self, model: type[models.Model]) -> tuple[str, list[Any]]:
        statement, params = super().table_sql(model)
        if isinstance(model._meta.pk, CompositePrimaryKey) and not is_heap(model):
            statement += " WITHOUT ROWID"
        return statement, params


class DatabaseOperations(operations.DatabaseOperations):
    """Empties append-only tables for `flush`, which empties everything, and for nothing else."""

    def sql_flush(self, style: Any, tables: Sequence[str], **options: Any) -> list[str]:
        """Set aside the triggers of `tables` (storage.append_only) while their rows are deleted."""
        statements = super().sql_flush(style, tables, **options)
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'trigger'")
            triggers = [(name, sql) for name, sql, table in cursor.fetchall() if table in set(tables)]
        dropped = [f"DROP TRIGGER {self.quote_name(name)}" for name, _ in triggers]
        # Foreign keys are checked at once, and tables come in no order.
        deferred = "PRAGMA defer_foreign_keys = ON"
        return [deferred, *dropped, *statements, *(sql for _, sql in triggers)] if statements else []


class DatabaseWrapper(sqlite.DatabaseWrapper):
    """A connection to a SQLite file."""

    SchemaEditorClass = DatabaseSchemaEditor
    ops_class = DatabaseOperations
