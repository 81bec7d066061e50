"""A member's coupons on their phone: what each gives and until when, and the code large to hold out."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dangol.core.access.members.sessions import SessionView
from dangol.core.people.merged import family_of
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.coupons.owned import OwnCoupon, State, coupons_of
from dangol.web.barcodes import render_barcode
from dangol.web.coupon_words import CODE_CHIPS, GAP_CHIP, GAPS, in_groups
from dangol.web.frame import Frame, frame_of
from dangol.web.member_door import member_required, require_member
from dangol.web.pages.member_link import draw_qr
from dangol.web.reads.coupons import Offer, gap_of, read_offers

SHOWN_PAST = 20


@member_required
@require_safe
def show_coupons(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Show what the member can use, what they can use later, and what is past."""
    require_member(session.customer_id)
    frame = frame_of(request)
    lines = _lines(session.customer_id, frame)
    now = [one for one in lines if one["state"] in (State.USABLE, State.NOT_YET)]
    past = [one for one in lines if one["state"] not in (State.USABLE, State.NOT_YET)]
    # What ends first stands first; what has no end comes last.
    now.sort(key=lambda one: (one["is_waiting"], one["until"] is None, one["until"] or frame.at))
    context = {"here": "coupons", "coupons": now, "past": past[:SHOWN_PAST]}
    return render(request, "web/me/coupons.html", context)


def _lines(owner: Id, frame: Frame) -> list[dict[str, Any]]:
    coupons = coupons_of(family_of(owner))
    offers = read_offers((one.batch.promotion_id for one in coupons), frame.shop.currency)
    return [_line(one, offers.get(one.batch.promotion_id), frame) for one in coupons]


def _line(coupon: OwnCoupon, offer: Offer | None, frame: Frame) -> dict[str, Any]:
    state = coupon.state(frame.at)
    gap = gap_of(offer, frame.at) if state is State.USABLE else ""
    return {
        "coupon": coupon, "offer": offer, "state": state, "until": _until(coupon, offer),
        "is_waiting": bool(gap) or state is State.NOT_YET, "gap": GAPS.get(gap, ""),
        "told": GAP_CHIP if gap else CODE_CHIPS[state],
        "name": (offer.value or offer.name) if offer else coupon.batch.name,
    }  # fmt: skip


def _until(coupon: OwnCoupon, offer: Offer | None) -> Any:
    """Return when it ends: the batch or its promotion, whichever comes first."""
    ends = [coupon.batch.active_to, offer.content.active_to if offer and offer.content else None]
    return min((one for one in ends if one), default=None)


@member_required
@require_safe
def show_coupon(request: HttpRequest, session: SessionView, key: str) -> HttpResponse:
    """Show one of the member's coupons as large as the screen: its QR, its barcode and the code."""
    require_member(session.customer_id)
    found = [one for one in _lines(session.customer_id, frame_of(request)) if one["coupon"].key == key]
    if not found:
        raise Http404
    [line] = found
    shown = line["coupon"].code.shown
    is_usable = line["state"] in (State.USABLE, State.NOT_YET)
    context = line | {
        "here": "coupons", "shown": in_groups(shown, line["coupon"].batch.kind), "is_usable": is_usable,
        "qr": draw_qr(shown, label=_("쿠폰의 QR")) if is_usable else "",
        "barcode": _barcode(shown) if is_usable else "",
    }  # fmt: skip
    return render(request, "web/me/coupon.html", context)


def _barcode(code: str) -> SafeString | str:
    """Return a code as a barcode, where it can be one: somebody else's codes may have any letters."""
    try:
        return render_barcode(code, label=_("쿠폰의 바코드"))
    except ValueError:
        return ""
