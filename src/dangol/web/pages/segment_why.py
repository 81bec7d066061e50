"""Why a member is in a segment or not."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from dangol.core.access.rights import Right
from dangol.core.people.profiles import UnknownCustomer
from dangol.core.people.selectors import names_of
from dangol.core.segments.selectors import explain_member, find_name, since_when
from dangol.core.storage.ids import Id
from dangol.web.acting import require_seen
from dangol.web.condition_form.offers import Offers
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.segment_whys import tell_why


@needs(Right.SEGMENTS_READ)
def show(request: HttpRequest, segment: str, customer_id: Id) -> HttpResponse:
    """Show how the condition comes out for a member now, what decided it, and until when it holds."""
    require_seen(request, customer_id)
    view, frame = find_name(segment), frame_of(request)
    if view is None:
        raise Http404
    try:
        condition, decision = explain_member(customer_id, view.slug, as_of=frame.at, zone=frame.shop.tz)
    except UnknownCustomer as unknown:
        raise Http404 from unknown
    context = {
        "segment": view,
        "customer_id": customer_id,
        "person": names_of([customer_id])[customer_id],
        "why": tell_why(condition, decision, Offers().labels),
        "since": since_when(view.id, customer_id),
    }
    return render(request, "web/segments/why.html", context)
