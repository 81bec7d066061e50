"""Answers that nobody will ask for again."""

from datetime import datetime, timedelta

from dangol.api.models import Answer
from dangol.core.storage.rows import delete_rows
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.registry import Due, Run, periodic

# Longer than any till or queue goes on sending; what names the effect itself is kept for good behind it.
KEEP = timedelta(days=30)
AT_ONCE = 5_000


@periodic("api.forget_answers", daily_at="03:50", atomic=False)
def forget_answers(due: Due, run: Run) -> None:
    """Delete answers of 30 days ago, a few thousand a transaction."""
    deleted = 0
    while some := delete_answers(before=due.at - KEEP):
        deleted += some
        run.report(deleted)


def delete_answers(*, before: datetime, limit: int = AT_ONCE) -> int:
    """Delete up to `limit` answers to what was asked before that instant; returns how many."""
    with write_transaction():
        old = Answer.objects.filter(asked_at__lt=before).order_by("asked_at")
        return delete_rows(Answer, ("key_id", "name"), list(old.values_list("key_id", "name")[:limit]))
