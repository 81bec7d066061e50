"""All consumers of an instance, read for by one worker."""

from collections.abc import Callable
from datetime import datetime

from dangol.core.events.consumers import cursor_consumers
from dangol.core.events.reader import Reader


class Readers:
    """The readers of all consumers that keep a cursor, taking turns."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._readers = [Reader(consumer, clock) for consumer in cursor_consumers()]

    def advance(self) -> int:
        """Let each reader hand over one batch; returns how many positions they came on together."""
        return sum(reader.advance() for reader in self._readers)

    def flush(self) -> None:
        """Note on the cursors how far each reader has come."""
        for reader in self._readers:
            reader.flush()

    def stuck(self) -> list[str]:
        """Return the names of the consumers whose last try failed."""
        return [reader.consumer.name for reader in self._readers if reader.is_stuck]
