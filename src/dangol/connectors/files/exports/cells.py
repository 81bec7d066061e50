"""How one value stands in a cell: exactly, and so that no spreadsheet takes it for a formula.

An import takes one apostrophe away before a sign that a spreadsheet would obey (parsing.cleaned), so
text comes back as it was: whatever is put on here is taken off there.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dangol.connectors.files.columns import Type

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_REPEATED_VALUES = 65_536


class Field(NamedTuple):
    """A column of an export. Money and quantities are `Decimal`, points and other whole numbers `int`."""

    name: str
    type: Type = Type.TEXT


def defuse(text: str) -> str:
    """Return text that a spreadsheet shows and does not run: an apostrophe stands before a formula.

    See OWASP, "CSV Injection". An apostrophe that was there already gets one more.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def guard(text: str) -> str:
    """Return text from which an import takes nothing away: for files that no spreadsheet runs."""
    return f"'{text}" if _GUARDED.match(text) else text


@lru_cache(maxsize=_REPEATED_VALUES)
def money(minor: int, digits: int) -> Decimal:
    """Return an amount of minor units as a decimal of so many digits: 1250 with 2 digits is 12.50."""
    return Decimal(minor).scaleb(-digits)


@lru_cache(maxsize=_REPEATED_VALUES)
def quantity(milli: int) -> Decimal:
    """Return thousandths as a decimal."""
    return Decimal(milli).scaleb(-3)


@lru_cache(maxsize=_REPEATED_VALUES)
def _short(value: Decimal) -> str:
    return f"{value.normalize():f}"


def texts(zone: ZoneInfo) -> Mapping[Type, Callable[[Any], Any]]:
    """Return how each type is written as text; instants are local times of `zone` with their offset."""

    @lru_cache(maxsize=_REPEATED_VALUES)
    def instant(value: datetime) -> str:
        return value.astimezone(zone).isoformat()

    return {
        Type.TEXT: defuse,
        Type.MONEY: "{:f}".format,
        Type.QUANTITY: _short,
        Type.POINTS: str,
        Type.INSTANT: instant,
        Type.DAY: date.isoformat,
        Type.FLAG: lambda value: "true" if value else "false",
    }


def each(values: Sequence[Any], encode: Callable[[Any], Any], *, empty: str | None) -> list[Any]:
    """Return all values encoded, and `empty` for those that are none."""
    return [empty if value is None else encode(value) for value in values]
