"""What a condition has to be told: which events and how far back, which traits, which other segments."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

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
    Test,
    Trait,
    Window,
)
from dangol.domain.conditions.reading import Condition


@dataclass(frozen=True, slots=True)
class Needs:
    """Names of events, traits and segments; `properties` are those used of each event.

    `windows` holds the windows of each event, None among them if it is asked about for ever.
    """

    events: frozenset[str]
    traits: frozenset[str]
    segments: frozenset[str]
    properties: Mapping[str, frozenset[str]]
    windows: Mapping[str, frozenset[Window | None]]

    def since(self, event: str, *, as_of: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the instant after which the event's history is needed; None: all of it."""
        moment = Moment(as_of, zone)
        starts = [moment.bounds(window)[0] for window in self.windows[event]]
        return None if None in starts else min(start for start in starts if start is not None)


def needs(*conditions: Condition) -> Needs:
    """Return what these conditions, all together, have to be told."""
    leaves = [leaf for condition in conditions for leaf in leaves_of(condition.root)]
    properties: dict[str, set[str]] = {}
    windows: dict[str, set[Window | None]] = {}
    for event, window, used in (use for leaf in leaves for use in _uses(leaf)):
        properties.setdefault(event, set()).update(used)
        windows.setdefault(event, set()).add(window)
    return Needs(
        events=frozenset(windows),
        traits=frozenset(name for condition in conditions for name in condition.types),
        segments=frozenset(leaf.segment for leaf in leaves if isinstance(leaf, Member)),
        properties={event: frozenset(names) for event, names in properties.items()},
        windows={event: frozenset(found) for event, found in windows.items()},
    )


def leaves_of(node: Node) -> Iterator[Leaf]:
    """Yield the leaves of a tree from left to right."""
    match node:
        case AllOf() | AnyOf():
            for one in node.of:
                yield from leaves_of(one)
        case Not():
            yield from leaves_of(node.of)
        case Trait() | Did() | Sequence() | Aggregate() | Member():
            yield node


def _uses(leaf: Leaf) -> Iterator[tuple[str, Window | None, set[str]]]:
    """Yield the events a leaf looks at, each with its window and the properties used."""
    match leaf:
        case Did():
            yield leaf.event, leaf.window, _properties(leaf.where)
        case Aggregate():
            own = set() if leaf.property is None else {leaf.property}
            yield leaf.event, leaf.window, _properties(leaf.where) | own
        case Sequence():
            for step in leaf.steps:
                yield step.event, leaf.window, _properties(step.where)


def _properties(where: tuple[Test, ...]) -> set[str]:
    return {test.property for test in where}
