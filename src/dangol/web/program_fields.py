"""Reading what was typed into a program's form, field by field; and money as it is typed."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from dangol.domain.calendars import next_day, start_of_day
from dangol.rooms.rewards.checking import Problem
from dangol.web.formats import format_last_day, minor_digits
from dangol.web.program_words import times_in_words

Choice = TypeVar("Choice", bound=StrEnum)
_WHOLE, _RATIO = re.compile(r"[0-9]{1,15}"), re.compile(r"[0-9]{1,6}(\.[0-9]{1,3}|/[0-9]{1,6})?")


class Setting(NamedTuple):
    """What the form needs to know of the shop: its money and its days."""

    currency: str
    zone: ZoneInfo


def write_money(minor: int, currency: str) -> str:
    """Return an amount as it is typed: `12.5` dollars stand as `12.50`, won without decimals."""
    digits = minor_digits(currency)
    whole, part = divmod(minor, 10**digits)
    return f"{whole}.{part:0{digits}d}" if digits and part else str(whole)


Kept = TypeVar("Kept")


class FieldReader:
    """Reads what was typed, field by field; what cannot be read keeps its former value and is a problem."""

    def __init__(self, typed: Mapping[str, str], setting: Setting) -> None:
        self._typed = typed
        self._setting = setting
        self.problems: list[Problem] = []

    def text(self, name: str, before: str) -> str:
        """Return a text without space around it."""
        return self._typed.get(name, before).replace("\0", "").strip()

    def whole(self, name: str, before: int) -> int:
        """Return a whole number, thousands apart or not."""
        typed = self._typed.get(name, str(before)).strip().replace(",", "")
        return int(typed) if _WHOLE.fullmatch(typed) else self._refuse(name, "not_a_number", before)

    def whole_or_none(self, name: str, before: int | None) -> int | None:
        """Return a whole number; None for an empty field."""
        typed = self._typed.get(name, "" if before is None else str(before)).strip().replace(",", "")
        if not typed:
            return None
        return int(typed) if _WHOLE.fullmatch(typed) else self._refuse(name, "not_a_number", before)

    def choice_or_none(self, name: str, choices: type[Choice], before: Choice | None) -> Choice | None:
        """Return one of the choices; None where none is made."""
        typed = self._typed.get(name, before.value if before else "")
        try:
            return choices(typed) if typed else None
        except ValueError:
            return self._refuse(name, "not_a_choice", before)

    def several(self, name: str, choices: type[Choice], before: tuple[Choice, ...]) -> tuple[Choice, ...]:
        """Return some of the choices, which are written with commas between them; none of an empty field."""
        typed = self._typed.get(name, ",".join(before))
        try:
            return tuple([choices(one) for one in typed.split(",") if one])
        except ValueError:
            return self._refuse(name, "not_a_choice", before)

    def money(self, name: str, before: int) -> int:
        """Return an amount in minor units."""
        typed = self._typed.get(name)
        if typed is None:
            return before
        minor = read_money(typed, self._setting.currency)
        return self._refuse(name, "not_an_amount", before) if minor is None else minor

    def ratio(self, name: str, before: tuple[int, int]) -> tuple[int, int]:
        """Return a multiplier; one that is still the same keeps the figures it is written with."""
        typed = self._typed.get(name, times_in_words(before)).strip()
        if not _RATIO.fullmatch(typed) or typed.endswith("/0") or re.search(r"/0+$", typed):
            return self._refuse(name, "not_a_ratio", before)
        value = Fraction(typed)
        return before if value == Fraction(*before) else (value.numerator, value.denominator)

    def last_day(self, name: str, before: datetime | None) -> datetime | None:
        """Return the exclusive end after a last day; an empty field is no end."""
        typed = self._typed.get(name, "").strip()
        if not typed:
            return None
        try:
            day = date.fromisoformat(typed)
            if before is not None and format_last_day(before) == day:
                return before
            return start_of_day(next_day(day), self._setting.zone)
        except (ValueError, OverflowError):
            return self._refuse(name, "not_a_day", before)

    def day(self, name: str, before: date | None) -> date | None:
        """Return a day; None for an empty field."""
        typed = self._typed.get(name, before.isoformat() if before else "").strip()
        try:
            return date.fromisoformat(typed) if typed else None
        except ValueError:
            return self._refuse(name, "not_a_day", before)

    def choice(self, name: str, before: Choice) -> Choice:
        """Return one of the choices."""
        try:
            return type(before)(self._typed.get(name, before.value))
        except ValueError:
            return self._refuse(name, "not_a_choice", before)

    def _refuse(self, name: str, problem: str, before: Kept) -> Kept:
        self.problems.append(Problem(name, problem))
        return before


def read_money(typed: str, currency: str) -> int | None:
    """Return an amount in minor units; None for what is no amount, or has more decimals than the money."""
    digits = minor_digits(currency)
    found = re.fullmatch(r"([0-9]{1,13})(?:\.([0-9]+))?", typed.strip().replace(",", ""))
    if not found or len(found[2] or "") > digits:
        return None
    return int(found[1] + (found[2] or "").ljust(digits, "0"))
