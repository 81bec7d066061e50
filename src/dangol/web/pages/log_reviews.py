"""The monthly review of the access log: what a month holds, what is unusual in it, and who signed for it."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dangol.core.access.rights import Right
from dangol.core.duties.reviews import find_review, first_day_of, list_months, read_month, sign_month
from dangol.core.refusals import explain
from dangol.domain.calendars import end_of_month
from dangol.domain.errors import DomainError
from dangol.web.acting import actor_of
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.log_actors import addresses_of_actors


@needs(Right.ACCESS_LOG_REVIEW)
def list_reviews(request: HttpRequest) -> HttpResponse:
    """Show the months that are over: which are signed for, by whom, and which wait."""
    frame = frame_of(request)
    lines = list_months(as_of=frame.at, zone=frame.shop.tz)
    return render(request, "web/duties/reviews.html", {"lines": lines})


@needs(Right.ACCESS_LOG_REVIEW)
def review(request: HttpRequest, month: str) -> HttpResponse:
    """Show what a month of the access log holds, and take the signature of whoever has read it."""
    first, frame = first_day_of(month), frame_of(request)
    if first is None or first > frame.today:
        raise Http404
    if request.method != "POST":
        return _show(request, first)
    try:
        sign_month(
            first, note=request.POST.get("note", ""), actor=actor_of(request), at=frame.at, zone=frame.shop.tz
        )
    except DomainError as refusal:
        return _show(request, first, refusal)
    return redirect("web:access-log-reviews")


def _show(request: HttpRequest, first: date, refusal: DomainError | None = None) -> HttpResponse:
    frame = frame_of(request)
    sentence, remedy = explain(refusal) if refusal else ("", "")
    me = actor_of(request).key
    view = read_month(first, frame.shop.tz)
    context: dict[str, Any] = {
        "view": view, "actors": addresses_of_actors(), "last": end_of_month(first),
        "signed": find_review(first),
        "is_over": view.until <= frame.at, "sentence": sentence, "remedy": remedy,
        "note": request.POST.get("note", ""), "is_mine": any(one.who == me for one in view.unusual),
    }  # fmt: skip
    return render(request, "web/duties/review.html", context, status=422 if refusal else 200)
