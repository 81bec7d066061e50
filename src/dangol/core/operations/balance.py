"""Sharing connections between the web processes of one machine.

A client keeps its connection, and connections fall on the processes by chance: of eight, five may wait for
one process while the other rests. So each process writes down, where the others see it, how many requests
of tills and programs it has had of late; and where some wait in one that has two more than another, the
connection of the request just answered is closed. Its client comes back, by chance again, until it is even.
"""

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import Lock
from multiprocessing.sharedctypes import RawArray

SETTLE_SECONDS = 0.1
# Of two processes with four clients each, one is now and then two ahead for a moment.
UNEVEN = 1.5


class Board:
    """What all web processes see: made before they are, with places enough for those that follow them."""

    def __init__(self, processes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # A process that was killed keeps its place until somebody has taken note of its end.
        self.pids = RawArray("i", 2 * processes)
        self.loads = RawArray("i", 2 * processes)
        self.means = RawArray("d", 2 * processes)
        self.counted_at = RawArray("d", 2 * processes)
        self._lock = Lock()

    def take_place(self) -> "Place":
        """Return this process's place: a free one, or that of a process that is no more."""
        with self._lock:
            free = [number for number, pid in enumerate(self.pids) if not _is_alive(pid)]
            if not free:
                return Board(1, self._clock).take_place()
            self.pids[free[0]], self.loads[free[0]], self.means[free[0]] = os.getpid(), 0, 0.0
        return Place(self, free[0], self._clock)


class Place:
    """One process's place. Only its event loop writes there, so that nothing is counted wrong."""

    def __init__(self, board: Board, number: int, clock: Callable[[], float]) -> None:
        self.board, self.number, self._clock = board, number, clock
        self._let_go_at = clock()

    def count(self, step: int) -> None:
        """Note that a request has come (1) or gone (-1)."""
        at = self._clock()
        self.board.means[self.number] = self.mean_load(self.number, at)
        self.board.counted_at[self.number] = at
        self.board.loads[self.number] += step

    def mean_load(self, number: int, at: float) -> float:
        """Return how many requests a process has had at a time, of late: each moment counts for less as it
        goes by, and after `SETTLE_SECONDS` for a third.
        """
        board = self.board
        load, mean = board.loads[number], board.means[number]
        return float(load + (mean - load) * math.exp((board.counted_at[number] - at) / SETTLE_SECONDS))

    def lets_one_go(self, *, at_once: int) -> bool:
        """Say whether some have waited here, where so many are done at once, and another process has had two
        fewer. Once said, no more until what it did can show.
        """
        at = self._clock()
        own = self.mean_load(self.number, at)
        if at - self._let_go_at < SETTLE_SECONDS or own <= at_once:
            return False
        if not any(self.mean_load(other, at) + UNEVEN <= own for other in self._others()):
            return False
        self._let_go_at = at
        return True

    def _others(self) -> Iterator[int]:
        for number, pid in enumerate(self.board.pids):
            if number != self.number and _is_alive(pid):
                yield number


def _is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, 0)
        return pid > 0
    return False
