"""Large batches, as work for the worker, and files nobody takes in."""

from datetime import timedelta

from dangol.core.tasks.registry import Due, Run, periodic, task
from dangol.rooms.rewards.coupons.batches import FILL, Fill, fill_now
from dangol.rooms.rewards.coupons.files import forget_old_files


@task(FILL, atomic=False)
def fill(asked: Fill, run: Run) -> None:
    """Draw the codes of a batch, ten thousand a transaction; cut off, it goes on where it was."""
    fill_now(asked, run.report)


@periodic("coupons.forget_files", every=timedelta(hours=1))
def forget_files(due: Due, run: Run) -> None:
    """Forget files of codes that were looked at a day ago and never taken in."""
    forget_old_files(as_of=due.at)
