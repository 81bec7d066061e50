"""Time passing for sales."""

from datetime import timedelta

from dangol.core.storage.ids import parse_id
from dangol.core.tasks.registry import Due, Run, periodic, task
from dangol.rooms.rewards.promotions.simulations import TASK, Try, run_trial
from dangol.rooms.rewards.promotions.time_outs import release_due


@periodic("checkout.release_due", every=timedelta(minutes=1), atomic=False)
def release_timed_out(due: Due, run: Run) -> None:
    """Let go of sales that nobody has made an order in time: what they held is free again."""
    release_due(as_of=due.at, report=run.report)


@task(TASK, atomic=False, max_attempts=3)
def try_promotion(asked: Try, run: Run) -> None:
    """Ask a promotion of past orders, and keep what would have come of it."""
    run_trial(parse_id(asked.simulation), report=run.report)
