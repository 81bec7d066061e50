"""Cohorts by month, repeat purchases, and what customers are worth, of the latest run."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dangol.core.access.rights import Right
from dangol.rooms.personalization.selectors import find_report, latest_run
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.insight_words import refused_in_words
from dangol.web.pages.insight import state_of_refresh
from dangol.web.pages.insight_costs import COSTS, show_costs
from dangol.web.reads.holdout import read_holdout
from dangol.web.reads.insight import (
    average_shares,
    read_cohorts,
    read_gaps,
    read_repeats,
    read_second_days,
    read_values,
)

REVENUE = "revenue"


@needs(Right.REPORTS_READ)
def show_cohorts(request: HttpRequest) -> HttpResponse:
    """Show who came again by the month of their first purchase; or, by the address, what each has spent."""
    report, revenue = find_report("cohorts"), request.GET.get("show") == REVENUE
    context: dict[str, Any] = {"report": report, "revenue": revenue} | state_of_refresh()
    if report and report.rows:
        rows = read_cohorts(report, frame_of(request).shop.currency, revenue=revenue)
        context |= {
            "rows": list(reversed(rows)),
            "ages": range(0 if revenue else 1, max(row["age"] for row in report.rows) + 1),
            "averages": [] if revenue else average_shares(report),
            "repeats": read_repeats(),
            "second_days": read_second_days(),
            "gaps": read_gaps(),
        }
    return render(request, "web/insight/cohorts.html", context)


@needs(Right.REPORTS_READ)
def show_value(request: HttpRequest) -> HttpResponse:
    """Show what all customers and each RFM segment are expected to be worth within a year.

    Or, by the address, that beside what they cost and brought so far.
    """
    if request.GET.get("show") == COSTS:
        return show_costs(request)
    run, values = latest_run("lifetime"), read_values()
    context: dict[str, Any] = {
        "report": find_report("value_by_segment"),
        "run": run,
        "refused": refused_in_words(run.refusal) if run and run.refusal else None,
        "currency": frame_of(request).shop.currency,
    } | state_of_refresh()
    if values:
        context |= {"whole": values[0], "rows": values[1], "held": read_holdout()}
    return render(request, "web/insight/value.html", context)
