"""One's own account: password, second factors, sessions, language."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dangol.core.access.emails import email_of, set_email
from dangol.core.access.members.codes import use_code
from dangol.core.access.own_account import link_membership, memberships_of
from dangol.core.access.selectors import find_staff, sessions_of, sign_ins_of
from dangol.core.access.sessions import Outcome, end_sessions, end_sessions_of
from dangol.core.messaging.codes import ask_code, count_try
from dangol.core.messaging.senders import EMAIL, find_sender
from dangol.core.people.identities import Kind
from dangol.core.people.refused_values import RefusedValue
from dangol.core.people.selectors import stores_by_id
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, new_id, parse_id, show_id
from dangol.domain.errors import DomainError
from dangol.web.frame import frame_of
from dangol.web.guard import before_second_factor, signed_in_only, visitor_of
from dangol.web.sign_in.origins import origin_of
from dangol.web.sign_in.passkeys import passkeys_work

# Where the session keeps what a code is the answer to.
CHALLENGE = "membership-challenge"


def read_factors(staff: int) -> dict[str, Any]:
    """Return someone's second factors: the app, the passkeys, and how many recovery codes are left."""
    factors = list(Authenticator.objects.filter(user_id=staff).order_by("created_at"))
    by_type = {one.type: one for one in factors}
    codes = by_type.get(Authenticator.Type.RECOVERY_CODES)
    return {
        "app": by_type.get(Authenticator.Type.TOTP),
        "passkeys": [one for one in factors if one.type == Authenticator.Type.WEBAUTHN],
        "codes": codes,
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
    }


@signed_in_only
@never_cache
def show_account(request: HttpRequest) -> HttpResponse:
    """Show who one is here, by what one comes in, and from where one is signed in."""
    return _account(request)


def _account(request: HttpRequest, refusal: RefusedValue | None = None) -> HttpResponse:
    sentence, remedy = explain(refusal) if refusal else ("", "")
    visitor = visitor_of(request)
    person = find_staff(visitor.staff)
    assert person is not None, "who is signed in has a role"
    store = stores_by_id([visitor.store_id]).get(visitor.store_id) if visitor.store_id else None
    context = {
        "person": person,
        "store": store.name or store.number if store else "",
        "sessions": sessions_of(visitor.staff),
        "sign_ins": sign_ins_of(visitor.staff, limit=8),
        "passkeys_work": passkeys_work(request),
        "is_member": bool(memberships_of(visitor.staff)),
        "email": request.POST.get("email") if refusal else email_of(visitor.staff),
        "sentence": sentence,
        "remedy": remedy,
    }
    status = 422 if refusal else 200
    return render(request, "web/account.html", context | read_factors(visitor.staff), status=status)


@signed_in_only
@require_POST
def change_email(request: HttpRequest) -> HttpResponse:
    """Say where mail reaches one; an empty address: nowhere."""
    try:
        set_email(visitor_of(request).staff, request.POST.get("email", "")[:255])
    except RefusedValue as refusal:
        return _account(request, refusal)
    return HttpResponseRedirect(reverse("web:account"))


@before_second_factor
@never_cache
def ask_for_second_factor(request: HttpRequest) -> HttpResponse:
    """Show the ways to set up a second factor to someone who has none."""
    if visitor_of(request).has_factor:
        return HttpResponseRedirect(reverse("web:account"))
    context = {"passkeys_work": passkeys_work(request), "port": request.get_port()}
    return render(request, "web/second_factor.html", context)


@signed_in_only
@never_cache
def show_membership(request: HttpRequest) -> HttpResponse:
    """Ask which member one is, and for the code that was sent to them; then nobody credits themselves."""
    at, asked = frame_of(request).at, request.POST
    context = {"who": asked.get("who", "")[:254].strip(), "can_send": find_sender(EMAIL) is not None}
    if request.method != "POST":
        return render(request, "web/membership.html", context)
    address = origin_of(request).address
    try:
        if "code" in asked:
            count_try(address, at=at)
            challenge = request.session.get(CHALLENGE, "")
            owner = use_code(parse_id(challenge) if challenge else new_id(), asked["code"], at=at)
            link_membership(visitor_of(request).staff, owner, at=at)
            del request.session[CHALLENGE]
            return HttpResponseRedirect(reverse("web:account"))
        who = str(context["who"])
        kind = Kind.EMAIL if "@" in who else Kind.PHONE
        sent = ask_code(kind, who, language=get_language() or "ko", address=address, at=at)
    except DomainError as refusal:
        shown = context | {"refused": explain(refusal), "is_sent": "code" in asked}
        return render(request, "web/membership.html", shown, status=422)
    request.session[CHALLENGE] = show_id(sent)
    return render(request, "web/membership.html", context | {"is_sent": True})


@signed_in_only
@require_POST
def end_session(request: HttpRequest, session_id: Id) -> HttpResponse:
    """End one of one's own sessions; another's is answered as if there were none."""
    if session_id not in {one.id for one in sessions_of(visitor_of(request).staff)}:
        raise Http404
    end_sessions([session_id], Outcome.ENDED, at=frame_of(request).at)
    return HttpResponseRedirect(reverse("web:account"))


@signed_in_only
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End all of one's own sessions but this one."""
    visitor = visitor_of(request)
    end_sessions_of(visitor.staff, at=frame_of(request).at, but=visitor.session_id)
    return HttpResponseRedirect(reverse("web:account"))
