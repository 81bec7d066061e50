"""Codes that leave the house: sheets of paper with QR codes, and a file. Each is written down first."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

import segno
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from dangol.connectors.files.columns import Type
from dangol.connectors.files.exports.cells import texts
from dangol.core.access.rights import Right
from dangol.core.storage.ids import Id, show_id
from dangol.domain.coupon_codes import normalize
from dangol.rooms.rewards.coupons.figures import stand_of
from dangol.rooms.rewards.coupons.models import BatchKind
from dangol.rooms.rewards.coupons.selectors import BatchView, count_free, each_code, list_codes, list_free
from dangol.web.coupon_words import STANDS, code_stand, in_groups
from dangol.web.csv_files import note_download, stream_csv
from dangol.web.formats import format_last_day
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.pages.coupon_batch import find
from dangol.web.reads.coupons import read_offer

# Coupons on a sheet of A4: across and down.
LAYOUTS = {8: (2, 4), 12: (3, 4), 24: (3, 8)}
USUAL, SHEETS_A_PAGE = 12, 10


class Slip(NamedTuple):
    """A coupon as it is printed: its code in groups, and its QR."""

    code: str
    qr: SafeString


@needs(Right.COUPONS_WRITE)
@never_cache
def show_sheets(request: HttpRequest, batch_id: Id) -> HttpResponse:
    """Show a batch's free codes as sheets to print, ten at a time, and write down who saw them."""
    batch, frame = find(batch_id), frame_of(request)
    asked = request.GET.get("each", "")
    each = int(asked) if asked in {str(one) for one in LAYOUTS} else USUAL
    after = normalize(request.GET.get("after", ""))
    kept = urlencode({"each": each} | ({"after": "*"} if after else {}))
    note_download(request, f"coupons/{show_id(batch_id)}/sheets?{kept}", people=0)
    found, rest = _page(batch, after, each * SHEETS_A_PAGE)
    slips = [Slip(in_groups(shown, batch.kind), draw_code(shown)) for _key, shown in found]
    before = count_free(batch_id, up_to=after) if after else 0
    context: dict[str, Any] = {
        "batch": batch, "each": each, "layouts": list(LAYOUTS), "after": after,
        "sheets": [slips[place : place + each] for place in range(0, len(slips), each)],
        "next_after": found[-1][0] if rest else "", "first": before + 1, "last": before + len(slips),
        "total": len(slips) if batch.kind == BatchKind.GENERIC else count_free(batch_id),
        "is_generic": batch.kind == BatchKind.GENERIC,
        **read_offer(batch, frame),
    }  # fmt: skip
    return render(request, "web/coupons/sheets.html", context)


def _page(batch: BatchView, after: str, size: int) -> tuple[list[tuple[str, str]], bool]:
    """Return codes to print, and whether there are more; of a generic batch a sheet's worth of its one."""
    if batch.kind == BatchKind.GENERIC:
        own = [(key, code.shown) for key, code in list_codes(batch.id, limit=1) if not code.is_blocked]
        return own * (size // SHEETS_A_PAGE), False
    found = list_free(batch.id, after=after, limit=size + 1)
    return found[:size], len(found) > size


def draw_code(code: str) -> SafeString:
    """Return a code as a QR (ISO/IEC 18004) for paper; its text stands beside it, so it is decoration."""
    drawn = segno.make(code, error="m", micro=False).svg_inline(
        omitsize=True, border=2, svgclass=None, lineclass=None
    )
    return mark_safe(drawn.replace("<svg", '<svg aria-hidden="true"', 1))  # drawn by segno alone


@needs(Right.COUPONS_WRITE)
def export_codes(request: HttpRequest, batch_id: Id) -> StreamingHttpResponse:
    """Send a batch's codes as CSV, without who holds them; an entry in the access log."""
    batch = find(batch_id)
    note_download(request, f"coupons/{show_id(batch_id)}.csv", people=stand_of(batch_id).held)
    header = [_("번호"), _("상태"), _("쓴 횟수"), _("쓸 수 있는 횟수"), _("마지막 날")]
    return stream_csv(request, "coupon-codes", header, _rows(request, batch))


def _rows(request: HttpRequest, batch: BatchView) -> Iterator[list[object]]:
    text = texts(frame_of(request).shop.tz)[Type.TEXT]
    last_day = format_last_day(batch.active_to).isoformat() if batch.active_to else ""
    words = {stand: str(told) for stand, told in STANDS.items()}
    for code in each_code(batch.id):
        limit = "" if code.uses_limit is None else code.uses_limit
        # Without a limit uses are counted by sale, not by code.
        used = "" if code.uses_limit is None else code.used_count
        yield [text(code.shown), words[code_stand(code)], used, limit, last_day]
