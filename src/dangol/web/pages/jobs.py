"""What is being done in the background, what could not be done, and how far the consumers are."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.events.selectors import show_consumers
from dangol.core.storage.ids import Id
from dangol.core.tasks.models import State
from dangol.core.tasks.registry import staff_tasks
from dangol.core.tasks.selectors import JobView, UnknownJob, find_job, list_jobs
from dangol.core.tasks.services import revive_job
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.places import read_place, write_place
from dangol.web.work_words import JOB_STATES

A_PAGE = 50
STAFF = "staff"


@needs(Right.JOBS_READ)
def show_jobs(request: HttpRequest) -> HttpResponse:
    """Show a page of jobs, the latest first, and every consumer."""
    asked = request.GET
    state = asked.get("state", "")
    state = state if state in State.values else ""
    by = STAFF if asked.get("by") == STAFF else ""
    before = read_place(asked.get("after", ""))
    names = staff_tasks() if by else None
    found = list_jobs(state=state or None, names=names, before=before, limit=A_PAGE + 1)
    lines = found[:A_PAGE]
    context = {
        "lines": lines,
        "state": state,
        "by": by,
        "states": [(key, words) for key, (words, _color, _icon) in JOB_STATES.items()],
        "after": before,
        "next_after": write_place(lines[-1].enqueued_at, lines[-1].id) if len(found) > A_PAGE else "",
        "consumers": show_consumers(frame_of(request).at),
    }
    return render(request, "web/jobs/list.html", context)


def _find(job_id: Id) -> JobView:
    try:
        return find_job(job_id)
    except UnknownJob as error:
        raise Http404 from error


@needs(Right.JOBS_READ)
def show_job(request: HttpRequest, job_id: Id) -> HttpResponse:
    """Show a job, how far it is and what went wrong."""
    job = _find(job_id)
    return render(request, "web/jobs/job.html", {"job": job, "is_dead": job.state == State.DEAD})


@needs(Right.JOBS_WRITE)
@require_POST
def retry(request: HttpRequest, job_id: Id) -> HttpResponse:
    """Let a job that was given up be tried anew; one that was not stays as it is."""
    _find(job_id)
    revive_job(job_id, at=frame_of(request).at)
    return HttpResponseRedirect(reverse("web:job", args=[job_id]))
