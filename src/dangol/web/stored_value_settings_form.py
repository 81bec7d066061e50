"""The form of how the shop answers for cards and credit: what was typed, what is wrong, what it means."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from dangol.rooms.rewards.stored_value.errors import InvalidStoredValueSettings
from dangol.rooms.rewards.stored_value.settings import StoredValueContent, unpack_settings
from dangol.web.amounts import read_amount, read_share, type_decimal
from dangol.web.formats import minor_digits
from dangol.web.settings_words import Question, typed_answer
from dangol.web.stored_value_settings_words import QUESTIONS

LONGEST = 20
_WRONG: Mapping[str, Promise] = {
    "money": lazy("금액을 적어 주세요. 예: 1,200"),
    "amount": lazy("0이나 금액을 적어 주세요. 예: 1,200"),
    "percent": lazy("0부터 100까지, 소수점 아래 두 자리까지 적어 주세요. 예: 50"),
    "months": lazy("1달부터 600달까지 정할 수 있어요."),
    "days": lazy("날수를 숫자로 적어 주세요. 예: 7"),
}
_RANGES: Mapping[str, Promise] = {
    "most_credit_share": lazy("0%로 둘 수 없어요. 예치금을 받지 않으려면 위에서 고르세요."),
    "least_card_minor": lazy("한 장에 많아야 하는 금액보다 클 수 없어요."),
    "claim_months": lazy("유효기간부터 600달까지 정할 수 있어요."),
    "withdraw_days": lazy("0일부터 365일까지 정할 수 있어요."),
    "credit_valid_days": lazy("1일부터 36,500일까지 정할 수 있어요."),
}


class SettingsForm(NamedTuple):
    """What was typed, by the questions' names; what is wrong with which; and the content, if nothing is."""

    given: Mapping[str, str]
    wrong: Mapping[str, str]
    content: StoredValueContent | None


def form_of_content(content: StoredValueContent, currency: str) -> SettingsForm:
    """Return a content as its form has it."""
    given = {name: _typed(getattr(content, name), one, currency) for name, one in QUESTIONS.items()}
    return SettingsForm(given, {}, content)


def _typed(value: Any, question: Question, currency: str) -> str:
    if question.answers:
        return typed_answer(value)
    if value is None:
        return ""
    if question.kind in ("money", "amount"):
        return type_decimal(value, minor_digits(currency))
    return type_decimal(value, 2) if question.kind == "percent" else str(value)


def read_form(asked: QueryDict, currency: str) -> SettingsForm:
    """Return what a form means."""
    given = {name: asked.get(name, "").strip()[:LONGEST] for name in QUESTIONS}
    wrong: dict[str, str] = {}
    raw: dict[str, Any] = {}
    for name, question in QUESTIONS.items():
        if not given[name] and question.empty:
            continue
        raw[name] = _read(given[name], question, currency)
        if raw[name] is None:
            wrong[name] = str(_RANGES.get(name) or _WRONG[question.kind])
    return SettingsForm(given, wrong, None if wrong else _content(raw, wrong))


def _read(text: str, question: Question, currency: str) -> int | bool | None:
    if question.answers:
        by_text = {typed_answer(one): one for one in question.answers}
        return bool(by_text.get(text, next(iter(question.answers))))
    match question.kind:
        case "money":
            return read_amount(text, currency)
        case "amount":
            return 0 if text == "0" else read_amount(text, currency)
        case "percent":
            return read_share(text)
    bare = text.replace(",", "")
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 7 else None


def _content(raw: Mapping[str, Any], wrong: dict[str, str]) -> StoredValueContent | None:
    """Return the content of answers that can be read, or say which of them cannot be so."""
    try:
        return unpack_settings(raw)
    except InvalidStoredValueSettings as error:
        field = str(error.data["field"])
        wrong[field] = str(_RANGES.get(field) or _WRONG[QUESTIONS[field].kind])
        return None
