"""Going back to an old version of a segment: what would change, in sentences, and the button that does it."""

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.core.segments.selectors import condition_of, find_version
from dangol.core.segments.services import SegmentChange, change_segment
from dangol.domain.errors import DomainError
from dangol.web.acting import actor_of
from dangol.web.changed_words import tell_changes
from dangol.web.condition_form.offers import Offers
from dangol.web.condition_words import tell_condition
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.pages.segments import find


@needs(Right.SEGMENTS_WRITE)
def go_back(request: HttpRequest, segment: str, number: int) -> HttpResponse:
    """Show what an old version would change of the present one; a POST makes a new version of it.

    It is written over the revision that was shown, and over none that somebody has saved since.
    """
    view = find(segment)
    old, now = find_version(view.id, number), find_version(view.id, view.version)
    if old is None or now is None or number == view.version:
        raise Http404
    refusal: DomainError | None = None
    if request.method == "POST":
        seen = re.fullmatch("[0-9]{1,8}", request.POST.get("revision", ""))
        change = SegmentChange(condition=old.condition.encode())
        try:
            change_segment(
                segment, change, expected=int(seen[0]) if seen else 0, actor=actor_of(request),
                at=frame_of(request).at,
            )  # fmt: skip
        except DomainError as refused:
            refusal = refused
        else:
            return redirect("web:segment", segment)
    offers, zone = Offers(), frame_of(request).shop.tz
    before, after = (tell_condition(condition_of(one), offers.labels, zone) for one in (now, old))
    context = {
        "segment": view,
        "old": old,
        "said": after,
        "changes": tell_changes(before, after),
        "refusal": explain(refusal) if refusal else None,
    }
    return render(request, "web/segments/version.html", context, status=409 if refusal else 200)
