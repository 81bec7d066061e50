"""Sharing connections between the web processes of one machine.

A client keeps its connection, and connections fall on the processes by chance: of eight, five may wait for
one process while the other rests. So each process writes down, where the others see it, how many requests
of tills and programs it has; and where somebody waits in one that has two more than another, the connection
of the request just answered is closed. Its client comes back, by chance again, until it is even.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Lock
from multiprocessing.sharedctypes import RawArray


class Board:
    """What all web processes see: made before they are, with places enough for those that follow them."""

    def __init__(self, processes: int) -> None:
        # A process that was killed keeps its place until somebody has taken note of its end.
        self.pids = RawArray("i", 2 * processes)
        self.loads = RawArray("i", 2 * processes)
        self._lock = Lock()

    def take_place(self) -> "Place":
        """Return this process's place: a free one, or that of a process that is no more."""
        with self._lock:
            free = [number for number, pid in enumerate(self.pids) if not _is_alive(pid)]
            if not free:
                return Board(1).take_place()
            self.pids[free[0]], self.loads[free[0]] = os.getpid(), 0
        return Place(self, free[0])


@dataclass(frozen=True, slots=True)
class Place:
    """One process's place. Only its event loop writes there, so that nothing is counted wrong."""

    board: Board
    number: int

    def count(self, step: int) -> None:
        """Note that a request has come (1) or gone (-1)."""
        self.board.loads[self.number] += step

    def is_crowded(self, *, at_once: int) -> bool:
        """Say whether some wait here, where so many are done at once, and another process has two fewer."""
        own: int = self.board.loads[self.number]
        return own > at_once and any(load + 2 <= own for load in self._others())

    def _others(self) -> Iterator[int]:
        for number, (pid, load) in enumerate(zip(self.board.pids, self.board.loads, strict=True)):
            if number != self.number and _is_alive(pid):
                yield load


def _is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, 0)
        return pid > 0
    return False
