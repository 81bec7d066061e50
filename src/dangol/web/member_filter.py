"""The filter of the list of members: read from an address, written back as one, and told in words."""

from collections.abc import Sequence
from typing import NamedTuple

from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy as lazy

from dangol.core.access.rights import Right
from dangol.core.segments.selectors import SegmentName, find_name
from dangol.web.day_spans import DaySpan, Quick, span_of, span_words
from dangol.web.frame import frame_of
from dangol.web.guard import visitor_of
from dangol.web.people_search import read_sought
from dangol.web.periods import end_of_soon
from dangol.web.reads.members import SOON_DAYS, MemberQuery, Sort
from dangol.web.scheme import TierView
from dangol.web.sealed_search import SEARCH

SORTS: Sequence[tuple[Sort, Promise]] = (
    (Sort.RECENT, lazy("최근에 온 순서")),
    (Sort.AWAY, lazy("오래 안 온 순서")),
    (Sort.SPEND, lazy("많이 산 순서")),
    (Sort.POINTS, lazy("포인트가 많은 순서")),
    (Sort.JOINED, lazy("늦게 가입한 순서")),
)
_SPANS = ("joined", "visited")
# What a filter is made of, in the order in which it is kept; not the place in the list, nor a search.
PARTS = (
    "tier",
    "segment",
    "soon",
    *(name + part for name in _SPANS for part in ("", "_from", "_to")),
    "sort",
)


class MemberFilter(NamedTuple):
    """What an address asks of the list: as a query, and as its fields show it again.

    `sealed` is the text that is searched for as the address holds it.
    """

    query: MemberQuery
    tier: TierView | None
    joined: DaySpan
    visited: DaySpan
    segment: SegmentName | None = None
    sealed: str = ""

    @property
    def narrows(self) -> bool:
        """Whether it leaves anybody out, beside whom the reader may not see."""
        query = self.query
        return bool(
            query.text or query.soon_until or query.joined or query.visited or self.tier or self.segment
        )


def read_filter(
    request: HttpRequest, tiers: Sequence[TierView], asked: QueryDict | None = None
) -> MemberFilter:
    """Return what the address, or a filter kept elsewhere, asks for; what makes no sense is left out.

    What is kept elsewhere holds no search.
    """
    text = read_sought(request) if asked is None else ""
    asked = request.GET if asked is None else asked
    frame = frame_of(request)
    tier = next((one for one in tiers if one.key == asked.get("tier")), None)
    segment = _segment_of(request, asked.get("segment", ""))
    sort = asked.get("sort", "")
    soon = end_of_soon(at=frame.at, zone=frame.shop.tz, days=SOON_DAYS)
    joined, visited = (span_of(asked, name, today=frame.today, zone=frame.shop.tz) for name in _SPANS)
    query = MemberQuery(
        text=text,
        level=tier.level if tier else None,
        soon_until=soon if asked.get("soon") == "1" else None,
        joined=joined.between,
        visited=visited.between,
        sort=Sort(sort) if sort in set(Sort) else Sort.RECENT,
        after=asked.get("after", ""),
        store_id=visitor_of(request).store_id,
        segment_id=segment.id if segment else None,
    )
    return MemberFilter(query, tier, joined, visited, segment, asked.get(SEARCH, "") if text else "")


def _segment_of(request: HttpRequest, slug: str) -> SegmentName | None:
    """Return the segment an address names; none to those who may not see segments."""
    return find_name(slug) if slug and visitor_of(request).may(Right.SEGMENTS_READ) else None


def write_filter(found: MemberFilter, *, with_search: bool = False) -> str:
    """Return the filter as an address has it, each filter in one way only; the usual parts are left out."""
    kept = QueryDict(mutable=True)
    plain = {
        SEARCH: found.sealed if with_search else "",
        "tier": found.tier.key if found.tier else "",
        "segment": found.segment.slug if found.segment else "",
        "soon": "1" if found.query.soon_until else "",
    }
    for name, value in plain.items():
        if value:
            kept[name] = value
    for span in (found.joined, found.visited):
        if span.between is None:
            continue
        kept[span.name] = span.quick
        if span.quick is Quick.DAYS:
            for part, day in (("from", span.first), ("to", span.last)):
                if day:
                    kept[f"{span.name}_{part}"] = day.isoformat()
    if found.query.sort is not Sort.RECENT:
        kept["sort"] = found.query.sort
    return kept.urlencode()


def filter_words(found: MemberFilter) -> list[str]:
    """Return what the filter asks for, in words; that a text was searched for, and never which."""
    told = []
    if found.query.text:
        told.append(_("찾은 말이 있음"))
    if found.tier:
        told.append(_("등급 {name}").format(name=found.tier.name))
    if found.segment:
        told.append(_("세그먼트 {name}").format(name=found.segment.name))
    if found.query.soon_until:
        told.append(_("7일 안에 사라질 포인트"))
    for name, span in ((_("가입"), found.joined), (_("마지막 방문"), found.visited)):
        if span.between:
            told.append(f"{name}: {span_words(span)}")
    return told


def sort_name(sort: Sort) -> str:
    """Return by what members are listed, in words."""
    return str(dict(SORTS)[sort])
