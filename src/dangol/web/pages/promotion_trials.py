"""A promotion tried on past orders: left for the worker, with its progress, its result and its address."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dangol.connectors.files.exports.cells import money
from dangol.core.access.rights import Right
from dangol.core.people.selectors import PersonView, names_of
from dangol.core.storage.ids import Id, parse_id
from dangol.domain.calendars import start_of_day
from dangol.domain.errors import DomainError
from dangol.domain.promotions import Reason
from dangol.rooms.rewards.promotions import simulations
from dangol.rooms.rewards.promotions.simulations import Day, Result, TrialView, UnknownTrial
from dangol.web import formats
from dangol.web.charts import PHONE_WIDTH, Label, Series, column_chart
from dangol.web.csv_files import stream_csv
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.pages.programs import who
from dangol.web.pages.promotions import find, setting_for, show
from dangol.web.present import seen_by
from dangol.web.promotion_setting import promotion_offers
from dangol.web.promotion_words import TRIED_WHYS, in_a_line

LENGTHS, USUAL = (30, 90, 365), 90
# So many columns a chart has at most; longer spans are drawn by week, then by thirty days.
MOST_COLUMNS = 31


class Line(NamedTuple):
    """Somebody who would have got it, how often and how much, and the order that would have got most."""

    person: PersonView
    uses: int
    minor: int
    largest_at: datetime | None
    largest_list_minor: int
    largest_minor: int


@needs(Right.PROGRAMS_WRITE)
@require_POST
def start(request: HttpRequest, promotion_id: Id) -> HttpResponse:
    """Leave a run of the draft, or of what is in force, for the worker and go to its page."""
    view, frame = find(promotion_id), frame_of(request)
    asked = request.POST.get("days", "")
    days = int(asked) if asked in {str(one) for one in LENGTHS} else USUAL
    is_draft = view.draft is not None
    try:
        made = simulations.start_trial(
            promotion_id, view.content, is_draft=is_draft,
            since=start_of_day(frame.today - timedelta(days=days - 1), frame.shop.tz), until=frame.at,
            asked_by=who(request), at=frame.at,
        )  # fmt: skip
    except DomainError as refusal:
        return show(request, promotion_id, refusal)
    return redirect("web:promotion-trial", made)


@needs(Right.PROGRAMS_READ)
def show_trial(request: HttpRequest, simulation_id: Id) -> HttpResponse:
    """Show how far a run is, and its result once it is done."""
    trial = _find(simulation_id)
    currency = trial.content.currency or frame_of(request).shop.currency
    context: dict[str, Any] = {
        "trial": trial, "promotion": find(trial.promotion_id), "currency": currency,
        "last_at": trial.until - timedelta(microseconds=1), "state_name": _state_name(trial.state),
        "sentence": in_a_line(trial.content, setting_for(request, [trial.content])),
    }  # fmt: skip
    if trial.result:
        context |= _result(request, trial, trial.result, currency)
    template = "web/promotions/trial.html"
    return render(request, f"{template}#state" if request.headers.get("HX-Request") else template, context)


def _find(simulation_id: Id) -> TrialView:
    try:
        return simulations.find_trial(simulation_id)
    except UnknownTrial as unknown:
        raise Http404 from unknown


@needs(Right.PROGRAMS_WRITE)
@require_POST
def cancel(request: HttpRequest, simulation_id: Id) -> HttpResponse:
    """Stop a run; one that has ended is shown as it is."""
    _find(simulation_id)
    with suppress(DomainError):
        simulations.cancel_trial(simulation_id)
    return redirect("web:promotion-trial", simulation_id)


@needs(Right.PROGRAMS_READ)
def export(request: HttpRequest, simulation_id: Id) -> StreamingHttpResponse:
    """Take along a run's days as a file; it names nobody."""
    trial = _find(simulation_id)
    if trial.result is None:
        raise Http404
    digits = formats.minor_digits(trial.content.currency or frame_of(request).shop.currency)
    header = (_("날짜"), _("주문"), _("받았을 주문"), _("할인"))
    rows = [(one.day, one.orders, one.used, money(one.minor, digits)) for one in trial.result.days]
    return stream_csv(request, "promotion-simulation", header, rows)


def _state_name(state: str) -> str:
    return {
        "waiting": _("차례를 기다려요"), "running": _("돌리는 중"), "done": _("다 돌렸어요"),
        "canceled": _("멈췄어요"), "failed": _("돌리지 못했어요"),
    }.get(state, state)  # fmt: skip


def _result(request: HttpRequest, trial: TrialView, result: Result, currency: str) -> dict[str, Any]:
    owners = {one.customer: parse_id(one.customer) for one in result.customers}
    people = names_of(seen_by(visitor_of(request), owners.values()))
    labels = promotion_offers(frame_of(request).shop.currency).labels.traits
    return {
        "result": result,
        "tiles": _tiles(result, currency),
        "lines": [
            Line(
                people[owners[one.customer]],
                one.uses,
                one.minor,
                one.largest_at,
                one.largest_list_minor,
                one.largest_minor,
            )
            for one in result.customers
            if owners[one.customer] in people
        ],
        "may_see_members": visitor_of(request).may(Right.MEMBERS_READ),
        "whys": [(TRIED_WHYS[Reason(why)], count) for why, count in result.whys.items()],
        "as_now": ", ".join(labels.get(one, one) for one in result.as_now),
        "ran_out_on": date.fromisoformat(result.ran_out_on) if result.ran_out_on else None,
        "chart": _chart(trial, result.days, currency, frame_of(request).shop.tz),
    }


def _tiles(result: Result, currency: str) -> list[tuple[str, str, str]]:
    """Return the figures that stand first: what they are, the figure, and what it is made of."""
    share = formats.format_percent(result.used, result.orders)
    of_sales = formats.format_percent(result.minor, result.list_minor)
    a_time = result.minor // result.used if result.used else 0
    return [
        (
            _("비용"), formats.format_money(result.minor, currency),
            _("{sales} 어치의 {share}").format(
                sales=formats.format_money(result.list_minor, currency), share=of_sales
            ),
        ),
        (
            _("받았을 주문"), formats.format_number(result.used),
            _("주문 {count}건의 {share}").format(count=formats.format_number(result.orders), share=share),
        ),
        (
            _("받았을 고객"), formats.format_number(result.people),
            _("모르는 손님의 주문 {count}건 따로").format(count=formats.format_number(result.guests_used)),
        ),
        (
            _("한 번에"), formats.format_money(a_time, currency),
            _("포인트 {points}").format(points=formats.format_points_change(result.points)),
        ),
    ]  # fmt: skip


class Column(NamedTuple):
    """A column of the chart: its first day, and what its days come to."""

    label: str
    orders: int
    used: int
    minor: int


def _chart(trial: TrialView, days: Sequence[Day], currency: str, zone: Any) -> dict[str, Any] | None:
    if not days:
        return None
    first = trial.since.astimezone(zone).date()
    last = (trial.until - timedelta(microseconds=1)).astimezone(zone).date()
    columns = list(_columns(first, last, {date.fromisoformat(one.day): one for one in days}))
    series = [Series(_("할인"), "s1", [one.minor for one in columns])]
    draw = partial(
        column_chart, [Label(one.label) for one in columns], series,
        label=_("그때 있었다면 깎았을 금액: {sum}").format(
            sum=formats.format_money(sum(one.minor for one in columns), currency)
        ),
        write=partial(_write, currency=currency), write_tick=partial(_write, currency=currency),
    )  # fmt: skip
    unit = {1: _("하루씩"), 7: _("한 주씩")}.get(_step(first, last), _("30일씩"))
    return {"wide": draw(), "phone": draw(width=PHONE_WIDTH), "columns": columns, "unit": unit}


def _write(minor: int, *, currency: str) -> str:
    return formats.format_compact(minor // 10 ** formats.minor_digits(currency))


def _step(first: date, last: date) -> int:
    """Return how many days a column has."""
    length = (last - first).days + 1
    return 1 if length <= MOST_COLUMNS else 7 if length <= 7 * MOST_COLUMNS else 30


def _columns(first: date, last: date, days: dict[date, Day]) -> Iterator[Column]:
    """Yield the days from first to last, or, where these are too many, several at a time."""
    step = _step(first, last)
    for start_on in range(0, (last - first).days + 1, step):
        begins = first + timedelta(days=start_on)
        own = [days[one] for n in range(step) if (one := begins + timedelta(days=n)) in days]
        yield Column(
            formats.format_day_short(begins), sum(one.orders for one in own), sum(one.used for one in own),
            sum(one.minor for one in own),
        )  # fmt: skip
