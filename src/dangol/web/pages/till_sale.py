"""A sale at the till: typed, looked at, sold; and where the member is asked first, held until they answer."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.commerce.catalog import search_products
from dangol.core.people.merged import family_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.catalog.selectors import open_vouchers
from dangol.rooms.rewards.coupons.selectors import HeldCode, held_by
from dangol.rooms.rewards.promotions.documents import tell_asked
from dangol.rooms.rewards.promotions.kept import current_shelf
from dangol.rooms.rewards.stored_value.codes import refs_of
from dangol.rooms.rewards.stored_value.selectors import credit_of
from dangol.web.acting import actor_of, new_form
from dangol.web.coupon_words import GAPS
from dangol.web.formats import minor_digits
from dangol.web.frame import Frame, frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.pages.till import LAST, about, find_present
from dangol.web.reads.coupons import gap_of, read_offers
from dangol.web.reads.till import Basket, Outlook, TotalChanged, look_ahead, sell
from dangol.web.sale_words import (
    effects_in_words,
    priced_lines,
    refused_in_words,
    stored_refused,
    tender_in_words,
)
from dangol.web.till_cart import TypedSale, read_sale, with_product

FOUND = 6
PRICES, MOST_PRICES = "till-prices", 200


@needs(Right.TILL_USE)
def show_member(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Show who was found, what is sold, and what it comes to."""
    return member_page(request, customer_id, {})


def member_page(
    request: HttpRequest,
    customer_id: Id,
    more: Mapping[str, Any],
    *,
    sale: TypedSale | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show a sale as it was typed so far, with what else there is to be told."""
    member = find_present(request, customer_id)
    frame = frame_of(request)
    sale = sale or read_sale(request.GET, frame.shop.currency)
    context = about(member) | _sale_context(request, customer_id, sale) | dict(more)
    context["vouchers"] = open_vouchers(customer_id, at=frame_of(request).at)
    return render(request, "web/till/member.html", context, status=status)


def _sale_context(request: HttpRequest, customer_id: Id, sale: TypedSale) -> dict[str, Any]:
    frame = frame_of(request)
    held = held_by(family_of(customer_id), at=frame.at)
    return {
        "customer_id": customer_id, "sale": sale, "wrong": sale.wrong, "key": new_form(),
        "has_cents": bool(minor_digits(frame.shop.currency)),
        "currency": frame.shop.currency, "held": _held(held, frame), "others": _others(sale, held),
        "terms": tender_in_words(current_shelf().tender, frame.shop.currency),
        "rows": [(str(place), one) for place, one in enumerate(sale.lines)],
        "credit": _credit(customer_id, frame), "cards": _cards(sale),
        **_answer_context(request, customer_id, sale),
    }  # fmt: skip


def _credit(customer_id: Id, frame: Frame) -> int:
    """Return the member's store credit in the shop's currency."""
    found = credit_of(customer_id, at=frame.at)
    return sum(one.minor for one in found if one.currency == frame.shop.currency)


def _cards(sale: TypedSale) -> list[tuple[str, str, dict[str, str]]]:
    """Return the cards that were put in: the code, what is shown of it, and what takes it out again."""
    tails = (one.tail for one in refs_of(sale.put_in))
    return [
        (code, tail, {"do": f"drop-card:{place}"})
        for place, (code, tail) in enumerate(zip(sale.put_in, tails, strict=True))
    ]


def _held(codes: Sequence[HeldCode], frame: Frame) -> list[tuple[HeldCode, str, Promise | str]]:
    """Return codes with what each gives, and why it gives nothing now."""
    offers = read_offers((one.promotion_id for one in codes), frame.shop.currency)
    found = []
    for one in codes:
        offer = offers.get(one.promotion_id)
        value = (offer.value or offer.name) if offer else one.name
        found.append((one, value, GAPS.get(gap_of(offer, frame.at), "")))
    return found


def _others(sale: TypedSale, held: Any) -> list[str]:
    """Return the codes that were ticked and are not in the list any more, so that they are not lost."""
    return [one for one in sale.chosen if one not in {code.shown for code in held}]


def _answer_context(request: HttpRequest, customer_id: Id, sale: TypedSale) -> dict[str, Any]:
    """Return what the sale comes to, as far as it can be read; nothing where nothing is sold."""
    lines = sale.as_lines()
    if not lines:
        return {"outlook": None, "currency": frame_of(request).shop.currency}
    basket = _basket(customer_id, sale)
    frame = frame_of(request)
    outlook = look_ahead(basket, frame.shop, at=frame.at, store_id=visitor_of(request).store_id)
    return told(outlook, sale)


def _basket(customer_id: Id, sale: TypedSale) -> Basket:
    return Basket(customer_id, sale.as_lines(), sale.codes, sale.points or 0, sale.cards, sale.credit)


def told(outlook: Outlook, sale: TypedSale) -> dict[str, Any]:
    """Return an outlook as the page shows it."""
    answer = tell_asked(outlook.answer)
    return {
        "outlook": outlook, "answer": answer, "currency": answer["currency"],
        "effects": effects_in_words(answer, sale.names()),
        "refused": refused_in_words(answer, outlook.answer.shelf),
        "prices": priced_lines(answer, sale.names()), "stored_refused": stored_refused(outlook.answer),
        "wants_points": bool(sale.points), "coupons": len(answer["used_codes"]),
    }  # fmt: skip


@needs(Right.TILL_USE)
@require_POST
def preview(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Say what a sale comes to as it is typed; put a product into it, or the most points."""
    find_present(request, customer_id)
    sale = read_sale(request.POST, frame_of(request).shop.currency)
    do = request.POST.get("do", "")
    if request.headers.get("HX-Request") and not do:
        context = _answer_context(request, customer_id, sale)
        return render(request, "web/till/answer.html", context | {"customer_id": customer_id})
    sale, more = _changed(request, sale, do)
    if not request.headers.get("HX-Request"):
        return member_page(request, customer_id, more, sale=sale)
    context = _sale_context(request, customer_id, sale) | more
    return render(request, "web/till/sale.html", context)


def _changed(request: HttpRequest, sale: TypedSale, do: str) -> tuple[TypedSale, dict[str, Any]]:
    """Return the sale with what was pressed done to it, and what there is to be told of it."""
    act, _, what = do.partition(":")
    if act == "most" and what.isdigit():
        return _retyped(request, points=what[:12]), {"focus": "points"}
    if act == "card":
        return sale._replace(put_in=sale.cards, card=""), {"focus": "card"}
    if act == "drop-card":
        kept = tuple(one for place, one in enumerate(sale.put_in) if f"{place}" != what)
        return sale._replace(put_in=kept), {"focus": "card"}
    text = what if act == "pick" else sale.scan
    if act in ("add", "pick") and text:
        return _put_in(request, sale, text)
    return sale, {}


def _retyped(request: HttpRequest, **changes: str) -> TypedSale:
    given = request.POST.copy()
    for name, value in changes.items():
        given[name] = value
    return read_sale(given, frame_of(request).shop.currency)


def _put_in(request: HttpRequest, sale: TypedSale, text: str) -> tuple[TypedSale, dict[str, Any]]:
    found = search_products(text, limit=FOUND + 1)
    if len(found) != 1:
        picks = [(one, {"do": f"pick:{one.number}"}) for one in found[:FOUND]]
        return sale, {"found": picks, "many": len(found) > FOUND, "focus": "scan"}
    currency = frame_of(request).shop.currency
    price = request.session.get(PRICES, {}).get(found[0].number, "")
    whole = with_product(sale, found[0], price, currency)
    place = next(at for at, one in enumerate(whole.lines) if one.product == found[0].number)
    # Without a price the till knows from its last sale, that is what is typed next.
    return whole, {"focus": "scan" if whole.lines[place].minor else f"price-{place}"}


@needs(Right.TILL_USE)
@require_POST
def earn(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Ring up the sale; sent twice it is one sale. What is still to be put in is put in first."""
    find_present(request, customer_id)
    frame = frame_of(request)
    key = _key(request.POST)
    sale = read_sale(request.POST, frame.shop.currency)
    if sale.scan:
        sale, more = _put_in(request, sale, sale.scan)
        return member_page(request, customer_id, more, sale=sale)
    if sale.is_empty:
        nothing = {"problem": (_("아직 팔 것이 없어요."), _("금액이나 상품을 먼저 넣어 주세요."))}
        return member_page(request, customer_id, nothing, sale=sale, status=422)
    if sale.wrong:
        return member_page(request, customer_id, {}, sale=sale, status=422)
    basket = _basket(customer_id, sale)
    seen = request.POST.get("seen", "")
    try:
        sold = sell(
            basket, frame.shop, actor=actor_of(request), key=key, at=frame.at,
            store_id=visitor_of(request).store_id,
            seen_minor=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 16 else None,
        )  # fmt: skip
    except TotalChanged:
        return member_page(request, customer_id, {"changed": True}, sale=sale, status=409)
    except DomainError as refusal:
        return member_page(request, customer_id, {"problem": explain(refusal)}, sale=sale, status=409)
    _remember_prices(request, sale)
    if sold.waits:
        return redirect("web:till-held", sold.sale_id)
    request.session[LAST] = sold.number
    query = urlencode({"left_out": sold.left_out}, doseq=True)
    return HttpResponseRedirect(f"{reverse('web:till-receipt', args=[sold.number])}{query and '?'}{query}")


def _key(given: QueryDict) -> UUID:
    try:
        return UUID(given.get("key", ""))
    except ValueError:
        raise Http404 from None


def _remember_prices(request: HttpRequest, sale: TypedSale) -> None:
    """Keep what products were sold at here, to be proposed the next time."""
    fresh = {one.product: one.price for one in sale.lines if one.minor}
    if fresh:
        before = request.session.get(PRICES, {})
        kept = [*(one for one in before.items() if one[0] not in fresh), *fresh.items()]
        request.session[PRICES] = dict(kept[-MOST_PRICES:])


def back_to(customer_id: Id, query: str = "") -> HttpResponse:
    """Return to a member's sale."""
    return HttpResponseRedirect(f"{reverse('web:till-member', args=[customer_id])}{query}")
