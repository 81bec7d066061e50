"""What somebody does who owns the database: triggers set aside for a test, and put back after it."""

from typing import Any

import pytest
from django.db import connection


def tamper(sql: str, *params: Any) -> None:
    """Do what somebody does who owns the database: set the triggers aside, and write."""
    tables = ("dg_access_entry", "dg_access_entry_link")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        else:
            for table in tables:
                for act in ("update", "delete"):
                    cursor.execute(f"DROP TRIGGER {table}_append_only_{act}")
        cursor.execute(sql, params)


@pytest.fixture
def triggers() -> object:
    """Put the triggers back that a test has set aside."""
    names = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'dg_access%%'"
    kept: list[str] = []
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            kept = [row[0] for row in cursor.execute(names).fetchall()]
    yield
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in ("dg_access_entry", "dg_access_entry_link"):
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
        else:
            there = {row[0] for row in cursor.execute(names).fetchall()}
            for sql in kept:
                if sql not in there:
                    cursor.execute(sql)
