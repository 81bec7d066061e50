"""The form of how the shop answers for households: what was typed, what is wrong, what it means."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from dangol.rooms.rewards.households.errors import InvalidHouseholdSettings
from dangol.rooms.rewards.households.settings import HouseholdContent, unpack_settings
from dangol.web.amounts import read_points
from dangol.web.household_words import QUESTIONS
from dangol.web.settings_words import Question, typed_answer

LONGEST = 20
_WRONG: Mapping[str, Promise] = {
    "most_members": lazy("2명부터 50명까지 정할 수 있어요."),
    "rejoin_days": lazy("0일부터 3,650일까지 정할 수 있어요."),
    "most_a_month": lazy("1부터 100,000,000까지 적거나, 한도가 없으면 비워 두세요."),
}


class HouseholdForm(NamedTuple):
    """What was typed, by the questions' names; what is wrong with which; and the content, if nothing is."""

    given: Mapping[str, str]
    wrong: Mapping[str, str]
    content: HouseholdContent | None


def form_of_content(content: HouseholdContent) -> HouseholdForm:
    """Return a content as its form has it."""
    given = {name: _typed(getattr(content, name), one) for name, one in QUESTIONS.items()}
    return HouseholdForm(given, {}, content)


def _typed(value: Any, question: Question) -> str:
    if question.answers:
        return typed_answer(value)
    return "" if value is None else str(value)


def read_form(asked: QueryDict) -> HouseholdForm:
    """Return what a form means."""
    given = {name: asked.get(name, "").strip()[:LONGEST] for name in QUESTIONS}
    wrong: dict[str, str] = {}
    raw: dict[str, Any] = {}
    for name, question in QUESTIONS.items():
        if not given[name] and question.empty:
            continue
        raw[name] = _read(given[name], question)
        if raw[name] is None:
            wrong[name] = str(_WRONG[name])
    return HouseholdForm(given, wrong, None if wrong else _content(raw, wrong))


def _read(text: str, question: Question) -> Any:
    if question.answers:
        by_text = {typed_answer(one): one for one in question.answers}
        found = by_text.get(text, next(iter(question.answers)))
        return found if isinstance(found, bool) else found.value
    if question.kind == "points":
        return read_points(text)
    bare = text.replace(",", "")
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 7 else None


def _content(raw: Mapping[str, Any], wrong: dict[str, str]) -> HouseholdContent | None:
    """Return the content of answers that can be read, or say which of them cannot be so."""
    try:
        return unpack_settings(raw)
    except InvalidHouseholdSettings as error:
        field = str(error.data["field"])
        wrong[field] = str(_WRONG[field])
        return None
