"""Forgetting a member for good, and holding them back from it where a court or the law asks for that."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from dangol.core.access import acts
from dangol.core.access.rights import Right
from dangol.core.people.holds import holds_of
from dangol.core.people.merged import family_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, show_id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.stored_value.selectors import credit_of
from dangol.web.acting import actor_of, find_subject, read_last_day
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.reads.member import MemberView


def _number_of(member: MemberView) -> str:
    """Return what is typed to confirm an erasure: the member's number, else the start of our id."""
    return member.profile.person.external_id or show_id(member.customer_id)[:8]


def _show(
    request: HttpRequest, member: MemberView, refusal: DomainError | None = None, **further: Any
) -> HttpResponse:
    sentence, remedy = explain(refusal) if refusal else ("", "")
    at = frame_of(request).at
    holds = holds_of(family_of(member.customer_id))
    context = {
        "member": member, "number": _number_of(member), "sentence": sentence, "remedy": remedy,
        "credit": [one for one in credit_of(member.customer_id, at=at) if one.minor],
        "reason": request.POST.get("reason", ""), "holds": [one for one in holds if one.is_in_force(at)],
    }  # fmt: skip
    is_wrong = refusal is not None or bool(further)
    return render(request, "web/leaving.html", context | further, status=422 if is_wrong else 200)


@needs(Right.MEMBERS_ERASE)
def erase(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Show what erasing means and what holds it back; erase when the member's number is typed."""
    member = find_subject(request, customer_id)
    if request.method != "POST":
        return _show(request, member)
    if request.POST.get("number", "").strip() != _number_of(member):
        return _show(request, member, wrong="number")
    try:
        acts.erase_customer(
            customer_id, actor=actor_of(request), reason=request.POST.get("reason", ""),
            at=frame_of(request).at,
        )  # fmt: skip
    except DomainError as refusal:
        return _show(request, member, refusal)
    return redirect("web:members")


@needs(Right.MEMBERS_ERASE)
@require_POST
def hold(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Put a member under a legal hold, until a day or until it is released."""
    member = find_subject(request, customer_id)
    is_day, until = read_last_day(request.POST.get("last_day", "").strip(), request)
    if not is_day:
        return _show(request, member, wrong="last_day")
    try:
        acts.place_hold(
            customer_id, actor=actor_of(request), reason=request.POST.get("reason", ""),
            at=frame_of(request).at, until=until,
        )  # fmt: skip
    except DomainError as refusal:
        return _show(request, member, refusal)
    return redirect("web:member-erase", customer_id)


@needs(Right.MEMBERS_ERASE)
@require_POST
def release(request: HttpRequest, customer_id: Id, hold_id: Id) -> HttpResponse:
    """Release a legal hold; it stays written down."""
    member = find_subject(request, customer_id)
    owner = next(
        (one.customer_id for one in holds_of(family_of(customer_id)) if one.id == hold_id), customer_id
    )
    try:
        acts.release_hold(
            owner, hold_id, actor=actor_of(request), reason=request.POST.get("reason", ""),
            at=frame_of(request).at,
        )  # fmt: skip
    except DomainError as refusal:
        return _show(request, member, refusal)
    return redirect("web:member-erase", customer_id)
