"""How a member comes in and goes: a code by mail, a QR from the counter, signing out."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST

from dangol.core.access.members.codes import use_code
from dangol.core.access.members.links import LinkOver, is_open, use_link
from dangol.core.access.members.sessions import How
from dangol.core.messaging.codes import ask_code, count_try
from dangol.core.messaging.senders import EMAIL, find_sender
from dangol.core.people.identities import Kind
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, new_id
from dangol.domain.errors import DomainError
from dangol.web.frame import frame_of
from dangol.web.member_door import (
    address_of,
    held_challenge,
    hold_challenge,
    open_to_anyone,
    safe_next,
    sign_in,
    sign_out as end_here,
)


@open_to_anyone
@require_http_methods(["GET", "HEAD", "POST"])
def ask_to_come_in(request: HttpRequest) -> HttpResponse:
    """Ask who it is, by e-mail or phone, and send a code; the answer is the same whoever was named."""
    context = {"can_send": find_sender(EMAIL) is not None, "who": ""}
    if request.method != "POST" or not context["can_send"]:
        return render(request, "web/me/sign_in.html", context)
    who = request.POST.get("who", "")[:254].strip()
    try:
        challenge = _ask(request, who)
    except DomainError as refusal:
        shown = context | {"who": who, "refused": explain(refusal)}
        return render(request, "web/me/sign_in.html", shown, status=422)
    return hold_challenge(HttpResponseRedirect(reverse("web:me-code")), challenge)


def _ask(request: HttpRequest, who: str) -> Id:
    kind = Kind.EMAIL if "@" in who or not any(sign.isdigit() for sign in who) else Kind.PHONE
    language = get_language() or "ko"
    return ask_code(kind, who, language=language, address=address_of(request), at=frame_of(request).at)


@open_to_anyone
@require_http_methods(["GET", "HEAD", "POST"])
def enter_code(request: HttpRequest) -> HttpResponse:
    """Take the code and sign the member in."""
    context: dict[str, object] = {"next": safe_next(request, reverse("web:me"))}
    if request.method != "POST":
        return render(request, "web/me/code.html", context)
    at = frame_of(request).at
    try:
        count_try(address_of(request), at=at)
        # Without a challenge there is nothing the code could open: it is wrong, as any other.
        owner = use_code(held_challenge(request) or new_id(), request.POST.get("code", ""), at=at)
    except DomainError as refusal:
        return render(request, "web/me/code.html", context | {"refused": explain(refusal)}, status=422)
    return sign_in(request, HttpResponseRedirect(str(context["next"])), owner, How.CODE)


@open_to_anyone
@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Open the pages by a link from the counter. Looking at it uses nothing up, a tap does."""
    at = frame_of(request).at
    if request.method == "POST":
        try:
            owner = use_link(secret, at=at)
        except LinkOver:
            return render(request, "web/me/open.html", {"is_open": False}, status=404)
        return sign_in(request, HttpResponseRedirect(reverse("web:me")), owner, How.LINK)
    found = is_open(secret, at=at)
    return render(request, "web/me/open.html", {"is_open": found}, status=200 if found else 404)


@open_to_anyone
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign this browser out."""
    return end_here(request, HttpResponseRedirect(reverse("web:me-sign-in")))
