"""Personalization's work for the worker."""

from datetime import timedelta

from django.utils.module_loading import import_string

from dangol.core.people.selectors import find_shop
from dangol.core.tasks.registry import Due, Run, periodic, task
from dangol.domain.calendars import day_of
from dangol.rooms.personalization.services import REFRESH_NOW

# Every process loads its tasks, and what models need takes it half a second: only the run loads that.
REFRESH = "dangol.rooms.personalization.refresh.refresh_all"


@periodic("personalization.refresh", daily_at="03:30", atomic=False, max_attempts=3)
def refresh(due: Due, run: Run) -> None:
    """Make the models anew of what was bought up to the day before, and tell what they say as traits."""
    if shop := find_shop():
        yesterday = day_of(due.at, shop.tz) - timedelta(days=1)
        import_string(REFRESH)(shop, as_of=yesterday, at=run.at, report=run.report)


@task(REFRESH_NOW, atomic=False, max_attempts=3)
def refresh_now(due: Due, run: Run) -> None:
    """Do what the night does, because somebody asked for it."""
    refresh(due, run)
