"""The SQLite engine: Django's own, over the library in the `pysqlite3` wheel.

SQLite before 3.51.3 can corrupt a write-ahead log used by several processes (https://sqlite.org/wal.html,
"The WAL-Reset Bug"), and many systems still ship one; so the application brings its own. Django
imports `sqlite3` by name, hence the exchange while its backend is first imported.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any
from unittest import mock

import pysqlite3
from django.db import models
from django.db.models import CompositePrimaryKey

if TYPE_CHECKING:
    from django.db.backends.sqlite3 import base as sqlite
    from django.db.backends.sqlite3 import schema
else:
    with mock.patch.dict(
        sys.modules, {"sqlite3": pysqlite3, "sqlite3.dbapi2": pysqlite3.dbapi2}
    ):
        sqlite = import_module("django.db.backends.sqlite3.base")
        schema = import_module("django.db.backends.sqlite3.schema")

OLDEST_SAFE_VERSION = (3, 51, 3)


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Stores a table with a composite key in that key's order, once, not as a heap with an index beside it."""

    def table_sql(self, model: type[models.Model]) -> tuple[str, list[Any]]:
        statement, params = super().table_sql(model)
        if isinstance(model._meta.pk, CompositePrimaryKey):
            statement += " WITHOUT ROWID"
        return statement, params


class DatabaseWrapper(sqlite.DatabaseWrapper):
    """A connection to a SQLite file."""

    SchemaEditorClass = DatabaseSchemaEditor
