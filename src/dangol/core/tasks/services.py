"""Leaving work for a worker, in the same transaction as what it follows from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.rows import insert_missing, insert_rows, select_matching
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.core.tasks.errors import JobKeyReused
from dangol.core.tasks.models import Heartbeat, Job, State
from dangol.core.tasks.registry import find_task

_COLUMNS = (
    "id", "name", "payload", "key", "enqueued_at", "run_at", "claimable_at",
    "state", "attempts", "max_attempts", "last_error", "progress_done",
)  # fmt: skip
_encoder = msgspec.json.Encoder(order="sorted")


class JobDraft(NamedTuple):
    """A job to be left: its task's name, its payload, when to run it, and a key against doubles."""

    name: str
    payload: Mapping[str, Any] | msgspec.Struct
    run_at: datetime
    key: str | None = None


def enqueue(
    name: str,
    payload: Mapping[str, Any] | msgspec.Struct,
    *,
    run_at: datetime,
    enqueued_at: datetime | None = None,
    key: str | None = None,
) -> Id:
    """Leave a job for a worker, to run at `run_at` or soon after; returns its id.

    Must be called in a write transaction: the job is there if and only if that one commits. A `key`
    that is taken returns the job that has it; raises JobKeyReused if that one asks for something else.
    """
    draft = JobDraft(name, payload, run_at, key)
    return enqueue_batch([draft], enqueued_at=enqueued_at or run_at)[0]


def enqueue_batch(drafts: Sequence[JobDraft], *, enqueued_at: datetime) -> list[Id]:
    """Leave many jobs by a constant number of statements; else as `enqueue`. Keys may not repeat in it."""
    require_write_transaction()
    rows = [_row(draft, enqueued_at) for draft in drafts]
    insert_rows(Job, _COLUMNS, [row for row in rows if row[3] is None])
    keyed = [row for row in rows if row[3] is not None]
    if not keyed:
        return [row[0] for row in rows]
    insert_missing(Job, _COLUMNS, keyed)
    found = select_matching(Job, ("key", "id", "name", "payload"), ["key"], [(row[3],) for row in keyed])
    kept = {key: rest for key, *rest in found}
    for row in keyed:
        if kept[row[3]][1:] != [row[1], row[2]]:
            raise JobKeyReused(key=row[3])
    return [row[0] if row[3] is None else kept[row[3]][0] for row in rows]


def _row(draft: JobDraft, enqueued_at: datetime) -> tuple[Any, ...]:
    task = find_task(draft.name)
    assert task, f"no installed app declares the task {draft.name}"
    payload = _encoder.encode(draft.payload).decode()
    return (
        new_id(), draft.name, payload, draft.key, enqueued_at, draft.run_at, draft.run_at,
        State.WAITING.value, 0, task.max_attempts, "", 0,
    )  # fmt: skip


def revive_job(job_id: Id, *, at: datetime) -> bool:
    """Let a dead job be tried anew from `at`; returns whether there was such a one."""
    with write_transaction():
        dead = Job.objects.filter(pk=job_id, state=State.DEAD)
        return bool(dead.update(state=State.WAITING, claimable_at=at, attempts=0, finished_at=None))


def record_heartbeat(name: str, *, pid: int, at: datetime) -> None:
    """Note that a process of the kind `name` (worker, scheduler, sequencer) was alive at `at`."""
    with write_transaction():
        Heartbeat.objects.update_or_create(name=name, defaults={"pid": pid, "beat_at": at})


def delete_finished_jobs(*, before: datetime, limit: int = 5_000) -> int:
    """Delete up to `limit` jobs done before that instant; returns how many. Dead ones stay for a person."""
    with write_transaction():
        done = Job.objects.filter(state=State.DONE, finished_at__lt=before)
        oldest = list(done.order_by("finished_at").values_list("pk", flat=True)[:limit])
        Job.objects.filter(pk__in=oldest).delete()
        return len(oldest)
