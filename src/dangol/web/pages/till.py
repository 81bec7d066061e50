"""The till: who is it, what was it, what does it earn; and putting right what was rung up wrong."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.own_account import require_not_own
from dangol.core.access.rights import Right
from dangol.core.commerce.claims import claim_guest_order
from dangol.core.commerce.moving import move_order, undo_order
from dangol.core.commerce.selectors import OrderFacts, UnknownOrder, find_order
from dangol.core.people.selectors import names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.catalog.selectors import open_vouchers
from dangol.web.acting import actor_of
from dangol.web.amounts import read_amount
from dangol.web.closed import require_open
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.present import find_at_till, require_present
from dangol.web.reads.member import MemberView, find_member
from dangol.web.reads.till import SOURCE, Receipt, preview_sale, read_receipt, sell
from dangol.web.scheme import find_program, tiers_of

# Until when a purchase made without saying who one is may still be claimed.
LATE = timedelta(days=14)
SHOWN = 8
LAST = "till-last"


@needs(Right.TILL_USE)
def find(request: HttpRequest) -> HttpResponse:
    """Ask who it is; one who is found alone is shown at once."""
    text = request.GET.get("q", "").strip()[:100]
    found = find_at_till(request, text, limit=SHOWN)
    if len(found) == 1:
        return redirect("web:till-member", found[0])
    people = names_of(found)
    context = {
        "text": text,
        "people": [people[one] for one in found],
        "last": _last(request),
    }
    return render(request, "web/till/find.html", context)


@needs(Right.TILL_USE)
def show_member(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Show who was found, and what an amount would earn."""
    return member_page(request, customer_id, {})


def member_page(
    request: HttpRequest, customer_id: Id, more: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Show who was found, with what else there is to be told."""
    member = _present(request, customer_id)
    shop = frame_of(request).shop
    given = request.GET.get("amount", "")
    amount = read_amount(given, shop.currency)
    context = _about(member) | {
        "given": given,
        "amount": amount,
        "wrong": bool(given) and amount is None,
        "receipt": preview_sale(customer_id, amount, shop, at=frame_of(request).at) if amount else None,
        "key": uuid4(),
        "currency": shop.currency,
        "vouchers": open_vouchers(customer_id),
    }
    return render(request, "web/till/member.html", context | more, status=status)


@needs(Right.TILL_USE)
@require_POST
def earn(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Ring up the sale; sent twice it is one sale."""
    frame = frame_of(request)
    _present(request, customer_id)
    amount = read_amount(request.POST.get("amount", ""), frame.shop.currency)
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        raise Http404 from None
    if amount is None:
        return redirect("web:till-member", customer_id)
    store_id = visitor_of(request).store_id
    try:
        number = sell(
            customer_id, amount, frame.shop, actor=actor_of(request), key=key, at=frame.at, store_id=store_id
        )
    except DomainError as refusal:
        return member_page(request, customer_id, {"problem": explain(refusal)}, status=409)
    request.session[LAST] = number
    return redirect("web:till-receipt", number)


@needs(Right.TILL_USE)
def show_receipt(request: HttpRequest, number: str) -> HttpResponse:
    """Show what a sale has earned, and how to put it right."""
    return render(request, "web/till/receipt.html", _receipt_context(request, number))


@needs(Right.TILL_USE)
@require_POST
def undo(request: HttpRequest, number: str) -> HttpResponse:
    """Take a sale back, as a reversal."""
    order = _order(request, number)
    try:
        with write_transaction():
            undo_order(order, at=frame_of(request).at)
    except DomainError as refusal:
        return _receipt_refused(request, number, refusal)
    return redirect("web:till-receipt", number)


@needs(Right.TILL_USE)
def move(request: HttpRequest, number: str) -> HttpResponse:
    """Find the member a sale belongs to, and give it to them."""
    if request.method == "POST":
        return _move_to(request, number)
    text = request.GET.get("q", "").strip()[:100]
    owner = _order(request, number).customer_id
    found = [one for one in find_at_till(request, text, limit=SHOWN) if one != owner]
    people = names_of(found)
    context = _receipt_context(request, number)
    return render(
        request, "web/till/move.html", context | {"text": text, "people": [people[one] for one in found]}
    )


def _move_to(request: HttpRequest, number: str) -> HttpResponse:
    try:
        to = _present(request, parse_id(request.POST.get("to", ""))).customer_id
        require_not_own([to], actor=actor_of(request))
        with write_transaction():
            move_order(_order(request, number), to=to, at=frame_of(request).at)
    except ValueError:
        raise Http404 from None
    except DomainError as refusal:
        return _receipt_refused(request, number, refusal)
    return redirect("web:till-member", to)


@needs(Right.TILL_USE)
def claim(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Give a receipt without a name to the member who brings it, within the days it may take."""
    member, frame = _present(request, customer_id), frame_of(request)
    number = request.POST.get("number", "").strip()[:64]
    source = request.POST.get("source", "").strip()[:40] or SOURCE
    context = _about(member) | {"days": LATE.days, "number": number, "source": source}
    if request.method != "POST":
        return render(request, "web/till/claim.html", context)
    try:
        require_not_own([customer_id], actor=actor_of(request))
        _require_claimable(request, f"{source}:{number}")
        claim_guest_order(
            source=source, number=number, customer_id=customer_id, recorded_at=frame.at, within=LATE
        )
    except DomainError as refusal:
        return render(request, "web/till/claim.html", context | {"problem": explain(refusal)}, status=409)
    return HttpResponseRedirect(f"{reverse('web:till-member', args=[customer_id])}?claimed=1")


def _present(request: HttpRequest, customer_id: Id) -> MemberView:
    """Return whom something is done to at the till: who may be found there."""
    require_present(request, customer_id)
    return _member(request, customer_id)


def _member(request: HttpRequest, customer_id: Id) -> MemberView:
    member = find_member(customer_id, find_program(), at=frame_of(request).at)
    if member is None:
        raise Http404
    require_open(member.profile.person)
    return member


def _require_claimable(request: HttpRequest, name: str) -> None:
    """Refuse a receipt of another store as one that nobody has; raises UnknownOrder."""
    if not visitor_of(request).sees(find_order(name).store_id):
        raise UnknownOrder(order=name)


def _about(member: MemberView) -> dict[str, Any]:
    tiers = tiers_of(find_program())
    tier = tiers[member.standing.level] if member.standing and tiers else None
    return {"member": member, "tier": tier, "customer_id": member.customer_id}


def _order(request: HttpRequest, number: str) -> OrderFacts:
    """Return a sale of the till's store, or of none; another store's is 404."""
    try:
        order = find_order(f"{SOURCE}:{number}")
    except UnknownOrder:
        raise Http404 from None
    if not visitor_of(request).sees(order.store_id):
        raise Http404
    return order


def _receipt_context(request: HttpRequest, number: str) -> dict[str, Any]:
    order = _order(request, number)
    return {
        "receipt": read_receipt(order),
        "member": _member(request, order.customer_id),
        "customer_id": order.customer_id,
        "order": show_id(order.id),
    }


def _receipt_refused(request: HttpRequest, number: str, refusal: DomainError) -> HttpResponse:
    context = _receipt_context(request, number) | {"problem": explain(refusal)}
    return render(request, "web/till/receipt.html", context, status=409)


def _last(request: HttpRequest) -> Receipt | None:
    """Return the last sale of this till today, to be taken back from the first screen."""
    number = request.session.get(LAST)
    if not isinstance(number, str):
        return None
    try:
        receipt = read_receipt(find_order(f"{SOURCE}:{number}"))
    except UnknownOrder:
        return None
    return receipt if _is_today(receipt.at, request) and not receipt.is_undone else None


def _is_today(at: datetime, request: HttpRequest) -> bool:
    frame = frame_of(request)
    return at.astimezone(frame.shop.tz).date() == frame.today
