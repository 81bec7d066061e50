"""Commerce's work for the worker."""

from datetime import timedelta

from dangol.core.commerce.days import recount_days_if_moved
from dangol.core.tasks.registry import Due, Run, periodic


@periodic("commerce.check_days", every=timedelta(hours=1))
def check_days(due: Due, run: Run) -> None:
    """Count what was bought on which day anew, should the shop's days begin at another instant now."""
    recount_days_if_moved()
