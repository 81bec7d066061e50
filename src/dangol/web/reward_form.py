"""The form of a reward: what was typed, what makes no sense in it, and the draft it means."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.calendars import day_of, next_day, start_of_day
from dangol.domain.redeeming import Period, RewardKind
from dangol.rooms.rewards.catalog.editing import MOST_STOCK, MOST_VOUCHER_DAYS, RewardDraft
from dangol.rooms.rewards.catalog.models import LONGEST_ABOUT, LONGEST_NAME
from dangol.rooms.rewards.catalog.selectors import RewardView
from dangol.web.amounts import read_points
from dangol.web.scheme import TierView

FIELDS = (
    "name_ko", "name_en", "about_ko", "about_en", "price", "limit_count", "limit_period", "first_day",
    "last_day", "kind", "stock", "voucher_days", "gives_back", "batch",
)  # fmt: skip
_COUNTS = ("limit_count", "stock", "voucher_days")
_POINTS = _("1부터 100,000,000까지 숫자로 적어 주세요. 예: 1,200")
_COUNT = _("0이나 그보다 큰 정수로 적어 주세요.")
DAY_WRONG = _("날짜를 골라 주세요.")
_FURTHEST_YEAR = 9000


class RewardForm(NamedTuple):
    """What was typed by the fields' names, prices of tiers by `tier_…`, and what is wrong with which."""

    given: Mapping[str, str]
    wrong: Mapping[str, Promise]
    draft: RewardDraft
    kind: RewardKind
    stock: int | None


def read_form(
    asked: QueryDict, tiers: Sequence[TierView], zone: ZoneInfo, kind: RewardKind | None = None
) -> RewardForm:
    """Return what a form means; where something is wrong with it the draft is not to be used.

    Of a reward that is there the `kind` stays, and is not asked.
    """
    given = {name: asked.get(name, "").strip()[:LONGEST_ABOUT] for name in FIELDS}
    given |= {f"tier_{tier.key}": asked.get(f"tier_{tier.key}", "").strip()[:20] for tier in tiers}
    wrong: dict[str, Promise] = {}
    prices = {name: read_points(text) for name, text in given.items() if _is_price(name) and text}
    wrong |= {name: _POINTS for name, points in prices.items() if points is None}
    tier_prices = {name.removeprefix("tier_"): one for name, one in prices.items() if one and name != "price"}
    if not given["name_ko"]:
        wrong["name_ko"] = _("이름을 적어 주세요.")
    for name in ("name_ko", "name_en"):
        if len(given[name]) > LONGEST_NAME:
            wrong[name] = _("60자 안으로 줄여 주세요.")
    if not prices:
        wrong["price"] = _("모두의 가격이나 등급 가격을 하나는 적어 주세요.")
    counts = {name: _read_count(given[name]) for name in _COUNTS if given[name]}
    wrong |= {name: _COUNT for name, count in counts.items() if count is None}
    if counts.get("limit_count") == 0:
        wrong["limit_count"] = _("1이나 그보다 큰 정수로 적어 주세요.")
    days = {name: read_day(given[name]) for name in ("first_day", "last_day") if given[name]}
    wrong |= {name: DAY_WRONG for name, day in days.items() if day is None}
    first, last = days.get("first_day"), days.get("last_day")
    if first and last and last < first:
        wrong["last_day"] = _("시작하는 날보다 빠를 수 없어요.")
    if (counts.get("voucher_days") or 0) > MOST_VOUCHER_DAYS:
        wrong["voucher_days"] = _("3,650보다 작게 적어 주세요.")
    kind = kind or (RewardKind(given["kind"]) if given["kind"] in set(RewardKind) else RewardKind.ITEM)
    batch_id = _read_id(given["batch"]) if kind is RewardKind.COUPON else None
    if kind is RewardKind.COUPON and batch_id is None:
        wrong["batch"] = _("어느 쿠폰을 줄지 골라 주세요.")
    days_left = counts.get("voucher_days") if kind is RewardKind.ITEM else None
    period = given["limit_period"]
    draft = RewardDraft(
        given["name_ko"], given["name_en"], given["about_ko"], given["about_en"], prices.get("price"),
        tier_prices, counts.get("limit_count"), Period(period) if period in set(Period) else Period.EVER,
        start_of_day(first, zone) if first else None, start_of_day(next_day(last), zone) if last else None,
        days_left, days_left is not None and given["gives_back"] == "yes", batch_id,
    )  # fmt: skip
    return RewardForm(given, wrong, draft, kind, counts.get("stock") if kind is RewardKind.ITEM else None)


def form_of_reward(reward: RewardView) -> dict[str, str]:
    """Return a reward as its form has it."""
    offer, shown = reward.offer, _shown_days(reward)
    return {
        "name_ko": reward.names["ko"], "name_en": reward.names["en"], "about_ko": reward.abouts["ko"],
        "about_en": reward.abouts["en"], "price": _shown(offer.price), "limit_count": _shown(offer.limit),
        "limit_period": offer.period.value, **shown,
        "voucher_days": _shown(reward.voucher_days), "gives_back": "yes" if reward.gives_back else "",
        "batch": show_id(reward.batch_id) if reward.batch_id else "",
        **{f"tier_{key}": str(price) for key, price in offer.tier_prices.items()},
    }  # fmt: skip


def _shown_days(reward: RewardView) -> dict[str, str]:
    offer, zone = reward.offer, reward.zone
    first = day_of(offer.active_from, zone).isoformat() if offer.active_from else ""
    # Exclusive: the last day is the one whose end it is.
    last = day_of(offer.active_to, zone) if offer.active_to else None
    return {
        "first_day": first,
        "last_day": date.fromordinal(last.toordinal() - 1).isoformat() if last else "",
    }


def _shown(number: int | None) -> str:
    return "" if number is None else str(number)


def _read_id(text: str) -> Id | None:
    try:
        return parse_id(text)
    except ValueError:
        return None


def _is_price(name: str) -> bool:
    return name == "price" or name.startswith("tier_")


def _read_count(text: str) -> int | None:
    bare = text.replace(",", "")
    count = int(bare) if bare.isascii() and bare.isdigit() and len(bare) <= len(str(MOST_STOCK)) else -1
    return count if 0 <= count <= MOST_STOCK else None


def read_day(text: str) -> date | None:
    """Return a day as a field of dates sends it; None for what is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < _FURTHEST_YEAR else None
