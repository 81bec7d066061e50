"""The cache in which the doors count who knocks: in the database, so that all processes share it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import DatabaseError, connection

from dangol.core.storage.faults import classify
from dangol.core.storage.transactions import write_transaction


class WrittenCache(DatabaseCache):
    """A database cache that waits for its turn to write, and raises where it cannot.

    Django's own tells of a write that failed as of an entry that exists already: a door would then say
    "too many" where it should say "busy", or that the disk is full.
    """

    def add(
        self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Keep a value if there is none; say whether it was kept. Raises Busy and DatabaseError."""
        with _written():
            return bool(super().add(key, value, timeout, version))

    def set(
        self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """Keep a value. Raises Busy and DatabaseError."""
        with _written():
            super().set(key, value, timeout, version)


@contextmanager
def _written() -> Iterator[None]:
    """Write in a transaction, and raise what the database could not do though nobody let it through."""
    faults: list[DatabaseError] = []

    def listen(execute: Callable[..., Any], *given: Any) -> Any:
        try:
            return execute(*given)
        except DatabaseError as error:
            if classify(error):
                faults.append(error)
            raise

    with write_transaction(), connection.execute_wrapper(listen):
        yield
        if faults:
            raise faults[0]
