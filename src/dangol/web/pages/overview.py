"""The overview: what the rooms have recorded, and nothing that they have not."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dangol.core.access.rights import Right
from dangol.core.people.selectors import names_of
from dangol.domain.points import Account as Place, Kind
from dangol.web import formats
from dangol.web.charts import PHONE_WIDTH, Label, Series, column_chart
from dangol.web.duty_words import duties_of
from dangol.web.frame import Frame, frame_of
from dangol.web.guard import needs
from dangol.web.periods import LENGTHS, Column, Period, end_of_soon, make_period, read_days
from dangol.web.reads import overview as reads
from dangol.web.reads.members import SOON_DAYS
from dangol.web.reads.wallets import choose_wallet
from dangol.web.scheme import TierView, find_program, tiers_of
from dangol.web.setup_steps import lead_to_setup
from dangol.web.tiles import Shopping, point_tiles, purchase_tiles
from dangol.web.words import person_label

HAPPENINGS = 8


class TierShare(NamedTuple):
    """How many members stand on a tier."""

    name: str
    members: int
    share: str


@needs(Right.REPORTS_READ)
def show_overview(request: HttpRequest) -> HttpResponse:
    """Show the shop's figures of the last 7, 30 or 90 days beside the same length before."""
    if lead := lead_to_setup(request, anew=True):
        return lead
    frame = frame_of(request)
    period = make_period(read_days(request.GET.get("days")), at=frame.at, zone=frame.shop.tz)
    running, looked = find_program(), choose_wallet(request)
    tiers = tiers_of(running)
    members, joined = reads.read_members(period)
    shopping = _read_shopping(period, frame.shop.currency)
    context: dict[str, Any] = {
        "period": period,
        "lengths": LENGTHS,
        "tiles": purchase_tiles(shopping, members=members, joined=joined),
        "members": members,
        "happenings": _happenings(frame, tiers),
        "duties": duties_of(request),
    }
    if running:
        levels = reads.read_levels(running.id) if tiers else {}
        context["shares"] = _tier_shares(tiers, levels, members)
        soon_until = end_of_soon(at=frame.at, zone=frame.shop.tz, days=SOON_DAYS)
        context["looked"] = looked
        _add_points(context, looked.currency, period, orders=shopping.now.orders, soon_until=soon_until)
    return render(request, "web/overview.html", context)


def _read_shopping(period: Period, currency: str) -> Shopping:
    now, before = reads.read_purchases(period, currency)
    spend = period.whole(reads.read_spend_by_column(period, currency))
    return Shopping(now, before, *reads.read_returns(period, currency), spend, currency)


def _add_points(
    context: dict[str, Any], currency: str, period: Period, *, orders: int, soon_until: datetime
) -> None:
    """Add what rewards has to show; nothing where no point has ever moved."""
    balances = reads.read_balances(currency)
    flow = reads.read_point_flow(period, currency)
    soon = reads.read_expiring(currency, at=period.ends_at, until=soon_until)
    if not any(balances.values()):
        return
    context["tiles"] += point_tiles(flow, balances, orders=orders)
    context["held"] = {
        "points": balances[Place.AVAILABLE] + balances[Place.DEBT],
        "pending": balances[Place.PENDING],
        "issued": -balances[Place.ISSUED],
    }
    context["soon"] = soon
    context["flow"] = _flow_chart(flow, period, balances)


def _tier_shares(tiers: list[TierView], levels: Mapping[int, int], members: int) -> list[TierShare]:
    """Return the members on each tier, the highest first; who was never judged stands on the lowest."""
    above = sum(count for level, count in levels.items() if level)
    counts = {tier.level: levels.get(tier.level, 0) if tier.level else members - above for tier in tiers}
    return [
        TierShare(tier.name, counts[tier.level], formats.format_percent(counts[tier.level], members))
        for tier in reversed(tiers)
    ]


def _happenings(frame: Frame, tiers: list[TierView]) -> list[dict[str, object]]:
    found = reads.read_happenings(at=frame.at, limit=HAPPENINGS)
    people = names_of({one.customer_id for one in found})
    names = {tier.level: tier.name for tier in tiers}
    return [
        {
            "one": one,
            "who": person_label(people[one.customer_id]),
            "tier": names.get(one.level, ""),
            "amount": formats.format_money(one.amount, frame.shop.currency),
        }
        for one in found
    ]


def _flow_chart(flow: reads.PointFlow, period: Period, balances: Mapping[str, int]) -> dict[str, object]:
    """Return the chart of points, its twin table and its legend; a kind that never happened has no bars."""
    kinds = [(_("적립"), "s1", Kind.EARN)]
    if balances[Place.SPENT]:
        kinds.append((_("사용"), "s2", Kind.SPEND))
    if balances[Place.EXPIRED]:
        kinds.append((_("소멸"), "s3", Kind.EXPIRE))
    series = [
        Series(name, style, [column.get(kind, 0) for column in flow.columns]) for name, style, kind in kinds
    ]
    labels = [Label(formats.format_day_short(one.first_day), _note(one, period)) for one in period.columns]
    totals = ", ".join(f"{one.name} {formats.format_points(sum(one.values))}" for one in series)
    by_day, by_week = _("하루씩 본 포인트 흐름: %(totals)s"), _("한 주씩 본 포인트 흐름: %(totals)s")
    label = (by_day if period.by_day else by_week) % {"totals": totals}
    rows = zip(period.columns, labels, *(one.values for one in series), strict=True)
    draw = partial(
        column_chart,
        labels,
        series,
        label=label,
        write=formats.format_compact,
        write_tick=formats.format_tick,
    )
    return {
        "chart": draw(),
        "phone_chart": draw(width=PHONE_WIDTH),
        "series": series,
        "rows": [(row[0], row[1].note, row[2:]) for row in rows],
        "totals": [sum(one.values) for one in series],
    }


def _note(column: Column, period: Period) -> str:
    """Return why a column is not whole, empty where it is."""
    if column.is_whole:
        return ""
    if column is not period.columns[-1]:
        return _("주 중간부터")
    return _("오늘, 아직") if period.by_day else _("이번 주, 아직")
