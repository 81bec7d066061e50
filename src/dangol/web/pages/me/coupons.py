"""A member's coupons on their phone: what each gives and until when, and the code large to hold out."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dangol.core.access.members.sessions import SessionView
from dangol.rooms.rewards.coupons.owned import State
from dangol.web.barcodes import render_barcode
from dangol.web.coupon_words import in_groups
from dangol.web.frame import frame_of
from dangol.web.member_door import member_required, require_member
from dangol.web.pages.member_link import draw_qr
from dangol.web.reads.own_coupons import own_coupons, usable_first

SHOWN_PAST = 20


@member_required
@require_safe
def show_coupons(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Show what the member can use, what they can use later, and what is past."""
    require_member(session.customer_id)
    frame = frame_of(request)
    lines = own_coupons(session.customer_id, frame)
    past = [one for one in lines if one["state"] not in (State.USABLE, State.NOT_YET)]
    context = {"here": "coupons", "coupons": usable_first(lines, frame), "past": past[:SHOWN_PAST]}
    return render(request, "web/me/coupons.html", context)


@member_required
@require_safe
def show_coupon(request: HttpRequest, session: SessionView, key: str) -> HttpResponse:
    """Show one of the member's coupons as large as the screen: its QR, its barcode and the code."""
    require_member(session.customer_id)
    found = [one for one in own_coupons(session.customer_id, frame_of(request)) if one["coupon"].key == key]
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
