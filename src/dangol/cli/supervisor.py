"""One parent for all of an instance's processes: it starts them again when they die, and takes them along."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

from dangol.cli.processes import PARENT
from dangol.cli.signals import LEAVE_SECONDS, StopSignals

LOOK_SECONDS = 0.1
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
# A child that lived this long was well: its next death counts as the first.
WELL_AFTER_SECONDS = 60.0


class Child:
    """One process of the instance, and when to start it again."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name, self._command = name, command
        self._deaths = 0
        self._started_at = 0.0
        self._start_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Return the pid while it runs."""
        return self._process.pid if self._process else None

    def keep_running(self) -> str | None:
        """Start it where it is due; returns what is to be said if it has just died."""
        instant = time.monotonic()
        if self._process is None:
            if instant >= self._start_at:
                self._start(instant)
            return None
        status = self._process.poll()
        if status is None:
            return None
        self._reap()
        self._deaths = 1 if instant - self._started_at > WELL_AFTER_SECONDS else self._deaths + 1
        pause = min(FIRST_PAUSE_SECONDS * 2 ** min(self._deaths - 1, 10), LONGEST_PAUSE_SECONDS)
        self._start_at = instant + pause
        return f"{self.name}: exit {status}; again in {pause:g} s"

    def ask_to_stop(self, number: int) -> None:
        """Tell it to finish what is in hand and leave; upon SIGTERM a web server is unready first."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def wait_until(self, deadline: float) -> None:
        """Wait for it to leave; at the deadline end it by force."""
        if self._process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(max(0.0, deadline - time.monotonic()))
            self._reap()

    def _start(self, instant: float) -> None:
        environment = {**os.environ, PARENT: str(os.getpid())}
        # A session of its own: Ctrl-C reaches the parent only, and all its offspring can be ended together.
        self._process = subprocess.Popen(self._command, env=environment, start_new_session=True)
        self._started_at = instant

    def _reap(self) -> None:
        """End whatever the child has left behind, such as the web server's own workers."""
        assert self._process is not None, "only what was started is reaped"
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None


class Supervisor:
    """Runs the given commands side by side until SIGTERM or SIGINT."""

    def __init__(self, commands: Mapping[str, Sequence[str]], *, say: Callable[[str], None]) -> None:
        self.children = [Child(name, command) for name, command in commands.items()]
        self._say = say

    def run(self) -> None:
        """Start all, start again what dies, and on a signal let all finish, for at most 30 s."""
        signals = StopSignals()
        told: int | None = None
        try:
            while (told := signals.wait(LOOK_SECONDS)) is None:
                for child in self.children:
                    if died := child.keep_running():
                        self._say(died)
        finally:
            self._stop_all(told or signal.SIGTERM)

    def _stop_all(self, number: int) -> None:
        for child in self.children:
            child.ask_to_stop(number)
        deadline = time.monotonic() + LEAVE_SECONDS
        for child in self.children:
            child.wait_until(deadline)
