"""A second process at the side of an import, which carries out every other batch.

The two tell each other over a pipe how many batches are written, and each waits for the one before its
own. Nothing depends on the second one: when it is lost, or does not come up, the first goes on alone.
The new process imports this module before Django is ready, so it knows no models.
"""

import multiprocessing
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

import django
from django.db import connections

_GONE = (EOFError, OSError)
_LEAVING_SECONDS = 2.0
# Many times what a batch takes on a busy machine. Whoever is given up wrongly finds its batch written.
PATIENCE_SECONDS = 120.0


class Turns:
    """One end of the pipe: how many batches are written, by whichever of the two."""

    def __init__(self, pipe: "Connection[Any, Any]", written: int) -> None:
        self._pipe = pipe
        self._written = written

    def wait_for(self, place: int, patience: float | None = None) -> None:
        """Return once all batches before `place` are written.

        Raises EOFError where the other is gone, TimeoutError where it was not heard for `patience` seconds.
        """
        while self._written < place:
            if not self._pipe.poll(patience):
                raise TimeoutError
            self._written = self._pipe.recv()

    def tell(self, place: int) -> None:
        """Say that the batch at `place` is written."""
        self._written = place + 1
        self._pipe.send(self._written)


class Partner:
    """The second process as the first one sees it; without a task there is none."""

    def __init__(self, task: Any = None) -> None:
        self.has_begun = False
        self._task = task
        self._pipe: Connection[Any, Any] | None = None
        if task is None:
            return
        spawning = multiprocessing.get_context("spawn")
        ours, theirs = spawning.Pipe()
        self._process = spawning.Process(target=_work, args=(theirs,), daemon=True)
        with suppress(OSError, AssertionError), _interrupts_held():  # no more processes, or none from here
            self._process.start()
            self._pipe = ours
        theirs.close()

    def begin(self, place: int) -> None:
        """Leave it every other batch from `place` on, as soon as it has come up."""
        with self._or_alone():
            if self._pipe and not self.has_begun and self._pipe.poll():
                if self._pipe.recv() != _databases():
                    raise EOFError  # it would write somewhere else
                self._pipe.send((self._task, place))
                self._turns = Turns(self._pipe, place - 1)  # the first process is at the one before
                self.has_begun = True

    def wait_for(self, place: int) -> None:
        """Return once all batches before `place` are written, or the partner is lost."""
        with self._or_alone():
            if self.has_begun:
                self._turns.wait_for(place, PATIENCE_SECONDS)

    def tell(self, place: int) -> None:
        """Tell it that the batch at `place` is written."""
        with self._or_alone():
            if self.has_begun:
                self._turns.tell(place)

    @contextmanager
    def _or_alone(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError:  # it stands still, and would stand in the way of leaving
            self._process.kill()
            self._lose()
        except _GONE:
            self._lose()

    def close(self) -> None:
        """Let it go, and wait until it has gone."""
        if self._task is None:
            return
        self._lose()
        if self._process.pid is None:
            return
        self._process.join(_LEAVING_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()

    def _lose(self) -> None:
        self.has_begun = False
        if self._pipe:
            self._pipe.close()
            self._pipe = None


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let a process that is started meanwhile never be interrupted: the first one is, and lets it go."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _databases() -> list[str]:
    return [str(connections[alias].settings_dict["NAME"]) for alias in sorted(connections)]


def _work(pipe: "Connection[Any, Any]") -> None:
    """Be the second process."""
    try:
        django.setup()
        help_out = import_module("dangol.connectors.files.loading").help_out
        pipe.send(_databases())
        task, place = pipe.recv()
        help_out(task, place, Turns(pipe, place - 1))
    except _GONE:
        pass
    except Exception:
        # Said by the first process, when the same batch fails there: here it would be said bare, with data.
        sys.exit(1)
    finally:
        with suppress(Exception):
            connections.close_all()
