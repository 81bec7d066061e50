"""The signals that end a process of ours, waited for as anything else is."""

import signal
from queue import Empty, SimpleQueue


class StopSignals:
    """From its making on SIGTERM and SIGINT no longer interrupt this process: its main thread looks for them.

    A handler runs between any two steps of the main thread. To set an event there whose lock the main thread
    has just taken, to wait for it, stops both for good; putting into a `SimpleQueue` is the one thing the
    library says a handler may do at any time.
    """

    def __init__(self) -> None:
        self._told = SimpleQueue[int]()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _frame: self._told.put(number))

    def wait(self, seconds: float | None = None) -> int | None:
        """Wait to be told to stop, for at most `seconds`; returns the signal's number, None if none came."""
        try:
            return self._told.get(timeout=seconds)
        except Empty:
            return None
