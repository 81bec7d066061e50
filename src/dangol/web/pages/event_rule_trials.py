"""An event rule tried on past events: left for the worker, with its progress, its result and its address."""

from contextlib import suppress
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.people.selectors import PersonView, names_of
from dangol.core.storage.ids import Id, parse_id
from dangol.domain.calendars import start_of_day
from dangol.domain.errors import DomainError
from dangol.domain.event_rules import Why
from dangol.rooms.rewards.event_rules import trials
from dangol.rooms.rewards.event_rules.errors import UnknownRuleTrial
from dangol.rooms.rewards.event_rules.trials import Result, TrialView
from dangol.web.event_rule_words import TRIED_WHYS, in_a_line
from dangol.web.formats import format_number, format_percent, format_points
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.pages.event_rules import find, setting_for, show
from dangol.web.pages.programs import who
from dangol.web.present import seen_by

LENGTHS, USUAL = (30, 90, 365), 90


class Line(NamedTuple):
    """Somebody who would have got something, how often and how much."""

    person: PersonView
    times: int
    points: int


@needs(Right.PROGRAMS_WRITE)
@require_POST
def start(request: HttpRequest, deed_rule_id: Id) -> HttpResponse:
    """Leave a trial of the draft, or of what is in force, for the worker and go to its page."""
    view, frame = find(deed_rule_id), frame_of(request)
    asked = request.POST.get("days", "")
    days = int(asked) if asked in {str(one) for one in LENGTHS} else USUAL
    try:
        made = trials.start_trial(
            deed_rule_id, view.content, is_draft=view.draft is not None,
            since=start_of_day(frame.today - timedelta(days=days - 1), frame.shop.tz), until=frame.at,
            asked_by=who(request), at=frame.at,
        )  # fmt: skip
    except DomainError as refusal:
        return show(request, deed_rule_id, refusal)
    return redirect("web:event-rule-trial", made)


@needs(Right.PROGRAMS_READ)
def show_trial(request: HttpRequest, deed_trial_id: Id) -> HttpResponse:
    """Show how far a trial is, and its result once it is done."""
    trial = _find(deed_trial_id)
    context: dict[str, Any] = {
        "trial": trial, "rule": find(trial.rule_id), "state_name": _state_name(trial.state),
        "last_at": trial.until - timedelta(microseconds=1),
        "sentence": in_a_line(trial.content, setting_for(request)),
    }  # fmt: skip
    if trial.result:
        context |= _result(request, trial.result)
    template = "web/event_rules/trial.html"
    return render(request, f"{template}#state" if request.headers.get("HX-Request") else template, context)


@needs(Right.PROGRAMS_WRITE)
@require_POST
def cancel(request: HttpRequest, deed_trial_id: Id) -> HttpResponse:
    """Stop a trial; one that has ended is shown as it is."""
    _find(deed_trial_id)
    with suppress(DomainError):
        trials.cancel_trial(deed_trial_id)
    return redirect("web:event-rule-trial", deed_trial_id)


def _find(trial_id: Id) -> TrialView:
    try:
        return trials.find_trial(trial_id)
    except UnknownRuleTrial as unknown:
        raise Http404 from unknown


def _state_name(state: str) -> str:
    return {
        "waiting": _("차례를 기다려요"), "running": _("돌리는 중"), "done": _("다 돌렸어요"),
        "canceled": _("멈췄어요"), "failed": _("돌리지 못했어요"),
    }.get(state, state)  # fmt: skip


def _result(request: HttpRequest, result: Result) -> dict[str, Any]:
    owners = {one.member: parse_id(one.member) for one in result.members}
    people = names_of(seen_by(visitor_of(request), owners.values()))
    return {
        "result": result,
        "tiles": _tiles(result),
        "lines": [
            Line(people[owners[one.member]], one.times, one.points)
            for one in result.members
            if owners[one.member] in people
        ],
        "may_see_members": visitor_of(request).may(Right.MEMBERS_READ),
        "whys": [(TRIED_WHYS[Why(why)], count) for why, count in result.whys.items()],
        "days": [(date.fromisoformat(one.day), one.times, one.points) for one in reversed(result.days)],
        "ran_out_on": date.fromisoformat(result.ran_out_on) if result.ran_out_on else None,
    }  # fmt: skip


def _tiles(result: Result) -> list[tuple[str, str, str]]:
    """Return the figures that stand first: what they are, the figure, and what it is made of."""
    share = format_percent(result.times, result.deeds)
    a_person = format_points(result.points // result.people if result.people else 0)
    tenths = result.times * 10 // result.people if result.people else 0
    a_time = f"{tenths // 10}.{tenths % 10}".removesuffix(".0")
    of_deeds = _("활동 {count}번의 {share}").format(count=format_number(result.deeds), share=share)
    return [
        (_("줬을 포인트"), format_points(result.points), _("한 사람에 {points}").format(points=a_person)),
        (_("줬을 횟수"), format_number(result.times), of_deeds),
        (_("받았을 회원"), format_number(result.people), _("한 사람에 {count}번").format(count=a_time)),
    ]
