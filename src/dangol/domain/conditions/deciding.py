"""Conditions asked about one customer: the answer, its reasons, and when it may change by itself."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import assert_never
from zoneinfo import ZoneInfo

from dangol.domain.conditions.decisions import Decision, Reason
from dangol.domain.conditions.figures import AggregateReading
from dangol.domain.conditions.histories import DidReading, SequenceReading
from dangol.domain.conditions.leaves import LeafReading, MemberReading, Reading, TraitReading
from dangol.domain.conditions.moments import Moment
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
from dangol.domain.conditions.reading import Condition
from dangol.domain.conditions.turns import earliest
from dangol.domain.conditions.values import Catalog, Subject

# After so many instants at which a leaf turns but not the whole, the next such instant is the answer.
MOST_TURNS = 1_024
# What turns only after more years than somebody is a customer does not turn: two yearly days that never meet
# would be looked at for ever.
FARTHEST_YEARS = 50


class LeafPlan:
    """A leaf in its place."""

    def __init__(self, path: str, reading: LeafReading) -> None:
        self.path, self.reading = path, reading
        self.holds = reading.holds

    def turns(self, subject: Subject, moment: Moment) -> datetime | None:
        """Return when the leaf's answer turns."""
        return _next_change(self.reading, subject, moment, now=self.holds(subject, moment))

    def reasons(self, subject: Subject, moment: Moment) -> Iterator[Reason]:
        """Yield what the leaf saw."""
        yield self.reading.reason(subject, moment, self.path)


class GroupPlan:
    """All or any of several parts: `decisive` is the answer of a part that decides the whole."""

    def __init__(self, parts: "tuple[Plan, ...]", *, decisive: bool) -> None:
        self.parts, self.decisive = parts, decisive
        self.asked = [part.holds for part in parts]

    def holds(self, subject: Subject, moment: Moment) -> bool:
        """Return the answer."""
        decisive = self.decisive
        for asked in self.asked:
            if asked(subject, moment) is decisive:
                return decisive
        return not decisive

    def turns(self, subject: Subject, moment: Moment) -> datetime | None:
        """Return an instant before which the whole stays: each part that decides it must turn once."""
        if self.holds(subject, moment) is not self.decisive:
            return earliest((part.turns(subject, moment) for part in self.parts), moment.as_of)
        latest = moment.as_of
        for part in self.parts:
            if part.holds(subject, moment) is self.decisive:
                turn = part.turns(subject, moment)
                if turn is None:
                    return None
                latest = max(latest, turn)
        return latest

    def reasons(self, subject: Subject, moment: Moment) -> Iterator[Reason]:
        """Yield the reasons of the parts that decided; all did where the whole has the other answer."""
        whole = self.holds(subject, moment)
        for part in self.parts:
            if whole is not self.decisive or part.holds(subject, moment) is whole:
                yield from part.reasons(subject, moment)


class NotPlan:
    """The plain complement of a part."""

    def __init__(self, part: "Plan") -> None:
        self.part = part

    def holds(self, subject: Subject, moment: Moment) -> bool:
        """Return the answer."""
        return not self.part.holds(subject, moment)

    def turns(self, subject: Subject, moment: Moment) -> datetime | None:
        """Return when the part may turn."""
        return self.part.turns(subject, moment)

    def reasons(self, subject: Subject, moment: Moment) -> Iterator[Reason]:
        """Yield the reasons of the part."""
        return self.part.reasons(subject, moment)


Plan = LeafPlan | GroupPlan | NotPlan


def _plan(node: Node, types: Catalog, path: str) -> Plan:
    match node:
        case AllOf() | AnyOf():
            parts = tuple(_plan(one, types, f"{path}.of[{number}]") for number, one in enumerate(node.of))
            return GroupPlan(parts, decisive=isinstance(node, AnyOf))
        case Not():
            return NotPlan(_plan(node.of, types, f"{path}.of"))
    return LeafPlan(path, _reading(node, types))


def _reading(leaf: Leaf, types: Catalog) -> LeafReading:
    match leaf:
        case Trait():
            return TraitReading(leaf, types)
        case Did():
            return DidReading(leaf)
        case Sequence():
            return SequenceReading(leaf)
        case Aggregate():
            return AggregateReading(leaf, types)
        case Member():
            return MemberReading(leaf)
    assert_never(leaf)


@lru_cache(maxsize=4_096)
def plan_of(condition: Condition) -> Plan:
    """Return the condition made ready to be asked; the same object is made ready once."""
    return _plan(condition.root, condition.types, "$")


def evaluate(condition: Condition, subject: Subject, *, as_of: datetime, zone: ZoneInfo) -> bool:
    """Return whether the condition holds of the customer at an instant, as days go in the shop's zone."""
    return plan_of(condition).holds(subject, Moment(as_of.astimezone(UTC), zone))


def next_change(
    condition: Condition, subject: Subject, *, as_of: datetime, zone: ZoneInfo
) -> datetime | None:
    """Return the first instant after `as_of` at which the answer may change without a new event.

    Until then, exclusive, the answer stays. Other segments and traits count as they are now. None: it stays
    for the next 50 years.
    """
    plan, moment = plan_of(condition), Moment(as_of.astimezone(UTC), zone)
    return _next_change(plan, subject, moment, now=plan.holds(subject, moment))


def _next_change(plan: Reading | Plan, subject: Subject, moment: Moment, *, now: bool) -> datetime | None:
    turn, last_year = plan.turns(subject, moment), moment.as_of.year + FARTHEST_YEARS
    for _ in range(MOST_TURNS):
        if turn is None or turn.year > last_year:
            return None
        moment = Moment(turn, moment.zone)
        if plan.holds(subject, moment) is not now:
            return turn
        turn = plan.turns(subject, moment)
    return turn


def decide(condition: Condition, subject: Subject, *, as_of: datetime, zone: ZoneInfo) -> Decision:
    """Return the answer with the leaves that decided it and the instant at which it may change by itself."""
    plan, moment = plan_of(condition), Moment(as_of.astimezone(UTC), zone)
    holds = plan.holds(subject, moment)
    return Decision(
        holds=holds,
        reasons=tuple(plan.reasons(subject, moment)),
        changes_at=_next_change(plan, subject, moment, now=holds),
        as_of=moment.as_of,
        zone=zone,
    )
