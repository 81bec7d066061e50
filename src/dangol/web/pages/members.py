"""The list of members, on a page and as a file."""

import csv
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _, gettext_lazy as lazy

from dangol.connectors.files.columns import Type
from dangol.connectors.files.exports.cells import money, texts
from dangol.core.access.rights import Right
from dangol.core.people.selectors import ShopView
from dangol.web.formats import minor_digits
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.periods import end_of_soon
from dangol.web.reads.members import SOON_DAYS, MemberLine, MemberQuery, Sort, read_member_page, walk_members
from dangol.web.scheme import TierView, find_program, scheme_of, tiers_of

SORTS = (
    (Sort.RECENT, lazy("최근에 온 순서")),
    (Sort.AWAY, lazy("오래 안 온 순서")),
    (Sort.SPEND, lazy("많이 산 순서")),
    (Sort.POINTS, lazy("포인트가 많은 순서")),
    (Sort.JOINED, lazy("늦게 가입한 순서")),
)


def read_query(request: HttpRequest, tiers: list[TierView]) -> MemberQuery:
    """Return what the address asks for; what makes no sense in it is left out."""
    asked = request.GET
    levels = {tier.key: tier.level for tier in tiers}
    sort = asked.get("sort", "")
    frame = frame_of(request)
    soon = end_of_soon(at=frame.at, zone=frame.shop.tz, days=SOON_DAYS)
    return MemberQuery(
        text=asked.get("q", "").strip()[:100],
        level=levels.get(asked.get("tier", "")),
        soon_until=soon if asked.get("soon") == "1" else None,
        sort=Sort(sort) if sort in set(Sort) else Sort.RECENT,
        after=asked.get("after", ""),
        store_id=visitor_of(request).store_id,
    )


@needs(Right.MEMBERS_READ)
def list_members(request: HttpRequest) -> HttpResponse:
    """Show a page of members; state is in the address, so that it can be kept and sent on."""
    frame = frame_of(request)
    running = find_program()
    tiers = tiers_of(running)
    query = read_query(request, tiers)
    page = read_member_page(query, scheme_of(running), at=frame.at)
    context: dict[str, Any] = {
        "query": query,
        "page": page,
        "tiers": tiers,
        "tier_names": {tier.level: tier.name for tier in tiers},
        "tier_key": next((tier.key for tier in tiers if tier.level == query.level), ""),
        "sorts": SORTS,
        "filtered": bool(query.text or query.soon_until or query.level is not None),
        "currency": frame.shop.currency,
    }
    template = "web/members.html#results" if request.headers.get("HX-Request") else "web/members.html"
    return render(request, template, context)


@needs(Right.MEMBERS_EXPORT)
def export_members(request: HttpRequest) -> StreamingHttpResponse:
    """Send the members the address asks for as CSV, masked as on the page."""
    frame = frame_of(request)
    running = find_program()
    tiers = tiers_of(running)
    query = read_query(request, tiers)._replace(after="")
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
