"""The signals that end a process of ours, waited for as anything else is."""

import os
import signal
import threading
import time
from queue import Empty, SimpleQueue

# What is told to stop has so long to finish what is in hand: then it is ended, by its parent or by itself.
LEAVE_SECONDS = 30.0
PARENT_CHECK_SECONDS = 0.5


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


def stop_with_parent(parent: int | None) -> None:
    """Tell this process to stop once the parent is gone, even by kill -9, which tells nobody.

    A signal can get lost, as where a web worker is just being made, and a turn can stand still. Nobody is
    left to end this process then: it does so itself after `LEAVE_SECONDS`. Without a parent nothing happens.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_CHECK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(LEAVE_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    if parent is not None:
        threading.Thread(target=watch, name="parent watch", daemon=True).start()
