"""A member's household in the back office: made, joined at the counter, left, and its points spent."""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.keys import MissingRight
from dangol.core.access.rights import Right
from dangol.core.people.searching import find_customers
from dangol.core.people.selectors import names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.errors import DomainError
from dangol.domain.points import InvalidPoints
from dangol.rooms.rewards.households import services
from dangol.rooms.rewards.households.confirming import spend_confirmed
from dangol.rooms.rewards.households.errors import NotInOne, UnknownHousehold
from dangol.rooms.rewards.households.leaving import leave, points_left_behind
from dangol.rooms.rewards.households.models import LONGEST_NAME, LONGEST_REASON
from dangol.rooms.rewards.households.pool import Wanted
from dangol.rooms.rewards.households.selectors import standing_of
from dangol.rooms.rewards.households.services import By
from dangol.rooms.rewards.households.settings import read_settings
from dangol.rooms.rewards.wallets import find_wallet
from dangol.web.acting import actor_of, find_subject, form_of, new_form
from dangol.web.amounts import read_points
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.people_search import read_sought, searches_people
from dangol.web.present import seen_by
from dangol.web.reads.households import read_household
from dangol.web.reads.member import MemberView

SHOWN = 8


@needs(Right.POINTS_READ)
@searches_people()
def show(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Show a member's household, what there is to spend, and what was spent by whom."""
    return _show(request, find_subject(request, customer_id))


def _show(request: HttpRequest, member: MemberView, error: DomainError | None = None) -> HttpResponse:
    customer_id, at, visitor = member.customer_id, frame_of(request).at, visitor_of(request)
    sentence, remedy = explain(error) if error else ("", "")
    household = standing_of(customer_id, at=at).household
    everybody = [one.customer_id for one in (*household.members, *household.invited)] if household else []
    text = read_sought(request)
    others = [one for one in find_customers(text, limit=SHOWN) if one not in everybody] if text else []
    found = seen_by(visitor, others)
    people = names_of(found)
    context = {
        "member": member, "person": member.profile.person, "is_open": read_settings().is_open,
        "page": read_household(customer_id, at=at, seen=seen_by(visitor, everybody)),
        "left_behind": points_left_behind(customer_id, at=at) if household else 0, "q": text,
        "found": [(show_id(one), people[one]) for one in found],
        "form": new_form(), "given": request.POST, "sentence": sentence, "remedy": remedy,
        "longest_name": LONGEST_NAME, "longest_reason": LONGEST_REASON,
    }  # fmt: skip
    return render(request, "web/households/member.html", context, status=422 if error else 200)


@needs(Right.MEMBERS_WRITE)
@require_POST
def change(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Note what a member wants at the counter: a household made, joined, not joined, shared or left."""
    member = find_subject(request, customer_id)
    act = _ACTS.get(request.POST.get("do", ""))
    try:
        if act:
            act(request, customer_id, By(actor_of(request), frame_of(request).at))
    except DomainError as error:
        return _show(request, member, error)
    return HttpResponseRedirect(reverse("web:member-household", args=[customer_id]))


def _household_of(request: HttpRequest) -> Id:
    try:
        return parse_id(request.POST.get("household", ""))
    except ValueError:
        raise UnknownHousehold(household="") from None


def _make(request: HttpRequest, customer_id: Id, by: By) -> None:
    services.make_household(customer_id, name=request.POST.get("name", ""), by=by)


def _invite(request: HttpRequest, customer_id: Id, by: By) -> None:
    standing = standing_of(customer_id, at=by.at)
    if standing.household is None:
        raise NotInOne()
    try:
        other = parse_id(request.POST.get("with", ""))
    except ValueError:
        raise Http404 from None
    find_subject(request, other)
    services.invite(standing.household.id, other, by=by)


def _accept(request: HttpRequest, customer_id: Id, by: By) -> None:
    services.accept(customer_id, _household_of(request), shares="shares" in request.POST, by=by)


def _decline(request: HttpRequest, customer_id: Id, by: By) -> None:
    services.decline(customer_id, _household_of(request), by=by)


def _share(request: HttpRequest, customer_id: Id, by: By) -> None:
    services.set_sharing(customer_id, shares="shares" in request.POST, by=by)


def _lead(request: HttpRequest, customer_id: Id, by: By) -> None:
    services.make_head(customer_id, by=by)


def _leave(request: HttpRequest, customer_id: Id, by: By) -> None:
    gives = points_left_behind(customer_id, at=by.at)
    if gives and not visitor_of(request).may(Right.POINTS_GIFT):
        raise MissingRight(right=Right.POINTS_GIFT.value)
    leave(customer_id, by=by, gives=gives)


_ACTS: Mapping[str, Callable[[HttpRequest, Id, By], None]] = {
    "make": _make, "invite": _invite, "accept": _accept, "decline": _decline, "share": _share,
    "lead": _lead, "leave": _leave,
}  # fmt: skip


@needs(Right.POINTS_SPEND)
@require_POST
def spend(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Exchange points of the household for what the member gets now; a form sent twice does it once."""
    member = find_subject(request, customer_id)
    points = read_points(request.POST.get("points", ""))
    try:
        if points is None:
            raise InvalidPoints(points=request.POST.get("points", "")[:20])
        currency = find_wallet(request.POST.get("wallet") or None).row.points_currency
        reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
        wanted = Wanted(points, currency, f"page:{form_of(request).hex()}", reason)
        spend_confirmed(customer_id, wanted, limit=settings.STEP_UP_POINTS, at=frame_of(request).at)
    except DomainError as error:
        return _show(request, member, error)
    return HttpResponseRedirect(reverse("web:member-household", args=[customer_id]))
