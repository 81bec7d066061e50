"""What is a member's own to decide: consents, their data, confirming that it is they, leaving and joining."""

from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dangol.core.access.log import Access, AccessDraft, fields_of
from dangol.core.access.members.codes import WrongCode, use_code
from dangol.core.access.members.sessions import SessionView, confirm_session, end_sessions_of
from dangol.core.messaging.codes import ask_again, count_try
from dangol.core.messaging.senders import EMAIL, find_sender
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.consents import NO_CHANNEL, ConsentDraft
from dangol.core.people.enrolling import give_consents
from dangol.core.people.guardians import GuardianNeeded, require_guardian_of
from dangol.core.people.leaving import leave_members
from dangol.core.people.selectors import MEMBER, Profile, consents_of, profiles_of
from dangol.core.people.services import join_members
from dangol.core.people.wordings import JOINING
from dangol.core.refusals import explain
from dangol.core.storage.ids import new_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from dangol.web.frame import frame_of
from dangol.web.member_door import (
    address_of,
    held_challenge,
    hold_challenge,
    member_required,
    safe_next,
    sign_out,
)
from dangol.web.pages.home import number_of
from dangol.web.reads.member import find_member
from dangol.web.reads.my_data import read_my_data
from dangol.web.scheme import find_program
from dangol.web.seen import record_seen
from dangol.web.watch import request_id_of

# Where a decision was made, as consents and events tell it.
PHONE = "phone"


def _profile(session: SessionView) -> Profile:
    return profiles_of([session.customer_id], unmasked=True)[session.customer_id]


def _can_confirm(profile: Profile) -> bool:
    return bool(profile.person.email) and find_sender(EMAIL) is not None


@member_required
@require_safe
def show_data(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Show what we know of the member, and what they can decide."""
    return _show_data(request, session)


def _show_data(request: HttpRequest, session: SessionView, *, refused: str = "") -> HttpResponse:
    profile = _profile(session)
    words = {"taken-back": _("이제 보내지 않아요."), "joined": _("다시 가입했어요.")}
    context = {
        "here": "data", "profile": profile, "number": number_of(profile),
        "consents": consents_of([session.customer_id]).get(session.customer_id, []),
        "is_member": profile.person.kind == MEMBER, "can_confirm": _can_confirm(profile),
        "step_up": settings.STEP_UP_POINTS, "done": words.get(request.GET.get("done", ""), ""),
    }  # fmt: skip
    context["refused"] = refused
    return render(request, "web/me/data.html", context, status=422 if refused else 200)


@member_required
@require_POST
def take_back(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Take a consent back: one tap, and it holds."""
    at = frame_of(request).at
    wanted = request.POST.get("channel", ""), request.POST.get("purpose", "")
    states = consents_of([session.customer_id]).get(session.customer_id, [])
    # What one cannot be a member without is taken back by leaving.
    given = [
        one
        for one in states
        if one.granted and one.channel != NO_CHANNEL and (one.channel, one.purpose) == wanted
    ]
    drafts = [
        ConsentDraft(session.customer_id, one.channel, one.purpose, False, at, PHONE, one.wording)
        for one in given
    ]
    with write_transaction():
        give_consents(drafts, recorded_at=at)
    return HttpResponseRedirect(f"{reverse('web:me-data')}?done=taken-back")


@member_required
@require_safe
def download(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Send the member all we hold of them."""
    frame = frame_of(request)
    owner = session.customer_id
    who = Actor(ActorKind.MEMBER, "member", address=address_of(request), request=request_id_of(request))
    reason, seen = _("본인이 휴대폰에서 내려받았어요"), fields_of(_profile(session))
    record_seen(request, AccessDraft(Access.OWN_DATA, who, reason, owner, seen))
    told = read_my_data(session.customer_id, at=frame.at)
    response = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="my-data-{frame.today.isoformat()}.json"'
    return response


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Say what leaving means; then leave, and be signed out everywhere."""
    at, owner = frame_of(request).at, session.customer_id
    if request.method != "POST":
        member = find_member(owner, find_program(), at=at)
        if member is None or member.profile.person.kind != MEMBER:
            return HttpResponseRedirect(reverse("web:me"))
        return render(request, "web/me/leave.html", {"here": "data", "points": member.points})
    with write_transaction():
        leave_members([owner], source=PHONE, recorded_at=at)
        end_sessions_of([owner])
    return sign_out(request, render(request, "web/me/left.html"))


@member_required
@require_POST
def join(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Join again, with the points that are left, having agreed to what was on the screen.

    Who is under 14 and has nobody's consent is told to come to the till with a guardian.
    """
    at, owner = frame_of(request).at, session.customer_id
    birthday = _profile(session).birthday
    try:
        require_guardian_of(owner, date.fromisoformat(birthday) if birthday else None, at=at)
    except GuardianNeeded:
        words = _("만 14세 미만은 법정대리인과 함께 계산대에서 가입할 수 있어요.")
        return _show_data(request, session, refused=words)
    with write_transaction():
        if join_members([owner], recorded_at=at):
            agreed = [
                ConsentDraft(owner, one.channel, one.purpose, True, at, PHONE, one.version)
                for one in JOINING
                if one.required
            ]
            give_consents(agreed, recorded_at=at)
    return HttpResponseRedirect(reverse("web:me"))


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Confirm by a fresh code that it is still the member, before much is spent."""
    at, back = frame_of(request).at, safe_next(request, reverse("web:me-confirm"))
    context: dict[str, Any] = {
        "here": "data", "next": back, "go_on": safe_next(request, reverse("web:me")),
        "step_up": settings.STEP_UP_POINTS,
        "confirmed": session.is_confirmed(at), "can_confirm": _can_confirm(_profile(session)),
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "web/me/confirm.html", context)
    try:
        if "code" in request.POST:
            return _take_code(request, session, back)
        language = get_language() or "ko"
        challenge = ask_again(session.customer_id, language=language, address=address_of(request), at=at)
    except WrongCode as refusal:
        shown = context | {"confirming": True, "refused": explain(refusal)}
        return render(request, "web/me/code.html", shown, status=422)
    except DomainError as refusal:
        return render(request, "web/me/confirm.html", context | {"refused": explain(refusal)}, status=422)
    return hold_challenge(render(request, "web/me/code.html", context | {"confirming": True}), challenge)


def _take_code(request: HttpRequest, session: SessionView, back: str) -> HttpResponse:
    at = frame_of(request).at
    count_try(address_of(request), at=at)
    owner = use_code(held_challenge(request) or new_id(), request.POST.get("code", ""), at=at)
    if owner != session.customer_id:
        raise WrongCode()
    confirm_session(session, at=at)
    return HttpResponseRedirect(back)
