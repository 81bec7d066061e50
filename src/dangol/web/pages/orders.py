"""Orders: the list, and one with what came of it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from dangol.core.access.rights import Right
from dangol.core.commerce.selectors import UnknownOrder, find_order, read_order
from dangol.core.people.selectors import list_stores, names_of
from dangol.web.guard import needs, visitor_of
from dangol.web.reads.member import read_one_order
from dangol.web.reads.orders import OrderQuery, read_order_page
from dangol.web.scheme import find_program, tiers_of

LONGEST_NUMBER = 64


@needs(Right.ORDERS_READ)
def list_orders(request: HttpRequest) -> HttpResponse:
    """Show a page of orders; what it is of is in the address."""
    visitor, asked = visitor_of(request), request.GET
    stores = [one for one in list_stores() if visitor.sees(one.id)]
    chosen = next((one for one in stores if one.number == asked.get("store", "")), None)
    query = OrderQuery(
        number=asked.get("q", "").strip()[:LONGEST_NUMBER],
        store_id=chosen.id if chosen else None,
        bound_to=visitor.store_id,
        after=asked.get("after", ""),
    )
    context: dict[str, Any] = {
        "query": query,
        "page": read_order_page(query),
        "stores": stores if len(stores) > 1 else [],
        "chosen": chosen,
        "filtered": bool(query.number or chosen),
        "may_see_members": visitor.may(Right.MEMBERS_READ),
    }
    template = "web/orders.html#results" if request.headers.get("HX-Request") else "web/orders.html"
    return render(request, template, context)


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
    context: dict[str, Any] = {
        "facts": facts,
        "whole": whole,
        "orders": read_one_order(facts.customer_id, facts.id),
        "person": names_of([facts.customer_id]).get(facts.customer_id),
        "may_see_members": visitor.may(Right.MEMBERS_READ),
        "tier_by_key": {tier.key: tier.name for tier in tiers_of(find_program())},
        "currency": facts.currency,
    }
    return render(request, "web/order.html", context)
