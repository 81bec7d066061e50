"""Turning due instants into jobs, once each, however many schedulers there are."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from dangol.core.storage.rows import insert_missing
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import ScheduleRow
from dangol.core.tasks.registry import Due, all_schedules
from dangol.core.tasks.services import enqueue
from dangol.domain.schedules import Schedule


def enqueue_due(*, as_of: datetime, zone: ZoneInfo) -> int:
    """Leave a job for each periodic task that is due; returns how many.

    `zone` is the shop's. A task that is new, or whose rule or zone has changed, waits for its next due
    instant from now. Instants that were missed collapse into one job, for the last of them.
    """
    schedules = all_schedules()
    _keep_rows(schedules, as_of, zone)
    if not ScheduleRow.objects.filter(name__in=schedules, next_at__lte=as_of).exists():
        return 0
    with write_transaction():
        locked = ScheduleRow.objects.select_for_update(skip_locked=True)
        due = list(locked.filter(name__in=schedules, next_at__lte=as_of).order_by("name"))
        for row in due:
            _enqueue_one(row, schedules[row.name], as_of, zone)
    return len(due)


def _enqueue_one(row: ScheduleRow, schedule: Schedule, as_of: datetime, zone: ZoneInfo) -> None:
    due_at = schedule.latest_until(as_of, zone)
    key = f"{row.name}@{due_at.isoformat()}"
    enqueue(row.name, Due(due_at), run_at=due_at, enqueued_at=as_of, key=key)
    row.last_at, row.next_at = due_at, schedule.next_after(as_of, zone)
    row.save(update_fields=["last_at", "next_at"])


def _keep_rows(schedules: Mapping[str, Schedule], as_of: datetime, zone: ZoneInfo) -> None:
    """See that each schedule has a row computed by its present rule and zone."""
    rules = {name: f"{schedule} {zone.key}" for name, schedule in schedules.items()}
    stored = dict(ScheduleRow.objects.values_list("name", "rule"))
    changed = [name for name, rule in rules.items() if stored.get(name) != rule]
    if not changed:
        return
    with write_transaction():
        for name in sorted(changed):
            next_at = schedules[name].next_after(as_of, zone)
            insert_missing(ScheduleRow, ["name", "rule", "next_at"], [(name, rules[name], next_at)])
            # Judged again by the database: another scheduler may have just done it.
            outdated = ScheduleRow.objects.filter(name=name).exclude(rule=rules[name])
            outdated.update(rule=rules[name], next_at=next_at)
