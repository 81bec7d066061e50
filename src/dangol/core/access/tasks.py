"""The floor's own upkeep."""

from datetime import timedelta

from django.contrib.sessions.models import Session

from dangol.core.access.attempts import forget_attempts
from dangol.core.access.sessions import forget_sign_ins
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.registry import Due, Run, periodic

# The law asks for three months of who signed in (통신비밀보호법); a year answers more questions.
KEEP_SIGN_INS = timedelta(days=365)
KEEP_ATTEMPTS = timedelta(days=1)


@periodic("access.forget", daily_at="03:50", atomic=False)
def forget_old(due: Due, run: Run) -> None:
    """Delete sign-ins and ended sessions after a year, and failures and cookies that no longer count."""
    deleted = forget_attempts(before=due.at - KEEP_ATTEMPTS)
    with write_transaction():
        deleted += Session.objects.filter(expire_date__lt=due.at).delete()[0]
    while batch := forget_sign_ins(before=due.at - KEEP_SIGN_INS):
        deleted += batch
        run.report(deleted)
