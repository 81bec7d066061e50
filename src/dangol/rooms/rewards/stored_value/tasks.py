"""Time passing for gift cards and store credit."""

from datetime import timedelta

from dangol.core.tasks.registry import Due, Run, periodic
from dangol.rooms.rewards.stored_value.lapsing import lapse_due


@periodic("stored_value.lapse", every=timedelta(minutes=10), atomic=False)
def lapse_stored_value(due: Due, run: Run) -> None:
    """Let money lapse whose last day is over."""
    lapse_due(as_of=due.at, report=run.report)
