"""The RFM map: how recently and how often customers bought, and what to do for each segment."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.domain.errors import DomainError
from dangol.rooms.personalization.selectors import (
    last_refresh_asked,
    latest_run,
    list_uncounted,
    why_reckoned_here,
)
from dangol.web.guard import needs
from dangol.web.insight_words import RFM_SEGMENTS
from dangol.web.reads.insight import RfmMap, read_map
from dangol.web.reads.rfm_choices import Choice, find_made, read_choice

OPEN = {"waiting", "running"}


def state_of_refresh() -> dict[str, Any]:
    """Return what each of these pages says of when and where its tables were made, and of what they lack."""
    job = last_refresh_asked()
    return {
        "job": job if job and job.state in OPEN else None,
        "failed": bool(job and job.state == "dead"),
        "uncounted": list_uncounted(),
        "reckoned_here": why_reckoned_here(),
    }


@needs(Right.REPORTS_READ)
def show_map(request: HttpRequest, refusal: DomainError | None = None) -> HttpResponse:
    """Show the map; which segment or cell is open is in the address."""
    found = read_map()
    context: dict[str, Any] = {
        "map": found,
        "report": found.report if found else None,
        "run": latest_run("rfm"),
        "legend": RFM_SEGMENTS,
        "refusal": explain(refusal) if refusal else None,
    } | state_of_refresh()
    choice = read_choice(request.POST if request.method == "POST" else request.GET)
    if found and (chosen := _chosen(found, choice)):
        context |= {"chosen": chosen, "saved": find_made(choice), **choice._asdict()}
    return render(request, "web/insight/map.html", context, status=409 if refusal else 200)


def _chosen(found: RfmMap, choice: Choice) -> object | None:
    if choice.segment:
        return next((row for row in found.segments if row.segment == choice.segment), None)
    cells = (cell for _, cells in found.rows for cell in cells)
    return next((cell for cell in cells if (cell.r, cell.f) == (choice.r, choice.f)), None)
