"""A sale that waits for the member's yes: on their own phone, or at the screen turned to them."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from dangol.core.access.rights import Right
from dangol.core.commerce.catalog import named_products
from dangol.core.commerce.selectors import find_order
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, show_id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.promotions.counter import (
    answer_in_person,
    ask_again,
    cart_of,
    confirmation_of,
    finish,
)
from dangol.rooms.rewards.promotions.models import ConfirmationState
from dangol.rooms.rewards.promotions.sales import SaleView, UnknownSale, cancel, find_sale
from dangol.web.acting import actor_of
from dangol.web.formats import minor_digits
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.pages.till import LAST, about, find_present
from dangol.web.reads.till import SOURCE, number_of_id
from dangol.web.sale_words import effects_in_words
from dangol.web.till_cart import PRODUCT


@needs(Right.TILL_USE)
@never_cache
def show(request: HttpRequest, sale_id: Id) -> HttpResponse:
    """Show what the member is asked, and what they have said so far."""
    sale = _find(request, sale_id)
    if sale.state == "committed":
        return _to_receipt(request, sale)
    context = _context(request, sale)
    if request.headers.get("HX-Request"):
        return render(request, "web/till/held_state.html", context)
    turned = request.GET.get("turned") and context["waits"]
    return render(request, "web/till/turned.html" if turned else "web/till/held.html", context)


@needs(Right.TILL_USE)
@require_POST
def answer(request: HttpRequest, sale_id: Id) -> HttpResponse:
    """Note what the member said at the counter; with a yes the sale is made at once."""
    _find(request, sale_id)
    says_yes, frame = request.POST.get("says") == "yes", frame_of(request)
    try:
        answer_in_person(sale_id, says_yes=says_yes, witness=actor_of(request), at=frame.at)
    except DomainError as refusal:
        return _refused(request, sale_id, refusal)
    return _finish(request, sale_id) if says_yes else _here(sale_id)


@needs(Right.TILL_USE)
@require_POST
def go_on(request: HttpRequest, sale_id: Id) -> HttpResponse:
    """Make the sale, to which the member has said yes."""
    _find(request, sale_id)
    return _finish(request, sale_id)


@needs(Right.TILL_USE)
@require_POST
def again(request: HttpRequest, sale_id: Id) -> HttpResponse:
    """Give the member time anew."""
    _find(request, sale_id)
    try:
        ask_again(sale_id, at=frame_of(request).at)
    except DomainError as refusal:
        return _refused(request, sale_id, refusal)
    return _here(sale_id)


@needs(Right.TILL_USE)
@require_POST
def drop(request: HttpRequest, sale_id: Id) -> HttpResponse:
    """Let the sale go, and type it anew: with all that was typed, but for coupons and points."""
    sale = _find(request, sale_id)
    try:
        cancel(sale_id, at=frame_of(request).at)
    except DomainError as refusal:
        return _refused(request, sale_id, refusal)
    return HttpResponseRedirect(_anew(sale))


def _find(request: HttpRequest, sale_id: Id) -> SaleView:
    """Return a sale that asks its member, who is at this till; answers 404 for others."""
    try:
        sale = find_sale(sale_id)
    except UnknownSale:
        raise Http404 from None
    find_present(request, sale.customer_id)
    if confirmation_of(sale_id) is None:
        raise Http404
    return sale


def _context(request: HttpRequest, sale: SaleView) -> dict[str, Any]:
    asked, at = confirmation_of(sale.id), frame_of(request).at
    assert asked is not None, "only what asks is found"
    is_held = sale.state == "reserved" and sale.reserved_until > at
    waits = is_held and asked.state == ConfirmationState.WAITING
    return about(find_present(request, sale.customer_id)) | {
        "one": sale, "asked": asked, "waits": waits, "is_late": waits and asked.asked_until <= at,
        "is_held": is_held, "seconds": max(int((asked.asked_until - at).total_seconds()), 0),
        "anew": _anew(sale), **what_is_used(sale),
    }  # fmt: skip


def what_is_used(sale: SaleView) -> dict[str, Any]:
    """Return what a sale uses of the member's, in words: coupons with what they give, and points."""
    coupons = [one for one in effects_in_words(sale.answer, {}) if one.code]
    told = {one.code for one in coupons}
    return {
        "uses_coupons": coupons, "uses_points": sale.tender_points, "worth": sale.tender_minor,
        "uses_stored": (sale.answer.get("stored") or {}).get("paid", ()),
        "uses_codes": [one for one in sale.answer["used_codes"] if one not in told],
        "currency": sale.currency, "due": sale.answer["due_minor"],
    }  # fmt: skip


def _anew(sale: SaleView) -> str:
    """Return the address of the member's sale with its lines typed already, without coupons and points."""
    digits, typed = minor_digits(sale.currency), []
    for line in cart_of(sale.id).cart.lines:
        whole, part = divmod(line.unit_minor, 10**digits)
        price = f"{whole}.{part:0{digits}}" if digits else str(whole)
        if line.product == PRODUCT:
            typed.append(("amount", price))
        else:
            typed += [("product", line.product), ("price", price), ("count", str(line.quantity))]
    return f"{reverse('web:till-member', args=[sale.customer_id])}?{urlencode(typed)}"


def names_of_lines(sale: SaleView) -> dict[str, str]:
    """Return what each line of a sale is called."""
    lines = cart_of(sale.id).cart.lines
    known = named_products([one.product for one in lines])
    # What is sold without saying what it is has its name in the reader's language, not in the first seller's.
    own = {PRODUCT: _("계산대 판매")}
    names = own | {number: one.name for number, one in known.items() if number not in own}
    return {one.key: names.get(one.product) or one.product for one in lines}


def _finish(request: HttpRequest, sale_id: Id) -> HttpResponse:
    frame = frame_of(request)
    try:
        sale = finish(sale_id, source=SOURCE, number=number_of_id(sale_id), by=actor_of(request), at=frame.at)
    except DomainError as refusal:
        return _refused(request, sale_id, refusal)
    return _to_receipt(request, sale)


def _to_receipt(request: HttpRequest, sale: SaleView) -> HttpResponse:
    assert sale.order_id is not None, "it was made an order"
    number = find_order(show_id(sale.order_id)).number
    request.session[LAST] = number
    address = reverse("web:till-receipt", args=[number])
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)


def _here(sale_id: Id) -> HttpResponse:
    return HttpResponseRedirect(reverse("web:till-held", args=[sale_id]))


def _refused(request: HttpRequest, sale_id: Id, refusal: DomainError) -> HttpResponse:
    context = _context(request, _find(request, sale_id)) | {"problem": explain(refusal)}
    return render(request, "web/till/held.html", context, status=409)
