"""A loop that does one kind of work until it is told to stop, and outlives what goes wrong in it."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connections

from dangol.core.tasks.errors import describe_error

logger = logging.getLogger(__name__)
LONGEST_PAUSE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Loop:
    """Calls `turn` again and again; after a turn that found nothing to do (0) it rests `idle_seconds`."""

    name: str
    turn: Callable[[], int]
    idle_seconds: float
    stopping: threading.Event

    def run(self) -> None:
        """Go round until `stopping` is set. What a turn raises is logged, and tried again after a pause."""
        failures = 0
        while not self.stopping.is_set():
            try:
                pause = 0.0 if self.turn() else self.idle_seconds
                failures = 0
            except Exception as error:
                failures += 1
                pause = min(0.5 * 2 ** min(failures - 1, 10), LONGEST_PAUSE_SECONDS)
                logger.error("%s: %s; again in %.1f s", self.name, describe_error(error), pause)
                _drop_connections()
            if pause:
                self.stopping.wait(pause)
        _drop_connections()


def _drop_connections() -> None:
    """Close this thread's connections: one to a server that went away never works again by itself."""
    for connection in connections.all(initialized_only=True):
        connection.close()
