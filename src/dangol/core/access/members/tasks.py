"""What is over, taken away."""

from datetime import timedelta

from dangol.core.access.members.paces import delete_even
from dangol.core.access.members.sessions import delete_over
from dangol.core.tasks.registry import Due, Run, periodic


@periodic("access.delete_over", every=timedelta(hours=1))
def delete_what_is_over(due: Due, run: Run) -> None:
    """Delete members' sessions, codes and links whose time is over, and counts that say nothing any more."""
    delete_over(as_of=run.at)
    delete_even(as_of=run.at)
