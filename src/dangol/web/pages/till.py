"""The till: who is it, what is sold, what does it come to; and receipts that are brought later."""

from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse

from dangol.core.access.own_account import require_not_own
from dangol.core.access.rights import Right
from dangol.core.commerce.claims import claim_guest_order
from dangol.core.commerce.selectors import OrderFacts, UnknownOrder, find_order
from dangol.core.people.selectors import names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.web.acting import actor_of
from dangol.web.closed import require_open
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.people_search import read_sought, searches_people
from dangol.web.present import find_at_till, require_present
from dangol.web.reads.member import MemberView, find_member
from dangol.web.reads.till import SOURCE, Receipt, read_open_dues, read_receipt
from dangol.web.reads.wallets import paying_currency, read_wallets
from dangol.web.scheme import find_program, tiers_of

# Until when a purchase made without saying who one is may still be claimed.
LATE = timedelta(days=14)
SHOWN = 8
LAST = "till-last"


@needs(Right.TILL_USE)
@searches_people()
def find(request: HttpRequest) -> HttpResponse:
    """Ask who it is; one who is found alone is shown at once."""
    text = read_sought(request)
    found = find_at_till(request, text, limit=SHOWN)
    if len(found) == 1:
        return redirect("web:till-member", found[0])
    people = names_of(found)
    context = {
        "text": text,
        "people": [people[one] for one in found],
        "last": _last(request),
        "dues": [] if text else read_open_dues(visitor_of(request).store_id),
    }
    return render(request, "web/till/find.html", context)


@needs(Right.TILL_USE)
def claim(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Give a receipt without a name to the member who brings it, within the days it may take."""
    member, frame = find_present(request, customer_id), frame_of(request)
    number = request.POST.get("number", "").strip()[:64]
    source = request.POST.get("source", "").strip()[:40] or SOURCE
    context = about(member) | {"days": LATE.days, "number": number, "source": source}
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


def find_present(request: HttpRequest, customer_id: Id) -> MemberView:
    """Return whom something is done to at the till: who may be found there; answers 404 for others."""
    require_present(request, customer_id)
    return find_any(request, customer_id)


def find_any(request: HttpRequest, customer_id: Id) -> MemberView:
    """Return a member whom what is shown is about; answers 404 for nobody. Raises MemberClosed."""
    at, pays = frame_of(request).at, paying_currency()
    member = find_member(customer_id, find_program(), at=at, wallet=pays)
    if member is None:
        raise Http404
    require_open(member.profile.person)
    return member


def _require_claimable(request: HttpRequest, name: str) -> None:
    """Refuse a receipt of another store as one that nobody has; raises UnknownOrder."""
    if not visitor_of(request).sees(find_order(name).store_id):
        raise UnknownOrder(order=name)


def about(member: MemberView) -> dict[str, Any]:
    """Return what pages about a member show at their head."""
    tiers = tiers_of(find_program())
    tier = tiers[member.standing.level] if member.standing and tiers else None
    wallets = read_wallets(member.customer_id, all_of=False)
    return {"member": member, "tier": tier, "customer_id": member.customer_id, "wallets": wallets}


def find_sold(request: HttpRequest, number: str) -> OrderFacts:
    """Return a sale of the till's store, or of none; answers 404 for another store's."""
    try:
        order = find_order(f"{SOURCE}:{number}")
    except UnknownOrder:
        raise Http404 from None
    if not visitor_of(request).sees(order.store_id):
        raise Http404
    return order


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
