"""The list of members."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dangol.core.access.rights import Right
from dangol.core.segments.selectors import segment_names
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.member_filter import PARTS, SORTS, read_filter, sort_name, write_filter
from dangol.web.people_search import searches_people
from dangol.web.reads.members import Sort, read_member_page
from dangol.web.saved_views import current_of, list_views
from dangol.web.scheme import find_program, scheme_of, tiers_of


@needs(Right.MEMBERS_READ)
@searches_people(keeps=PARTS)
def list_members(request: HttpRequest) -> HttpResponse:
    """Show a page of members; state is in the address, so that it can be kept and sent on."""
    frame = frame_of(request)
    running = find_program()
    tiers = tiers_of(running)
    found = read_filter(request, tiers)
    page = read_member_page(found.query, scheme_of(running), at=frame.at)
    views, kept = list_views(visitor_of(request).staff), write_filter(found)
    context: dict[str, Any] = {
        "query": found.query,
        "found": found,
        "page": page,
        "tiers": tiers,
        "segments": segment_names() if visitor_of(request).may(Right.SEGMENTS_READ) else {},
        "tier_names": {tier.level: tier.name for tier in tiers},
        "sorts": SORTS,
        "sorted_by": sort_name(page.sort) if page.sort is not found.query.sort else "",
        "currency": frame.shop.currency,
        "views": views,
        "view": current_of(views, kept),
        "kept": kept,
        "whole": write_filter(found, with_search=True),
        "exports": visitor_of(request).may(Right.MEMBERS_EXPORT),
        "may_unmask": visitor_of(request).may(Right.MEMBERS_UNMASK),
        "may_save": found.narrows or found.query.sort is not Sort.RECENT,
    }
    template = "web/members.html#results" if request.headers.get("HX-Request") else "web/members.html"
    return render(request, template, context)
