"""Upkeep of the webhooks' log."""

from dangol.core.events.webhooks.upkeep import delete_old
from dangol.core.tasks.registry import Due, Run, periodic


@periodic("webhooks.delete_old", daily_at="03:50", atomic=False)
def delete_old_webhooks(due: Due, run: Run) -> None:
    """Delete messages, deliveries and tries of webhooks after 30 days, a few thousand a transaction."""
    deleted = 0
    while batch := delete_old(as_of=due.at):
        deleted += batch
        run.report(deleted)
