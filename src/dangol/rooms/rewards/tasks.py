"""Time passing, as work for the worker."""

from datetime import timedelta

from django.db import connection

from dangol.core.storage.ids import parse_id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.registry import Due, Run, periodic, task
from dangol.core.tasks.services import enqueue
from dangol.rooms.rewards.services import advance_some
from dangol.rooms.rewards.simulations import TASK, Ask, run_simulation

HELP = "rewards.help_advance"
# From so many at once on there is enough for two: a helper is worth its job.
MANY = 500


@periodic("rewards.advance", every=timedelta(minutes=5), atomic=False)
def advance_programs(due: Due, run: Run) -> None:
    """Open and lapse points and review tiers that are due: a thousand customers a transaction.

    Everything is dated at its own instant in the program's zone (most of it at midnight there), so the
    rhythm says how soon it is seen, not when it holds. On PostgreSQL, where nobody takes turns at writing,
    whoever finds much to do asks for help, and so does who helps: as many share the work as are free.
    """
    _advance(due, run)


@task(HELP, atomic=False, for_staff=False, helps=True)
def help_advance(due: Due, run: Run) -> None:
    """Do a part of what is due, beside whoever asked for it."""
    _advance(due, run)


def _advance(due: Due, run: Run) -> None:
    done, is_alone = 0, connection.vendor == "postgresql"
    while advanced := advance_some(as_of=due.at):
        if is_alone and advanced >= MANY:
            with write_transaction():
                enqueue(HELP, due, run_at=run.at)
            is_alone = False
        done += advanced
        run.report(done)


@task(TASK, atomic=False, max_attempts=3)
def simulate_program(ask: Ask, run: Run) -> None:
    """Replay past orders by a draft, or by the program as published, and keep what came of it."""
    run_simulation(parse_id(ask.simulation), at=run.at, report=run.report)
