"""All consumers of an instance, read for by one worker."""

from collections.abc import Callable, Sequence
from datetime import datetime

from dangol.core.events.consumers import HANDED_AT_ONCE, Consumer, cursor_consumers
from dangol.core.events.reader import Reader, glance_from

# Between two batches that are not full: each costs a commit, which on a slow disk the writers wait for.
REST_SECONDS = 0.05


class Readers:
    """The readers of all consumers that keep a cursor (or of those given), taking turns."""

    def __init__(self, *, clock: Callable[[], datetime], consumers: Sequence[Consumer] | None = None) -> None:
        chosen = cursor_consumers() if consumers is None else consumers
        self._readers = [Reader(consumer, clock) for consumer in chosen]

    def advance(self) -> int:
        """Let each reader hand over one batch; returns how many positions they came on together."""
        return sum(self._turn())

    def catch_up(self) -> int:
        """As `advance`, but returns 0 where a rest of `REST_SECONDS` is due: no batch was full."""
        moved = self._turn()
        return sum(moved) if any(one >= HANDED_AT_ONCE for one in moved) else 0

    def _turn(self) -> list[int]:
        # One look for all: mostly there is nothing, and else little that more than one or two want.
        going = [reader.seen for reader in self._readers if not reader.is_stuck]
        glance = glance_from(min(going, default=0))
        return [reader.advance(glance) for reader in self._readers]

    def flush(self) -> None:
        """Note on the cursors how far each reader has come."""
        for reader in self._readers:
            reader.flush()

    def stuck(self) -> list[str]:
        """Return the names of the consumers whose last try failed."""
        return [reader.consumer.name for reader in self._readers if reader.is_stuck]
