"""What people declare about themselves: their birthday, their language, and traits of the shop's choice."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import TypeAlias

from dangol.core.people.normalizing import clean_text
from dangol.core.people.refused_values import DayOutOfRange, NotALanguage, NotATrait, PlaceholderValue

Trait: TypeAlias = str | int | bool
EARLIEST_BIRTHDAY = date(1900, 1, 1)
LONGEST_TRAIT = 200
_TRAIT_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")  # BCP 47, the part of it in use
_LONGEST_LANGUAGE = 10


def check_birthday(birthday: date, *, today: date) -> str:
    """Return a birthday as an ISO date. Raises RefusedValue for one to come or before 1900."""
    if not EARLIEST_BIRTHDAY <= birthday <= today:
        raise DayOutOfRange(field="birthday")
    return birthday.isoformat()


def check_language(language: str) -> str:
    """Return a language tag like `ko` or `en-US`. Raises RefusedValue."""
    if len(language) > _LONGEST_LANGUAGE or not _LANGUAGE.fullmatch(language):
        raise NotALanguage(field="language")
    return language


def check_traits(traits: Mapping[str, Trait | None]) -> dict[str, Trait | None]:
    """Return traits with their text cleaned; one whose value is a program's word for nothing is left out.

    Zero is a value: no children at home is something to know. Raises RefusedValue for a name or a value
    that cannot be one.
    """
    checked = {}
    for name, value in traits.items():
        with suppress(PlaceholderValue):
            checked[name] = _check_trait(name, value)
    return checked


def _check_trait(name: str, value: Trait | None) -> Trait | None:
    if not _TRAIT_NAME.fullmatch(name):
        raise NotATrait(field="traits")
    if isinstance(value, str):
        return clean_text(value, field=name, longest=LONGEST_TRAIT, may_be_zero=True)
    if value is not None and not isinstance(value, int):
        raise NotATrait(field=name)
    return value
