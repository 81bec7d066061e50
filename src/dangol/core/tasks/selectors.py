"""Who works, and what could not be done."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import QuerySet

from dangol.core.tasks.models import Heartbeat, Job, State

SILENT_AFTER = timedelta(seconds=30)


class Silence(NamedTuple):
    """A kind of process that gives no sign of life, and since when (None: it never gave one)."""

    name: str
    since: datetime | None


def expected_processes() -> tuple[str, ...]:
    """Return the kinds of process an instance needs beside the web; only PostgreSQL needs a sequencer."""
    always = ("worker", "scheduler")
    return (*always, "sequencer") if connection.vendor == "postgresql" else always


def silent_workers(as_of: datetime) -> list[Silence]:
    """Return the processes that have been silent for 30 seconds: what they do is then not being done."""
    beats = dict(Heartbeat.objects.values_list("name", "beat_at"))
    return [
        Silence(name, beats.get(name))
        for name in expected_processes()
        if name not in beats or as_of - beats[name] > SILENT_AFTER
    ]


def dead_jobs() -> QuerySet[Job]:
    """Return the jobs that failed for good, the last one first."""
    return Job.objects.filter(state=State.DEAD).order_by("-finished_at")
