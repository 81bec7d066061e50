"""Conditions asked about one customer: the answer, its reasons, and when it may change by itself."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import NamedTuple, assert_never
from zoneinfo import ZoneInfo

from dangol.domain.conditions.decisions import Decision, Reason
from dangol.domain.conditions.figures import AggregateReading
from dangol.domain.conditions.histories import DidReading, SequenceReading
from dangol.domain.conditions.leaves import LeafReading, MemberReading, TraitReading
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
MOST_TURNS = 256
# So many years on all yearly days have met that ever will, and every window is past: what has turned at no
# instant by then does not turn.
FARTHEST_YEARS = 10


class Stretch(NamedTuple):
    """The answer of a leaf, and when it turns (None: never)."""

    holds: bool
    until: datetime | None


class Hunt:
    """One look ahead for a customer: what leaves have answered is kept for as long as it stays."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._stretches: dict[LeafPlan, Stretch] = {}

    def stretch(self, leaf: "LeafPlan", moment: Moment) -> Stretch:
        """Return the leaf's answer at a moment; moments never step back."""
        known = self._stretches.get(leaf)
        if known is None or (known.until is not None and known.until <= moment.as_of):
            holds = leaf.holds(self.subject, moment)
            turns = partial(leaf.reading.turns, self.subject)
            until = _hunt(turns, partial(leaf.holds, self.subject), moment, now=holds)
            known = self._stretches[leaf] = Stretch(holds, until)
        return known


class LeafPlan:
    """A leaf in its place."""

    def __init__(self, path: str, reading: LeafReading) -> None:
        self.path, self.reading = path, reading
        self.holds = reading.holds

    def answer(self, hunt: Hunt, moment: Moment) -> bool:
        """Return the answer, as `holds` does."""
        return hunt.stretch(self, moment).holds

    def turns(self, hunt: Hunt, moment: Moment) -> datetime | None:
        """Return when the leaf's answer turns."""
        return hunt.stretch(self, moment).until

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

    def answer(self, hunt: Hunt, moment: Moment) -> bool:
        """Return the answer, as `holds` does."""
        decisive = self.decisive
        return decisive if any(part.answer(hunt, moment) is decisive for part in self.parts) else not decisive

    def turns(self, hunt: Hunt, moment: Moment) -> datetime | None:
        """Return an instant before which the whole stays: each part that decides it must turn once."""
        if self.answer(hunt, moment) is not self.decisive:
            return earliest((part.turns(hunt, moment) for part in self.parts), moment.as_of)
        latest = moment.as_of
        for part in self.parts:
            if part.answer(hunt, moment) is self.decisive:
                turn = part.turns(hunt, moment)
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

    def answer(self, hunt: Hunt, moment: Moment) -> bool:
        """Return the answer, as `holds` does."""
        return not self.part.answer(hunt, moment)

    def turns(self, hunt: Hunt, moment: Moment) -> datetime | None:
        """Return when the part may turn."""
        return self.part.turns(hunt, moment)

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
    """Return the first instant after `as_of` at which the answer may change without a new event; None: never.

    Until then, exclusive, the answer stays. Other segments and traits count as they are now.
    """
    return foresee(condition, subject, as_of=as_of, zone=zone).until


def foresee(condition: Condition, subject: Subject, *, as_of: datetime, zone: ZoneInfo) -> Stretch:
    """Return what `evaluate` and `next_change` say, at the price of one of them."""
    plan, moment, hunt = plan_of(condition), Moment(as_of.astimezone(UTC), zone), Hunt(subject)
    holds = plan.answer(hunt, moment)
    return Stretch(holds, _hunt(partial(plan.turns, hunt), partial(plan.answer, hunt), moment, now=holds))


def _hunt(
    turns: Callable[[Moment], datetime | None],
    holds: Callable[[Moment], bool],
    moment: Moment,
    *,
    now: bool,
) -> datetime | None:
    """Go from turn to turn until the answer is another."""
    turn, last_year = turns(moment), moment.as_of.year + FARTHEST_YEARS
    for _ in range(MOST_TURNS):
        if turn is None:
            return None
        moment = Moment(turn, moment.zone)
        if holds(moment) is not now:
            return turn
        if turn.year > last_year:
            return None
        turn = turns(moment)
    return turn


def decide(condition: Condition, subject: Subject, *, as_of: datetime, zone: ZoneInfo) -> Decision:
    """Return the answer with the leaves that decided it and the instant at which it may change by itself."""
    plan, moment = plan_of(condition), Moment(as_of.astimezone(UTC), zone)
    holds, until = foresee(condition, subject, as_of=as_of, zone=zone)
    reasons = tuple(plan.reasons(subject, moment))
    return Decision(holds=holds, reasons=reasons, changes_at=until, as_of=moment.as_of, zone=zone)
