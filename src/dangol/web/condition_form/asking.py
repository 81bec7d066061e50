"""What a comparison in the form is about: of what kind its value is, and how it can be compared."""

from typing import NamedTuple

from dangol.domain.conditions import Kind
from dangol.domain.conditions.kinds import EVERY, NUMERIC, OPERATORS, comparable_of, operators_of
from dangol.web.condition_form.offers import Offers
from dangol.web.condition_form.parts import TEST, Part

# In the order in which they are offered; the first of a kind is what a new comparison begins with.
_ORDER = (
    "equals", "at_least", "at_most", "more_than", "less_than", "not_equals", "in", "not_in",
    "within_last", "within_next", "anniversary_within", "before", "after", "on", "between",
    "has", "has_any", "has_all", "is_empty", "contains", "starts_with", "ends_with", "is_set", "is_missing",
)  # fmt: skip
_FIRST = {Kind.NUMBER: "at_least", Kind.DATE: "within_last", Kind.INSTANT: "within_last", Kind.LIST: "has"}


class Asked(NamedTuple):
    """A comparison: its kind and order, the operator chosen, and those there are.

    `has_other`: the operator also takes another trait.
    """

    kind: Kind
    order: tuple[str, ...]
    op: str
    ops: tuple[str, ...]
    has_other: bool


def asked_of(part: Part, event: str, offers: Offers) -> Asked:
    """Return what a trait's, a test's or an aggregate's part asks."""
    order: tuple[str, ...] = ()
    if part.kind == "trait":
        spec = offers.traits.get(part.said("trait"))
        kind, order = (spec.type.kind, spec.type.order) if spec else (Kind.TEXT, ())
        fitting, comparable = (
            operators_of(kind, ordered=bool(order)),
            comparable_of(kind, ordered=bool(order)),
        )
    elif part.kind == TEST:
        kind = kind_of_property(part, event, offers)
        fitting, comparable = OPERATORS[kind], frozenset()
    else:
        kind = _kind_of_figure(part, event, offers)
        fitting, comparable = OPERATORS[kind] - EVERY, comparable_of(kind, ordered=False)
    ops = tuple(op for op in _ORDER if op in fitting)
    first = _FIRST.get(kind, ops[0])
    op = part.said("op") if part.said("op") in fitting else first
    return Asked(kind, order, op, ops, op in comparable)


def kind_of_property(part: Part, event: str, offers: Offers) -> Kind:
    """Return the kind of the property a part names: as the event declares it, else as the form says."""
    known = offers.kinds_of(event).get(part.said("property"))
    if known is not None:
        return known
    said = part.said("as")
    return Kind(said) if said in set(Kind) else Kind.TEXT


def _kind_of_figure(part: Part, event: str, offers: Offers) -> Kind:
    if part.said("measure") in NUMERIC:
        return Kind.NUMBER
    kind = kind_of_property(part, event, offers)
    return kind if kind in (Kind.TEXT, Kind.NUMBER, Kind.FLAG) else Kind.TEXT
