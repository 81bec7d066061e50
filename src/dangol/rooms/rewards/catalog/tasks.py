"""Time passing for vouchers."""

from datetime import timedelta

from dangol.core.tasks.registry import Due, Run, periodic
from dangol.rooms.rewards.catalog.services import lapse_some


@periodic("rewards.lapse_vouchers", every=timedelta(minutes=10), atomic=False)
def lapse_vouchers(due: Due, run: Run) -> None:
    """Let lapse what nobody picked up in time: two hundred a transaction, each dated at its own end."""
    done = 0
    while lapsed := lapse_some(as_of=due.at):
        done += lapsed
        run.report(done)
