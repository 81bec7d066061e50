"""The form of how the checkout answers: what was typed, what is wrong with it, and the content it means."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy as lazy

from dangol.domain.promotions.settings import Choice, Stacking
from dangol.rooms.rewards.promotions.checkout import CheckoutContent, unpack_checkout
from dangol.rooms.rewards.promotions.contents import PromotionInvalid
from dangol.rooms.rewards.wallets import LONGEST_CODE
from dangol.web.amounts import MOST_MINOR, read_amount, read_points, read_share, type_decimal
from dangol.web.checkout_words import QUESTIONS, value_of
from dangol.web.formats import minor_digits
from dangol.web.settings_words import Question, typed_answer

LONGEST = 60
MOST_CATEGORIES = 30
_WRONG: Mapping[str, Promise] = {
    "points": lazy("1부터 100,000,000까지 숫자로 적어 주세요. 예: 1,200"),
    "money": lazy("금액을 적어 주세요. 예: 1,200"),
    "percent": lazy("0.01부터 100까지, 소수점 아래 두 자리까지 적어 주세요. 예: 50"),
    "minutes": lazy("분을 숫자로 적어 주세요. 예: 30"),
    "whole": lazy("1부터 세는 숫자로 적어 주세요. 예: 3"),
}
_EMPTY_MEANS: Mapping[str, Any] = {
    "tender.least_points": 0, "tender.step_points": 1, "tender.most_share": 10_000,
}  # fmt: skip


class LaneRow(NamedTuple):
    """A lane, and how its promotions compete."""

    key: str
    choice: str


class StackRow(NamedTuple):
    """A category, and with what it goes together; one without a name is an empty row."""

    number: int
    category: str
    way: str


class CheckoutForm(NamedTuple):
    """What was typed, by the questions' names; what is wrong with which; and the content, if nothing is.

    `wallet` are the points that pay; empty: the first program's.
    """

    given: Mapping[str, str]
    lanes: list[LaneRow]
    stacking: list[StackRow]
    wrong: Mapping[str, str]
    content: CheckoutContent | None
    wallet: str = ""


def form_of_content(content: CheckoutContent, currency: str) -> CheckoutForm:
    """Return a content as its form has it."""
    given = {name: _typed(value_of(content, name), one, currency) for name, one in QUESTIONS.items()}
    lanes = [LaneRow(one.key, one.choice.value) for one in content.lanes]
    wallet = content.tender.currency if content.tender else ""
    return CheckoutForm(given, lanes, _rows(content.stacking), {}, content, wallet)


def _rows(stacking: Mapping[str, Stacking]) -> list[StackRow]:
    rows = [(key, way.value) for key, way in stacking.items()]
    return [StackRow(place, *one) for place, one in enumerate([*rows, ("", Stacking.COMMON.value)])]


def _typed(value: Any, question: Question, currency: str) -> str:
    if question.answers:
        return typed_answer(value if value is not None else next(iter(question.answers)))
    if value is None or value == _EMPTY_MEANS.get(question.name):
        return ""
    if question.kind == "money":
        return type_decimal(value, minor_digits(currency))
    return type_decimal(value, 2) if question.kind == "percent" else str(value)


def read_form(asked: QueryDict, base: CheckoutContent, currency: str) -> CheckoutForm:
    """Return what a form means. What it does not ask stays as in `base`."""
    given = {name: asked.get(name, "").strip()[:LONGEST] for name in QUESTIONS}
    wrong: dict[str, str] = {}
    raw: dict[str, Any] = {}
    for name, question in QUESTIONS.items():
        value, is_right = _read(given[name], question, currency)
        raw[name] = value
        if not is_right:
            wrong[name] = str(_WRONG[question.kind])
    lanes = [
        LaneRow(one.key, asked.get(f"lane.{place}", one.choice.value)) for place, one in enumerate(base.lanes)
    ]
    stacking = [
        StackRow(
            place, asked.get(f"stack.{place}.category", "").strip()[:LONGEST],
            asked.get(f"stack.{place}.way", Stacking.COMMON.value),
        )
        for place in range(MOST_CATEGORIES)
        if f"stack.{place}.category" in asked
    ]  # fmt: skip
    wallet = asked.get("wallet", base.tender.currency if base.tender else "")[:LONGEST_CODE]
    raw["tender.currency"] = wallet
    _check_tender(raw, wrong)
    content = None if wrong else _content(raw, lanes, stacking, base, wrong)
    if all(one.category for one in stacking):
        stacking.append(StackRow(len(stacking), "", Stacking.COMMON.value))
    return CheckoutForm(given, lanes, stacking, wrong, content, wallet)


def _check_tender(raw: dict[str, Any], wrong: dict[str, str]) -> None:
    """Say that both halves of a worth are needed, or none."""
    has_points, has_money = raw["tender.points"] is not None, raw["tender.minor"] is not None
    if has_points and not has_money:
        wrong.setdefault("tender.minor", _("이 포인트가 얼마인지 적어 주세요."))
    if has_money and not has_points:
        wrong.setdefault("tender.points", _("이 금액이 몇 포인트인지 적어 주세요."))


def _read(text: str, question: Question, currency: str) -> tuple[Any, bool]:
    """Return what an answer means, and whether it means anything."""
    if question.answers:
        by_text = {typed_answer(one): one for one in question.answers}
        return by_text.get(text, next(iter(question.answers))), True
    if not text:
        return _EMPTY_MEANS.get(question.name), bool(question.empty) or question.name == "tender.minor"
    value = _number(text, question.kind, currency)
    return value, value is not None


def _number(text: str, kind: str, currency: str) -> int | None:
    match kind:
        case "money":
            return read_amount(text, currency)
        case "points":
            return read_points(text)
        case "percent":
            return read_share(text) or None
    bare = text.replace(",", "")
    number = int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 7 else -1
    least = 0 if kind == "minutes" else 1
    return number if least <= number <= MOST_MINOR else None


def _content(
    raw: Mapping[str, Any],
    lanes: list[LaneRow],
    stacking: list[StackRow],
    base: CheckoutContent,
    wrong: dict[str, str],
) -> CheckoutContent | None:
    """Return the content of answers that can be read, or say what else is wrong with one."""
    own = {name: value for name, value in raw.items() if "." not in name}
    tender = {name.partition(".")[2]: value for name, value in raw.items() if "." in name}
    choices = set(Choice)
    written = (
        msgspec.to_builtins(base)
        | own
        | {
            "tender": tender if tender["points"] is not None else None,
            "lanes": [
                {"key": one.key, "choice": one.choice if one.choice in choices else Choice.PRIORITY.value}
                for one in lanes
            ],
            "stacking": {
                one.category: one.way if one.way in set(Stacking) else Stacking.COMMON.value
                for one in stacking
                if one.category
            },
        }
    )
    try:
        return unpack_checkout(written)
    except PromotionInvalid as error:
        field = str(error.data["field"])
        question = QUESTIONS.get(field)
        wrong[field] = _tell_range(field) if question else str(error.data["problem"])
        return None


_RANGES: Mapping[str, Promise] = {
    "confirm_minutes": lazy("1분부터 60분까지 정할 수 있어요."),
    "hold_minutes": lazy("1분부터 10,080분(7일)까지 정할 수 있어요."),
    "undo_minutes": lazy("0분부터 1,440분(하루)까지 정할 수 있어요."),
}


def _tell_range(field: str) -> str:
    return str(_RANGES.get(field) or _WRONG[QUESTIONS[field].kind])
