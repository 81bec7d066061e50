"""What is kept of the values other programs send: JSON without what is personal, numbers as they were given.

A number is kept to six decimals. Where a double holds it exactly to its last decimal it stays a number, so
that `Decimal(str(value))` reads what was sent; a longer one is kept as text. A web address is kept without
its query, in which people's searches and tokens stand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, TypeAlias

from dangol.domain.personal_data import is_personal_name, looks_personal

Value: TypeAlias = Any  # JSON: text, number, flag, None, list, dict
DECIMALS = 6
LONGEST_NAME, LONGEST_TEXT, MOST_NAMES, DEEPEST = 100, 1_024, 300, 6
_SMALLEST = Decimal(1).scaleb(-DECIMALS)
_LARGEST_WHOLE, _MOST_DIGITS = 2**53, 15
_SHORT = 10 ** (_MOST_DIGITS - DECIMALS)
# The fewest digits that a resident or a payment card number has.
_THIRTEEN_DIGITS = 10**12
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)
# What tells a thing from a person where both have a name.
_OF_THINGS = frozenset({"product_id", "productid", "sku", "price", "product", "variant", "id", "quantity"})
_NAMES_OF_THINGS = frozenset({"name", "title"})


@dataclass
class Kept:
    """What is kept of an object, the paths of what was taken out as personal, and of what was cut off."""

    values: dict[str, Value] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)


def keep_values(values: Mapping[str, Value], *, at: str, is_thing: bool = False) -> Kept:
    """Return what is kept of an object that stands at the path `at`.

    `is_thing` says that the object itself is a thing or a page, whose name is nobody's.
    """
    kept = Kept()
    if not values:
        return kept
    kept.values = _object(values, at, kept, 1, is_thing=is_thing)
    return kept


def _object(
    values: Mapping[str, Value], at: str, kept: Kept, depth: int, *, is_thing: bool = False
) -> dict[str, Value]:
    found: dict[str, Value] = {}
    thing = is_thing or not _OF_THINGS.isdisjoint(values)
    for name, value in values.items():
        if len(found) >= MOST_NAMES:
            kept.cut.append(at)
            break
        if len(name) > LONGEST_NAME or "\0" in name or looks_personal(name):
            kept.taken.append(f"{at}.…")
            continue
        path = f"{at}.{name}"
        is_name_of_thing = thing and name in _NAMES_OF_THINGS
        if not isinstance(value, bool) and not is_name_of_thing and is_personal_name(name):
            if value is not None:
                kept.taken.append(path)
            continue
        is_kept, one = _value(value, path, kept, depth)
        if is_kept:
            found[name] = one
    return found


def _value(value: Value, path: str, kept: Kept, depth: int) -> tuple[bool, Value]:
    """Return whether a value is kept, and as what."""
    if isinstance(value, str):
        return _text(value, path, kept)
    if value is None or isinstance(value, bool):
        return True, value
    if isinstance(value, int | float | Decimal):
        return _number(value, path, kept)
    if depth >= DEEPEST:
        kept.cut.append(path)
        return False, None
    if isinstance(value, dict):
        return True, _object(value, path, kept, depth + 1)
    items = [_value(one, f"{path}[{place}]", kept, depth + 1) for place, one in enumerate(value[:MOST_NAMES])]
    if len(value) > MOST_NAMES:
        kept.cut.append(path)
    return True, [one for is_kept, one in items if is_kept]


def _text(value: str, path: str, kept: Kept) -> tuple[bool, str]:
    text = value.replace("\0", "")
    if text[:8].lower().startswith(("http://", "https://")):
        text = bare_address(text)
    if looks_personal(text):
        kept.taken.append(path)
        return False, ""
    if len(text) > LONGEST_TEXT:
        kept.cut.append(path)
        text = text[:LONGEST_TEXT]
    return True, text


def bare_address(address: str) -> str:
    """Return a web address without its query, its fragment and whoever signed in by it."""
    bare = address.partition("#")[0].partition("?")[0]
    scheme, mark, rest = bare.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}" if mark else bare


def _number(value: int | float | Decimal, path: str, kept: Kept) -> tuple[bool, Value]:
    exact: int | Decimal | None = value if isinstance(value, int) else exact_number(value)
    if exact is None:
        kept.cut.append(path)
        return False, None
    if not -_THIRTEEN_DIGITS < exact < _THIRTEEN_DIGITS and looks_personal(_plain(exact).lstrip("-")):
        kept.taken.append(path)
        return False, None
    if isinstance(exact, int):
        return True, exact if abs(exact) <= _LARGEST_WHOLE else str(exact)[:LONGEST_TEXT]
    if exact == exact.to_integral_value() and abs(exact) <= _LARGEST_WHOLE:
        return True, int(exact)
    if abs(exact) < _SHORT or len(exact.as_tuple().digits) <= _MOST_DIGITS:
        return True, float(exact)
    return True, _plain(exact)


def _plain(number: int | Decimal) -> str:
    return str(number) if isinstance(number, int) else format(number, "f")


def exact_number(value: int | float | Decimal | str) -> Decimal | None:
    """Return a number to six decimals, half to even; None from 10^30 on, and for what is no number."""
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite() or number.adjusted() > 29:
        return None
    rounded = number.quantize(_SMALLEST, context=_WIDE)
    return rounded.normalize(_WIDE) if rounded else Decimal(0)
