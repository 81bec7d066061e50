"""Which operators each kind of value has, and what each is compared with."""

from datetime import date
from decimal import Decimal

from dangol.domain.conditions.nodes import Aggregate, Op, Test
from dangol.domain.conditions.values import Kind

EVERY = frozenset({"is_set", "is_missing"})
EQUALITY = frozenset({"equals", "not_equals"})
ORDER = frozenset({"less_than", "at_most", "more_than", "at_least"})
PARTS = frozenset({"contains", "starts_with", "ends_with"})
LISTED = frozenset({"in", "not_in", "has_any", "has_all"})
SPANS = frozenset({"within_last", "within_next", "anniversary_within"})
VALUELESS = EVERY | {"is_empty"}
# What is true of a missing value: each is the plain complement of its positive.
COMPLEMENTS = {"not_equals": "equals", "not_in": "in", "is_missing": "is_set"}

_CHOICE = EQUALITY | {"in", "not_in"}
_TIME = frozenset({"before", "after", "on", "between", "within_last", "within_next"})
_LIST = frozenset({"has", "has_any", "has_all", "is_empty"})
OPERATORS: dict[Kind, frozenset[str]] = {
    Kind.TEXT: EVERY | _CHOICE | PARTS,
    Kind.NUMBER: EVERY | _CHOICE | ORDER | {"between"},
    Kind.FLAG: EVERY | EQUALITY,
    Kind.DATE: EVERY | _TIME | {"anniversary_within"},
    Kind.INSTANT: EVERY | _TIME,
    Kind.LIST: EVERY | _LIST,
}
# Those that may be compared with another trait of the same kind.
COMPARABLE: dict[Kind, frozenset[str]] = {
    Kind.TEXT: EQUALITY | PARTS,
    Kind.NUMBER: EQUALITY | ORDER,
    Kind.FLAG: EQUALITY,
    Kind.DATE: frozenset({"before", "after", "on"}),
    Kind.INSTANT: frozenset({"before", "after"}),
    Kind.LIST: frozenset(),
}
# Figures of no event: a count, a sum and the distinct are nought, the others are missing.
NUMERIC = frozenset({"count", "sum", "mean", "min", "max", "distinct"})


def operators_of(kind: Kind, *, ordered: bool) -> frozenset[str]:
    """Return the operators of a kind; a text with an order has those of numbers, too."""
    return OPERATORS[kind] | (ORDER | {"between"} if ordered else frozenset())


def comparable_of(kind: Kind, *, ordered: bool) -> frozenset[str]:
    """Return the operators of a kind that take another trait."""
    return COMPARABLE[kind] | (ORDER if ordered else frozenset())


def kind_of_value(value: object) -> Kind:
    """Return the kind of a JSON or a checked value; a list's is that of what it holds."""
    match value:
        case bool():
            return Kind.FLAG
        case int() | float() | Decimal():
            return Kind.NUMBER
        case date():
            return Kind.DATE
        case list() | tuple() if value:
            return kind_of_value(value[0])
    return Kind.TEXT


def kind_of_test(op: Op, value: object) -> Kind | None:
    """Return what kind of property a test is about, None for any: the operator and the value tell."""
    if op in EVERY:
        return None
    if op in _LIST:
        return Kind.LIST
    if op in _TIME - {"between"} or op in SPANS:
        return Kind.DATE
    kind = kind_of_value(value)
    return Kind.DATE if op == "between" and kind is Kind.TEXT else kind


def kind_of_property(test: Test) -> Kind | None:
    """Return what kind of property a checked test is about, None for any."""
    return kind_of_test(test.op, test.value)


def kind_of_figure(leaf: Aggregate, other: Kind | None) -> Kind:
    """Return the kind of an aggregate's figure: first and last are of the kind they are compared with."""
    if leaf.measure in NUMERIC:
        return Kind.NUMBER
    return other or kind_of_test(leaf.op, leaf.value) or Kind.TEXT
