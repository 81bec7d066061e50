"""Segments' work for the worker. Who is due is placed by a turn: see project/turns.py."""

import msgspec

from dangol.core.segments.services import WATCH_ALL
from dangol.core.segments.watching import fall_due_all
from dangol.core.tasks.registry import Run, task


class WatchAll(msgspec.Struct, frozen=True):
    """Everybody is to be looked at."""


@task(WATCH_ALL, atomic=False)
def watch_all(ask: WatchAll, run: Run) -> None:
    """Let everybody be looked at for all segments: a condition is new, or somebody wants it done."""
    fall_due_all(run.at, report=run.report)
