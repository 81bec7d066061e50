"""A member's stamp cards in the back office: how stamps came and went; added, taken and undone by hand."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.stamps.errors import InvalidStampCount, UnknownStampProgram
from dangol.rooms.rewards.stamps.models import LONGEST_REASON
from dangol.rooms.rewards.stamps.selectors import cards_of, moves_of, standings_for
from dangol.rooms.rewards.stamps.services import (
    MOST_BY_HAND,
    add_stamps,
    give_full_cards,
    strike_stamps,
    undo_stamps,
)
from dangol.web.acting import actor_of, find_subject, new_form, require_seen
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.reads.member import MemberView, find_member
from dangol.web.scheme import find_program
from dangol.web.stamp_words import GIVES, MOVES, STATES


@needs(Right.POINTS_READ)
def show(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Show a member's cards, and how stamps came and went: also of whom no key opens the name."""
    require_seen(request, customer_id)
    member = find_member(customer_id, find_program(), at=frame_of(request).at)
    if member is None:
        raise Http404
    return _show(request, member)


def _show(request: HttpRequest, member: MemberView, error: DomainError | None = None) -> HttpResponse:
    customer_id = member.customer_id
    sentence, remedy = explain(error) if error else ("", "")
    visitor = visitor_of(request)
    may_see = visitor.may(Right.COUPONS_WRITE) or visitor.may(Right.MEMBERS_UNMASK)
    standings = standings_for(customer_id, at=frame_of(request).at)
    context = {
        "member": member, "person": member.profile.person, "standings": standings,
        "cards": [(one, STATES[one.state], one.gift_shown(may_see=may_see)) for one in cards_of(customer_id)],
        "moves": [(one, MOVES[one.kind]) for one in moves_of(customer_id)], "gives": GIVES,
        "programs": [
            one.program
            for one in standings
            if one.program.archived_at is None and member.profile.person.is_open
        ],
        "form": new_form(), "given": request.POST, "sentence": sentence, "remedy": remedy,
        "most": MOST_BY_HAND, "longest_reason": LONGEST_REASON,
    }  # fmt: skip
    return render(request, "web/stamps/member.html", context, status=422 if error else 200)


@needs(Right.STAMPS_WRITE)
@require_POST
def stamp(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Lay stamps down, or take the latest off; a form sent twice does it once."""
    find_subject(request, customer_id)
    text = request.POST.get("count", "").strip()
    try:
        form = parse_id(request.POST.get("form", ""))
    except ValueError:
        # Not sent by our form: nothing says whether it came before.
        return HttpResponseRedirect(reverse("web:member-stamps", args=[customer_id]))

    def act() -> None:
        count = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
        if not count:
            raise InvalidStampCount(count=0, most=MOST_BY_HAND)
        do = strike_stamps if request.POST.get("way") == "take" else add_stamps
        do(
            customer_id, _program_id(request.POST.get("program", "")), count=count,
            key=f"page:{show_id(form)}", reason=request.POST.get("reason", ""), by=_by(request),
        )  # fmt: skip

    return _do(request, customer_id, act)


@needs(Right.STAMPS_WRITE)
@require_POST
def undo(request: HttpRequest, customer_id: Id, stamp_id: Id) -> HttpResponse:
    """Take back what stamps given by hand have left."""
    reason = request.POST.get("reason", "")
    return _do(
        request, customer_id, lambda: undo_stamps(customer_id, stamp_id, reason=reason, by=_by(request))
    )


@needs(Right.STAMPS_WRITE)
@require_POST
def give(request: HttpRequest, customer_id: Id, program_id: Id) -> HttpResponse:
    """Try again to give what the member's full cards give."""
    return _do(request, customer_id, lambda: give_full_cards(customer_id, program_id, by=_by(request)))


def _do(request: HttpRequest, customer_id: Id, act: Callable[[], object]) -> HttpResponse:
    member = find_subject(request, customer_id)
    try:
        act()
    except DomainError as error:
        return _show(request, member, error)
    return HttpResponseRedirect(reverse("web:member-stamps", args=[customer_id]))


def _by(request: HttpRequest) -> By:
    return By(actor_of(request), frame_of(request).at, visitor_of(request).store_id)


def _program_id(text: str) -> Id:
    try:
        return parse_id(text)
    except ValueError:
        raise UnknownStampProgram(program=text) from None
