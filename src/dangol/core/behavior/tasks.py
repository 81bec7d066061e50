"""Upkeep of the event debugger's log."""

from datetime import timedelta

from dangol.core.behavior.upkeep import trim_entries
from dangol.core.tasks.registry import Due, Run, periodic


@periodic("behavior.trim_entries", every=timedelta(minutes=1), atomic=False)
def trim(due: Due, run: Run) -> None:
    """Keep the latest 100,000 entries of the event debugger, none older than seven days."""
    deleted = 0
    while batch := trim_entries(as_of=due.at):
        deleted += batch
        run.report(deleted)
