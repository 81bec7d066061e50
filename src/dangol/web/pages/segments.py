"""Segments: which there are, who is in one and why, how its condition has changed, and who asks about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.people.selectors import PersonView, names_of
from dangol.core.refusals import explain
from dangol.core.segments import selectors, services
from dangol.core.segments.running import read_conditions, users_of
from dangol.core.segments.selectors import MemberView, SegmentView
from dangol.core.segments.uses import uses_elsewhere
from dangol.core.storage.ids import Id
from dangol.domain.conditions import Said
from dangol.domain.errors import DomainError
from dangol.web.acting import actor_of
from dangol.web.changed_words import Sentence, tell_changes
from dangol.web.condition_form.offers import Offers
from dangol.web.condition_words import in_one_line, tell_condition
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.places import read_place, write_place
from dangol.web.present import seen_by
from dangol.web.segment_whys import WhyEvent, links_of
from dangol.web.suggested_segments import SUGGESTIONS

A_PAGE = 50
MOST_SEARCHED = 80


class Line(NamedTuple):
    """A segment as the list shows it."""

    view: SegmentView
    sentence: str


class MemberLine(NamedTuple):
    """Somebody in a segment, and the event that brought them in, if one did."""

    person: PersonView
    member: MemberView
    event: WhyEvent | None


class VersionLine(NamedTuple):
    """A version of a segment, and what it changed of the one before."""

    version: selectors.VersionView
    changes: list[Sentence]


def find(slug: str) -> SegmentView:
    """Return a segment; answers 404 for none."""
    try:
        return selectors.find_segment(slug)
    except services.UnknownSegment as unknown:
        raise Http404 from unknown


@needs(Right.SEGMENTS_READ)
def list_all(request: HttpRequest, refusal: DomainError | None = None) -> HttpResponse:
    """List the segments, each with its condition in a line, and how many are in; or those archived."""
    offers, frame = Offers(), frame_of(request)
    text = request.GET.get("q", "").strip()[:MOST_SEARCHED]
    archived = bool(refusal) or request.GET.get("archived") == "1"
    views, after, is_any = _archived(request, text) if archived else _live(frame.at, text)
    conditions = read_conditions([(one.id, one.version) for one in views])
    lines = [Line(one, in_one_line(conditions[one.id], offers.labels, frame.shop.tz)) for one in views]
    context = {
        "lines": lines,
        "text": text,
        "any": is_any,
        "archived": archived,
        "after": request.GET.get("after", ""),
        "next_after": after,
        "has_archived": archived or selectors.has_archived(),
        "suggestions": SUGGESTIONS,
        "rebuilding": not archived and is_any and selectors.is_rebuilding(),
        "refusal": explain(refusal) if refusal else None,
    }
    template = "web/segments/list.html"
    if request.headers.get("HX-Request"):
        template += "#results"
    return render(request, template, context, status=409 if refusal else 200)


def _live(at: datetime, text: str) -> tuple[list[SegmentView], str, bool]:
    """Return the segments that have the text in their name, no further page, and whether there are any."""
    views = selectors.list_segments(at=at)
    return [one for one in views if text.casefold() in f"{one.name} {one.slug}".casefold()], "", bool(views)


def _archived(request: HttpRequest, text: str) -> tuple[list[SegmentView], str, bool]:
    """Return a page of what is archived, the place where the next begins, and whether there are any."""
    before = read_place(request.GET.get("after", ""))
    rows = selectors.list_archived(at=frame_of(request).at, text=text, before=before, limit=A_PAGE + 1)
    shown = rows[:A_PAGE]
    last = shown[-1] if len(rows) > A_PAGE else None
    after = write_place(last.archived_at, last.id) if last and last.archived_at else ""
    return shown, after, bool(rows) or selectors.has_archived()


def _find_archived(slug: str) -> SegmentView | None:
    try:
        found = selectors.look_up(slug)
    except services.UnknownSegment:
        return None
    return found if found.archived_at else None


def _show_archived(request: HttpRequest, view: SegmentView, refusal: DomainError | None) -> HttpResponse:
    """Say that a segment is put away, since when, what it asked, and how it comes back."""
    told = _told_versions(view.id, Offers(), frame_of(request).shop.tz)
    context = {
        "segment": view, "said": told[0][1], "versions": [line for line, _ in told],
        "refusal": explain(refusal) if refusal else None,
    }  # fmt: skip
    return render(request, "web/segments/archived.html", context, status=409 if refusal else 200)


@needs(Right.SEGMENTS_READ)
def show(request: HttpRequest, segment: str, refusal: DomainError | None = None) -> HttpResponse:
    """Show a segment: its condition in words, who is in, its versions, and who asks about it."""
    if archived := _find_archived(segment):
        return _show_archived(request, archived, refusal)
    view, offers, zone = find(segment), Offers(), frame_of(request).shop.tz
    state: dict[str, Any] = {
        "segment": view,
        "rebuilding": selectors.is_rebuilding(),
    }
    if view.waiting:
        everybody = selectors.count_watched()
        state |= {"all": everybody, "done": max(0, everybody - view.waiting)}
    if request.headers.get("HX-Target") == "state":
        answer = render(request, "web/segments/segment.html#state", state)
        if not (view.waiting or state["rebuilding"]):
            # Who is in stands elsewhere on the page, as it was before.
            answer["HX-Refresh"] = "true"
        return answer
    told = _told_versions(view.id, offers, zone)
    lines, after = _members(request, view)
    users = users_of(segment)
    context = state | {
        "said": told[0][1],
        "versions": [line for line, _ in told],
        "lines": lines,
        "next_after": after,
        "after": request.GET.get("after", ""),
        "elsewhere": uses_elsewhere(segment),
        "users": [(slug, name) for slug, name in offers.segments.items() if slug in users],
        "refusal": explain(refusal) if refusal else None,
    }
    return render(request, "web/segments/segment.html", context, status=409 if refusal else 200)


def _told_versions(segment_id: Id, offers: Offers, zone: Any) -> list[tuple[VersionLine, Said]]:
    versions = selectors.versions_of(segment_id)
    said = [tell_condition(selectors.condition_of(one), offers.labels, zone) for one in versions]
    befores: Sequence[Said | None] = [*said[1:], None]
    return [
        (VersionLine(version, tell_changes(before, now) if before else []), now)
        for version, now, before in zip(versions, said, befores, strict=True)
    ]


def _members(request: HttpRequest, view: SegmentView) -> tuple[list[MemberLine], str]:
    """Return a page of who is in, and the place where the next one begins; empty on the last."""
    before = read_place(request.GET.get("after", ""))
    rows = selectors.members_of(view.id, before=before, limit=A_PAGE + 1)
    shown = rows[:A_PAGE]
    seen = frozenset(seen_by(visitor_of(request), [one.customer_id for one in shown]))
    people = names_of(seen)
    events = links_of(one.event_id for one in shown if one.event_id)
    lines = [
        MemberLine(people[one.customer_id], one, events.get(one.event_id) if one.event_id else None)
        for one in shown
        if one.customer_id in people
    ]
    after = write_place(shown[-1].since, shown[-1].customer_id) if len(rows) > A_PAGE else ""
    return lines, after


@needs(Right.SEGMENTS_WRITE)
@require_POST
def archive(request: HttpRequest, segment: str) -> HttpResponse:
    """Keep a segment up to date no more, if whoever asks says that they are sure."""
    view = find(segment)
    if request.POST.get("sure") != "1":
        return redirect("web:segment", view.slug)
    try:
        services.archive_segment(view.slug, actor=actor_of(request), at=frame_of(request).at)
    except DomainError as refusal:
        return show(request, segment, refusal)
    return redirect("web:segments")


@needs(Right.SEGMENTS_WRITE)
@require_POST
def restore(request: HttpRequest, segment: str) -> HttpResponse:
    """Keep an archived segment up to date again."""
    try:
        services.restore_segment(segment, actor=actor_of(request), at=frame_of(request).at)
    except services.UnknownSegment as unknown:
        if unknown.data["segment"] == segment:
            raise Http404 from unknown
        return list_all(request, unknown)
    except DomainError as refusal:
        return list_all(request, refusal)
    return redirect("web:segment", segment)


@needs(Right.SEGMENTS_WRITE)
@require_POST
def rebuild(request: HttpRequest) -> HttpResponse:
    """Let everybody be looked at anew, for all segments."""
    services.rebuild_segments(at=frame_of(request).at)
    slug = request.POST.get("segment", "")
    known = selectors.find_name(slug)
    return redirect("web:segment", known.slug) if known else redirect("web:segments")
