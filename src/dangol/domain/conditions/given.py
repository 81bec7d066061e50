"""Values as they stand in a condition's JSON, read strictly into what conditions compare with."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from dangol.domain.conditions.kinds import LISTED, PARTS, SPANS
from dangol.domain.conditions.nodes import Op, Span
from dangol.domain.conditions.refusals import NumberOutOfRange, UnfitValue
from dangol.domain.conditions.values import Kind, exact, time_of

MOST_LISTED, MOST_LETTERS = 200, 500
# Beyond these a shop's calendar has no meaning; and arithmetic with days never leaves what a date can be.
FIRST_YEAR, LAST_YEAR = 1900, 2199
# JSON numbers of up to so many digits mean the same to every reader.
MOST_DIGITS = 15
MOST_UNITS = {"hours": 87_840, "days": 3_660, "weeks": 520, "months": 120, "years": 10}
MOST_ANNIVERSARY_DAYS = 366


def read_given(raw: Any, op: Op, kind: Kind, path: str, *, order: tuple[str, ...] = ()) -> Any:
    """Return the typed value of an operator that needs one: a value, a tuple of them, or a span.

    Raises UnfitValue or NumberOutOfRange with the path of the part that is wrong.
    """
    if op in SPANS:
        return _anniversary(raw, path) if op == "anniversary_within" else read_span(raw, path, kind)
    read = _reader(kind, () if op in PARTS else order)
    if op in LISTED:
        if not isinstance(raw, list | tuple) or not 1 <= len(raw) <= MOST_LISTED:
            raise UnfitValue(path=path, needed=f"list of 1 to {MOST_LISTED}")
        return tuple(read(one, f"{path}[{number}]") for number, one in enumerate(raw))
    if op == "between":
        if not isinstance(raw, list | tuple) or len(raw) != 2:
            raise UnfitValue(path=path, needed="[low, high]")
        low, high = (read(one, f"{path}[{number}]") for number, one in enumerate(raw))
        if _is_above(low, high, order):
            raise UnfitValue(path=path, needed="low ≤ high")
        return low, high
    value = read(raw, path)
    if op in PARTS and not value:
        raise UnfitValue(path=path, needed="text that is not empty")
    if op == "on" and isinstance(value, datetime):
        raise UnfitValue(path=path, needed="day")
    return value


def _is_above(low: Any, high: Any, order: tuple[str, ...]) -> bool:
    if order:
        return order.index(low) > order.index(high)
    if isinstance(low, datetime) != isinstance(high, datetime):
        return False
    return bool(low > high)


def _reader(kind: Kind, order: tuple[str, ...]) -> Callable[[Any, str], Any]:
    match kind:
        case Kind.NUMBER:
            return _number
        case Kind.FLAG:
            return _flag
        case Kind.DATE:
            return read_day
        case Kind.INSTANT:
            return read_time
    return lambda raw, path: _text(raw, path, order)


def _text(raw: Any, path: str, order: tuple[str, ...]) -> str:
    if not isinstance(raw, str) or len(raw) > MOST_LETTERS or not _is_written(raw):
        raise UnfitValue(path=path, needed=f"text of at most {MOST_LETTERS} letters")
    if order and raw not in order:
        raise UnfitValue(path=path, needed=" | ".join(order))
    return raw


def _is_written(text: str) -> bool:
    """Return whether a text can be stored: without the sign NUL and without half a character."""
    return not any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text)


def check_name(name: str, path: str) -> None:
    """Raise UnfitValue for the name of an event or a property that nothing can have."""
    if not name.strip() or not _is_written(name):
        raise UnfitValue(path=path, needed="name")


def _flag(raw: Any, path: str) -> bool:
    if not isinstance(raw, bool):
        raise UnfitValue(path=path, needed="true | false")
    return raw


def _number(raw: Any, path: str) -> Decimal:
    number = None
    if isinstance(raw, int | float | Decimal) and not isinstance(raw, bool):
        number = exact(raw)
    if number is None or number != (Decimal(repr(raw)) if isinstance(raw, float) else raw):
        raise UnfitValue(path=path, needed="number below 10^15 with at most 6 places")
    number = number.normalize()
    if len(number.as_tuple().digits) > MOST_DIGITS:
        raise UnfitValue(path=path, needed=f"number of at most {MOST_DIGITS} digits")
    return number


def read_time(raw: Any, path: str) -> date | datetime:
    """Return a day or an instant; raises UnfitValue for anything else."""
    found = time_of(raw)
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise UnfitValue(path=path, needed="day such as 2026-02-28, or instant with an offset")
    return found


def read_day(raw: Any, path: str) -> date:
    """Return a day; raises UnfitValue for anything else."""
    found = time_of(raw)
    if found is None or isinstance(found, datetime) or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise UnfitValue(path=path, needed="day such as 2026-02-28")
    return found


def read_span(raw: Any, path: str, kind: Kind = Kind.INSTANT) -> Span:
    """Return a length of time; raises UnfitValue, or NumberOutOfRange for one that is too long."""
    try:
        span = msgspec.convert(raw, Span)
    except msgspec.ValidationError:
        raise UnfitValue(path=path, needed='{"n": 7, "unit": "days"}') from None
    if kind is Kind.DATE and span.unit == "hours":
        raise UnfitValue(path=f"{path}.unit", needed="days | weeks | months | years")
    check_length(span.n, span.unit, path)
    return span


def _anniversary(raw: Any, path: str) -> Span:
    span = read_span(raw, path, Kind.DATE)
    if span.unit != "days":
        raise UnfitValue(path=f"{path}.unit", needed="days")
    check_range(span.n, 1, MOST_ANNIVERSARY_DAYS, f"{path}.n")
    return span


def check_length(n: int, unit: str, path: str) -> None:
    """Raise NumberOutOfRange unless the length of time is positive and at most ten years."""
    check_range(n, 1, MOST_UNITS[unit], f"{path}.n")


def check_range(found: int, least: int, most: int, path: str) -> None:
    """Raise NumberOutOfRange unless the number lies in the range."""
    if not least <= found <= most:
        raise NumberOutOfRange(path=path, found=found, least=least, most=most)
