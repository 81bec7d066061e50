"""How often a key may ask, and how often an address may guess.

Counted in the memory of each web process, so that no request waits for a database to be told that it comes
too often: with two processes a key gets at most twice its rate.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from dangol.api.caller import address_of
from dangol.api.refused import TooManyRequests
from dangol.core.access.keys import UnknownKey
from dangol.core.storage.ids import Id

T = TypeVar("T")
GUESSES = RateLimitItemPerMinute(20)
SWEEP_SECONDS = 60.0


class _Sweeper(threading.Timer):
    """Forgets what is over, now and then.

    The library would start a thread for it with each request, ten milliseconds long: a twentieth of what an
    order costs. It looks whether this one lives, and does so again where a process was forked from under it.
    """

    def __init__(self, storage: MemoryStorage) -> None:
        super().__init__(SWEEP_SECONDS, forget_what_is_over, [storage])
        self.daemon = True

    def run(self) -> None:
        while not self.finished.wait(self.interval):
            self.function(*self.args)


def forget_what_is_over(storage: MemoryStorage) -> None:
    """Forget the counts of windows that are over, which nobody may ever ask for again."""
    for name in list(storage.expirations):
        storage.get(name)


def _counts() -> MemoryStorage:
    storage = MemoryStorage()
    storage.timer.join()
    storage.timer = _Sweeper(storage)
    storage.timer.start()
    return storage


_storage = _counts()
_limiter = SlidingWindowCounterRateLimiter(_storage)


class Left(NamedTuple):
    """What is left of a key's rate."""

    limit: int
    remaining: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """As the response tells it (draft-ietf-httpapi-ratelimit-headers, its earlier form)."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }


def take_turn(key_id: Id) -> Left:
    """Count a request of this key; returns what is left. Raises TooManyRequests."""
    rate = parse(settings.API_RATE)
    name = key_id.hex()
    if not _limiter.hit(rate, "key", name):
        raise _too_many(rate, "key", name)
    window = _limiter.get_window_stats(rate, "key", name)
    return Left(rate.amount, window.remaining, _seconds(window.reset_time))


def guard_guesses(request: HttpRequest, open_key: Callable[[], T]) -> T:
    """Return what `open_key` returns; whoever sends unknown keys is let wait. Raises TooManyRequests."""
    address = address_of(request)
    if not _limiter.test(GUESSES, "guess", address):
        raise _too_many(GUESSES, "guess", address)
    try:
        return open_key()
    except UnknownKey:
        _limiter.hit(GUESSES, "guess", address)
        raise


def forget_turns() -> None:
    """Forget what was counted: for tests."""
    _storage.reset()


def _too_many(rate: RateLimitItem, *names: str) -> TooManyRequests:
    again_in = _seconds(_limiter.get_window_stats(rate, *names).reset_time)
    return TooManyRequests(most=rate.amount, seconds=rate.get_expiry(), again_in=again_in)


def _seconds(instant: float) -> int:
    return max(1, math.ceil(instant - time.time()))
