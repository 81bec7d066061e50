"""Bringing friends, on the phone: a member's code and link, their friends, and a friend's code told."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dangol.core.access.members.sessions import SessionView
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.selectors import PersonView, names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.domain.referrals import PromiseKind, Side, Stage
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.referrals.codes import guard_code, make_code, shown_code
from dangol.rooms.rewards.referrals.errors import UnknownReferralCode
from dangol.rooms.rewards.referrals.models import GiftState
from dangol.rooms.rewards.referrals.selectors import (
    ProgramView,
    ReferralView,
    current_program,
    friends_of,
    standing_of,
    tell_until,
)
from dangol.rooms.rewards.referrals.services import tell_code
from dangol.rooms.rewards.referrals.signs import Came
from dangol.web.frame import frame_of
from dangol.web.member_door import address_of, member_required, open_to_anyone, require_member
from dangol.web.pages.member_link import draw_qr
from dangol.web.referral_words import (
    CAPS,
    FRIEND_STAGES,
    gift_in_words,
    promise_in_words,
    task_for_friend,
    task_in_words,
    why_of,
)
from dangol.web.watch import request_id_of

SHOWN = 30
# A code, or the link that holds it.
LONGEST_TYPED = 254


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Show the code with its link and QR, and the friends who came; a tap makes the code."""
    owner = session.customer_id
    if request.method == "POST":
        require_member(owner)
        make_code(owner, at=frame_of(request).at)
        return HttpResponseRedirect(reverse("web:me-referral"))
    return _show(request, owner, typed=request.GET.get("code", ""))


@member_required
@require_POST
def tell(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Note by whose code the member came; wrong ones are counted."""
    owner, at, address = session.customer_id, frame_of(request).at, address_of(request)
    typed = request.POST.get("code", "")[:LONGEST_TYPED]
    require_member(owner)
    who = Actor(ActorKind.MEMBER, "member", address=address, request=request_id_of(request))
    try:
        guard_code(typed, customer_id=owner, address=address, at=at)
        tell_code(owner, typed, by=By(who, at), came=Came(address=address))
    except DomainError as error:
        return _show(request, owner, typed=typed, error=error)
    return HttpResponseRedirect(reverse("web:me-referral"))


def _show(
    request: HttpRequest, owner: Id, *, typed: str = "", error: DomainError | None = None
) -> HttpResponse:
    frame, program = frame_of(request), current_program()
    standing = standing_of(owner, at=frame.at)
    friends = friends_of(owner, limit=SHOWN)
    people = names_of({owner, *(one.friend_id for one in friends)})
    currency, came_by = frame.shop.currency, standing.came_by
    link = request.build_absolute_uri(reverse("web:invited", args=[standing.code])) if standing.code else ""
    until = tell_until(owner)
    context = {
        "here": "rewards", "program": program, "told": _told(program, currency) if program else None,
        "standing": standing, "reached": CAPS.get(standing.reached, ""), "link": link,
        "qr": draw_qr(link, label=_("초대 링크의 QR")) if link else "",
        "friends": [_friend(one, people.get(one.friend_id), currency) for one in friends],
        "came_by": (FRIEND_STAGES[came_by.state], _why(came_by, currency)) if came_by else None,
        "can_tell": came_by is None and until is not None and frame.at < until, "tell_until": until,
        "typed": typed[:LONGEST_TYPED], "refused": explain(error) if error else None,
    }  # fmt: skip
    return render(request, "web/me/referral.html", context, status=422 if error else 200)


def _told(program: ProgramView, currency: str) -> dict[str, str]:
    draft, names = program.draft, program.target_names
    told = {"task": task_in_words(draft, currency)}
    for side in Side:
        promise = getattr(draft, side.value)
        given = promise.kind is not PromiseKind.NONE
        told[side.value] = promise_in_words(promise, names) if given else ""
    return told


def _friend(
    one: ReferralView, person: PersonView | None, currency: str
) -> tuple[ReferralView, str, object, str, str]:
    """Return a friend as whoever brought them may see them: a masked name, and no more."""
    name = person.name if person and person.name else _("친구")
    gift = one.gift(Side.REFERRER)
    got = gift_in_words(gift) if gift and gift.state == GiftState.GIVEN else ""
    capped = str(CAPS.get(gift.trouble, "")) if gift and gift.state == GiftState.CAPPED else ""
    return one, name, FRIEND_STAGES[one.state], capped or _why(one, currency), got


def _why(one: ReferralView, currency: str) -> str:
    """Return what is missing until when; of what is suspected or refused nothing."""
    return why_of(one, currency) if one.state in (Stage.WAITING, Stage.EARNED, Stage.LAPSED) else ""


@open_to_anyone
@require_safe
def invited(request: HttpRequest, code: str) -> HttpResponse:
    """Show whoever opens a member's link the code to bring along, large; nothing is kept of who looks."""
    frame, program = frame_of(request), current_program()
    at, address = frame.at, address_of(request)
    if settings.READ_ONLY:  # nothing counts guesses now
        return render(request, "web/me/invited.html", {"is_closed": True}, status=404)
    try:
        guard_code(code, customer_id=None, address=address, at=at)
        shown = shown_code(code)
    except UnknownReferralCode:
        return render(request, "web/me/invited.html", {"is_closed": False}, status=404)
    except DomainError as error:
        refused = {"refused": explain(error)}
        return render(request, "web/me/invited.html", refused, status=429)
    if program is None:
        return render(request, "web/me/invited.html", {"is_closed": True}, status=404)
    currency = frame.shop.currency
    context = {
        "code": shown, "told": _told(program, currency), "task": task_for_friend(program.draft, currency),
        "qr": draw_qr(shown, label=_("추천 코드의 QR")),
    }  # fmt: skip
    return render(request, "web/me/invited.html", context)
