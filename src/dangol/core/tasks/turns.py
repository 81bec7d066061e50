"""Work that is found by looking: a function that does some of what is due, and says whether there was any.

A worker has a loop for each; whoever does all that is due in their own process (a command, a test space)
calls them until nothing is left. `project/turns.py` lists them all.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from typing import NamedTuple

from django.conf import settings


class Turn(NamedTuple):
    """A name for the log; what does some of what is due at an instant and returns how much (0: nothing was).

    A worker that did less than `full` at once looks again after `idle_seconds`: little at a time costs more.
    """

    name: str
    run: Callable[[datetime], int]
    idle_seconds: float
    full: int = 1

    def take(self, at: datetime) -> int:
        """Do some of what is due at `at`; returns how much, and 0 where a rest is due: it was not full."""
        done = self.run(at)
        return done if done >= self.full else 0


@lru_cache(maxsize=1)
def turns() -> tuple[Turn, ...]:
    """Return all such work."""
    return tuple(import_module(settings.TURNS).TURNS)


def take_turns(at: datetime) -> int:
    """Do some of everything that is due at `at`; returns how much."""
    return sum(turn.run(at) for turn in turns())
