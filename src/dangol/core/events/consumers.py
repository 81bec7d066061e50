"""Consumers: functions that are handed events, a batch at a time, in order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module

from django.conf import settings

from dangol.core.events.records import Recorded

HANDED_AT_ONCE = 1_000


def always() -> bool:
    """Return True."""
    return True


@dataclass(frozen=True, slots=True)
class Consumer:
    """A function over a batch of events, and the names of the events it wants.

    While it is not `is_listening`, events pass it by unread.

    `handle` runs inside a write transaction that also moves the consumer's cursor (or, inline, records
    the events themselves). It touches nothing but the database, and does the same thing once however
    often it is handed the same event. `at_once`: the most events it is handed in one transaction, few where
    it holds locks that others wait for.
    """

    name: str
    events: frozenset[str]
    handle: Callable[[Sequence[Recorded]], None]
    is_listening: Callable[[], bool] = always
    at_once: int = HANDED_AT_ONCE

    def wants(self, name: str) -> bool:
        """Say whether an event of this name is for this consumer; an empty set wants everything."""
        return not self.events or name in self.events


@lru_cache(maxsize=1)
def inline_consumers() -> tuple[Consumer, ...]:
    """Return the consumers that run inside the recorder's transaction, each at its stored place."""
    return tuple(import_module(settings.EVENT_CONSUMERS).INLINE)


@lru_cache(maxsize=1)
def cursor_consumers() -> tuple[Consumer, ...]:
    """Return all consumers that keep a cursor; inline ones keep one for events they have not had."""
    return (*inline_consumers(), *import_module(settings.EVENT_CONSUMERS).BY_CURSOR)


@lru_cache(maxsize=256)
def inline_mask(name: str) -> int:
    """Return the bits of the inline consumers that have an event of this name as it is recorded."""
    return sum(1 << place for place, one in enumerate(inline_consumers()) if one.wants(name))
