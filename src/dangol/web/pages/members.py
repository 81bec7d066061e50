"""The list of members, on a page and as a file."""

import csv
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dangol.connectors.files.columns import Type
from dangol.connectors.files.exports.cells import money, texts
from dangol.core.access.rights import Right
from dangol.core.people.selectors import ShopView
from dangol.web.formats import minor_digits
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.member_filter import SORTS, read_filter, sort_name, write_filter
from dangol.web.reads.members import MemberLine, Sort, read_member_page, walk_members
from dangol.web.saved_views import current_of, list_views
from dangol.web.scheme import TierView, find_program, scheme_of, tiers_of


@needs(Right.MEMBERS_READ)
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
        "tier_names": {tier.level: tier.name for tier in tiers},
        "sorts": SORTS,
        "sorted_by": sort_name(page.sort) if page.sort is not found.query.sort else "",
        "currency": frame.shop.currency,
        "views": views,
        "view": current_of(views, kept),
        "kept": kept,
        "whole": write_filter(found, with_search=True),
        "may_save": found.narrows or found.query.sort is not Sort.RECENT,
    }
    template = "web/members.html#results" if request.headers.get("HX-Request") else "web/members.html"
    return render(request, template, context)


@needs(Right.MEMBERS_EXPORT)
def export_members(request: HttpRequest) -> StreamingHttpResponse:
    """Send the members the address asks for as CSV, masked as on the page."""
    frame = frame_of(request)
    running = find_program()
    tiers = tiers_of(running)
    query = read_filter(request, tiers).query._replace(after="")
    rows = _rows(walk_members(query, scheme_of(running), at=frame.at), tiers, frame.shop)
    response = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="members-{frame.today.isoformat()}.csv"'
    return response


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _rows(lines: Iterator[MemberLine], tiers: list[TierView], shop: ShopView) -> Iterator[str]:
    write = csv.writer(_Echo()).writerow
    # As the command's export writes them: text that is no formula, instants in the shop's zone.
    cells = texts(shop.tz)
    text, amount, instant = cells[Type.TEXT], cells[Type.MONEY], cells[Type.INSTANT]
    digits = minor_digits(shop.currency)
    names = {tier.level: tier.name for tier in tiers}
    # The mark tells spreadsheets that the file is UTF-8.
    yield "\ufeff" + write(
        [
            _("회원 번호"), _("이름"), _("등급"), _("포인트"), _("구매 금액"), _("통화"), _("구매 횟수"),
            _("마지막 방문"), _("가입"),
        ]
    )  # fmt: skip
    for line in lines:
        person = line.person
        yield write(
            [
                text(person.external_id or person.label), text(person.name or ""),
                text(names.get(line.level, "")),
                line.points, amount(money(line.spend_minor, digits)), shop.currency, line.order_count,
                instant(line.last_order_at) if line.last_order_at else "",
                instant(line.joined_at) if line.joined_at else "",
            ]
        )  # fmt: skip
