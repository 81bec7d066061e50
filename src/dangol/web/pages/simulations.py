"""Simulations: a draft, or what holds, tried on past purchases, with its progress and its result."""

from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _, gettext_lazy as lazy
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.people.selectors import names_of
from dangol.core.storage.ids import Id, parse_id
from dangol.domain.calendars import start_of_day
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.kept import current_programs
from dangol.rooms.rewards.programs import Running
from dangol.rooms.rewards.simulations import (
    Result,
    SimulationView,
    UnknownSimulation,
    Worth,
    cancel_simulation,
    find_simulation,
    simulate,
)
from dangol.web.formats import format_money, format_number, format_points, format_points_change
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.pages.programs import (
    draft_or_none,
    program_query,
    require_program,
    show_programs,
    who,
)
from dangol.web.program_fields import read_money
from dangol.web.words import zero_reason

LENGTHS = (30, 90, 365)
USUAL = 90
_LEFT_OUT = {
    "guest": lazy("누구인지 모르는 손님의 구매예요."),
    "other_currency": lazy("프로그램과 다른 통화로 산 것이에요."),
}


@needs(Right.PROGRAMS_WRITE)
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Leave a simulation for the worker and go to its page."""
    frame, running = frame_of(request), require_program(request)
    of_draft = request.POST.get("of") == "draft"
    draft = draft_or_none(running, frame.at) if of_draft else None
    asked = request.POST.get("days", "")
    days = int(asked) if asked in {str(one) for one in LENGTHS} else USUAL
    try:
        view = simulate(
            running.id,
            draft.content if draft else None,
            since=start_of_day(frame.today - timedelta(days=days - 1), frame.shop.tz),
            until=frame.at,
            asked_by=who(request),
            at=frame.at,
            worth=_worth(request, running.row.money_currency),
        )
    except DomainError as refusal:
        return show_programs(request, refusal)
    return redirect("web:simulation", view.id)


def _worth(request: HttpRequest, currency: str) -> Worth | None:
    """Return what a hundred points are said to be worth; none where that is left empty or is no amount."""
    typed = request.POST.get("worth", "")
    minor = read_money(typed, currency) if typed.strip() else None
    return Worth(100, minor) if minor is not None and minor <= 10**9 else None


@needs(Right.PROGRAMS_READ)
def show_simulation(request: HttpRequest, simulation_id: Id) -> HttpResponse:
    """Show how far a simulation is, and its result once it is done."""
    try:
        view = find_simulation(simulation_id)
    except UnknownSimulation as unknown:
        raise Http404 from unknown
    running = _program_of(view)
    context: dict[str, Any] = {
        "simulation": view,
        "of_program": program_query(running.id),
        "last_at": _last_instant(view),
        "currency": running.row.money_currency,
        "state_name": _state_name(view.state),
        "has_most_held": _has_most_held(view, running),
    }
    if view.result:
        context |= _result(view, view.result, running.row.money_currency)
    template = "web/simulation.html"
    return render(request, f"{template}#state" if request.headers.get("HX-Request") else template, context)


def _program_of(view: SimulationView) -> Running:
    running = next((one for one in current_programs() if one.id == view.program_id), None)
    if running is None:
        raise Http404
    return running


def _has_most_held(view: SimulationView, running: Running) -> bool:
    """Say whether purchases lift nobody above a number of points, by what is tried or by what has held."""
    kept = any(terms.most_held is not None for _, terms in running.rules.terms)
    return kept or (view.content is not None and view.content.terms.most_held is not None)


def _last_instant(view: SimulationView) -> datetime:
    return view.until - timedelta(microseconds=1)


@needs(Right.PROGRAMS_WRITE)
@require_POST
def cancel(request: HttpRequest, simulation_id: Id) -> HttpResponse:
    """Stop a simulation; one that has ended is shown as it is."""
    try:
        cancel_simulation(simulation_id)
    except UnknownSimulation as unknown:
        raise Http404 from unknown
    except DomainError:
        pass
    return redirect("web:simulation", simulation_id)


def _state_name(state: str) -> str:
    return {
        "waiting": _("차례를 기다려요"), "running": _("돌리는 중"), "done": _("다 돌렸어요"),
        "canceled": _("멈췄어요"), "failed": _("돌리지 못했어요"),
    }.get(state, state)  # fmt: skip


def _result(view: SimulationView, result: Result, currency: str) -> dict[str, Any]:
    change = result.points_after - result.points_before
    tiers = {tier.key: tier.name for tier in result.tiers}
    owners = {one.customer: parse_id(one.customer) for one in result.examples}
    people = names_of(set(owners.values()))
    return {
        "result": result,
        "change": change,
        "cost": format_money(view.worth.of(change), currency) if view.worth else "",
        "worth": format_money(view.worth.minor, currency) if view.worth else "",
        "share": _share(change, result.points_before),
        "left_out": [(_why_left_out(reason), count) for reason, count in result.left_out.items()],
        "examples": [
            (people[owners[one.customer]], one, tiers[one.tier_before], tiers[one.tier_after])
            for one in result.examples
            if owners[one.customer] in people
        ],
        "tiles": _tiles(result, change),
    }


def _share(change: int, before: int) -> str:
    """Return by how much the points change, in percent of what was paid; empty where nothing was."""
    if not before:
        return ""
    tenths = (abs(change) * 2_000 + before) // (2 * before)
    sign = "+" if change > 0 else "−" if change < 0 else ""
    return f"{sign}{format_number(tenths // 10)}.{tenths % 10}%"


def _why_left_out(reason: str) -> str:
    return str(_LEFT_OUT.get(reason) or zero_reason(reason))


def _tiles(result: Result, change: int) -> list[tuple[str, str, str]]:
    """Return the figures that stand first: what they are, the figure, and what it is made of."""
    return [
        (
            _("포인트"), format_points_change(change),
            _("%(before)s에서 %(after)s") % {
                "before": format_points(result.points_before), "after": format_points(result.points_after),
            },
        ),
        (
            _("더 받는 회원"), _people(result.gain_members),
            _("모두 %(points)s") % {"points": format_points_change(result.gain_points)},
        ),
        (
            _("덜 받는 회원"), _people(result.lose_members),
            _("모두 %(points)s") % {"points": format_points_change(-result.lose_points)},
        ),
        (
            _("등급이 바뀌는 회원"), _people(result.moved_up + result.moved_down),
            _("올라가요 %(up)s, 내려가요 %(down)s") % {
                "up": format_number(result.moved_up), "down": format_number(result.moved_down),
            },
        ),
    ]  # fmt: skip


def _people(count: int) -> str:
    return _("%(count)s명") % {"count": format_number(count)}
