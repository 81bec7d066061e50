"""What a member can take for points, on their phone: the catalog, taking one, and the voucher."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dangol.core.access.members.confirming import ConfirmationRequired
from dangol.core.access.members.sessions import SessionView
from dangol.core.ledger.selectors import balances_of
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.catalog.errors import UnknownRedemption
from dangol.rooms.rewards.catalog.selectors import (
    OfferView,
    RedemptionView,
    find_redemption,
    offers_for,
    redemptions_of,
)
from dangol.rooms.rewards.catalog.services import By, Payment, redeem_reward, reveal_code
from dangol.rooms.rewards.households.settings import read_settings
from dangol.web.acting import new_form
from dangol.web.frame import frame_of
from dangol.web.member_door import address_of, member_required, require_member
from dangol.web.pages.member_link import draw_qr
from dangol.web.reward_words import OBSTACLES, state_in_words
from dangol.web.watch import request_id_of

SHOWN = 20


@member_required
@require_safe
def show_rewards(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Show what there is, what the member can afford, and what they took."""
    owner = session.customer_id
    require_member(owner)
    context = {
        "here": "rewards",
        "has_households": read_settings().is_open,
        "offers": [
            (one, OBSTACLES.get(one.obstacle or "", "")) for one in offers_for(owner, at=_at(request))
        ],
        "taken": [_told(one) for one in redemptions_of(owner, limit=SHOWN)],
    }
    return render(request, "web/me/rewards.html", context)


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def take(request: HttpRequest, session: SessionView, reward_id: Id) -> HttpResponse:
    """Say what a reward costs and what is left after it; then take it. A form sent twice takes one."""
    owner = session.customer_id
    require_member(owner)
    if request.method != "POST":
        return _ask(request, _offer(request, owner, reward_id), owner)
    try:
        form = show_id(parse_id(request.POST.get("form", "")))
    except ValueError:
        raise Http404 from None
    who = Actor(ActorKind.MEMBER, "member", address=address_of(request), request=request_id_of(request))
    try:
        made = redeem_reward(
            owner, reward_id, key=f"phone:{form}", payment=Payment(settings.STEP_UP_POINTS),
            by=By(who, _at(request)),
        )  # fmt: skip
    except ConfirmationRequired:
        back = reverse("web:me-reward", args=[reward_id])
        return HttpResponseRedirect(f"{reverse('web:me-confirm')}?{urlencode({'next': back})}")
    except DomainError as refusal:
        return _ask(request, _offer(request, owner, reward_id), owner, refusal)
    return HttpResponseRedirect(reverse("web:me-voucher", args=[made]))


def _ask(
    request: HttpRequest, offer: OfferView, owner: Id, refusal: DomainError | None = None
) -> HttpResponse:
    points = balances_of([owner], offer.reward.currency)[owner].available
    context: dict[str, Any] = {
        "here": "rewards", "offer": offer, "form": new_form(),
        "obstacle": OBSTACLES.get(offer.obstacle or "", ""),
        "points": points, "rest": points - (offer.price or 0),
        "refused": explain(refusal) if refusal else "",
    }  # fmt: skip
    return render(request, "web/me/reward.html", context, status=422 if refusal else 200)


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def show_voucher(request: HttpRequest, session: SessionView, redemption_id: Id) -> HttpResponse:
    """Show what to hold out at the counter; a code is shown when the member asks for it."""
    try:
        if request.method == "POST":
            reveal_code(session.customer_id, redemption_id, at=_at(request))
            return HttpResponseRedirect(reverse("web:me-voucher", args=[redemption_id]))
        one = find_redemption(session.customer_id, redemption_id)
    except UnknownRedemption as error:
        raise Http404 from error
    context = {
        "here": "rewards", "one": one, "told": _told(one)[1],
        "is_over": one.lapses_at is not None and one.lapses_at <= _at(request),
        "number": show_id(one.id), "qr": draw_qr(show_id(one.id).upper(), label=_("교환권의 QR")),
    }  # fmt: skip
    return render(request, "web/me/voucher.html", context)


def _at(request: HttpRequest) -> Any:
    return frame_of(request).at


def _told(one: RedemptionView) -> tuple[RedemptionView, Any]:
    return one, state_in_words(one.state, one.reward.kind, is_used=one.is_used)


def _offer(request: HttpRequest, owner: Id, reward_id: Id) -> OfferView:
    found = [one for one in offers_for(owner, at=_at(request)) if one.reward.id == reward_id]
    if not found:
        raise Http404
    return found[0]
