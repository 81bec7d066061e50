"""Time passing, as work for the worker."""

from datetime import timedelta

from dangol.core.tasks.registry import Due, Run, periodic
from dangol.rooms.rewards.services import advance_some


@periodic("rewards.advance", every=timedelta(minutes=5), atomic=False)
def advance_programs(due: Due, run: Run) -> None:
    """Open and lapse points and review tiers that are due: a thousand customers a transaction.

    Everything is dated at its own instant in the program's zone (most of it at midnight there), so the
    rhythm says how soon it is seen, not when it holds.
    """
    done = 0
    while advanced := advance_some(as_of=due.at):
        done += advanced
        run.report(done)
