"""Asking for the models and tables to be made anew, without waiting for the night."""

from datetime import datetime

from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.registry import Due
from dangol.core.tasks.selectors import list_jobs
from dangol.core.tasks.services import enqueue

REFRESH_NOW = "personalization.refresh_now"
_OPEN = {"waiting", "running"}


def ask_refresh(*, at: datetime) -> Id:
    """Leave a refresh for the worker; returns its job, that of an earlier wish where it is not done yet."""
    with write_transaction():
        for job in list_jobs(names=[REFRESH_NOW], limit=1):
            if job.state in _OPEN:
                return job.id
        return enqueue(REFRESH_NOW, Due(at), run_at=at)
