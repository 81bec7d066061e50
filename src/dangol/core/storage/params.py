"""Single values as the driver takes them in a WHERE clause of our own."""

from datetime import datetime
from typing import Any

from django.db import connection

from dangol.core.storage.ids import Id


def id_param(value: Id) -> Any:
    """Return an id."""
    return value.hex() if connection.vendor == "postgresql" else bytearray(value)


def instant_param(value: datetime) -> Any:
    """Return an instant."""
    return connection.ops.adapt_datetimefield_value(value)
