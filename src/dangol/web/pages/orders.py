"""Orders: the list, on a page and as a file, and one with what came of it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dangol.connectors.files.columns import Type
from dangol.connectors.files.exports.cells import money, texts
from dangol.core.access.rights import Right
from dangol.core.access.selectors import Visitor
from dangol.core.commerce.acts import acts_of, numbers_of
from dangol.core.commerce.moving import is_all_back
from dangol.core.commerce.selectors import OrderFacts, UnknownOrder, find_order, read_order
from dangol.core.people.selectors import StoreView, list_stores, names_of
from dangol.rooms.rewards.promotions.counter import sale_of, undone_sale_of
from dangol.rooms.rewards.promotions.kept import current_shelf
from dangol.web.csv_files import note_download, stream_csv
from dangol.web.day_spans import DaySpan, Quick, span_of
from dangol.web.formats import minor_digits
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.order_words import ACT_WORDS
from dangol.web.pages.till_held import names_of_lines
from dangol.web.reads.member import read_one_order
from dangol.web.reads.orders import (
    OrderLine,
    OrderQuery,
    count_buyers,
    is_guest,
    read_order_page,
    walk_orders,
)
from dangol.web.sale_words import effects_in_words, refused_in_words, with_codes_hidden
from dangol.web.scheme import find_program, tiers_of

LONGEST_NUMBER = 64


@needs(Right.ORDERS_READ)
def list_orders(request: HttpRequest) -> HttpResponse:
    """Show a page of orders; what it is of is in the address."""
    visitor = visitor_of(request)
    stores = [one for one in list_stores() if visitor.sees(one.id)]
    query, chosen, placed = _read_query(request, stores)
    context: dict[str, Any] = {
        "query": query,
        "placed": placed,
        "exports": visitor.may(Right.MEMBERS_EXPORT),
        "page": read_order_page(query),
        "stores": stores if len(stores) > 1 else [],
        "chosen": chosen,
        "filtered": bool(query.number or chosen or query.placed),
        "may_see_members": visitor.may(Right.MEMBERS_READ),
    }
    template = "web/orders.html#results" if request.headers.get("HX-Request") else "web/orders.html"
    return render(request, template, context)


def _read_query(
    request: HttpRequest, stores: list[StoreView]
) -> tuple[OrderQuery, StoreView | None, DaySpan]:
    """Return what the address asks for; what makes no sense is left out."""
    asked, frame = request.GET, frame_of(request)
    chosen = next((one for one in stores if one.number == asked.get("store", "")), None)
    placed = span_of(asked, "placed", today=frame.today, zone=frame.shop.tz)
    query = OrderQuery(
        number=asked.get("q", "").strip()[:LONGEST_NUMBER],
        store_id=chosen.id if chosen else None,
        placed=placed.between,
        bound_to=visitor_of(request).store_id,
        after=asked.get("after", ""),
    )
    return query, chosen, placed


@needs(Right.MEMBERS_EXPORT)
def export_orders(request: HttpRequest) -> StreamingHttpResponse:
    """Send the orders the address asks for as CSV, members masked; an entry in the access log."""
    visitor, zone = visitor_of(request), frame_of(request).shop.tz
    stores = [one for one in list_stores() if visitor.sees(one.id)]
    query, chosen, placed = _read_query(request, stores)
    query = query._replace(after="")
    parts = {"store": chosen.number if chosen else "", "placed": placed.quick if placed.between else ""}
    days = {"from": placed.first, "to": placed.last} if placed.quick is Quick.DAYS else {}
    parts |= {f"placed_{name}": day.isoformat() for name, day in days.items() if day}
    kept = urlencode({name: value for name, value in parts.items() if value} | _searched(query))
    note_download(request, f"orders.csv?{kept}" if kept else "orders.csv", people=count_buyers(query))
    return stream_csv(request, "orders", _header(), _rows(walk_orders(query), zone))


def _searched(query: OrderQuery) -> dict[str, str]:
    return {"q": "*"} if query.number else {}


def _header() -> list[str]:
    return [
        _("출처"), _("주문"), _("날짜"), _("매장"), _("회원 번호"), _("회원"), _("통화"), _("구매 금액"),
        _("반품"), _("포인트"),
    ]  # fmt: skip


def _rows(lines: Iterator[OrderLine], zone: ZoneInfo) -> Iterator[list[object]]:
    cells = texts(zone)
    text, amount, instant = cells[Type.TEXT], cells[Type.MONEY], cells[Type.INSTANT]
    for line in lines:
        digits, person = minor_digits(line.currency), line.person
        yield [
            text(line.source), text(line.number), instant(line.placed_at), text(line.store),
            text((person and person.external_id) or ""), text((person and person.name) or ""), line.currency,
            amount(money(line.net_minor, digits)), amount(money(line.returned_minor, digits)),
            "" if line.points is None else line.points,
        ]  # fmt: skip


@needs(Right.ORDERS_READ)
def show_order(request: HttpRequest, source: str, number: str) -> HttpResponse:
    """Show an order: its lines, why it earned what it did, and what came back."""
    visitor = visitor_of(request)
    try:
        facts = find_order(f"{source}:{number}")
    except UnknownOrder:
        raise Http404 from None
    if not visitor.sees(facts.store_id):
        raise Http404
    whole = read_order(facts.customer_id, facts.id)
    acts = acts_of(facts.customer_id, facts.id)
    context: dict[str, Any] = {
        "facts": facts,
        "whole": whole,
        "acts": [(one, ACT_WORDS.get(one.act, one.act)) for one in acts],
        "others": numbers_of([one.other_order_id for one in acts if one.other_order_id]),
        "is_guest": is_guest(facts.customer_id),
        "is_undone": is_all_back(whole),
        "orders": read_one_order(facts.customer_id, facts.id),
        "person": names_of([facts.customer_id]).get(facts.customer_id),
        "may_see_members": visitor.may(Right.MEMBERS_READ),
        "tier_by_key": {tier.key: tier.name for tier in tiers_of(find_program())},
        "currency": facts.currency,
    } | _sold(facts, visitor)
    return render(request, "web/order.html", context)


def _sold(facts: OrderFacts, visitor: Visitor) -> dict[str, Any]:
    """Return what promotions did to an order of the checkout, and what was asked for and did nothing.

    Codes are told whole to those who may see coupons.
    """
    sale = sale_of(facts) or undone_sale_of(facts)
    if sale is None:
        return {}
    hides = not visitor.may(Right.COUPONS_READ)
    answer = with_codes_hidden(sale.answer) if hides else sale.answer
    return {
        "effects": effects_in_words(answer, names_of_lines(sale)), "answer": answer,
        "refused": refused_in_words(answer, current_shelf()),
    }  # fmt: skip
