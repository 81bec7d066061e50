"""What an answer of the checkout's settings comes to, worked out on a small cart and told in a sentence."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _, gettext_lazy as lazy, ngettext

from dangol.domain.promotions import examples
from dangol.domain.promotions.examples import EXAMPLES, work_out
from dangol.domain.tender import most_points
from dangol.rooms.rewards.promotions.checkout import CheckoutContent
from dangol.web.benefit_words import share_in_words
from dangol.web.formats import format_money_in_words, format_number, format_points, format_time

# What is bought, and what the member has, where an example is of points that pay.
_BOUGHT_MINOR, _HELD_POINTS = 50_000, 12_345
# Sentences with the amounts of the engine's own examples; `found` is what comes of them.
_TOLD: Mapping[str, Promise] = {
    "spare": lazy("%(spare_off)s 할인을 %(spare_prices)s짜리에 나누면 %(found)s"),
    "rounding": lazy("%(rounded_prices)s의 10%%는 %(found)s"),
    "rounded_on": lazy("%(unit_price)s짜리 세 개씩 두 줄에 15%% 할인이면 %(found)s"),
    "percent_of": lazy("%(price)s에 20%%, 그다음 10%%면 모두 %(found)s 할인"),
    "threshold_on": lazy(
        "%(price)s에 20%% 할인, 그다음 ‘%(threshold)s부터 %(thousand)s 할인’이면 모두 %(found)s 할인"
    ),
    "points_on": lazy("%(price)s에 20%% 할인하고 %(hundred)s마다 1P면 %(found)s"),
    "points_rounding": lazy("%(thousand)s마다 1P일 때 %(rounded_points)s에는 %(found)s"),
    "floors_hold": lazy("하한이 %(floor)s인 %(price)s짜리에 50%%면 %(found)s 할인"),
    "over_budget": lazy("예산이 %(budget_left)s 남았는데 %(half)s 깎을 차례면 %(found)s 할인"),
    "all_or_nothing": lazy("%(thousand)s 할인 코드와 틀린 코드를 함께 내면 %(found)s 할인"),
    "most_promotions": lazy("%(thousand)s 할인 프로모션 셋이 겹치면 모두 %(found)s 할인"),
    "most_codes": lazy("%(thousand)s 할인 코드 셋을 내면 모두 %(found)s 할인"),
    "lanes": lazy("%(price)s에 10%%와 20%% 할인이 같은 칸에 있으면 모두 %(found)s 할인"),
    "delivery_back": lazy(
        "%(price)s짜리 둘과 배송비 %(delivery)s에서 두 번째 상품까지 반품하면 그때 %(found)s"
    ),
}
_OF_POINTS = frozenset({"points_on", "points_rounding"})


def tell_example(name: str, value: Any, currency: str) -> str:
    """Return what comes of an answer, in a sentence; nothing for what has no example."""
    if name == "uses_up_without_effect":
        return _used_up(work_out(name, value)[0])
    if name not in EXAMPLES:
        return ""
    shown = format_points if name in _OF_POINTS else lambda minor: format_money_in_words(minor, currency)
    found = _listed(shown(one) for one in work_out(name, value))
    return str(_TOLD[name]) % {**_amounts(currency), "found": found}


def _used_up(count: int) -> str:
    if count:
        return _("이미 0원이 된 장바구니에 코드를 내면 그 코드는 다시 쓰지 못해요")
    return _("이미 0원이 된 장바구니에 코드를 내면 그 코드는 다음에 쓸 수 있어요")


def _amounts(currency: str) -> dict[str, str]:
    def money(minor: int) -> str:
        return format_money_in_words(minor, currency)

    return {
        "price": money(examples.PRICE), "half": money(examples.PRICE // 2), "thousand": money(1_000),
        "hundred": money(100), "spare_off": money(examples.SPARE_OFF),
        "spare_prices": _listed(map(money, examples.SPARE_PRICES)),
        "rounded_prices": _listed(map(money, examples.ROUNDED_PRICES)),
        "rounded_points": _listed(map(money, examples.ROUNDED_POINTS)),
        "unit_price": money(examples.UNIT_PRICE), "floor": money(examples.FLOOR),
        "threshold": money(examples.THRESHOLD), "budget_left": money(examples.BUDGET_LEFT),
        "delivery": money(examples.DELIVERY),
    }  # fmt: skip


def _listed(parts: Iterable[str]) -> str:
    return "·".join(parts)


def tell_figures(content: CheckoutContent, currency: str) -> list[str]:
    """Return what the amounts and minutes of a content come to, each in a sentence."""
    told = [_tell_tender(content, currency), _tell_confirmation(content)]
    times = {"at": _clock(0), "held": _clock(content.hold_minutes), "undone": _clock(content.undo_minutes)}
    told.append(_("%(at)s에 예약한 장바구니는 %(held)s까지 잡아 둬요.") % times)
    if content.undo_minutes:
        told.append(_("%(at)s에 판 것은 %(undone)s까지 계산한 직원이 되돌릴 수 있어요.") % times)
    else:
        told.append(_("판 것은 되돌리지 않고 반품으로 처리해요."))
    told.append(_tell_second_look(content, currency))
    return [one for one in told if one]


def _tell_second_look(content: CheckoutContent, currency: str) -> str:
    rule = content.as_second_look()
    if rule.always:
        return _("프로모션은 언제나 다른 사람이 승인해야 발행돼요.")
    limits = [
        *([format_money_in_words(rule.budget_above, currency)] if rule.budget_above is not None else []),
        *([share_in_words(rule.share_above)] if rule.share_above is not None else []),
    ]
    if not limits:
        return ""
    return _("예산이나 할인율이 %(limits)s보다 큰 프로모션은 다른 사람이 승인해야 발행돼요.") % {
        "limits": _listed(limits)
    }


def _tell_tender(content: CheckoutContent, currency: str) -> str:
    rule = content.as_tender()
    if rule is None:
        return ""
    most = most_points(rule, payable_minor=_BOUGHT_MINOR, held=_HELD_POINTS)
    amounts = {
        "bought": format_money_in_words(_BOUGHT_MINOR, currency), "held": format_points(_HELD_POINTS),
        "most": format_points(most), "paid": format_money_in_words(rule.worth(most), currency),
    }  # fmt: skip
    if not most:
        return _("%(bought)s어치를 살 때 %(held)s를 가진 회원은 포인트를 쓰지 못해요.") % amounts
    return _("%(bought)s어치를 살 때 %(held)s를 가진 회원은 %(most)s까지 써서 %(paid)s 덜 내요.") % amounts


def _tell_confirmation(content: CheckoutContent) -> str:
    least = content.confirm_points_from
    if least is None:
        return ""
    if least == 1:
        return _("포인트를 쓸 때마다 회원에게 물어요.")
    amounts = {"below": format_points(least - 1), "least": format_points(least)}
    return _("%(below)s까지는 바로 쓰고, %(least)s부터 회원에게 물어요.") % amounts


def _clock(minutes: int) -> str:
    """Return the time so many minutes after two in the afternoon, and how many days on."""
    two = datetime(2026, 1, 1, 14, tzinfo=get_current_timezone())
    at = two + timedelta(minutes=minutes)
    days = (at.date() - two.date()).days
    if not days:
        return format_time(at)
    told = ngettext("%(days)s일 뒤 %(time)s", "%(days)s일 뒤 %(time)s", days)
    return told % {"days": format_number(days), "time": format_time(at)}
