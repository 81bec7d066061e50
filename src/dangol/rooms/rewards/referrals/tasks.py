"""Time passing for referrals."""

from datetime import timedelta

from dangol.core.tasks.registry import Due, Run, periodic
from dangol.rooms.rewards.referrals.services import retry_waiting, settle_due
from dangol.rooms.rewards.referrals.signs import KEPT, forget_marks


@periodic("referrals.settle", every=timedelta(minutes=10), atomic=False)
def settle(due: Due, run: Run) -> None:
    """Give what is due after the wait for returns, and let lapse what nobody has earned in time."""
    settle_due(as_of=due.at, report=run.report)


@periodic("referrals.give_waiting", every=timedelta(minutes=10), atomic=False)
def give_what_waits(due: Due, run: Run) -> None:
    """Try again to give what was not there: there may be codes again."""
    retry_waiting(as_of=due.at, report=run.report)


@periodic("referrals.forget_marks", every=timedelta(days=1), atomic=False)
def forget(due: Due, run: Run) -> None:
    """Delete hashes of mailboxes, devices and addresses that are compared no more."""
    run.report(forget_marks(before=due.at - KEPT))
