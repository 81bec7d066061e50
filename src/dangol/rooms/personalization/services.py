"""Asking for what the models say: all of it without waiting for the night, or who is like a segment."""

from datetime import datetime

import msgspec

from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.registry import Due
from dangol.core.tasks.selectors import list_jobs
from dangol.core.tasks.services import enqueue

REFRESH_NOW, FIND_ALIKE = "personalization.refresh_now", "personalization.find_alike"
_OPEN = {"waiting", "running"}


class Alike(msgspec.Struct, frozen=True):
    """The payload of a search for who is like those in a segment: its slug."""

    segment: str


def ask_refresh(*, at: datetime) -> Id:
    """Leave a refresh for the worker; returns its job, that of an earlier wish where it is not done yet."""
    with write_transaction():
        for job in list_jobs(names=[REFRESH_NOW], limit=1):
            if job.state in _OPEN:
                return job.id
        return enqueue(REFRESH_NOW, Due(at), run_at=at)


def ask_alike(slug: str, *, at: datetime) -> Id:
    """Leave a search for who is like those in a segment for the worker; returns its job, as `ask_refresh`."""
    with write_transaction():
        for job in list_jobs(names=[FIND_ALIKE], payload=Alike(slug), limit=1):
            if job.state in _OPEN:
                return job.id
        return enqueue(FIND_ALIKE, Alike(slug), run_at=at)
