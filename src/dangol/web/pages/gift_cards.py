"""Gift cards in the back office: found by their end or their code, sold, loaded, shut and paid out."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dangol.core.access.keys import MissingRight
from dangol.core.access.rights import Right
from dangol.core.people.actors import LONGEST_REASON
from dangol.core.people.selectors import home_stores_of, names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.coupon_codes import LONGEST_CODE
from dangol.domain.errors import DomainError
from dangol.domain.gift_card_terms import NoRefund, Refund, Why
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.stored_value import cards, refunds, selectors
from dangol.rooms.rewards.stored_value.codes import refs_of
from dangol.rooms.rewards.stored_value.errors import InvalidGiftCard, UnknownGiftCard, WholeCode
from dangol.rooms.rewards.stored_value.models import TAIL, CardState
from dangol.web.acting import actor_of, form_of, new_form, read_last_day
from dangol.web.amounts import read_amount
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.pages.coupon_sheets import draw_code
from dangol.web.stored_value_words import (
    ACTS,
    SPENT,
    STATES,
    WHYS,
    WORN,
    move_in_words,
    state_in_words,
)

SHOWN = 50
# What a list may be narrowed to: used up or over is one, whatever took the last of it.
_STATES = {**STATES, SPENT: WORN[SPENT]}
_FILTERS: Mapping[str, dict[str, Any]] = {
    CardState.MADE: {"state": CardState.MADE},
    CardState.ACTIVE: {"state": CardState.ACTIVE, "is_empty": False},
    CardState.BLOCKED: {"state": CardState.BLOCKED},
    SPENT: {"state": CardState.ACTIVE, "is_empty": True},
}


@needs(Right.STORED_VALUE_READ)
def list_all(request: HttpRequest) -> HttpResponse:
    """Show cards, the newest first; those whose code ends so, or that stand so."""
    return _list(request)


def _list(request: HttpRequest, error: DomainError | None = None) -> HttpResponse:
    tail, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    if len(tail) > TAIL:
        # A whole code is money: it is not shown again, and what it would find is not told to an address.
        tail, error = "", WholeCode(most=TAIL)
    before = _id_or_none(request.GET.get("after", ""))
    found = selectors.list_cards(
        at=frame_of(request).at, tail=tail, **_FILTERS.get(state, {}), before=before, limit=SHOWN + 1,
    )  # fmt: skip
    if isinstance(error, WholeCode):
        found = []
    sentence, remedy = explain(error) if error else ("", "")
    context = {
        "cards": [(one, state_in_words(one)) for one in found[:SHOWN]], "states": _STATES, "state": state,
        "tail": tail, "after": before, "next_after": show_id(found[SHOWN - 1].id) if found[SHOWN:] else "",
        "filtered": bool(tail or state), "tail_length": TAIL, "longest": LONGEST_CODE,
        "sentence": sentence, "remedy": remedy,
    }  # fmt: skip
    return render(request, "web/gift_cards/list.html", context, status=422 if error else 200)


@needs(Right.STORED_VALUE_READ)
@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """Go to the card that has this code; sent as a form, so that it stands in no address."""
    (ref,) = refs_of([request.POST.get("code", "")])
    try:
        found = selectors.find_card_by_code(ref, at=frame_of(request).at)
    except UnknownGiftCard as error:
        return _list(request, error)
    return HttpResponseRedirect(reverse("web:gift-card", args=[found.id]))


@needs(Right.STORED_VALUE_READ)
def show(request: HttpRequest, gift_card_id: Id) -> HttpResponse:
    """Show a card: what is on it, how money came and went, and what would be paid out now."""
    return _show(request, _find(request, gift_card_id))


def _find(request: HttpRequest, card_id: Id) -> selectors.CardView:
    try:
        return selectors.find_card(card_id, at=frame_of(request).at)
    except UnknownGiftCard:
        raise Http404 from None


def _show(request: HttpRequest, card: selectors.CardView, error: DomainError | None = None) -> HttpResponse:
    sentence, remedy = explain(error) if error else ("", "")
    at = frame_of(request).at
    refund = selectors.refund_for(card, at=at)
    context = {
        "card": card, "told": state_in_words(card), "holder": _holder(request, card),
        "moves": [(one, move_in_words(one), one.actor_name) for one in selectors.moves_of_card(card.id)],
        "acts": [(one, ACTS[one.act]) for one in selectors.acts_of(card.id)],
        "refund": None if isinstance(refund, NoRefund) else refund, "why": WHYS[refund.why],
        "needed": refund.needed if isinstance(refund, NoRefund) else None,
        "used": refund.used if isinstance(refund, NoRefund) else None,
        "begins_anew": _begins_anew(card, refund), "form": new_form(), "given": request.POST,
        "longest_reason": LONGEST_REASON, "sentence": sentence, "remedy": remedy,
    }  # fmt: skip
    return render(request, "web/gift_cards/card.html", context, status=422 if error else 200)


def _begins_anew(card: selectors.CardView, refund: Refund | NoRefund) -> bool:
    """Say whether a top-up now would make what was used so far count no more for getting money back."""
    if isinstance(refund, NoRefund):
        return bool(refund.used)
    return refund.why is Why.MOSTLY_USED and card.open_minor > 0


def _holder(request: HttpRequest, card: selectors.CardView) -> Any:
    """Return who holds a card, to those who may see members, and these: a store's own."""
    visitor, holder = visitor_of(request), card.holder_id
    if holder is None or not visitor.may(Right.MEMBERS_READ):
        return None
    if visitor.store_id and not visitor.sees(home_stores_of([holder]).get(holder)):
        return None
    return names_of([holder]).get(holder)


@needs(Right.STORED_VALUE_SELL)
@never_cache
def sell(request: HttpRequest) -> HttpResponse:
    """Ask what is to be sold, sell it, and show its code this once; a form sent twice sells one."""
    frame = frame_of(request)
    if request.method != "POST":
        return _form(request, {}, {})
    given = {
        name: request.POST.get(name, "").strip()[:LONGEST_REASON]
        for name in ("amount", "price", "given", "last_day", "reason")
    }
    wrong: dict[str, str] = {}
    minor = read_amount(given["amount"], frame.shop.currency)
    price = read_amount(given["price"], frame.shop.currency) if given["price"] else None
    is_day, end = read_last_day(given["last_day"], request)
    if minor is None:
        wrong["amount"] = _("금액을 적으세요.")
    if given["price"] and price is None:
        wrong["price"] = _("금액을 적거나 비우세요.")
    if not is_day:
        wrong["last_day"] = _("오늘부터의 날을 고르세요.")
    if wrong or minor is None:
        return _form(request, given, wrong)
    draft = cards.CardDraft(
        minor, frame.shop.currency, None if given["given"] else price, bool(given["given"]), end,
        reason=given["reason"],
    )  # fmt: skip
    try:
        if draft.is_given or (price is not None and price < minor):
            _require_giver(request)
        made = cards.sell_card(draft, by=by_of(request), card_id=form_of(request))
    except InvalidGiftCard as error:
        field = {"minor": "amount", "price_minor": "price", "expires_at": "last_day"}[error.data["field"]]
        return _form(request, given, {field: _("이 금액이나 날은 쓸 수 없어요.")})
    except UnknownGiftCard:
        raise Http404 from None
    except DomainError as error:
        return _form(request, given, {}, error)
    card = selectors.find_card(made.id, at=frame.at)
    context = {"card": card, "code": made.code, "qr": draw_code(made.code)}
    return render(request, "web/gift_cards/sold.html", context)


def _require_giver(request: HttpRequest) -> None:
    """Refuse who may only sell to give value away; raises MissingRight."""
    if not visitor_of(request).may(Right.STORED_VALUE_WRITE):
        raise MissingRight(right=Right.STORED_VALUE_WRITE.value)


def _form(request: HttpRequest, given: Any, wrong: Any, error: DomainError | None = None) -> HttpResponse:
    sentence, remedy = explain(error) if error else ("", "")
    context = {
        "given": given, "wrong": wrong, "form": request.POST.get("form") or new_form(),
        "gives": visitor_of(request).may(Right.STORED_VALUE_WRITE), "longest_reason": LONGEST_REASON,
        "sentence": sentence, "remedy": remedy,
    }  # fmt: skip
    return render(request, "web/gift_cards/sell.html", context, status=422 if wrong or error else 200)


@needs(Right.STORED_VALUE_SELL)
@require_POST
def top_up(request: HttpRequest, gift_card_id: Id) -> HttpResponse:
    """Put more money on a card."""
    minor = read_amount(request.POST.get("amount", ""), frame_of(request).shop.currency)

    def act() -> None:
        if minor is None:
            raise InvalidGiftCard(field="minor", problem="empty")
        cards.top_up(gift_card_id, minor, key=_key(request), by=by_of(request))

    return _do(request, gift_card_id, act)


@needs(Right.STORED_VALUE_SELL)
@require_POST
def activate(request: HttpRequest, gift_card_id: Id) -> HttpResponse:
    """Sell a card that was made ahead."""
    return _do(
        request, gift_card_id, lambda: cards.activate(gift_card_id, key=_key(request), by=by_of(request))
    )


@needs(Right.STORED_VALUE_WRITE)
@require_POST
def block(request: HttpRequest, gift_card_id: Id) -> HttpResponse:
    """Let a card pay no more, or again."""
    reason, is_blocked = request.POST.get("reason", ""), request.POST.get("way") != "open"
    return _do(
        request,
        gift_card_id,
        lambda: cards.block(gift_card_id, is_blocked=is_blocked, reason=reason, by=by_of(request)),
    )


@needs(Right.STORED_VALUE_WRITE)
@require_POST
def refund(request: HttpRequest, gift_card_id: Id) -> HttpResponse:
    """Hand out what the terms say."""
    reason, as_credit = request.POST.get("reason", ""), request.POST.get("way") == "credit"
    return _do(
        request,
        gift_card_id,
        lambda: refunds.refund(
            gift_card_id, as_credit=as_credit, reason=reason, key=_key(request), by=by_of(request)
        ),
    )


def _do(request: HttpRequest, card_id: Id, act: Callable[[], object]) -> HttpResponse:
    card = _find(request, card_id)
    try:
        act()
    except DomainError as error:
        return _show(request, card, error)
    return HttpResponseRedirect(reverse("web:gift-card", args=[card_id]))


def _key(request: HttpRequest) -> str:
    return f"page:{show_id(form_of(request))}"


def by_of(request: HttpRequest) -> By:
    """Return who does it, when, and in which store."""
    return By(actor_of(request), frame_of(request).at, visitor_of(request).store_id)


def _id_or_none(text: str) -> Id | None:
    try:
        return parse_id(text) if text else None
    except ValueError:
        return None
