"""A member's store credit and gift cards on their phone: what is there, and how it came and went."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from dangol.core.access.members.sessions import SessionView
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.refusals import explain
from dangol.core.storage.ids import show_id
from dangol.domain.coupon_codes import LONGEST_CODE
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.stored_value.cards import claim, code_of
from dangol.rooms.rewards.stored_value.codes import refs_of
from dangol.rooms.rewards.stored_value.guessing import find_guessed_card
from dangol.rooms.rewards.stored_value.models import CardState
from dangol.rooms.rewards.stored_value.selectors import (
    cards_of,
    claims_of,
    credit_moves_of,
    credit_of,
    moves_of_card,
)
from dangol.web.frame import frame_of
from dangol.web.member_door import member_required
from dangol.web.pages.coupon_sheets import draw_code
from dangol.web.sign_in.origins import origin_of
from dangol.web.stored_value_words import move_in_words, state_in_words

SHOWN = 20


@member_required
@never_cache
def show_money(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Show credit and cards, and let a card be added by its code; wrong ones are counted."""
    if request.method != "POST":
        return _show(request, session)
    at, (ref,) = frame_of(request).at, refs_of([request.POST.get("code", "")[:LONGEST_CODE]])
    owner = session.customer_id
    try:
        find_guessed_card(ref, customer_id=owner, address=origin_of(request).address, at=at)
        claim(ref, owner, by=By(Actor(ActorKind.MEMBER, show_id(owner)), at))
    except DomainError as error:
        return _show(request, session, error)
    return HttpResponseRedirect(reverse("web:me-money"))


def _show(request: HttpRequest, session: SessionView, error: DomainError | None = None) -> HttpResponse:
    owner, at = session.customer_id, frame_of(request).at
    sentence, remedy = explain(error) if error else ("", "")
    cards = cards_of(owner, at=at)
    claims = claims_of([one.id for one in cards])
    moves = [
        *credit_moves_of(owner, limit=SHOWN),
        *(m for one in cards for m in moves_of_card(one.id, since=claims.get(one.id), limit=SHOWN)),
    ]
    moves.sort(key=lambda one: (one.at, one.id), reverse=True)
    shown = [
        (one, state_in_words(one), code, draw_code(code))
        for one in cards
        if one.state is CardState.ACTIVE and (code := code_of(one.id))
    ]
    context = {
        "here": "rewards", "credit": credit_of(owner, at=at), "cards": shown,
        "shut": [(one, state_in_words(one)) for one in cards if one.state is not CardState.ACTIVE],
        "moves": [(one, move_in_words(one)) for one in moves[:SHOWN]], "longest": LONGEST_CODE,
        "sentence": sentence, "remedy": remedy,
    }  # fmt: skip
    return render(request, "web/me/money.html", context, status=422 if error else 200)
