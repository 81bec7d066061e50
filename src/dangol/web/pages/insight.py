"""The RFM map: how recently and how often customers bought, and what to do for each segment."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.core.segments.selectors import SegmentView, find_segment
from dangol.core.segments.services import UnknownSegment
from dangol.domain.errors import DomainError
from dangol.rooms.personalization.selectors import last_refresh_asked
from dangol.web.guard import needs
from dangol.web.insight_words import RFM_SEGMENTS
from dangol.web.reads.insight import RfmMap, read_map, run_of

OPEN = {"waiting", "running"}


def state_of_refresh() -> dict[str, Any]:
    """Return what each of these pages says of when its tables were made."""
    job = last_refresh_asked()
    return {"job": job if job and job.state in OPEN else None, "failed": bool(job and job.state == "dead")}


def slug_of(segment: str, r: int, f: int) -> str:
    """Return what a segment made of an RFM segment, or of a cell, is called in addresses."""
    return f"rfm-{segment.replace('_', '-')}" if segment else f"rfm-r{r}-f{f}"


def read_choice(asked: Any) -> tuple[str, int, int]:
    """Return the RFM segment (then the scores are 0), or the scores of recency and frequency, or nothing."""
    segment, r, f = asked.get("segment", ""), asked.get("r", ""), asked.get("f", "")
    if segment in RFM_SEGMENTS:
        return segment, 0, 0
    scores = {"1", "2", "3", "4", "5"}
    return ("", int(r), int(f)) if r in scores and f in scores else ("", 0, 0)


@needs(Right.REPORTS_READ)
def show_map(request: HttpRequest, refusal: DomainError | None = None) -> HttpResponse:
    """Show the map; which segment or cell is open is in the address."""
    found = read_map()
    context: dict[str, Any] = {
        "map": found,
        "report": found.report if found else None,
        "run": run_of("rfm"),
        "legend": RFM_SEGMENTS,
        "refusal": explain(refusal) if refusal else None,
    } | state_of_refresh()
    choice = read_choice(request.POST if request.method == "POST" else request.GET)
    if found and (chosen := _chosen(found, choice)):
        context |= {"chosen": chosen, "segment": choice[0], "r": choice[1], "f": choice[2]}
        context["saved"] = _saved(slug_of(*choice))
    return render(request, "web/insight/map.html", context, status=409 if refusal else 200)


def _chosen(found: RfmMap, choice: tuple[str, int, int]) -> object | None:
    segment, r, f = choice
    if segment:
        return next((row for row in found.segments if row.segment == segment), None)
    cells = (cell for _, cells in found.rows for cell in cells)
    return next((cell for cell in cells if (cell.r, cell.f) == (r, f)), None)


def _saved(slug: str) -> SegmentView | None:
    try:
        return find_segment(slug)
    except UnknownSegment:
        return None
