"""People's upkeep, as work for the worker."""

from datetime import timedelta

from dangol.core.people.erasures import reapply_erasures, resume_erasures
from dangol.core.people.leaving import note_absences
from dangol.core.people.retention import retain
from dangol.core.tasks.registry import Due, Run, periodic


@periodic("people.finish_erasures", every=timedelta(minutes=10), atomic=False)
def finish_erasures(due: Due, run: Run) -> None:
    """Finish erasures whose process was killed on the way."""
    done = 0
    while finished := resume_erasures(at=run.at):
        done += finished
        run.report(done)


@periodic("people.retain", daily_at="04:30", atomic=False)
def remove_what_is_over(due: Due, run: Run) -> None:
    """Remove what the retention table says is over, and write down how much.

    Before that, erase again whom a restored backup has brought back, and note who left before it was kept.
    """
    reapply_erasures(at=run.at)
    note_absences(at=run.at)
    retain(as_of=due.at, report=run.report)
