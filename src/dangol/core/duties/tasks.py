"""What is done by itself: the head each night, notices by day."""

from datetime import timedelta

from django.conf import settings

from dangol.core.duties.heads import file_heads, sign_head
from dangol.core.duties.notices import leave_notices
from dangol.core.people.selectors import shop
from dangol.core.tasks.registry import Due, Run, periodic


@periodic("duties.sign_head", daily_at="05:00", atomic=False)
def sign_access_log(due: Due, run: Run) -> None:
    """Sign the access log's head and send it where the settings say; a folder that is away is tried again."""
    sign_head(at=run.at, due_at=due.at, language=shop().language)
    if settings.CHECKPOINT_FOLDER:
        file_heads(settings.CHECKPOINT_FOLDER)


@periodic("duties.leave_notices", every=timedelta(minutes=5), atomic=False)
def tell_people(due: Due, run: Run) -> None:
    """Tell some of those who are to be told something unasked."""
    leave_notices(at=run.at)
