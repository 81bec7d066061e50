"""Who works, and what could not be done."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from django.db import connection
from django.db.models import Q, QuerySet

from dangol.core.storage.ids import Id, show_id
from dangol.core.tasks.models import Heartbeat, Job, State
from dangol.domain.errors import NotFound

SILENT_AFTER = timedelta(seconds=30)


class Silence(NamedTuple):
    """A kind of process that gives no sign of life, and since when (None: it never gave one)."""

    name: str
    since: datetime | None


class UnknownJob(NotFound):
    """There is no such job (`job`); done ones are kept for 30 days."""

    code = "task.unknown_job"


class JobView(NamedTuple):
    """A job as a list shows it."""

    id: Id
    name: str
    state: str
    attempts: int
    enqueued_at: datetime
    run_at: datetime
    finished_at: datetime | None
    progress_done: int
    progress_total: int | None
    last_error: str


def find_job(job_id: Id) -> JobView:
    """Return a job; raises UnknownJob."""
    row = Job.objects.filter(pk=job_id).values_list(*JobView._fields).first()
    if row is None:
        raise UnknownJob(job=show_id(job_id))
    return JobView(*row)


def list_jobs(
    *,
    state: str | None = None,
    names: Collection[str] | None = None,
    payload: Mapping[str, Any] | msgspec.Struct | None = None,
    before: tuple[datetime, Id] | None = None,
    limit: int = 50,
) -> list[JobView]:
    """Return jobs, the latest first, from `before` (when it was left, its id) on; `names`: of these only.

    With a `payload`, only those left with this very one.
    """
    jobs = Job.objects.filter(state=state) if state else Job.objects.all()
    if names is not None:
        jobs = jobs.filter(name__in=names)
    if payload is not None:
        jobs = jobs.filter(payload=msgspec.json.encode(payload).decode())
    if before:
        at, job_id = before
        jobs = jobs.filter(Q(enqueued_at__lt=at) | Q(enqueued_at=at, id__lt=job_id))
    rows = jobs.order_by("-enqueued_at", "-id").values_list(*JobView._fields)
    return [JobView(*row) for row in rows[:limit]]


def has_open_job(name: str) -> bool:
    """Say whether a job of this name waits or runs."""
    return Job.objects.filter(claimable_at__isnull=False, name=name).exists()


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
