"""A member's coupons for staff: what they have, why one can or cannot be used, and handing out another."""

from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.core.access.rights import Right
from dangol.core.access.selectors import Visitor
from dangol.core.people.merged import family_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.coupons.batches import UnknownBatch
from dangol.rooms.rewards.coupons.holding import hand_out
from dangol.rooms.rewards.coupons.owned import OwnCoupon, State, coupons_of
from dangol.rooms.rewards.coupons.selectors import BatchQuery, find_batch, search_batches
from dangol.web.acting import actor_of, find_subject, form_of, new_form, require_seen
from dangol.web.coupon_words import CODE_CHIPS, GAP_CHIP, GAPS, Chip, hidden, in_groups
from dangol.web.frame import Frame, frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.reads.coupons import Offer, read_offers, read_orders_of, read_refusals
from dangol.web.reads.member import MemberView, find_member
from dangol.web.scheme import find_program

PANEL, MOST_BATCHES = 3, 200
WHYS: dict[str, Promise] = {
    State.BLOCKED: _("번호나 묶음을 막아 두어서 쓸 수 없어요."),
    State.USED: _("정한 횟수를 다 썼어요."),
    State.OVER: _("쓸 수 있는 기간이 지났어요."),
    State.NOT_YET: _("쓸 수 있는 기간이 아직 시작하지 않았어요."),
    State.USABLE: _("지금 쓸 수 있어요. 다른 조건은 장바구니를 보고 정해요."),
}


class Line(NamedTuple):
    """A coupon as staff see it: its code, hidden from those who may not use one, and why it stands so."""

    coupon: OwnCoupon
    shown: str
    chip: Chip
    why: Promise
    offer: Offer | None


def read_lines(family: list[Id], visitor: Visitor, frame: Frame) -> list[Line]:
    """Return a person's coupons, those first that can be used now."""
    coupons = coupons_of(family)
    offers = read_offers((one.batch.promotion_id for one in coupons), frame.shop.currency)
    lines = [_line(one, offers.get(one.batch.promotion_id), visitor, frame) for one in coupons]
    return sorted(lines, key=lambda one: one.coupon.state(frame.at) is not State.USABLE)


def _line(coupon: OwnCoupon, offer: Offer | None, visitor: Visitor, frame: Frame) -> Line:
    state = coupon.state(frame.at)
    gap = offer.gap(frame.at) if offer and state is State.USABLE else ""
    may_see = visitor.may(Right.COUPONS_WRITE) or visitor.may(Right.MEMBERS_UNMASK)
    shown = in_groups(coupon.code.shown, coupon.batch.kind) if may_see else hidden(coupon.code.shown)
    chip = GAP_CHIP if gap else CODE_CHIPS[state]
    return Line(coupon, shown, chip, GAPS[gap] if gap else WHYS[state], offer)


@needs(Right.COUPONS_READ)
def show(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Show a member's coupons and the codes that were refused them; hand out another.

    Nothing of it has to be opened by a key, so it is shown of everybody the visitor sees.
    """
    if request.method != "POST":
        require_seen(request, customer_id)
        found = find_member(customer_id, find_program(), at=frame_of(request).at)
        if found is None:
            raise Http404
        return _show(request, found)
    member = find_subject(request, customer_id)
    if not visitor_of(request).may(Right.COUPONS_WRITE):
        raise Http404
    try:
        _hand_out(request, customer_id)
    except DomainError as error:
        return _show(request, member, error)
    return HttpResponseRedirect(f"{reverse('web:member-coupons', args=[customer_id])}?done=handed_out")


def _hand_out(request: HttpRequest, customer_id: Id) -> None:
    chosen = request.POST.get("batch", "")
    try:
        batch = find_batch(parse_id(chosen))
    except ValueError:
        raise UnknownBatch(batch=chosen[:60]) from None
    key = f"page:{show_id(form_of(request))}"
    hand_out(batch.id, customer_id, key, actor=actor_of(request), at=frame_of(request).at)


def _show(request: HttpRequest, member: MemberView, error: DomainError | None = None) -> HttpResponse:
    frame, visitor = frame_of(request), visitor_of(request)
    may_hand_out = visitor.may(Right.COUPONS_WRITE) and member.profile.person.is_open
    family = family_of(member.customer_id)
    refusals = read_refusals(family)
    orders = read_orders_of([one.sale_id for one in refusals])
    sentence, remedy = explain(error) if error else ("", "")
    context: dict[str, Any] = {
        "member": member, "customer_id": member.customer_id, "person": member.profile.person,
        "lines": read_lines(family, visitor, frame), "sentence": sentence, "remedy": remedy,
        "refusals": [(one, orders.get(one.sale_id)) for one in refusals],
        "may_hand_out": may_hand_out, "form": new_form(),
        "done": request.GET.get("done", ""),
    }  # fmt: skip
    if may_hand_out:
        open_ones = search_batches(BatchQuery(state="open"), at=frame.at, limit=MOST_BATCHES)
        context["batches"] = [(show_id(one.id), one.name) for one in open_ones if one.made_count]
    return render(request, "web/coupons/member.html", context, status=422 if error else 200)
