"""From JSON to a condition and back, and the JSON Schema of what may be written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

import msgspec

from dangol.domain.conditions.checking import MOST_LEVELS, Checker
from dangol.domain.conditions.nodes import Node, Span, Times
from dangol.domain.conditions.refusals import BrokenCondition, TooDeep
from dangol.domain.conditions.values import Catalog, TraitType

# A leaf's own lists and objects stand at most so many levels deep: `steps[0].where[0].value[0]`.
_LEVELS_IN_LEAF = 8
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_PLACE = re.compile(r" - at `([^`]*)`$")


@dataclass(frozen=True, eq=False)
class Condition:
    """A condition that was read: its tree with typed values, and the types of the traits it names.

    Two are equal if what `write_condition` returns of them is.
    """

    root: Node
    types: Mapping[str, TraitType]


def read_condition(raw: bytes | object, catalog: Catalog) -> Condition:
    """Return the condition that JSON text, or what was decoded from it, says.

    Raises a BrokenCondition: its code says what is wrong, its path where.
    """
    decoded = _decoded(raw) if isinstance(raw, bytes) else raw
    _check_depth(decoded)
    try:
        node = cast(Node, msgspec.convert(decoded, Node))
    except msgspec.ValidationError as error:
        place = _PLACE.search(str(error))
        fault = _PLACE.sub("", str(error))
        raise BrokenCondition(path=place[1] if place else "$", fault=fault) from None
    checker = Checker(catalog)
    root = checker.node(node, "$")
    return Condition(root, checker.used)


def _decoded(raw: bytes) -> Any:
    try:
        return _DECODER.decode(raw)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise BrokenCondition(path="$", fault=str(error)) from None


def _check_depth(decoded: object) -> None:
    """Raise TooDeep before anything walks the tree by calling itself."""
    level, width = [decoded], 0
    while level:
        width += 1
        if width > 2 * MOST_LEVELS + _LEVELS_IN_LEAF:
            raise TooDeep(path="$", most=MOST_LEVELS)
        level = [
            inner
            for one in level
            if isinstance(one, Mapping | list | tuple)
            for inner in (one.values() if isinstance(one, Mapping) else one)
        ]


def write_condition(condition: Condition) -> dict[str, Any]:
    """Return the condition as JSON has it, of plain values; `read_condition` reads the same from it."""
    return cast(dict[str, Any], msgspec.to_builtins(_plain(condition.root)))


def _plain(part: Any) -> Any:
    """Return a part of the tree with its typed values as JSON has them."""
    match part:
        case Span() | Times() | bool() | str() | int() | None:
            return part
        case msgspec.Struct():
            fields = {name: _plain(getattr(part, name)) for name in part.__struct_fields__}
            return msgspec.structs.replace(part, **fields)
        case tuple():
            return [_plain(one) for one in part] if part else part
        case Decimal():
            # As `given` has seen to, so few digits that a reader's double gives them back.
            return int(part) if part == part.to_integral_value() else float(part)
        case datetime() | date():
            return part.isoformat()
    raise AssertionError(f"no part of a condition: {part!r}")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of conditions, for those who write them by program."""
    (schema,), parts = msgspec.json.schema_components([Node], ref_template="#/$defs/{name}")
    _, spans = msgspec.json.schema_components([Span], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Condition",
        **schema,
        "$defs": dict(sorted({**parts, **spans}.items())),
    }
