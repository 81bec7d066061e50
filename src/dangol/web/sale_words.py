"""What a checkout's answer says in words: each effect and its arithmetic, and what points may pay."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _, gettext_lazy as lazy

from dangol.core.storage.ids import show_id
from dangol.domain.promotions import Reason
from dangol.domain.promotions.rules import Minimum
from dangol.domain.tender import WHOLE, TenderRule
from dangol.rooms.rewards.promotions.asking import Answer
from dangol.rooms.rewards.promotions.documents import FOR_OTHER_CARTS, Json
from dangol.rooms.rewards.promotions.kept import Shelf
from dangol.rooms.rewards.promotions.words import stored_text
from dangol.web.coupon_words import hidden
from dangol.web.formats import format_money_in_words, format_number, format_points
from dangol.web.stamp_words import stamps_in_words

_KINDS: Mapping[str, Any] = {
    "percent": lazy("비율 할인"),
    "amount": lazy("금액 할인"),
    "new_price": lazy("특가"),
    "tiered": lazy("많이 살수록 할인"),
    "nth_free": lazy("N번째 무료"),
    "buy_get": lazy("사면 더 주기"),
    "bundle": lazy("묶음 할인"),
}


class Told(NamedTuple):
    """What a promotion did: a sentence, by which promotion, version and code, and the sum behind it."""

    sentence: str
    promotion: str
    version: int
    code: str
    steps: list[str]


def effects_in_words(answer: Json, names: Mapping[str, str]) -> list[Told]:
    """Return what promotions did, in the order they did it; `names` says what each line is called."""
    return [
        Told(_sentence(one, answer), one["name"], one["version"], one["code"], _steps(one, answer, names))
        for one in answer["effects"]
    ]


def _sentence(effect: Json, answer: Json) -> str:
    money = answer["currency"]
    match effect["type"]:
        case "discount":
            off = format_money_in_words(effect["amount_minor"], money)
            return _("%(off)s 할인") % {"off": off}
        case "shipping_discount":
            off = format_money_in_words(effect["amount_minor"], money)
            return _("배송비 %(off)s 할인") % {"off": off}
        case "gift":
            return _("%(product)s %(count)s개 증정") % {
                "product": effect["product"], "count": format_number(effect["count"]),
            }  # fmt: skip
        case "points":
            return _("%(points)s 더 적립") % {"points": format_points(effect["points"])}
        case "points_multiplied":
            return _("포인트 %(times)s배") % {"times": _times(effect["num"], effect["den"])}
        case "stamps":
            return stamps_in_words(effect["count"])
        case _:
            if effect.get("issued"):
                return _("다음에 쓸 쿠폰 %(code)s") % {"code": effect["issued"]}
            return _("다음에 쓸 쿠폰 한 장")


def _times(num: int, den: int) -> str:
    return f"{num / den:.2f}".rstrip("0").rstrip(".")


def _steps(effect: Json, answer: Json, names: Mapping[str, str]) -> list[str]:
    """Return the arithmetic: what fell on each line, and on which of its units."""
    money = answer["currency"]
    steps = [str(_KINDS[effect["kind"]])] if effect.get("kind") in _KINDS else []
    if effect["type"] == "points_multiplied":
        added = next(
            (
                one["points"]
                for one in answer["earning"]["multiplied"]
                if one["promotion"] == effect["promotion"]
            ),
            0,
        )
        return [*steps, _("규칙의 포인트에 %(points)s를 더해요") % {"points": format_points(added)}]
    shown = format_points if effect["type"] == "points" else lambda minor: format_money_in_words(minor, money)
    for line in effect.get("lines") or ():
        parts = " + ".join(shown(unit["amount"]) for unit in line["units"][:6])
        more = " + …" if len(line["units"]) > 6 else ""
        sum_ = f" ({parts}{more})" if len(line["units"]) > 1 else ""
        steps.append(f"{names.get(line['line'], line['line'])}: {shown(line['amount'])}{sum_}")
    return steps


def with_codes_hidden(answer: Json) -> Json:
    """Return an answer of whose codes only the ends are shown, for those who may not see coupons."""

    def masked(one: Json) -> Json:
        return one | {key: hidden(one[key]) for key in ("code", "issued") if one.get(key)}

    return answer | {key: [masked(one) for one in answer[key]] for key in ("effects", "rejections")}


def refused_in_words(answer: Json, shelf: Shelf) -> list[Json]:
    """Return what was asked for and did nothing, each with why in words and the arithmetic of it.

    Of promotions nobody asked for only what nearly applied. The arithmetic is told in money or units where
    the version that refused is in force still.
    """
    minimums = {
        (show_id(one.promotion.id), one.promotion.version): one.promotion.minimum
        for one in shelf.book.entries
        if one.promotion.minimum
    }
    found = []
    for one in answer["rejections"]:
        if not one["code"] and one["reason"] in FOR_OTHER_CARTS:
            continue
        said, measured = refusal_in_words(
            one, answer["currency"], minimums.get((one["promotion"], one["version"]))
        )
        found.append(one | {"said": said, "measured": measured})
    return found


def refusal_in_words(refused: Json, currency: str, minimum: Minimum | None) -> tuple[str, str]:
    """Return why something does nothing, and what was needed beside what was found, in money or units.

    Where it cannot be told which of the two is meant, the second is empty.
    """
    needed, found, reason = refused["needed"], refused["found"], refused["reason"]
    if needed is None or found is None:
        return refused["message"], ""
    is_minimum = reason == Reason.MINIMUM_NOT_REACHED.value
    if reason == Reason.BUDGET_EXHAUSTED.value or (is_minimum and minimum and minimum.minor == needed):
        shown = {
            "needed": format_money_in_words(needed, currency),
            "found": format_money_in_words(found, currency),
        }
        told = _("%(needed)s 가운데 %(found)s") % shown
    elif reason == Reason.NOT_ENOUGH_UNITS.value or (is_minimum and minimum and minimum.units == needed):
        shown = {"needed": format_number(needed), "found": format_number(found)}
        told = _("%(needed)s개 가운데 %(found)s개") % shown
    else:
        return refused["message"], ""
    return (_("최소 기준에 못 미쳐요.") if is_minimum else refused["message"]), told


def tender_in_words(rule: TenderRule | None, currency: str) -> str:
    """Return on what terms points pay, in one line; nothing where they do not."""
    if rule is None:
        return ""
    told = [
        _("%(points)s = %(worth)s")
        % {"points": format_points(rule.points), "worth": format_money_in_words(rule.minor, currency)}
    ]
    if rule.least_points > 1:
        told.append(_("%(points)s부터") % {"points": format_points(rule.least_points)})
    if rule.step > 1:
        told.append(_("%(points)s 단위") % {"points": format_points(rule.step)})
    if rule.most_share < WHOLE:
        told.append(
            _("상품값의 %(share)s%%까지") % {"share": f"{rule.most_share / 100:.2f}".rstrip("0").rstrip(".")}
        )
    return " · ".join(told)


def priced_lines(answer: Json, names: Mapping[str, str]) -> list[tuple[str, Json]]:
    """Return the lines of an answer with their names, and with `list_minor`: before promotions."""
    return [
        (names[one["line"]], one | {"list_minor": one["unit_minor"] * len(one["unit_net_minor"])})
        for one in answer["lines"]
    ]


def stored_refused(answer: Answer) -> list[tuple[str, str]]:
    """Return the gift cards (by their last characters) and credit (empty) that do not pay, each with why."""
    currency = answer.asked.cart.currency
    return [
        (
            answer.stored.names.get(one.ref, ""),
            stored_text(one, write=lambda minor: format_money_in_words(minor, currency)),
        )
        for one in answer.stored.refused
    ]
