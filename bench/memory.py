"""The most memory a command's processes hold together."""

import os
import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SECONDS_BETWEEN = 0.5
_PROCESSES = Path("/proc")


class Peak:
    """The largest sum seen so far, in bytes."""

    def __init__(self) -> None:
        self.bytes = 0


@contextmanager
def watch_children() -> Iterator[Peak]:
    """Look twice a second at what all processes below this one hold in memory; pages shared count twice.

    Where the system does not tell (no /proc), the largest single process counts, as the kernel remembers it.
    """
    peak, done = Peak(), threading.Event()

    def look() -> None:
        while not done.wait(_SECONDS_BETWEEN):
            peak.bytes = max(peak.bytes, sum(map(_resident, below(os.getpid()))))

    if _PROCESSES.is_dir():
        watcher = threading.Thread(target=look, daemon=True)
        watcher.start()
        try:
            yield peak
        finally:
            done.set()
            watcher.join()
    else:
        yield peak
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        peak.bytes = largest if sys.platform == "darwin" else largest * 1024


def below(process: int) -> Iterator[int]:
    """Yield the processes below one: its children, theirs, and so on."""
    for told in _PROCESSES.glob(f"{process}/task/*/children"):
        with suppress(OSError):  # it has just ended
            for child in map(int, told.read_text().split()):
                yield child
                yield from below(child)


def _resident(process: int) -> int:
    try:
        return int((_PROCESSES / str(process) / "statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0
