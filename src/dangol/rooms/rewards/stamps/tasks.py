"""Time passing for stamp cards."""

from datetime import timedelta

from dangol.core.tasks.registry import Due, Run, periodic
from dangol.rooms.rewards.stamps.services import expire_due, retry_waiting


@periodic("stamps.expire", every=timedelta(minutes=10), atomic=False)
def expire_cards(due: Due, run: Run) -> None:
    """Let open cards go whose last day is over."""
    done = 0
    while expired := expire_due(as_of=due.at):
        done += expired
        run.report(done)


@periodic("stamps.give_waiting", every=timedelta(minutes=10), atomic=False)
def give_what_waits(due: Due, run: Run) -> None:
    """Try again to give full cards: there may be codes or stock again."""
    run.report(retry_waiting(as_of=due.at))
