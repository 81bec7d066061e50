"""The signals that end a process of ours, waited for as anything else is."""

import os
import select
import signal
import threading
import time

# What is told to stop has so long to finish what is in hand: then it is ended, by its parent or by itself.
LEAVE_SECONDS = 30.0
PARENT_CHECK_SECONDS = 0.5
ENDING = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """From its making on SIGTERM and SIGINT no longer interrupt this process: it looks for them itself.

    Python's own handlers run between two steps of the main thread: what they set, that thread may just hold,
    and a signal that comes right before it begins to wait is not heard before it wakes. So the interpreter
    itself writes the signal's number into a pipe, at once, and whoever waits reads it there, in any thread.
    Made in the main thread, once in a process. A process that is forked off has the usual signals again.
    """

    def __init__(self) -> None:
        self._told, telling = os.pipe()
        os.set_blocking(telling, False)
        signal.set_wakeup_fd(telling, warn_on_full_buffer=False)
        for number in ENDING:
            signal.signal(number, lambda _number, _frame: None)
        # What comes meanwhile waits, and is the forked process's own.
        os.register_at_fork(before=_hold_back, after_in_parent=_let_come, after_in_child=_hear_as_usual)

    def wait(self, seconds: float | None = None) -> int | None:
        """Wait to be told to stop, for at most `seconds`; returns the signal's number, None if none came."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            rest = None if end is None else max(0.0, end - time.monotonic())
            if not select.select([self._told], [], [], rest)[0]:
                return None
            # Other signals that somebody listens to are written there, too.
            if (number := os.read(self._told, 1)[0]) in ENDING:
                return number


def _hold_back() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)


def _let_come() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


def _hear_as_usual() -> None:
    """Let a forked process neither speak for its parent nor be deaf, until it has made up its mind."""
    signal.set_wakeup_fd(-1)
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    _let_come()


def stop_with_parent(parent: int | None) -> None:
    """Tell this process to stop once the parent is gone, even by kill -9, which tells nobody.

    A turn can stand still, and nobody is left to end this process then: it does so itself after
    `LEAVE_SECONDS`. Without a parent nothing happens.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_CHECK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(LEAVE_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    if parent is not None:
        threading.Thread(target=watch, name="parent watch", daemon=True).start()
