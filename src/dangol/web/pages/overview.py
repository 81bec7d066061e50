"""The overview: what the rooms have recorded, and nothing that they have not."""

from collections.abc import Mapping
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _, ngettext

from dangol.core.people.selectors import names_of
from dangol.domain.points import Account as Place, Kind
from dangol.web import formats
from dangol.web.charts import Series, column_chart, sparkline
from dangol.web.frame import Frame, frame_of
from dangol.web.periods import LENGTHS, Period, make_period, read_days
from dangol.web.reads import overview as reads
from dangol.web.reads.members import SOON_DAYS
from dangol.web.scheme import TierView, find_program, tiers_of
from dangol.web.words import person_label

HAPPENINGS = 8


class Change(NamedTuple):
    """How a figure compares with the period before: `good` is empty where neither way is better."""

    icon: str
    amount: str
    spoken: str
    good: str


class Tile(NamedTuple):
    """One figure of one room."""

    icon: str
    room: str
    label: str
    number: str
    unit: str
    spark: SafeString
    change: Change | None
    foot: str


class TierShare(NamedTuple):
    """How many members stand on a tier."""

    name: str
    members: int
    share: str


def show_overview(request: HttpRequest) -> HttpResponse:
    """Show the shop's figures of the last 7, 30 or 90 days beside the same length before."""
    frame = frame_of(request)
    period = make_period(read_days(request.GET.get("days")), at=frame.at, zone=frame.shop.tz)
    running = find_program()
    tiers = tiers_of(running)
    balances = reads.read_balances(running.row.points_currency) if running else {}
    flow = reads.read_point_flow(period, running.row.points_currency) if running else None
    members, joined = reads.read_members(period)
    purchases = reads.read_purchases(period, frame.shop.currency)
    has_points = any(balances.values())
    tiles = _purchase_tiles(period, frame, purchases, members, joined)
    if flow and has_points:
        tiles += _point_tiles(flow, balances)
    context = {
        "period": period,
        "lengths": LENGTHS,
        "tiles": tiles,
        "members": members,
        "shares": _tier_shares(tiers, reads.read_levels(running.id) if running and tiers else {}, members),
        "happenings": _happenings(frame, tiers),
        "soon": reads.read_expiring(running.row.points_currency, at=frame.at, days=SOON_DAYS) if running else None,
        "flow": _flow_chart(flow, period, balances) if flow and has_points else None,
    }
    return render(request, "web/overview.html", context)


def _change(now: int, before: int, *, more_is_good: bool | None = True) -> Change | None:
    """Compare two figures in percent; with nothing before there is nothing to compare with."""
    if before <= 0:
        return None
    if now == before:
        return Change("minus", _("변화 없음"), "", "")
    up = now > before
    good = "" if more_is_good is None else "good" if up is more_is_good else "bad"
    spoken = _("올랐어요.") if up else _("내렸어요.")
    return Change("arrow-up" if up else "arrow-down", formats.format_percent(abs(now - before), before), spoken, good)


def _share_change(now: tuple[int, int], before: tuple[int, int]) -> Change | None:
    """Compare two shares in percentage points."""
    if not now[1] or not before[1]:
        return None
    tenths = round(1000 * now[0] / now[1]) - round(1000 * before[0] / before[1])
    if not tenths:
        return Change("minus", _("변화 없음"), "", "")
    up = tenths > 0
    spoken = _("올랐어요.") if up else _("내렸어요.")
    return Change("arrow-up" if up else "arrow-down", formats.format_point_change(tenths), spoken, "good" if up else "bad")


def _split_money(minor: int, currency: str) -> tuple[str, str]:
    """Return an amount in two parts, so that a headline can write the cents small."""
    whole, point, cents = formats.format_money(minor, currency).partition(".")
    return whole, point + cents


def _purchase_tiles(
    period: Period, frame: Frame, purchases: tuple[reads.Purchases, reads.Purchases], members: int, joined: int
) -> list[Tile]:
    now, before = purchases
    if not now.orders and not before.orders:
        return []
    currency = frame.shop.currency
    spend, cents = _split_money(now.spend_minor, currency)
    orders = ngettext("주문 %(count)s건", "주문 %(count)s건", now.orders) % {"count": formats.format_number(now.orders)}
    average = formats.format_money(now.spend_minor // now.orders, currency) if now.orders else formats.DASH
    returned, returned_minor = reads.read_returns(period, currency)
    foot = f"{orders} · " + _("평균 %(amount)s") % {"amount": average}
    if returned:
        foot += " · " + _("반품 %(amount)s") % {"amount": formats.format_money(-returned_minor, currency)}
    spark = sparkline(reads.read_spend_by_column(period, currency))
    buyers = ngettext(
        "산 회원 %(count)s명 가운데 %(again)s명", "산 회원 %(count)s명 가운데 %(again)s명", now.buyers
    ) % {"count": formats.format_number(now.buyers), "again": formats.format_number(now.repeat_buyers)}
    everyone = ngettext("전체 회원 %(count)s명", "전체 회원 %(count)s명", members) % {"count": formats.format_number(members)}
    if joined:
        everyone += " · " + ngettext("새 회원 %(count)s명", "새 회원 %(count)s명", joined) % {
            "count": formats.format_number(joined)
        }
    none = SafeString()
    return [
        Tile("shopping-bag", _("구매"), _("구매 금액"), spend, cents, spark, _change(now.spend_minor, before.spend_minor), foot),
        Tile(
            "repeat", _("구매"), _("두 번 이상 산 회원"), *_split_percent(now.repeat_buyers, now.buyers), none,
            _share_change((now.repeat_buyers, now.buyers), (before.repeat_buyers, before.buyers)), buyers,
        ),
        Tile(
            "users", _("회원"), _("한 번이라도 산 회원"), formats.format_number(now.buyers), _("명"), none,
            _change(now.buyers, before.buyers), everyone,
        ),
    ]  # fmt: skip


def _split_percent(part: int, whole: int) -> tuple[str, str]:
    shown = formats.format_percent(part, whole)
    return (shown[:-1], "%") if shown.endswith("%") else (shown, "")


def _point_tiles(flow: reads.PointFlow, balances: Mapping[str, int]) -> list[Tile]:
    now, before = flow.now, flow.before
    unit = _("P")
    taken = now[Kind.CLAW_BACK] + now[Kind.VOID]
    waiting = _("적립 예정 %(points)s") % {"points": formats.format_points(balances[Place.PENDING])}
    held = balances[Place.AVAILABLE] + balances[Place.DEBT]
    tiles = [
        Tile(
            "plus", _("보상"), _("적립한 포인트"), formats.format_number(now[Kind.EARN]), unit,
            sparkline([column.get(Kind.EARN, 0) for column in flow.columns]),
            _change(now[Kind.EARN], before[Kind.EARN]),
            _("적립 취소 %(points)s") % {"points": formats.format_points(taken)} if taken else waiting,
        ),
        Tile(
            "coins", _("보상"), _("회원이 가진 포인트"), formats.format_number(held), unit, SafeString(), None,
            waiting if balances[Place.PENDING] else _("지금 바로 쓸 수 있어요"),
        ),
    ]  # fmt: skip
    if balances[Place.SPENT]:
        share = formats.format_percent(now[Kind.SPEND], now[Kind.EARN])
        tiles.append(
            Tile(
                "gift", _("보상"), _("쓴 포인트"), formats.format_number(now[Kind.SPEND]), unit,
                sparkline([column.get(Kind.SPEND, 0) for column in flow.columns]),
                _change(now[Kind.SPEND], before[Kind.SPEND]),
                _("같은 기간 적립의 %(share)s") % {"share": share},
            )
        )  # fmt: skip
    if balances[Place.EXPIRED]:
        tiles.append(
            Tile(
                "hourglass", _("보상"), _("사라진 포인트"), formats.format_number(now[Kind.EXPIRE]), unit,
                sparkline([column.get(Kind.EXPIRE, 0) for column in flow.columns]),
                _change(now[Kind.EXPIRE], before[Kind.EXPIRE], more_is_good=False),
                _("지금까지 모두 %(points)s") % {"points": formats.format_points(balances[Place.EXPIRED])},
            )
        )  # fmt: skip
    return tiles


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
    series = [Series(name, style, [column.get(kind, 0) for column in flow.columns]) for name, style, kind in kinds]
    labels = [formats.format_day_short(column.first_day) for column in period.columns]
    totals = ", ".join(f"{one.name} {formats.format_points(sum(one.values))}" for one in series)
    label = (_("하루씩 본 포인트 흐름: %(totals)s") if period.by_day else _("한 주씩 본 포인트 흐름: %(totals)s")) % {
        "totals": totals
    }
    rows = list(zip(period.columns, *(one.values for one in series), strict=True))
    return {
        "chart": column_chart(labels, series, label=label, write=formats.format_compact),
        "series": series,
        "rows": [(row[0], row[1:]) for row in rows],
        "totals": [sum(one.values) for one in series],
    }
