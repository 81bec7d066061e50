"""A member's referrals in the back office: their code, how they came, and the friends who came by it."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.people.selectors import MEMBER, names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.referrals.codes import make_code
from dangol.rooms.rewards.referrals.selectors import friends_of, standing_of, tell_until
from dangol.rooms.rewards.referrals.services import tell_code
from dangol.web.acting import actor_of, find_subject, require_seen
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.reads.member import MemberView, find_member
from dangol.web.referral_words import CAPS, STAGES, why_of
from dangol.web.scheme import find_program

# A code, or the link that holds it.
LONGEST_TYPED = 254


@needs(Right.POINTS_READ)
def show(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Show a member's code, how they came, and the friends who came by it."""
    require_seen(request, customer_id)
    member = find_member(customer_id, find_program(), at=frame_of(request).at)
    if member is None:
        raise Http404
    return _show(request, member)


def _show(request: HttpRequest, member: MemberView, error: DomainError | None = None) -> HttpResponse:
    sentence, remedy = explain(error) if error else ("", "")
    frame, person = frame_of(request), member.profile.person
    standing = standing_of(member.customer_id, at=frame.at)
    friends = friends_of(member.customer_id)
    came_by = standing.came_by
    currency, until = frame.shop.currency, tell_until(member.customer_id)
    # Friends of other stores are counted, and not named to whoever is bound to one.
    is_bound = visitor_of(request).store_id is not None
    context = {
        "member": member, "person": person, "standing": standing,
        "can_tell": until is not None and frame.at < until,
        "is_member": person.kind == MEMBER and person.is_open, "reached": CAPS.get(standing.reached, ""),
        "came_by": (came_by, STAGES[came_by.state], why_of(came_by, currency)) if came_by else None,
        "friends": [(one, STAGES[one.state], why_of(one, currency)) for one in friends],
        "people": {} if is_bound else names_of({one.friend_id for one in friends}),
        "given": request.POST, "sentence": sentence, "remedy": remedy,
    }  # fmt: skip
    return render(request, "web/referrals/member.html", context, status=422 if error else 200)


@needs(Right.MEMBERS_WRITE)
@require_POST
def code(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Make the member's code, once."""
    return _do(request, customer_id, lambda: make_code(customer_id, at=frame_of(request).at))


@needs(Right.MEMBERS_WRITE)
@require_POST
def tell(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Note by whose code the member came, once and for good."""
    typed = request.POST.get("code", "")[:LONGEST_TYPED]
    by = By(actor_of(request), frame_of(request).at, visitor_of(request).store_id)
    return _do(request, customer_id, lambda: tell_code(customer_id, typed, by=by))


def _do(request: HttpRequest, customer_id: Id, act: Callable[[], object]) -> HttpResponse:
    member = find_subject(request, customer_id)
    try:
        act()
    except DomainError as error:
        return _show(request, member, error)
    return HttpResponseRedirect(reverse("web:member-referral", args=[customer_id]))
