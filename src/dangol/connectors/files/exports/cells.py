"""How one value stands in a cell: exactly, and so that no spreadsheet takes it for a formula."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dangol.connectors.files.columns import Type
from dangol.connectors.files.guard import guarded, unguarded

_REPEATED_VALUES = 65_536


class Field(NamedTuple):
    """A column of an export. Money and quantities are `Decimal`, points and other whole numbers `int`."""

    name: str
    type: Type = Type.TEXT


def kept(text: str) -> str:
    """Return text from which an import takes nothing away: for files that no spreadsheet computes."""
    return text if unguarded(text) == text else guarded(text)


@lru_cache(maxsize=_REPEATED_VALUES)
def money(minor: int, digits: int) -> Decimal:
    """Return an amount of minor units as a decimal of so many digits: 1250 with 2 digits is 12.50."""
    return Decimal(minor).scaleb(-digits)


@lru_cache(maxsize=_REPEATED_VALUES)
def quantity(milli: int) -> Decimal:
    """Return thousandths as a decimal."""
    return Decimal(milli).scaleb(-3)


def _short(value: Decimal) -> str:
    return f"{value.normalize():f}"


def texts(zone: ZoneInfo) -> Mapping[Type, Callable[[Any], Any]]:
    """Return how each type is written as text; instants are local times of `zone` with their offset."""

    return {
        Type.TEXT: guarded,
        Type.MONEY: "{:f}".format,
        Type.QUANTITY: _short,
        Type.POINTS: str,
        Type.INSTANT: lambda value: value.astimezone(zone).isoformat(),
        Type.DAY: date.isoformat,
        Type.FLAG: lambda value: "true" if value else "false",
    }


def each(values: Sequence[Any], encode: Callable[[Any], Any], *, empty: str | None) -> list[Any]:
    """Return all values encoded, and `empty` for those that are none; each different one is encoded once."""
    known = {value: empty if value is None else encode(value) for value in set(values)}
    return [known[value] for value in values]
