"""What people ask for by their rights: noted, kept by due day, and answered with what was done."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.duties.requests import (
    Answered,
    RequestKind,
    answer_request,
    answered_requests,
    note_request,
    open_requests,
)
from dangol.core.people.selectors import names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.duties import ANSWER_DAYS
from dangol.domain.errors import DomainError
from dangol.web.acting import actor_of, find_subject, require_seen
from dangol.web.duty_words import REQUEST_ACTS, REQUEST_KINDS
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of


@needs(Right.REQUESTS_WRITE)
def list_requests(request: HttpRequest) -> HttpResponse:
    """Show what waits of those the reader sees, the most urgent first, and what was answered last."""
    return _show(request)


def _show(request: HttpRequest, refusal: DomainError | None = None) -> HttpResponse:
    sentence, remedy = explain(refusal) if refusal else ("", "")
    store_id = visitor_of(request).store_id
    waiting, over = open_requests(store_id=store_id), answered_requests(store_id=store_id)
    context: dict[str, Any] = {
        "waiting": [(one, REQUEST_ACTS[one.kind]) for one in waiting],
        "over": over, "people": names_of({one.customer_id for one in waiting + over}),
        "sentence": sentence, "remedy": remedy, "days": ANSWER_DAYS,
    }  # fmt: skip
    return render(request, "web/duties/requests.html", context, status=422 if refusal else 200)


@needs(Right.REQUESTS_WRITE)
def note(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Ask what a member has asked for and when, and put it into the queue."""
    member, frame = find_subject(request, customer_id), frame_of(request)
    came_on = _day(request.POST.get("came_on", ""))
    context: dict[str, Any] = {
        "member": member, "kinds": REQUEST_KINDS, "days": ANSWER_DAYS, "today": frame.today,
        "kind": request.POST.get("kind", RequestKind.ACCESS), "came_on": came_on or frame.today,
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "web/duties/note_request.html", context)
    try:
        note_request(
            customer_id, request.POST.get("kind", ""), came_on=came_on or date.min, actor=actor_of(request),
            at=frame.at, zone=frame.shop.tz,
        )  # fmt: skip
    except DomainError as refusal:
        sentence, remedy = explain(refusal)
        context |= {"sentence": sentence, "remedy": remedy}
        return render(request, "web/duties/note_request.html", context, status=422)
    return redirect("web:requests")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@needs(Right.REQUESTS_WRITE)
@require_POST
def answer(request: HttpRequest, customer_id: Id, request_id: Id) -> HttpResponse:
    """End a request: as done, with what fulfilled it, or refused with a reason."""
    require_seen(request, customer_id)
    choice, frame = request.POST.get("choice", ""), frame_of(request)
    if choice not in set(Answered):
        return _show(request)
    try:
        answer_request(
            customer_id, request_id, Answered(choice), words=request.POST.get("words", ""),
            actor=actor_of(request), at=frame.at, zone=frame.shop.tz,
        )  # fmt: skip
    except DomainError as refusal:
        return _show(request, refusal)
    return redirect("web:requests")
