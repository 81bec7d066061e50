"""Large batches, as work for the worker."""

from dangol.core.tasks.registry import Run, task
from dangol.rooms.rewards.coupons.batches import FILL, Fill, fill_now


@task(FILL, atomic=False)
def fill(asked: Fill, run: Run) -> None:
    """Draw the codes of a batch, ten thousand a transaction; cut off, it goes on where it was."""
    fill_now(asked, run.report)
