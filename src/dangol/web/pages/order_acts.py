"""Putting an order right: taken back, moved to the right member, claimed late; each looked at first."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from dangol.core.access.own_account import require_not_own
from dangol.core.access.rights import Right
from dangol.core.commerce.acts import Why, claim_for_reason, tell_for_reason
from dangol.core.commerce.milestones import find_standing, milestones_of
from dangol.core.commerce.selectors import OrderFacts, UnknownOrder, find_order
from dangol.core.people.actors import HOUSE, ReasonMissing
from dangol.core.people.searching import find_customers
from dangol.core.people.selectors import names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, new_id, parse_id, show_id
from dangol.core.storage.transactions import try_out
from dangol.domain.errors import DomainError
from dangol.domain.milestones import Milestone
from dangol.rooms.rewards.openings import waiting_points
from dangol.rooms.rewards.promotions.counter import move_for_reason, points_given, undo_for_reason
from dangol.web.acting import actor_of, find_subject, form_of, new_form
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.order_words import describe_act
from dangol.web.pages.till import LATE
from dangol.web.people_search import read_sought, searches_people
from dangol.web.present import seen_by
from dangol.web.reads.member import MemberView
from dangol.web.reads.orders import points_of

SHOWN = 8


class Outlook(NamedTuple):
    """What would be: the points the order has here now and then, and those with its new member.

    `opens` are those that wait for the order and could be used then.
    """

    before: int
    after: int
    there: int | None = None
    opens: int = 0


@needs(Right.ORDERS_WRITE)
def undo(request: HttpRequest, source: str, number: str) -> HttpResponse:
    """Show what taking the rest of an order back would do, ask why, and do it."""
    order = _find(request, source, number)
    at = frame_of(request).at

    def act(why: Why) -> OrderFacts:
        undo_for_reason(order, why, at=at)
        return order

    return _preview_or_do(request, order, "undo", act)


@needs(Right.ORDERS_WRITE)
@searches_people()
def move(request: HttpRequest, source: str, number: str) -> HttpResponse:
    """Find whose an order is, show what moving it would do, ask why, and do it."""
    order, at = _find(request, source, number), frame_of(request).at
    return _to_member(request, order, "move", lambda to, why: move_for_reason(order, why, to=to, at=at))


@needs(Right.ORDERS_WRITE)
def deliver(request: HttpRequest, source: str, number: str) -> HttpResponse:
    """Show which points open once an order has arrived, ask why, and note it."""
    return _tell(request, source, number, "deliver", Milestone.DELIVERED)


@needs(Right.ORDERS_WRITE)
def confirm(request: HttpRequest, source: str, number: str) -> HttpResponse:
    """Show which points open once a buyer keeps an order, ask why, and note it."""
    return _tell(request, source, number, "confirm", Milestone.CONFIRMED)


@needs(Right.ORDERS_WRITE)
@searches_people()
def claim(request: HttpRequest, source: str, number: str) -> HttpResponse:
    """Find who made a guest's order, show what they would earn, ask why, and give it to them."""
    order, at = _find(request, source, number), frame_of(request).at
    return _to_member(
        request, order, "claim",
        lambda to, why: claim_for_reason(order, why, to=to, at=at, within=LATE),
    )  # fmt: skip


def _find(request: HttpRequest, source: str, number: str) -> OrderFacts:
    try:
        order = find_order(f"{source}:{number}")
    except UnknownOrder:
        raise Http404 from None
    if not visitor_of(request).sees(order.store_id):
        raise Http404
    return order


def _tell(request: HttpRequest, source: str, number: str, name: str, milestone: Milestone) -> HttpResponse:
    """Note how far an order has come, once for good; of one given away, of what stands in its place.

    Who keeps an order has it: nothing is asked about one that has come as far already.
    """
    order, at = find_standing(_find(request, source, number)), frame_of(request).at
    me, key = actor_of(request), (order.customer_id, order.id)
    come = milestones_of([key]).get(key, {})
    if request.method == "GET" and any(milestone in reached.meets for reached in come):
        return HttpResponseRedirect(reverse("web:order", args=[order.source, order.number]))

    def act(why: Why) -> OrderFacts:
        require_not_own([order.customer_id], actor=me)
        tell_for_reason(order, milestone, why, at=at)
        return order

    return _preview_or_do(request, order, name, act, opens=True)


def _to_member(
    request: HttpRequest, order: OrderFacts, name: str, act: Callable[[Id, Why], OrderFacts]
) -> HttpResponse:
    shown = (request.POST if request.method == "POST" else request.GET).get("to", "")
    if not shown:
        return _search(request, order, name)
    try:
        member = find_subject(request, parse_id(shown))
    except ValueError:
        raise Http404 from None
    me = actor_of(request)

    def give(why: Why) -> OrderFacts:
        require_not_own([member.customer_id], actor=me)
        return act(member.customer_id, why)

    return _preview_or_do(request, order, name, give, member)


def _search(request: HttpRequest, order: OrderFacts, name: str) -> HttpResponse:
    text = read_sought(request)
    found = seen_by(visitor_of(request), find_customers(text, limit=SHOWN)) if text else []
    people = names_of(found)
    context = {
        "order": order, "act": name, "text": text, "words": describe_act(name, days=LATE.days),
        "people": [people[one] for one in found if one != order.customer_id],
    }  # fmt: skip
    return render(request, "web/order_act.html", context)


def _preview_or_do(
    request: HttpRequest,
    order: OrderFacts,
    name: str,
    act: Callable[[Why], OrderFacts],
    member: MemberView | None = None,
    *,
    opens: bool = False,
) -> HttpResponse:
    asked = request.POST
    context: dict[str, Any] = {
        "order": order, "act": name, "member": member, "chosen": True,
        "words": describe_act(name, days=LATE.days), "opens": opens,
        "form": asked.get("form") or new_form(), "reason": asked.get("reason", ""),
        "to": show_id(member.customer_id) if member else "",
    }  # fmt: skip
    try:
        if request.method == "POST":
            made = act(Why(form_of(request), actor_of(request), asked.get("reason", "")))
            return HttpResponseRedirect(reverse("web:order", args=[made.source, made.number]))
        context["outlook"] = try_out(lambda: _outlook(order, act, opens=opens))
    except DomainError as refusal:
        context["sentence"], context["remedy"] = explain(refusal)
        # Without a reason the form is filled in again; what the rules refuse it cannot mend.
        context["form_again"] = isinstance(refusal, ReasonMissing)
        return render(request, "web/order_act.html", context, status=422)
    return render(request, "web/order_act.html", context)


def _outlook(order: OrderFacts, act: Callable[[Why], OrderFacts], *, opens: bool) -> Outlook:
    """Do it, read what came of it (with `opens`, which points opened); the caller takes it back."""
    waited = waiting_points(order.customer_id, order.id) if opens else 0
    before = _points_of(order)
    made = act(Why(new_id(), HOUSE, "preview"))
    opened = waited - waiting_points(order.customer_id, order.id) if opens else 0
    return Outlook(before, _points_of(order), None if made.id == order.id else _points_of(made), opened)


def _points_of(order: OrderFacts) -> int:
    """Return what an order has earned as it stands now, by rules and by promotions together."""
    key = (order.customer_id, order.id)
    return points_of([key]).get(order.id, 0) + points_given(order)
