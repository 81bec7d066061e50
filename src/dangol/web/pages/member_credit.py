"""A member's store credit and gift cards: how they came and went, given and taken by hand."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.approvals import list_asked
from dangol.core.access.rights import Right
from dangol.core.people.actors import LONGEST_REASON
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, parse_id
from dangol.domain.errors import DomainError
from dangol.domain.stored_value import MOST_MINOR, InvalidAmount
from dangol.rooms.rewards.stored_value.credit import KIND, ByHand, move_by_hand
from dangol.rooms.rewards.stored_value.selectors import cards_of, credit_moves_of, credit_of
from dangol.web.acting import actor_of, find_subject, new_form, read_last_day, require_seen
from dangol.web.amounts import read_amount
from dangol.web.asks import describe
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.reads.member import MemberView, find_member
from dangol.web.scheme import find_program
from dangol.web.settings_words import two_people
from dangol.web.stored_value_words import move_in_words, state_in_words

_MOST_ASKED = 100


@needs(Right.STORED_VALUE_READ)
def show(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Show a member's credit and cards: also of whom no key opens the name."""
    require_seen(request, customer_id)
    member = find_member(customer_id, find_program(), at=frame_of(request).at)
    if member is None:
        raise Http404
    return _show(request, member)


def _show(request: HttpRequest, member: MemberView, error: DomainError | None = None) -> HttpResponse:
    customer_id, at = member.customer_id, frame_of(request).at
    sentence, remedy = explain(error) if error else ("", "")
    asked = list_asked(KIND, customer_id, limit=_MOST_ASKED)
    both = two_people(asked)
    context = {
        "member": member, "person": member.profile.person, "credit": credit_of(customer_id, at=at),
        "cards": [(one, state_in_words(one)) for one in cards_of(customer_id, at=at)],
        "moves": [
            (one, move_in_words(one), both.get((one.at, one.actor_name), one.actor_name))
            for one in credit_moves_of(customer_id)
        ],
        "form": new_form(), "given": request.POST, "longest_reason": LONGEST_REASON,
        "waits": [(one, describe(one)) for one in asked if one.is_open(at)],
        "me": actor_of(request).key, "sentence": sentence, "remedy": remedy,
    }  # fmt: skip
    return render(request, "web/gift_cards/member.html", context, status=422 if error else 200)


@needs(Right.STORED_VALUE_WRITE)
@require_POST
def move(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Give or take credit; much of it waits for a second person. A form sent twice does it once."""
    member, frame = find_subject(request, customer_id), frame_of(request)
    try:
        form = parse_id(request.POST.get("form", ""))
    except ValueError:
        # Not sent by our form: nothing says whether it came before.
        return HttpResponseRedirect(reverse("web:member-credit", args=[customer_id]))
    minor = read_amount(request.POST.get("amount", ""), frame.shop.currency)
    is_day, end = read_last_day(request.POST.get("last_day", ""), request)
    gives = request.POST.get("way") != "take"
    try:
        if minor is None or not is_day:
            raise InvalidAmount(amount=request.POST.get("amount", "")[:20], most=MOST_MINOR)
        wanted = ByHand(frame.shop.currency, minor if gives else -minor, end if gives else None)
        move_by_hand(
            customer_id, wanted, form=form, actor=actor_of(request),
            reason=request.POST.get("reason", ""), at=frame.at,
        )  # fmt: skip
    except DomainError as error:
        return _show(request, member, error)
    return HttpResponseRedirect(reverse("web:member-credit", args=[customer_id]))
