"""Time passing for sales."""

from datetime import timedelta

from dangol.core.tasks.registry import Due, Run, periodic
from dangol.rooms.rewards.promotions.time_outs import release_due


@periodic("checkout.release_due", every=timedelta(minutes=1), atomic=False)
def release_timed_out(due: Due, run: Run) -> None:
    """Let go of sales that nobody has made an order in time: what they held is free again."""
    done = 0
    while released := release_due(as_of=due.at):
        done += released
        run.report(done)
