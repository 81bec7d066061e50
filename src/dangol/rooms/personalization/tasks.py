"""Personalization's work for the worker."""

from datetime import timedelta

from django.utils.module_loading import import_string

from dangol.core.people.selectors import find_shop
from dangol.core.tasks.registry import Due, Run, periodic
from dangol.domain.calendars import day_of

# Every process loads its tasks, and what models need takes it half a second: only the run loads that.
REFRESH = "dangol.rooms.personalization.refresh.refresh_all"


@periodic("personalization.refresh", daily_at="03:30", atomic=False, max_attempts=3)
def refresh(due: Due, run: Run) -> None:
    """Make the models anew of what was bought up to the day before, and tell what they say as traits."""
    if shop := find_shop():
        yesterday = day_of(due.at, shop.tz) - timedelta(days=1)
        import_string(REFRESH)(shop, as_of=yesterday, at=run.at, report=run.report)
