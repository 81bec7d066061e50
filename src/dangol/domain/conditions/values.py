"""What a condition is asked of: one customer's traits and happenings, and the types their values have.

Types do not convert: the number 1, the text "1" and the flag true are three things, and a value of another
type than the one expected counts as missing. Numbers are exact: decimals with at most six places.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeAlias

Value: TypeAlias = str | int | Decimal | bool | date | datetime | tuple[str, ...]

PLACES = 6
MICRO = Decimal(1).scaleb(-PLACES)
# Numbers stay below this, so that sums and products of them are exact in 38 digits on every engine.
NUMBER_BOUND = Decimal(10) ** 15
# Wide enough for any sum and product of such numbers.
EXACT = Context(prec=76, rounding=ROUND_HALF_EVEN)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})", re.ASCII)


class Kind(StrEnum):
    """What a trait's values are."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"
    INSTANT = "instant"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class TraitType:
    """A trait's type. A text trait may have an order: its values from low to high, such as tiers."""

    kind: Kind
    order: tuple[str, ...] = ()


Catalog: TypeAlias = Mapping[str, TraitType]


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a customer: what, when (an aware instant), and with which properties; its id is unique.

    Numbers among the properties have passed `exact`, or the whole mapping `properties_of`.
    """

    event: str
    at: datetime
    properties: Mapping[str, Value]
    id: str


@dataclass(frozen=True)
class Subject:
    """One customer as conditions see them: traits by name, happenings in time order, slugs of segments."""

    traits: Mapping[str, Value]
    happenings: Sequence[Happening]
    segments: frozenset[str] = frozenset()

    def among(self, segments: frozenset[str]) -> "Subject":
        """Return the same customer as one who is in these segments."""
        other = Subject(self.traits, self.happenings, segments)
        # What has happened is the same, and is put in order once.
        vars(other)["by_event"] = self.by_event
        return other

    @cached_property
    def by_event(self) -> Mapping[str, Sequence[Happening]]:
        """The happenings of each event's name, in time order and those of one instant by their ids."""
        groups: dict[str, list[Happening]] = {}
        for one in self.happenings:
            groups.setdefault(one.event, []).append(one)
        for group in groups.values():
            group.sort(key=lambda one: (one.at, one.id))
        return groups


def exact(value: int | float | Decimal) -> Decimal | None:
    """Return a number with at most six places, rounded half to even; None if it is none or 10^15 or more.

    A float is read as the shortest decimal that names it, which is how JSON has written it.
    """
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite() or abs(number) >= NUMBER_BOUND:
        return None
    try:
        rounded = number.quantize(MICRO, context=EXACT)
    except InvalidOperation:
        return None
    return rounded if abs(rounded) < NUMBER_BOUND else None


def property_value(raw: Any) -> Value | None:
    """Return a JSON value as conditions see it; None for what they do not: null, objects, huge numbers."""
    match raw:
        case bool() | str() | date():
            return raw
        case int() | float() | Decimal():
            return exact(raw)
        case list() | tuple() if all(isinstance(one, str) for one in raw):
            return tuple(raw)
    return None


def properties_of(raw: Mapping[str, Any]) -> dict[str, Value]:
    """Return those of an event's JSON properties that conditions see."""
    seen = {name: property_value(value) for name, value in raw.items()}
    return {name: value for name, value in seen.items() if value is not None}


def time_of(value: object) -> date | datetime | None:
    """Return the day or the instant that a property names, None if none.

    A text is read if it is a whole day (2026-02-28) or an instant with an offset (RFC 3339).
    """
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else None
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        return None
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
        if _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None


# Nearly all values are of one of these very types, which is quicker to see than what they inherit from.
EXACT_TYPES: Mapping[Kind, frozenset[type]] = {
    Kind.TEXT: frozenset({str}), Kind.NUMBER: frozenset({int, Decimal}), Kind.FLAG: frozenset({bool}),
}  # fmt: skip


def of_kind(value: object, kind: Kind) -> Any:
    """Return the value if it is of the kind, else None: a value of another type counts as missing."""
    match kind:
        case Kind.TEXT:
            fits = isinstance(value, str)
        case Kind.NUMBER:
            fits = isinstance(value, int | Decimal) and not isinstance(value, bool)
        case Kind.FLAG:
            fits = isinstance(value, bool)
        case Kind.DATE:
            fits = isinstance(value, date) and not isinstance(value, datetime)
        case Kind.INSTANT:
            fits = isinstance(value, datetime) and value.tzinfo is not None
        case Kind.LIST:
            fits = isinstance(value, tuple)
    return value if fits else None
