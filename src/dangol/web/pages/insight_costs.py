"""What customers cost to win and to keep, beside what they brought and are expected to bring."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dangol.connectors.files.columns import Type
from dangol.connectors.files.exports.cells import money, texts
from dangol.core.access.rights import Right
from dangol.core.segments.selectors import segment_names
from dangol.rooms.personalization.assumptions import Said, read_assumptions
from dangol.rooms.personalization.cost_sheet import CostRow, CostSheet, cost_sheet
from dangol.rooms.personalization.selectors import find_report, latest_run
from dangol.web.csv_files import stream_csv
from dangol.web.formats import format_times, minor_digits
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.insight_words import RFM_SEGMENTS, refused_in_words
from dangol.web.pages.insight import state_of_refresh

COSTS = "costs"
_MONEY = (
    "margin_minor", "margin_low_minor", "margin_high_minor", "points_minor", "acquisition_minor",
    "retention_minor", "kept_minor", "to_come_minor", "to_come_low_minor", "to_come_high_minor",
    "worth_minor",
)  # fmt: skip


def _page() -> CostSheet | None:
    report = find_report("value_cells")
    return cost_sheet(report, find_report("cohorts"), read_assumptions()) if report else None


def show_costs(request: HttpRequest) -> HttpResponse:
    """Show each cohort and segment with its costs; what is not known is said, and where to enter it."""
    said, page, lifetime = read_assumptions(), _page(), latest_run("lifetime")
    kinds = {one.kind for one in said.costs}
    context: dict[str, Any] = {
        "costs": True,
        "report": find_report("value_cells"),
        "page": page,
        "currency": frame_of(request).shop.currency,
        "no_margin": said.margin is None,
        "no_worth": said.point_value is None,
        "no_acquisition": Said.ACQUISITION.value not in kinds,
        "no_retention": Said.RETENTION.value not in kinds,
        "refused": refused_in_words(lifetime.refusal) if lifetime and lifetime.refusal else None,
    }
    if page:
        order, names = list(RFM_SEGMENTS), segment_names()
        rfm = sorted(page.rfm, key=lambda row: order.index(row.name))
        context["rfm"] = [(row, RFM_SEGMENTS[row.name].name) for row in rfm]
        context["saved"] = [(row, names[row.name]) for row in page.saved if row.name in names]
    return render(request, "web/insight/costs.html", context | state_of_refresh())


@needs(Right.REPORTS_READ)
def export_costs(request: HttpRequest) -> StreamingHttpResponse:
    """Send the same as CSV; it tells of nobody."""
    return stream_csv(request, "customer-value", _header(), _rows(request))


def _header() -> list[str]:
    return [
        _("무리"), _("이름"), _("고객"), _("매출"), _("이익, 한 명에"), _("95% 아래"), _("95% 위"),
        _("포인트, 한 명에"), _("획득, 한 명에"), _("유지, 한 명에"), _("남은 것, 한 명에"),
        _("앞으로, 한 명에"), _("95% 아래"), _("95% 위"), _("평생 가치, 한 명에"), _("획득 비용을 아는 고객"),
        _("LTV:CAC"), _("회수까지 달"), _("통화"),
    ]  # fmt: skip


def _rows(request: HttpRequest) -> Iterator[list[object]]:
    shop, page = frame_of(request).shop, _page()
    if page is None:
        return
    digits, text = minor_digits(shop.currency), texts(shop.tz)[Type.TEXT]
    names = segment_names()
    named: list[tuple[str, str, CostRow]] = [
        ("all", "", page.whole),
        *(("cohort", "{}-Q{}".format(*(row.quarter or ())), row) for row in page.quarters),
        *(("rfm", row.name, row) for row in page.rfm),
        *(("segment", names[row.name], row) for row in page.saved if row.name in names),
    ]
    for group, name, row in named:
        figures = ["" if (one := getattr(row, part)) is None else f"{money(one, digits)}" for part in _MONEY]
        yield [
            group, text(name), row.customers, f"{money(row.revenue_minor, digits)}", *figures, row.acquired,
            "" if row.ratio is None else format_times(row.ratio),
            "" if row.payback_months is None else row.payback_months, shop.currency,
        ]  # fmt: skip
