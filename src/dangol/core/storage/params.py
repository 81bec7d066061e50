"""Single values in SQL of our own: as the driver takes them, and as text."""

from datetime import datetime
from typing import Any

from django.db import connection

from dangol.core.storage.columns import Model, vendor_of
from dangol.core.storage.ids import Id


def id_param(value: Id) -> Any:
    """Return an id."""
    return value.hex() if connection.vendor == "postgresql" else bytearray(value)


def instant_param(value: datetime) -> Any:
    """Return an instant."""
    return connection.ops.adapt_datetimefield_value(value)


def not_by_index(model: Model, sql: str) -> str:
    """Return a column of the model's table, or a condition on it, by which SQLite looks for no index.

    It takes one value of any indexed column for a few rows, and would rather sort all members of a program
    than go through the first ones in the order asked for.
    """
    return f"+{sql}" if vendor_of(model) == "sqlite" else sql


def digits_sql(column: str) -> str:
    """Return SQL for the 32 hex digits of an id in a column, as `Id.hex()` has them in keys."""
    if connection.vendor == "postgresql":
        return f"replace(CAST({column} AS text), '-', '')"
    return f"lower(hex({column}))"
