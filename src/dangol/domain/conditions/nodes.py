"""The tree a condition is, as JSON has it: groups, and leaves over traits, events and segments.

These shapes are the wire format: unknown fields are refused, and the JSON Schema is made from them. What a
value may be hangs on the trait it is compared with; `reading` checks that and puts typed values in.
"""

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Unit: TypeAlias = Literal["hours", "days", "weeks", "months", "years"]
Op: TypeAlias = Literal[
    "equals", "not_equals", "in", "not_in", "contains", "starts_with", "ends_with",
    "less_than", "at_most", "more_than", "at_least", "between", "is_set", "is_missing",
    "before", "after", "on", "within_last", "within_next", "anniversary_within",
    "has", "has_any", "has_all", "is_empty",
]  # fmt: skip
TimesOp: TypeAlias = Literal["at_least", "at_most", "exactly"]
Measure: TypeAlias = Literal["count", "sum", "mean", "min", "max", "first", "last", "distinct"]

_VALUE_SCHEMA = {
    "anyOf": [
        {"type": ["string", "number", "boolean", "null"]},
        {"type": "array", "items": {"type": ["string", "number"]}},
        {"$ref": "#/$defs/Span"},
    ],
    "description": "What is compared with: a text, number or flag; a list for in, not_in, has_any and"
    " has_all; [low, high] for between; a span for within_last, within_next and anniversary_within. Days are"
    " 2026-02-28, instants have an offset.",
}
Given: TypeAlias = Annotated[Any, Meta(extra_json_schema=_VALUE_SCHEMA)]


class Shape(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all parts of a condition have in common."""


class Span(Shape, frozen=True):
    """A length of time: so many hours, days, weeks, months or years."""

    n: int
    unit: Unit


class Last(Shape, frozen=True, tag="last"):
    """The time up to now: the last n hours, or n days by the clock on the shop's wall."""

    n: int
    unit: Unit


class Between(Shape, frozen=True, tag="between"):
    """From a day or instant to another, both included, days in full; one of the two may be left out."""

    start: Any = msgspec.field(name="from", default=None)
    end: Any = msgspec.field(name="to", default=None)


Window: TypeAlias = Last | Between


class Test(Shape, frozen=True):
    """What a property of an event has to be."""

    property: Name
    op: Op
    value: Given = None


class Times(Shape, frozen=True):
    """How often."""

    op: TimesOp
    n: int


# The same object each time: as the default it is left out of what is written.
ONCE = Times("at_least", 1)


class Step(Shape, frozen=True):
    """One event of a sequence, at a later instant than the step before, `within` so long of it."""

    event: Name
    where: tuple[Test, ...] = ()
    within: Span | None = None


class AllOf(Shape, frozen=True, tag="all"):
    """All of these hold."""

    of: tuple["Node", ...]


class AnyOf(Shape, frozen=True, tag="any"):
    """At least one of these holds."""

    of: tuple["Node", ...]


class Not(Shape, frozen=True, tag="not"):
    """This does not hold."""

    of: "Node"


class Trait(Shape, frozen=True, tag="trait"):
    """A trait compared with a value, or with the trait that `other` names."""

    trait: Name
    op: Op
    value: Given = None
    other: Name | None = None


class Did(Shape, frozen=True, tag="did"):
    """An event happened so many times (without `times`: at least once) in the window (without it: ever)."""

    event: Name
    where: tuple[Test, ...] = ()
    times: Times = ONCE
    window: Window | None = None


class Sequence(Shape, frozen=True, tag="sequence"):
    """Events happened one after another in the window."""

    steps: tuple[Step, ...]
    window: Window | None = None


class Aggregate(Shape, frozen=True, tag="aggregate"):
    """A figure over an event's property, compared with a value or with the trait that `other` names."""

    event: Name
    measure: Measure
    op: Op
    property: Name | None = None
    value: Given = None
    other: Name | None = None
    where: tuple[Test, ...] = ()
    window: Window | None = None


class Member(Shape, frozen=True, tag="member"):
    """The customer is in another segment."""

    segment: Name


Leaf: TypeAlias = Trait | Did | Sequence | Aggregate | Member
Node: TypeAlias = AllOf | AnyOf | Not | Leaf
