"""Jobs: what a worker does, and what it could not do."""

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from dangol.api.caller import Needs, caller_of
from dangol.api.cursors import make_cursor, read_instant_and_id
from dangol.api.idempotency import once
from dangol.api.replies import Instant, Limit, Reply, Shown, show
from dangol.core.access.rights import Right
from dangol.core.storage.ids import parse_id, show_id
from dangol.core.tasks.models import State
from dangol.core.tasks.selectors import JobView as Kept, UnknownJob, find_job, list_jobs
from dangol.core.tasks.services import revive_job
from dangol.domain.errors import DomainError

router = Router(tags=["jobs"])


class NotDead(DomainError):
    """Only a job that has failed for good is tried anew (`state` is this one's)."""

    code = "task.not_dead"


class JobView(Shown):
    """A job; `error` tells the kind of its last failure and the place, and nothing of anybody."""

    id: str
    name: str
    state: State
    attempts: int
    enqueued_at: Instant
    run_at: Instant
    finished_at: Instant | None
    done: int
    total: int | None
    error: str


class JobPage(Shown):
    """Jobs, the latest first."""

    data: list[JobView]
    next_cursor: str | None


@router.get("/jobs", auth=Needs(Right.JOBS_READ), response=JobPage)
def get_jobs(
    request: HttpRequest, state: State | None = None, cursor: str | None = None, limit: Limit = 50
) -> HttpResponse:
    """List jobs, the latest first."""
    rows = list_jobs(state=state, before=read_instant_and_id(cursor), limit=limit + 1)
    shown, rest = rows[:limit], rows[limit:]
    after = make_cursor(shown[-1].enqueued_at, shown[-1].id) if rest else None
    return show(JobPage(data=[_view(one) for one in shown], next_cursor=after))


@router.get("/jobs/{job}", auth=Needs(Right.JOBS_READ), response=JobView)
def get_job(request: HttpRequest, job: Path[str]) -> HttpResponse:
    """Show a job."""
    return show(_view(_find(job)))


@router.post("/jobs/{job}/retry", auth=Needs(Right.JOBS_WRITE), response=JobView)
@once
def retry_job(request: HttpRequest, job: Path[str]) -> Reply:
    """Let a job that has failed for good be tried anew."""
    found = _find(job)
    if not revive_job(found.id, at=caller_of(request).at):
        raise NotDead(state=str(found.state))
    return Reply(_view(_find(job)))


def _find(reference: str) -> Kept:
    try:
        return find_job(parse_id(reference))
    except ValueError:
        raise UnknownJob(job=reference) from None


def _view(job: Kept) -> JobView:
    return JobView(
        id=show_id(job.id), name=job.name, state=State(job.state), attempts=job.attempts,
        enqueued_at=job.enqueued_at, run_at=job.run_at, finished_at=job.finished_at,
        done=job.progress_done, total=job.progress_total, error=job.last_error,
    )  # fmt: skip
