"""Personalization's work for the worker."""

from datetime import timedelta

from django.utils.module_loading import import_string

from dangol.core.people.selectors import find_shop
from dangol.core.segments.selectors import find_name
from dangol.core.tasks.registry import Due, Run, periodic, task
from dangol.domain.calendars import day_of
from dangol.rooms.personalization.forgetting import forget_alike
from dangol.rooms.personalization.services import FIND_ALIKE, REFRESH_NOW, Alike

# Every process loads its tasks, and what models need takes it half a second: only the run loads that.
REFRESH = "dangol.rooms.personalization.refresh.refresh_all"
SEARCH = "dangol.rooms.personalization.likeness.find_alike"
SEARCH_ANEW = "dangol.rooms.personalization.likeness.refresh_alike"


@periodic("personalization.refresh", daily_at="03:30", atomic=False, max_attempts=3)
def refresh(due: Due, run: Run) -> None:
    """Make the models anew of what was bought up to the day before, and tell what they say as traits.

    So are the searches for who is like those in a segment, where somebody has asked for one.
    """
    if shop := find_shop():
        yesterday = day_of(due.at, shop.tz) - timedelta(days=1)
        for work in (REFRESH, SEARCH_ANEW):
            import_string(work)(shop, as_of=yesterday, at=run.at, report=run.report)


@task(REFRESH_NOW, atomic=False, max_attempts=3)
def refresh_now(due: Due, run: Run) -> None:
    """Do what the night does, because somebody asked for it."""
    refresh(due, run)


@periodic("personalization.forget_alike", every=timedelta(minutes=5), atomic=False)
def forget(due: Due, run: Run) -> None:
    """Take away what was found of who is like those in segments that are archived by now."""
    forget_alike(at=run.at, report=run.report)


@task(FIND_ALIKE, atomic=False, max_attempts=3)
def find_alike(asked: Alike, run: Run) -> None:
    """Score everybody by how like they are to those in a segment, by what was bought up to the day before."""
    opened = find_shop()
    # Whoever has archived the segment meanwhile has nobody wait for it.
    if opened and find_name(asked.segment):
        yesterday = day_of(run.at, opened.tz) - timedelta(days=1)
        import_string(SEARCH)(opened, asked.segment, as_of=yesterday, at=run.at, report=run.report)
