"""What can be done on the pages about all customers: make a segment, and let the tables be made anew."""

from datetime import datetime
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.people.actors import Actor
from dangol.core.segments.services import SegmentDraft, SlugTaken, create_segment
from dangol.domain.errors import DomainError
from dangol.rooms.personalization.services import ask_refresh
from dangol.web.acting import actor_of
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.insight_words import RFM_SEGMENTS
from dangol.web.pages.insight import show_map, state_of_refresh
from dangol.web.reads.rfm_choices import Choice, find_made, read_choice
from dangol.web.reads.wallets import choose_wallet

PLACES = (
    "insight",
    "insight-cohorts",
    "insight-value",
    "insight-liability",
    "insight-journal",
    "insight-value-journal",
    "insight-models",
)


@needs(Right.SEGMENTS_WRITE)
@require_POST
def make_segment(request: HttpRequest) -> HttpResponse:
    """Save those of an RFM segment, or of a cell of the map, as a segment that stays up to date."""
    choice = read_choice(request.POST)
    if choice == Choice():
        raise Http404
    try:
        _make(choice, actor=actor_of(request), at=frame_of(request).at)
    except DomainError as refusal:
        return show_map(request, refusal)
    return redirect(f"{reverse('web:insight')}?{urlencode(choice.query())}#chosen")


def _make(choice: Choice, *, actor: Actor, at: datetime) -> None:
    """Make the segment under the first slug that is free, unless it is there already."""
    if choice.segment:
        words = RFM_SEGMENTS[choice.segment]
        name, about = str(words.name), str(words.who)
    else:
        name, about = _("RFM 최근 %(r)s점, 횟수 %(f)s점") % choice._asdict(), ""
    taken: SlugTaken | None = None
    for slug in choice.slugs():
        if find_made(choice):
            return
        try:
            create_segment(SegmentDraft(slug, name, about, choice.condition()), actor=actor, at=at)
        except SlugTaken as refusal:
            taken = refusal
        else:
            return
    if taken:
        raise taken


@needs(Right.PROGRAMS_WRITE)
@require_POST
def refresh(request: HttpRequest) -> HttpResponse:
    """Leave the making of the models and tables for the worker, and go back to where it was asked for."""
    back, looked = request.POST.get("back", ""), choose_wallet(request)
    ask_refresh(at=frame_of(request).at)
    return redirect(reverse(f"web:{back}" if back in PLACES else "web:insight") + looked.query)


@needs(Right.REPORTS_READ)
def show_state(request: HttpRequest) -> HttpResponse:
    """Show how far the making is; once it is done, the page that asks is loaded anew."""
    state = state_of_refresh()
    answer = render(request, "web/insight/state.html", state)
    if state["job"] is None:
        answer.headers["HX-Refresh"] = "true"
    return answer
