"""A member's pages, opened on their own phone at the counter: a QR that works once."""

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dangol.core.access.log import Access, AccessDraft
from dangol.core.access.members.links import VALID_FOR, make_link
from dangol.core.access.rights import Right
from dangol.core.people.profiles import UnknownCustomer
from dangol.core.storage.ids import Id
from dangol.web.acting import actor_of, find_subject
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.links import opens_here_only
from dangol.web.seen import record_seen


@needs(Right.MEMBERS_WRITE)
@never_cache
@require_POST
def show_link(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Make a link to the member's pages and show it as a QR; an earlier one is closed by it."""
    at, member = frame_of(request).at, find_subject(request, customer_id)
    try:
        secret = make_link(customer_id, staff=request.user.get_username(), at=at)
    except UnknownCustomer:
        raise Http404 from None
    reason = _("계산대에서 QR로 열어 줬어요")
    record_seen(request, AccessDraft(Access.LINK, actor_of(request), reason, customer_id))
    address = request.build_absolute_uri(reverse("web:me-open", args=[secret]))
    context = {
        "customer_id": customer_id, "person": member.profile.person,
        "qr": draw_qr(address, label=_("회원 휴대폰에 여는 QR")), "until": at + VALID_FOR,
        "here_only": opens_here_only(request),
    }  # fmt: skip
    return render(request, "web/member_link.html", context)


def draw_qr(text: str, *, label: str) -> SafeString:
    """Return a text as a QR code (ISO/IEC 18004), drawn as SVG, named `label` for those who cannot see it."""
    code = segno.make(text, error="m", micro=False)
    drawn = code.svg_inline(
        omitsize=True, border=4, svgclass=None, lineclass=None, title=label, dark="#161d28"
    )
    return mark_safe(drawn.replace("<svg", '<svg role="img"', 1))  # drawn from our own address and label
