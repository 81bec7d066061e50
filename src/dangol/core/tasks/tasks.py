"""The house's own upkeep."""

from datetime import timedelta

from dangol.core.tasks.registry import Due, Run, periodic
from dangol.core.tasks.services import delete_finished_jobs

KEEP_DONE = timedelta(days=30)


@periodic("tasks.delete_finished", daily_at="03:40", atomic=False)
def delete_finished(due: Due, run: Run) -> None:
    """Delete jobs done 30 days ago, a few thousand a transaction."""
    deleted = 0
    while batch := delete_finished_jobs(before=due.at - KEEP_DONE):
        deleted += batch
        run.report(deleted)
