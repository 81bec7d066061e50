"""From conditions to one table: a row for each customer, a column of yes and no for each condition."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import ibis.expr.types as ir

from dangol.domain.conditions import Condition, Kind, Needs, TraitType, needs
from dangol.domain.conditions.dependencies import in_layers
from dangol.domain.conditions.kinds import kind_of_figure
from dangol.domain.conditions.moments import Moment
from dangol.domain.conditions.needing import leaves_of
from dangol.domain.conditions.nodes import (
    Aggregate,
    AllOf,
    AnyOf,
    Did,
    Leaf,
    Member,
    Node,
    Not,
    Sequence,
    Trait,
)
from dangol.insight.conditions.histories import Past, distinct_kinds
from dangol.insight.conditions.questions import (
    LONG,
    SHORT,
    all_of,
    any_of,
    compared,
    compared_with_other,
    literal,
    mean_question,
    question,
    surely,
)
from dangol.insight.conditions.sequences import Sequences
from dangol.insight.conditions.sources import trait_column

_TIMES = {"at_least": "at_least", "at_most": "at_most", "exactly": "equals"}


def compile_conditions(
    conditions: Mapping[str, Condition],
    *,
    customers: ir.Table,
    as_of: datetime,
    zone: ZoneInfo,
    traits: ir.Table | None = None,
    events: ir.Table | None = None,
    members: ir.Table | None = None,
) -> ir.Table:
    """Return a table with `customer` and a boolean column, never null, for each condition.

    A condition's column is called `answer_column` of its slug.

    `customers` has each customer once; `traits` (`customer`, a column `trait_column(name)` of
    `trait_type(kind)` for each trait that is used), `events` (`EVENT_SCHEMA`) and `members` (`customer`,
    `segment`, of segments that are not among the conditions) may be left out where no condition needs them.
    All tables are of one engine; the answer is an expression that has not run yet. It says of each customer
    what `evaluate` says. Raises ConditionCycle.
    """
    layers = in_layers(conditions)
    assert len({slug.lower() for slug in conditions}) == len(conditions), "case is ignored"
    compiler = _Compiler(conditions, Moment(as_of.astimezone(UTC), zone), events)
    table = compiler.known(customers, traits, members)
    for slugs in layers:
        answers = {
            answer_column(slug): compiler.node(conditions[slug].root, conditions[slug].types, table)
            for slug in slugs
        }
        table = table.mutate(**answers)
    return table.select("customer", *(answer_column(slug) for slug in conditions))


def answer_column(slug: str) -> str:
    """Return the name of the column that says of whom a condition holds: no trait is called so."""
    return f"is {slug}"


def _member(slug: str) -> str:
    return f"in {slug}"


class _Compiler:
    """One compilation: what the conditions need, and where it is found in the joined table."""

    def __init__(self, conditions: Mapping[str, Condition], moment: Moment, events: ir.Table | None) -> None:
        self.slugs, self.moment = frozenset(conditions), moment
        self.needs = needs(*conditions.values())
        leaves = [(leaf, one.types) for one in conditions.values() for leaf in leaves_of(one.root)]
        self.past: Past | None = None
        if self.needs.events:
            assert events is not None, "a condition is over events"
            self.past = Past(events, moment, self.needs.events, _since(self.needs, moment))
            for leaf, types in leaves:
                _read(self.past, leaf, types)
            self.sequences = Sequences(self.past)
            for leaf, types in leaves:
                self._columns(leaf, types)

    def known(self, customers: ir.Table, traits: ir.Table | None, members: ir.Table | None) -> ir.Table:
        """Return the customers with all that the leaves need to be answered."""
        table = customers.select("customer")
        if self.needs.traits:
            assert traits is not None, "a condition is over traits"
            wanted = traits.select("customer", *(trait_column(name) for name in sorted(self.needs.traits)))
            table = _joined(table, wanted)
        if outside := sorted(self.needs.segments - self.slugs):
            assert members is not None, "a condition is over other segments"
            found = {_member(slug): (members["segment"] == slug).any() for slug in outside}
            table = _joined(table, members.group_by("customer").aggregate(**found))
        if self.past is not None:
            for facts in (self.past.figures, self.sequences.answers):
                table = table if facts is None else _joined(table, facts)
        return table

    def node(self, node: Node, types: Mapping[str, TraitType], table: ir.Table) -> Any:
        """Return the answer of a part of the tree."""
        match node:
            case AllOf():
                return all_of([self.node(one, types, table) for one in node.of])
            case AnyOf():
                return any_of([self.node(one, types, table) for one in node.of])
            case Not():
                return ~self.node(node.of, types, table)
        return self._leaf(node, types, table)

    def _leaf(self, leaf: Leaf, types: Mapping[str, TraitType], table: ir.Table) -> Any:
        match leaf:
            case Trait():
                return self._trait(leaf, types, table)
            case Member():
                inside = answer_column if leaf.segment in self.slugs else _member
                return surely(table[inside(leaf.segment)])
            case Did():
                (count,) = self._columns(leaf, types)
                return compared(table[count].fill_null(0), _TIMES[leaf.times.op], leaf.times.n)
            case Sequence():
                return surely(table[self.sequences.add(leaf)])
        return self._aggregate(leaf, types, table)

    def _trait(self, leaf: Trait, types: Mapping[str, TraitType], table: ir.Table) -> Any:
        kind = types[leaf.trait]
        column = _column_of(leaf.trait, kind, table)
        if leaf.other is not None:
            return compared_with_other(column, _column_of(leaf.other, kind, table), kind, leaf.op)
        return question(column, kind.kind, leaf.op, leaf.value, self.moment, kind.order)

    def _columns(self, leaf: Leaf, types: Mapping[str, TraitType]) -> tuple[str, ...]:
        """Return the columns of the figures a leaf over events needs; asks for them the first time."""
        match leaf:
            case Did():
                return (self._past.count(leaf.event, leaf.where, leaf.window),)
            case Sequence():
                return (self.sequences.add(leaf),)
            case Aggregate(measure="count", property=None):
                return (self._past.count(leaf.event, leaf.where, leaf.window),)
            case Aggregate(measure="count"):
                return (self._past.present(leaf),)
            case Aggregate(measure="distinct"):
                return tuple(self._past.aggregate(leaf, kind, "distinct") for kind in distinct_kinds())
            case Aggregate(measure="mean"):
                return tuple(self._past.aggregate(leaf, Kind.NUMBER, each) for each in ("sum", "count"))
            case Aggregate():
                return (self._past.aggregate(leaf, _kind(leaf, types), leaf.measure),)
        return ()

    @property
    def _past(self) -> Past:
        assert self.past is not None, "made where a condition is over events"
        return self.past

    def _aggregate(self, leaf: Aggregate, types: Mapping[str, TraitType], table: ir.Table) -> Any:
        kind = _kind(leaf, types)
        columns = [table[name] for name in self._columns(leaf, types)]
        other = None if leaf.other is None else _column_of(leaf.other, TraitType(kind), table)
        if leaf.measure == "mean":
            return mean_question(columns[0], columns[1].fill_null(0), leaf.op, _factor(leaf.value, other))
        figure = columns[0]
        if leaf.measure in ("count", "distinct", "sum"):
            figure = sum((column.fill_null(0) for column in columns[1:]), columns[0].fill_null(0)).cast(LONG)
        if other is not None:
            return compared_with_other(figure, other, TraitType(kind), leaf.op)
        return question(figure, kind, leaf.op, leaf.value, self.moment)


def _factor(value: Any, other: Any) -> Any:
    """Return what a mean's count is multiplied by: a trait, a value, or several."""
    if other is not None:
        return other.cast(SHORT)
    return tuple(literal(one) for one in value) if isinstance(value, tuple) else literal(value)


def _kind(leaf: Aggregate, types: Mapping[str, TraitType]) -> Kind:
    return kind_of_figure(leaf, types[leaf.other].kind if leaf.other else None)


def _since(needed: Needs, moment: Moment) -> datetime | None:
    """Return the instant after which events matter to any of the conditions, None if all do."""
    starts = [needed.since(event, as_of=moment.as_of, zone=moment.zone) for event in needed.events]
    return None if None in starts else min(start for start in starts if start is not None)


def _read(past: Past, leaf: Leaf, types: Mapping[str, TraitType]) -> None:
    """Ask for the properties a leaf needs."""
    match leaf:
        case Did():
            past.read_tests(leaf.where)
        case Sequence():
            for step in leaf.steps:
                past.read_tests(step.where)
        case Aggregate():
            past.read_tests(leaf.where)
            if leaf.property is not None:
                for kind in _kinds_read(leaf, types):
                    past.read(leaf.property, kind)


def _kinds_read(leaf: Aggregate, types: Mapping[str, TraitType]) -> tuple[Kind | None, ...]:
    match leaf.measure:
        case "count":
            return (None,)
        case "distinct":
            return distinct_kinds()
    return (_kind(leaf, types),)


def _column_of(trait: str, kind: TraitType, table: ir.Table) -> Any:
    column = table[trait_column(trait)]
    return column.cast(LONG) if kind.kind is Kind.NUMBER else column


def _joined(table: ir.Table, facts: ir.Table) -> ir.Table:
    """Return the table with the columns of another, null where it has no such customer."""
    both = table.left_join(facts, "customer")
    return both.drop("customer_right") if "customer_right" in both.columns else both
