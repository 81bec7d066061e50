"""Time passing, as work for the worker."""

from datetime import timedelta

from dangol.core.storage.ids import parse_id
from dangol.core.tasks.registry import Due, Run, periodic, task
from dangol.rooms.rewards.services import advance_some
from dangol.rooms.rewards.simulations import TASK, Ask, run_simulation


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


@task(TASK, atomic=False, max_attempts=3)
def simulate_program(ask: Ask, run: Run) -> None:
    """Replay past orders by a draft, or by the program as published, and keep what came of it."""
    run_simulation(parse_id(ask.simulation), at=run.at, report=run.report)
