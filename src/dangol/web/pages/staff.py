"""Those who work here: who may do what, and who said so."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dangol.core.access import services
from dangol.core.access.rights import Right, Role
from dangol.core.access.selectors import (
    StaffView,
    find_staff,
    grants_of,
    list_staff,
    open_link_of,
    sessions_of,
    sign_ins_of,
)
from dangol.core.messaging.senders import EMAIL, find_sender
from dangol.core.messaging.staff_mail import leave_link
from dangol.core.people.selectors import list_stores
from dangol.core.refusals import explain
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.places import MOST
from dangol.web.roles import ROLE_NAMES, ROLE_WORDS

ROLES = [(role.value, ROLE_NAMES[role], ROLE_WORDS[role]) for role in Role]


def _stores() -> dict[bytes | None, str]:
    return {store.id: store.name or store.number for store in list_stores()}


@needs(Right.STAFF_READ)
def show_staff(request: HttpRequest) -> HttpResponse:
    """Show everybody who works here."""
    return render(request, "web/staff.html", {"people": list_staff(), "stores": _stores()})


@needs(Right.STAFF_WRITE)
@never_cache
def invite(request: HttpRequest) -> HttpResponse:
    """Ask whom to invite and as what; then show the link, once."""
    asked = request.POST
    given = {name: asked.get(name, "") for name in ("username", "name", "email", "role", "store", "reason")}
    context: dict[str, Any] = {"given": given, "roles": ROLES, "stores": list_stores()}
    context["can_send"] = find_sender(EMAIL) is not None
    if request.method != "POST":
        return render(request, "web/staff_invite.html", context)
    invitation = services.Invitation(
        given["username"], given["name"], services.Post(given["role"], given["store"]), given["reason"],
        given["email"][:255],
    )  # fmt: skip
    at = frame_of(request).at
    try:
        with write_transaction():
            link = services.invite_staff(invitation, by=visitor_of(request).staff, at=at)
            mailed_to = _mail(request, link, services.Purpose.INVITE)
    except DomainError as error:
        sentence, remedy = explain(error)
        return render(
            request, "web/staff_invite.html", context | {"sentence": sentence, "remedy": remedy}, status=422
        )
    return _show_link(request, link, mailed_to)


def _address(request: HttpRequest, link: services.NewLink) -> str:
    return request.build_absolute_uri(reverse("web:welcome", args=[link.secret]))


def _mail(request: HttpRequest, link: services.NewLink, purpose: services.Purpose) -> str:
    """Leave the link in the outbox where mail reaches the person; returns where it goes."""
    return leave_link(link, purpose, address=_address(request, link), at=frame_of(request).at)


def _show_link(request: HttpRequest, link: services.NewLink, mailed_to: str) -> HttpResponse:
    """Show a new link. It is kept nowhere but in the mail, if there is one: no other page shows it."""
    context = {
        "person": find_staff(link.staff), "address": _address(request, link),
        "expires_at": link.expires_at, "mailed_to": mailed_to,
    }  # fmt: skip
    return render(request, "web/staff_link.html", context)


def _find(number: int) -> StaffView:
    person = find_staff(number) if number <= MOST else None
    if person is None:
        raise Http404
    return person


@needs(Right.STAFF_READ)
def show_person(request: HttpRequest, number: int) -> HttpResponse:
    """Show someone's role, the history of it, and where they are signed in."""
    return _person(request, _find(number))


def _person(request: HttpRequest, person: StaffView, error: DomainError | None = None) -> HttpResponse:
    sentence, remedy = explain(error) if error else ("", "")
    stores = list_stores()
    context = {
        "person": person,
        "roles": ROLES,
        "stores": stores,
        "store_number": next((one.number for one in stores if one.id == person.store_id), ""),
        "store_names": _stores(),
        "grants": grants_of(person.number),
        "sessions": sessions_of(person.number),
        "sign_ins": sign_ins_of(person.number),
        "link_until": open_link_of(person.number, at=frame_of(request).at),
        "is_me": person.number == visitor_of(request).staff,
        "sentence": sentence,
        "remedy": remedy,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "web/staff_member.html", context, status=422 if error else 200)


def _do(request: HttpRequest, number: int, act: Callable[[int, str, int, datetime], object]) -> HttpResponse:
    """Carry out one change and show the person again; a link that came of it is shown instead."""
    person, mailed_to = _find(number), ""
    by, at = visitor_of(request).staff, frame_of(request).at
    try:
        with write_transaction():
            done = act(number, request.POST.get("reason", ""), by, at)
            if isinstance(done, services.NewLink):
                mailed_to = _mail(request, done, services.Purpose.RECOVER)
    except DomainError as error:
        return _person(request, person, error)
    if isinstance(done, services.NewLink):
        return _show_link(request, done, mailed_to)
    return HttpResponseRedirect(reverse("web:staff-member", args=[number]))


@needs(Right.STAFF_WRITE)
@require_POST
def change_role(request: HttpRequest, number: int) -> HttpResponse:
    """Give someone another role or store."""
    post = services.Post(request.POST.get("role", ""), request.POST.get("store", ""))
    return _do(
        request,
        number,
        lambda staff, reason, by, at: services.change_role(staff, post, reason=reason, by=by, at=at),
    )


@needs(Right.STAFF_WRITE)
@require_POST
def suspend(request: HttpRequest, number: int) -> HttpResponse:
    """Shut someone out at once."""
    return _do(
        request,
        number,
        lambda staff, reason, by, at: services.suspend_staff(staff, reason=reason, by=by, at=at),
    )


@needs(Right.STAFF_WRITE)
@require_POST
def restore(request: HttpRequest, number: int) -> HttpResponse:
    """Let someone in again."""
    return _do(
        request,
        number,
        lambda staff, reason, by, at: services.restore_staff(staff, reason=reason, by=by, at=at),
    )


@needs(Right.STAFF_WRITE)
@require_POST
@never_cache
def recover(request: HttpRequest, number: int) -> HttpResponse:
    """Take away someone's password and second factors, and show a link to begin anew."""
    return _do(
        request,
        number,
        lambda staff, reason, by, at: services.recover_staff(staff, reason=reason, by=by, at=at),
    )


@needs(Right.STAFF_WRITE)
@require_POST
def end_sessions(request: HttpRequest, number: int) -> HttpResponse:
    """End all of someone's sessions."""
    return _do(request, number, lambda staff, _reason, _by, at: services.end_staff_sessions(staff, at=at))
