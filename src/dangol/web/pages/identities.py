"""By what a member is found: each value, added, changed and taken away by staff, for a reason."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access import acts
from dangol.core.access.rights import Right
from dangol.core.messaging.address_changes import telling_old_address
from dangol.core.people.held import BY_STAFF, TYPED, LastIdentity, held_by, read_name
from dangol.core.people.identities import Kind
from dangol.core.people.profiles import IdentityTaken
from dangol.core.people.selectors import find_by_identity, home_stores_of, names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from dangol.web.acting import actor_of, find_subject
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.reads.member import MemberView

ASKED = ("kind", "value", "which", "reason")


@needs(Right.MEMBERS_WRITE)
def show(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Show by what a member is found, since when, and who said so."""
    return _show(request, find_subject(request, customer_id))


def _show(request: HttpRequest, member: MemberView, refusal: DomainError | None = None) -> HttpResponse:
    sentence, remedy = explain(refusal) if refusal else ("", "")
    context: dict[str, Any] = {
        "member": member, "identities": held_by([member.customer_id]), "typed": TYPED,
        "asked": _asked(request), "sentence": sentence, "remedy": remedy,
        "ask_last": isinstance(refusal, LastIdentity),
    }  # fmt: skip
    if isinstance(refusal, IdentityTaken):
        context |= _who_has_it(request, member.customer_id, str(refusal.data["kind"]))
    return render(request, "web/identities.html", context, status=422 if refusal else 200)


def _asked(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "").strip()[:300] for name in ASKED}


def _who_has_it(request: HttpRequest, customer_id: Id, kind: str) -> dict[str, Any]:
    """Return who has a value already and the way to merging, for who may see them and may merge."""
    value, visitor = _asked(request)["value"], visitor_of(request)
    owner = find_by_identity(kind, [value]).get(value)
    if owner is None or not visitor.sees(home_stores_of([owner]).get(owner)):
        return {}
    merge = f"{reverse('web:member-merge', args=[customer_id])}?with={show_id(owner)}"
    may_merge = visitor.may(Right.MEMBERS_MERGE)
    return {"taken_by": names_of([owner]).get(owner), "merge_url": merge if may_merge else ""}


def _telling(request: HttpRequest, customer_id: Id, kind: str) -> AbstractContextManager[None]:
    """Tell the old address where it is an e-mail that changes."""
    at = frame_of(request).at
    return telling_old_address(customer_id, at=at) if kind == Kind.EMAIL else nullcontext()


@needs(Right.MEMBERS_WRITE)
@require_POST
def add(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Let a value name the member, too."""
    member, asked = find_subject(request, customer_id), _asked(request)
    try:
        with write_transaction(), _telling(request, customer_id, asked["kind"]):
            acts.add_identity(
                customer_id, asked["kind"], asked["value"], source=BY_STAFF, actor=actor_of(request),
                reason=asked["reason"], at=frame_of(request).at,
            )  # fmt: skip
    except DomainError as refusal:
        return _show(request, member, refusal)
    return redirect("web:member-identities", customer_id)


@needs(Right.MEMBERS_WRITE)
@require_POST
def change(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Put another value in the place of one, or take it away; the last one only when it is said twice."""
    member, asked = find_subject(request, customer_id), _asked(request)
    actor, at = actor_of(request), frame_of(request).at
    try:
        key = read_name(asked["which"])
        with write_transaction(), _telling(request, customer_id, key[0]):
            if request.POST.get("choice") == "remove":
                acts.remove_identity(
                    customer_id, key, actor=actor, reason=asked["reason"], at=at,
                    even_last="even_last" in request.POST,
                )  # fmt: skip
            else:
                acts.change_identity(
                    customer_id, key, asked["value"], source=BY_STAFF, actor=actor, reason=asked["reason"],
                    at=at,
                )  # fmt: skip
    except DomainError as refusal:
        return _show(request, member, refusal)
    return redirect("web:member-identities", customer_id)
