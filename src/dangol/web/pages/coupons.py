"""Coupons: the batches there are, as a list and as a file, and a code found from anywhere."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from dangol.connectors.files.columns import Type
from dangol.connectors.files.exports.cells import texts
from dangol.core.access.rights import Right
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.coupon_codes import LONGEST_CODE, normalize
from dangol.rooms.rewards.coupons.batches import LONGEST_NAME, SHORTEST_CODE
from dangol.rooms.rewards.coupons.figures import Worn, worn_of
from dangol.rooms.rewards.coupons.holding import UnknownCode
from dangol.rooms.rewards.coupons.models import BatchKind
from dangol.rooms.rewards.coupons.selectors import BatchQuery, BatchView, find_code, search_batches
from dangol.web.coupon_words import KINDS, STATES, Chip, batch_chip, with_gap
from dangol.web.csv_files import stream_csv
from dangol.web.formats import format_last_day
from dangol.web.frame import Frame, frame_of
from dangol.web.guard import needs
from dangol.web.pages.coupon_batch import address_of_code
from dangol.web.reads.coupons import gap_of, read_choices, read_offers

A_PAGE = 30


@needs(Right.COUPONS_READ)
def list_all(request: HttpRequest) -> HttpResponse:
    """Show a page of batches; what it is of is in the address. A whole code leads to its own page."""
    query, asked, frame = _read_query(request), request.GET, frame_of(request)
    if found := _place_of_code(query.text):
        is_part = bool(request.headers.get("HX-Request"))
        return HttpResponseClientRedirect(found) if is_part else HttpResponseRedirect(found)
    after = _read_id(asked.get("after", ""))
    rows = search_batches(query, at=frame.at, before=after, limit=A_PAGE + 1)
    shown, rest = rows[:A_PAGE], rows[A_PAGE:]
    promotions = read_choices()
    context: dict[str, Any] = {
        "lines": _lines(shown, frame), "kinds": KINDS,
        "states": STATES, "promotions": promotions, "query": query, "text": asked.get("q", ""),
        "promotion": show_id(query.promotion_id) if query.promotion_id else "", "after": after,
        "next_after": show_id(shown[-1].id) if rest else "", "filtered": any(query),
        "has_promotions": bool(promotions), "longest": max(LONGEST_NAME, LONGEST_CODE),
    }  # fmt: skip
    template = "web/coupons/list.html"
    return render(request, f"{template}#results" if request.headers.get("HX-Request") else template, context)


def _read_query(request: HttpRequest) -> BatchQuery:
    """Return what the address asks for; what makes no sense is left out."""
    asked = request.GET
    kind, state = asked.get("kind", ""), asked.get("state", "")
    return BatchQuery(
        asked.get("q", "").replace("\0", "").strip()[:LONGEST_NAME], kind if kind in BatchKind.values else "",
        _read_id(asked.get("promotion", "")), state if state in STATES else "",
    )  # fmt: skip


def _place_of_code(text: str) -> str:
    """Return the address of a code that was looked for; nothing where the text is none."""
    if len(normalize(text)) < SHORTEST_CODE:
        return ""
    try:
        found = find_code(text)
    except UnknownCode:
        return ""
    return address_of_code(found.batch_id, found.shown)


def _read_id(text: str) -> Id | None:
    try:
        return parse_id(text)
    except ValueError:
        return None


def _lines(batches: list[BatchView], frame: Frame) -> list[tuple[BatchView, Worn, Chip, str]]:
    """Return batches with what is used of each, its chip, and its promotion's name."""
    worn = worn_of(batches) if batches else {}
    offers = read_offers((one.promotion_id for one in batches), frame.shop.currency)
    lines = []
    for one in batches:
        offer, chip = offers.get(one.promotion_id), batch_chip(one, frame.at)
        told = with_gap(chip, gap_of(offer, frame.at))
        lines.append((one, worn[one.id], told, offer.name if offer else ""))
    return lines


@needs(Right.COUPONS_READ)
def export_batches(request: HttpRequest) -> StreamingHttpResponse:
    """Send the batches the address asks for as CSV. No code and nobody is in it."""
    return stream_csv(request, "coupons", _header(), _rows(request))


def _header() -> list[str]:
    return [
        _("묶음"), _("종류"), _("프로모션"), _("상태"), _("번호"), _("만들 번호"), _("쓴 번호"),
        _("막은 번호"), _("쓸 수 있는 횟수"), _("시작"), _("마지막 날"), _("만든 때"), _("만든 사람"),
    ]  # fmt: skip


def _rows(request: HttpRequest) -> Iterator[list[object]]:
    frame = frame_of(request)
    cells = texts(frame.shop.tz)
    text, instant = cells[Type.TEXT], cells[Type.INSTANT]
    query, before = _read_query(request), None
    while batches := search_batches(query, at=frame.at, before=before, limit=A_PAGE):
        before = batches[-1].id
        for one, worn, told, name in _lines(batches, frame):
            yield [
                text(one.name), str(KINDS[one.kind]), text(name), str(told[0]), one.made_count,
                one.code_count, worn.used, worn.blocked,
                "" if one.uses_per_code is None else one.uses_per_code,
                instant(one.active_from) if one.active_from else "",
                format_last_day(one.active_to).isoformat() if one.active_to else "",
                instant(one.created_at), text(one.created_by),
            ]  # fmt: skip
