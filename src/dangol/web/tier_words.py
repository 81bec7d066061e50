"""Tiers in words: amounts of what counts, and how far a member is from the next one, or from losing one."""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _, gettext_lazy as lazy, ngettext

from dangol.domain.tiers import Join, Measure
from dangol.rooms.rewards.selectors import StandingView, WayView
from dangol.web.formats import (
    format_date,
    format_day,
    format_last_day,
    format_money,
    format_money_in_words,
    format_number,
    format_points_change,
    with_josa,
)
from dangol.web.scheme import TierView

_MEASURES = {
    "spend": lazy("구매 금액"), "points": lazy("쌓은 포인트"), "orders": lazy("구매 횟수"),
    "visits": lazy("방문 횟수"), "tenure": lazy("함께한 날"),
}  # fmt: skip


class WayProgress(NamedTuple):
    """How far it is by one of the things that count, as a share and in words.

    `done` says what was gathered and over what time: it is not all that was ever bought. At the top nothing
    is `wanted`.
    """

    percent: int
    done: str
    wanted: str


class TierProgress(NamedTuple):
    """How far it is to the next tier, by each thing that counts, and what it takes to stay (may be empty).

    `between` stands between the ways: whether one is enough.
    """

    title: str
    ways: list[WayProgress]
    between: str
    keep: str


def measure_name(measure: str) -> str:
    """Return what a tier counts."""
    return str(_MEASURES.get(measure, measure))


def measured(value: int, measure: str, currency: str) -> str:
    """Return an amount in the unit of what a tier counts."""
    if measure == "spend":
        return format_money(value, currency)
    if measure == "points":
        return format_points_change(value).lstrip("+")
    if measure == "orders":
        return ngettext("%(count)s번", "%(count)s번", value) % {"count": format_number(value)}
    if measure == "visits":
        return ngettext("방문 %(count)s번", "방문 %(count)s번", value) % {"count": format_number(value)}
    return ngettext("%(count)s일", "%(count)s일", value) % {"count": format_number(value)}


def describe_progress(
    standing: StandingView | None, tiers: Sequence[TierView], currency: str
) -> TierProgress | None:
    """Return the way to the next tier in words; None where the program has no tiers."""
    if standing is None or not tiers:
        return None
    ways = [_way(way, standing, currency) for way in standing.ways]
    between = _("또는") if standing.join == Join.ANY and len(ways) > 1 else ""
    return TierProgress(_title(standing, tiers, currency), ways, between, _keep(standing, tiers, currency))


def _title(standing: StandingView, tiers: Sequence[TierView], currency: str) -> str:
    if standing.next is None:
        top = with_josa(tiers[standing.level].name, "이에요")
        return _("가장 높은 등급 %(tier)s") % {"tier": top}
    name = tiers[standing.next.level].name
    if standing.next_closed:
        return _("%(tier)s 정해진 회원만 될 수 있어요") % {"tier": with_josa(name, "은")}
    missing = _lacking(standing, [(way.missing, way.unit) for way in standing.ways], currency)
    if missing:
        return _("%(tier)s까지 %(missing)s 남았어요") % {"tier": name, "missing": missing}
    return _("%(tier)s 기준을 채웠어요") % {"tier": name}


def _lacking(standing: StandingView, lacking: Sequence[tuple[int, str]], currency: str) -> str:
    """Return what is lacking; nothing where either is enough and one of them lacks nothing."""
    words = [_lack(amount, unit, currency) for amount, unit in lacking if amount]
    if standing.join == Join.ANY:
        return _(" 또는 ").join(words) if len(words) == len(lacking) else ""
    return ", ".join(words)


def _lack(amount: int, unit: str, currency: str) -> str:
    return format_money_in_words(amount, currency) if unit == "spend" else measured(amount, unit, currency)


def _way(way: WayView, standing: StandingView, currency: str) -> WayProgress:
    percent = min(100, 100 * max(way.value, 0) // way.asked) if way.asked else 100
    wanted = measured(way.asked, way.unit, currency) if way.asked else ""
    return WayProgress(percent, _gathered(way, standing, currency), wanted)


def _keep(standing: StandingView, tiers: Sequence[TierView], currency: str) -> str:
    """Return what it takes to keep the tier at its review; else until when it is held, if there is an end."""
    if standing.held_until is None:
        return ""
    day, name = format_date(format_last_day(standing.held_until)), tiers[standing.level].name
    missing = _lacking(standing, [(way.to_keep, way.unit) for way in standing.ways], currency)
    if missing:
        words = _("%(day)s까지 %(missing)s 더 채우면 %(tier)s 지켜요.")
        return words % {"day": day, "missing": missing, "tier": with_josa(name, "을")}
    return _("%(tier)s %(day)s까지 지켜요.") % {"day": day, "tier": with_josa(name, "을")}


def _gathered(way: WayView, standing: StandingView, currency: str) -> str:
    amount = measured(way.value, way.unit, currency)
    if way.unit == Measure.TENURE:
        return _("가입하고 %(amount)s") % {"amount": amount}
    if days := standing.window_days:
        words = ngettext("%(days)s일 동안 %(amount)s", "%(days)s일 동안 %(amount)s", days)
        return words % {"days": days, "amount": amount}
    if standing.window_from:
        return _("%(day)s부터 %(amount)s") % {"day": format_day(standing.window_from), "amount": amount}
    return _("지금까지 %(amount)s") % {"amount": amount}
