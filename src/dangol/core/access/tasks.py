"""The floor's own upkeep."""

from datetime import timedelta

import msgspec
from django.contrib.sessions.models import Session

from dangol.core.access.attempts import forget_attempts
from dangol.core.access.chain import chain_entries, read_head
from dangol.core.access.checks import check_more, find_check, start_check
from dangol.core.access.sessions import forget_sign_ins
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.registry import Due, Run, periodic, task

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


@periodic("access.chain", every=timedelta(minutes=1), atomic=False)
def chain_access_log(due: Due, run: Run) -> None:
    """Link the entries of the last minute into the chain, and log its head."""
    done = 0
    while linked := chain_entries():
        done += linked
        run.report(done)


class CheckAsked(msgspec.Struct, frozen=True):
    """That a check of the access log was begun; how far it is stands in its own row."""


@task("access.check", atomic=False)
def check_access_log(asked: CheckAsked, run: Run) -> None:
    """Go on with the check of the access log that was begun, to its end."""
    _check(run)


@periodic("access.check_nightly", daily_at="04:20", atomic=False)
def check_access_log_nightly(due: Due, run: Run) -> None:
    """Compute the whole chain of the access log again, and keep what was found."""
    start_check(asked_by="", at=run.at)
    _check(run)


def _check(run: Run) -> None:
    total = read_head().number
    while check_more(at=run.at):
        found = find_check()
        run.report(found.checked if found else 0, total)
