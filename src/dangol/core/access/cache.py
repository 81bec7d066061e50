"""The cache in which the doors count who knocks: in the database, so that all processes share it."""

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache

from dangol.core.storage.transactions import write_transaction


class WrittenCache(DatabaseCache):
    """A database cache that waits for its turn to write, and raises where it cannot.

    Django's own tells of a write that failed as of an entry that exists already: a door would then say
    "too many" where it should say "busy".
    """

    def add(
        self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Keep a value if there is none; say whether it was kept. Raises Busy and OperationalError."""
        with write_transaction():
            return bool(super().add(key, value, timeout, version))

    def set(
        self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """Keep a value. Raises Busy and OperationalError."""
        with write_transaction():
            super().set(key, value, timeout, version)
