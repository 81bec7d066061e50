"""What is wrong with an event that came in, in words: those of a refusal within it, too."""

from collections.abc import Mapping
from typing import Any

from dangol.core.behavior.entries import Problem
from dangol.core.refusals import Facts, words_by_code
from dangol.web.condition_form.option_words import VALUE_KINDS
from dangol.web.words import identity_name

_KINDS = dict(VALUE_KINDS)


def problem_words(problem: Problem) -> tuple[str, str]:
    """Return what is wrong with an event and what to do, in the reader's language."""
    words = words_by_code().get(problem.code)
    if words is None:
        return problem.code, ""
    facts = Facts({name: _fact(name, value, problem.data) for name, value in problem.data.items()})
    return str(words.sentence).format_map(facts), str(words.remedy).format_map(facts)


def problem_title(problem: Problem) -> str:
    """Return what is wrong with an event, for a list."""
    return problem_words(problem)[0]


def _fact(name: str, value: Any, facts: Mapping[str, Any]) -> Any:
    """Return a fact as people call it: a kind of identity or of value, or why something was refused."""
    if name in ("kind", "given") and isinstance(value, str):
        return str(_KINDS[value]) if value in _KINDS else identity_name(value)
    if name == "why" and (words := words_by_code().get(str(value))):
        field = identity_name(facts["kind"]) if "kind" in facts else facts.get("field", "")
        return str(words.sentence).format_map(Facts(facts, field=field)).rstrip(".")
    return value
