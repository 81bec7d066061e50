"""What messages leave behind, taken away; and the codes members ask for."""

from datetime import timedelta

from dangol.core.messaging.codes import CodeAsked, answer_code
from dangol.core.messaging.services import delete_ended, empty_kept
from dangol.core.tasks.registry import Due, Run, periodic, task

KEEP_ENDED = timedelta(days=30)


@task("messaging.send_code", for_staff=False)
def send_code(asked: CodeAsked, run: Run) -> None:
    """Send a one-time code to whoever was named, if it is somebody whom mail reaches."""
    answer_code(asked, at=run.at)


@periodic("messaging.empty_kept", every=timedelta(hours=1))
def empty_kept_messages(due: Due, run: Run) -> None:
    """Empty the messages of a sample shop that were kept readable for a day."""
    empty_kept(as_of=run.at)


@periodic("messaging.delete_ended", daily_at="03:50", atomic=False)
def delete_ended_messages(due: Due, run: Run) -> None:
    """Delete messages that were sent or given up 30 days ago, a few thousand a transaction."""
    deleted = 0
    while batch := delete_ended(before=due.at - KEEP_ENDED):
        deleted += batch
        run.report(deleted)
