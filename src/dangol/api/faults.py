"""What is wrong with the fields of a request, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from dangol.api.problems import Fault

# The validator's own name for a fault → our code and words. Its numbers stand in braces.
_WORDS: Mapping[str, tuple[str, str, str]] = {
    "missing": ("missing", "꼭 있어야 해요.", "This field is required."),
    "extra_forbidden": ("unknown", "그런 칸은 없어요.", "There is no such field."),
    "string_type": ("not_text", "글이어야 해요.", "This must be text."),
    "string_too_short": ("too_short", "{min_length}자 이상이어야 해요.", "At least {min_length} characters."),
    "string_too_long": ("too_long", "{max_length}자 이하여야 해요.", "At most {max_length} characters."),
    "string_pattern_mismatch": ("wrong_form", "꼴이 맞지 않아요: {pattern}", "The form is {pattern}"),
    "nul_in_text": ("has_nul", "글에 NUL 문자가 있어요. 빼고 보내세요.", "Take the NUL out of this text."),
    "int_type": ("not_whole", "정수여야 해요.", "This must be a whole number."),
    "int_parsing": ("not_whole", "정수여야 해요.", "This must be a whole number."),
    "int_from_float": ("not_whole", "정수여야 해요.", "This must be a whole number."),
    "greater_than": ("too_small", "{gt}보다 커야 해요.", "This must be more than {gt}."),
    "greater_than_equal": ("too_small", "{ge} 이상이어야 해요.", "This must be at least {ge}."),
    "less_than": ("too_large", "{lt}보다 작아야 해요.", "This must be less than {lt}."),
    "less_than_equal": ("too_large", "{le} 이하여야 해요.", "This must be at most {le}."),
    "bool_type": ("not_a_boolean", "true나 false여야 해요.", "This must be true or false."),
    "bool_parsing": ("not_a_boolean", "true나 false여야 해요.", "This must be true or false."),
    "list_type": ("not_a_list", "목록이어야 해요.", "This must be a list."),
    "too_short": ("too_few", "{min_length}개 이상이어야 해요.", "At least {min_length} items."),
    "too_long": ("too_many", "{max_length}개 이하여야 해요.", "At most {max_length} items."),
    "timezone_aware": (
        "no_offset", "시차를 적으세요: 2026-01-31T09:00:00+09:00",
        "Write the offset: 2026-01-31T09:00:00+09:00",
    ),
    "instant_too_early": (
        "too_early", "1900년(UTC)보다 앞선 때예요. 연도를 네 자리로 적으세요.",
        "This is before 1900 (UTC). Write the year in four digits.",
    ),
    "instant_too_late": (
        "too_late", "9000년보다 나중인 때예요. 끝이 없으면 칸을 비워 두세요.",
        "This is after the year 8999. Leave it out where there is no end.",
    ),
    "enum": ("not_one_of", "{expected} 가운데 하나여야 해요.", "This must be one of {expected}."),
    "literal_error": ("not_one_of", "{expected} 가운데 하나여야 해요.", "This must be one of {expected}."),
    "uuid_parsing": ("not_an_id", "id가 아니에요.", "This is no id."),
    "model_attributes_type": ("not_an_object", "객체여야 해요.", "This must be an object."),
    "model_type": ("not_an_object", "객체여야 해요.", "This must be an object."),
    "dict_type": ("not_an_object", "객체여야 해요.", "This must be an object."),
}  # fmt: skip
_OTHER = ("invalid", "맞지 않아요.", "This is not valid.")
_PLACES = {"body", "query", "path", "header", "payload", "filters"}
_INSTANTS = ("datetime", "date")


def read_faults(errors: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """Return a fault for each field that the validator finds wrong, named by its place in the request.

    What was given is not repeated: it may be somebody's phone number.
    """
    return [_fault(error) for error in errors]


def _fault(error: Mapping[str, Any]) -> Fault:
    kind = str(error.get("type", ""))
    code, korean, english = _WORDS.get(kind, _OTHER)
    if kind.startswith(_INSTANTS) and kind not in _WORDS:
        code, korean, english = (
            "not_an_instant",
            "날짜와 시각(ISO 8601)이 아니에요.",
            "This is no ISO 8601 time.",
        )
    facts = error.get("ctx", {})
    message = {"ko": _filled(korean, facts), "en": _filled(english, facts)}
    return Fault(_param(error.get("loc", ())), f"field.{code}", message)


def _filled(words: str, facts: Mapping[str, Any]) -> str:
    try:
        return words.format_map(facts)
    except (KeyError, ValueError, IndexError):
        return words


def _param(place: Sequence[Any]) -> str:
    """Return `lines.0.quantity` for a place in the body."""
    parts = [str(part) for part in place]
    while parts and parts[0] in _PLACES:
        parts.pop(0)
    return ".".join(parts)
