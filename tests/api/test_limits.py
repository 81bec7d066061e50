"""Counting requests: no thread of its own for each, and nothing is kept for good."""

import threading
import time

from limits.storage import MemoryStorage

from dangol.api.limits import forget_turns, forget_what_is_over, take_turn
from dangol.core.storage.ids import random_id


def test_take_turn__many_requests__start_no_thread() -> None:
    key_id, before = random_id(), _threads_made()
    for _ in range(50):
        take_turn(key_id)
        time.sleep(0.001)
    forget_turns()
    assert _threads_made() - before == 1, "the one that counted"


def test_forget_what_is_over__one_window_of_two_over__keeps_the_other() -> None:
    storage = MemoryStorage()
    storage.incr("over", 0.01)
    storage.incr("running", 60)
    storage.timer.join()
    time.sleep(0.02)
    forget_what_is_over(storage)
    assert dict(storage.storage) == {"running": 1}
    assert list(storage.expirations) == ["running"]


def _threads_made() -> int:
    """Return how many threads without a name were made in this process, with one made for it."""
    return int(threading.Thread().name.split("-")[1])
