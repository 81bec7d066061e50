"""Whether a tree makes sense to a catalog of traits; what does is given back with typed values in it."""

from collections.abc import Sequence as Several
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from dangol.domain.conditions.given import (
    check_length,
    check_name,
    check_range,
    read_given,
    read_span,
    read_time,
)
from dangol.domain.conditions.kinds import (
    COMPARABLE,
    EVERY,
    OPERATORS,
    VALUELESS,
    comparable_of,
    kind_of_figure,
    kind_of_test,
    operators_of,
)
from dangol.domain.conditions.nodes import (
    ONCE,
    Aggregate,
    AllOf,
    AnyOf,
    Between,
    Did,
    Last,
    Leaf,
    Member,
    Node,
    Not,
    Sequence,
    Test,
    Trait,
    Window,
)
from dangol.domain.conditions.refusals import (
    BrokenCondition,
    EmptyGroup,
    NonsenseWindow,
    TooDeep,
    TooMany,
    UnfitOperator,
    UnfitValue,
    UnknownTrait,
)
from dangol.domain.conditions.values import Catalog, Kind, TraitType

MOST_LEVELS, MOST_LEAVES, MOST_TESTS = 10, 100, 10
LEAST_STEPS, MOST_STEPS = 2, 8
MOST_TIMES = 1_000_000
# What a figure over events may be: they have no days of their own, and their lists are asked by tests.
FIGURES = frozenset({Kind.TEXT, Kind.NUMBER, Kind.FLAG})


@dataclass
class Checker:
    """One walk through a tree, from which refusals come with the path of the part that is wrong."""

    catalog: Catalog
    used: dict[str, TraitType] = field(default_factory=dict)
    leaves: int = 0

    def node(self, node: Node, path: str, level: int = 1) -> Node:
        """Return the node with typed values; raises a BrokenCondition."""
        if level > MOST_LEVELS:
            raise TooDeep(path=path, most=MOST_LEVELS)
        match node:
            case AllOf():
                return replace(node, of=self._group(node.of, path, level))
            case AnyOf():
                return replace(node, of=self._group(node.of, path, level))
            case Not():
                return replace(node, of=self.node(node.of, f"{path}.of", level + 1))
        self.leaves += 1
        if self.leaves > MOST_LEAVES:
            raise TooMany(path=path, parts="leaves", most=MOST_LEAVES)
        return self._leaf(node, path)

    def _group(self, parts: tuple[Node, ...], path: str, level: int) -> tuple[Node, ...]:
        _check_count(parts, 1, MOST_LEAVES, f"{path}.of", "leaves")
        return tuple(self.node(one, f"{path}.of[{number}]", level + 1) for number, one in enumerate(parts))

    def _leaf(self, node: Leaf, path: str) -> Leaf:
        match node:
            case Trait():
                return self._trait(node, path)
            case Did():
                check_name(node.event, f"{path}.event")
                least = 1 if node.times.op == "at_least" else 0
                check_range(node.times.n, least, MOST_TIMES, f"{path}.times.n")
                return replace(
                    node,
                    where=_tests(node.where, path),
                    times=ONCE if node.times == ONCE else node.times,
                    window=_window(node.window, path),
                )
            case Sequence():
                return _sequence(node, path)
            case Aggregate():
                return self._aggregate(node, path)
            case Member():
                return node

    def _known(self, name: str, path: str) -> TraitType:
        if name not in self.catalog:
            raise UnknownTrait(path=path, trait=name)
        self.used[name] = self.catalog[name]
        return self.catalog[name]

    def _trait(self, node: Trait, path: str) -> Trait:
        kind = self._known(node.trait, f"{path}.trait")
        fitting = operators_of(kind.kind, ordered=bool(kind.order))
        _check_operator(node.op, fitting, kind.kind, path)
        if node.other is not None:
            self._other(node, kind, path)
            return node
        if node.op in VALUELESS:
            _no_value(node.value, path)
            return node
        value_path = f"{path}.value"
        return replace(node, value=read_given(node.value, node.op, kind.kind, value_path, order=kind.order))

    def _other(self, node: Trait | Aggregate, kind: TraitType, path: str) -> None:
        assert node.other is not None
        _no_value(node.value, path)
        _check_operator(node.op, comparable_of(kind.kind, ordered=bool(kind.order)), kind.kind, path)
        if self._known(node.other, f"{path}.other") != kind:
            raise UnfitValue(path=f"{path}.other", needed=f"{kind.kind} trait")

    def _aggregate(self, node: Aggregate, path: str) -> Aggregate:
        check_name(node.event, f"{path}.event")
        if node.property is not None:
            check_name(node.property, f"{path}.property")
        elif node.measure != "count":
            raise BrokenCondition(path=path, fault=f"{node.measure} needs a property")
        other = None
        if node.other is not None:
            other = self._known(node.other, f"{path}.other").kind
        kind = kind_of_figure(node, other)
        if kind not in FIGURES:
            raise UnfitOperator(
                path=f"{path}.op", op=node.op, kind=kind.value, fitting=_shown(OPERATORS[Kind.NUMBER] - EVERY)
            )
        _check_operator(node.op, OPERATORS[kind] - EVERY, kind, path)
        checked = replace(node, where=_tests(node.where, path), window=_window(node.window, path))
        if other is not None:
            _no_value(node.value, path)
            _check_operator(node.op, COMPARABLE[kind], kind, path)
            if other is not kind:
                raise UnfitValue(path=f"{path}.other", needed=f"{kind.value} trait")
            return checked
        return replace(checked, value=read_given(node.value, node.op, kind, f"{path}.value"))


def _sequence(node: Sequence, path: str) -> Sequence:
    _check_count(node.steps, LEAST_STEPS, MOST_STEPS, f"{path}.steps", "steps")
    steps = []
    for number, step in enumerate(node.steps):
        at = f"{path}.steps[{number}]"
        check_name(step.event, f"{at}.event")
        if step.within is not None:
            if number == 0:
                raise BrokenCondition(path=f"{at}.within", fault="the first step follows none")
            if step.within.unit not in ("hours", "days"):
                raise UnfitValue(path=f"{at}.within.unit", needed="hours | days")
            read_span(step.within, f"{at}.within")
        steps.append(replace(step, where=_tests(step.where, at)))
    return replace(node, steps=tuple(steps), window=_window(node.window, path))


def _tests(where: Several[Test], path: str) -> tuple[Test, ...]:
    if len(where) > MOST_TESTS:
        raise TooMany(path=f"{path}.where", parts="tests", most=MOST_TESTS)
    return tuple(_test(test, f"{path}.where[{number}]") for number, test in enumerate(where))


def _test(test: Test, path: str) -> Test:
    check_name(test.property, f"{path}.property")
    kind = kind_of_test(test.op, test.value)
    if test.op in VALUELESS or kind is None:
        _no_value(test.value, path)
        return test
    fitting = OPERATORS[kind]
    _check_operator(test.op, fitting, kind, path)
    # A property's time may be a day or an instant, so both may be given.
    reading = Kind.INSTANT if kind is Kind.DATE else kind
    return replace(test, value=read_given(test.value, test.op, reading, f"{path}.value"))


def _window(window: Window | None, path: str) -> Window | None:
    match window:
        case Last():
            check_length(window.n, window.unit, f"{path}.window")
        case Between():
            return _between(window, f"{path}.window")
    return window


def _between(window: Between, path: str) -> Between:
    start = None if window.start is None else read_time(window.start, f"{path}.from")
    end = None if window.end is None else read_time(window.end, f"{path}.to")
    if start is None and end is None:
        raise NonsenseWindow(path=path)
    if start is not None and end is not None and _ends_before(start, end):
        raise NonsenseWindow(path=path)
    return replace(window, start=start, end=end)


def _ends_before(start: date | datetime, end: date | datetime) -> bool:
    """Return whether a window is empty in every zone: a day and an instant may be a day apart."""
    if isinstance(start, datetime) and isinstance(end, datetime):
        return end < start
    if not isinstance(start, datetime) and not isinstance(end, datetime):
        return end < start
    first, last = (one.date() if isinstance(one, datetime) else one for one in (start, end))
    return last < first - timedelta(days=1)


def _check_operator(op: str, fitting: frozenset[str], kind: Kind, path: str) -> None:
    if op not in fitting:
        raise UnfitOperator(path=f"{path}.op", op=op, kind=kind.value, fitting=_shown(fitting))


def _shown(operators: frozenset[str]) -> str:
    return ", ".join(sorted(operators))


def _no_value(value: Any, path: str) -> None:
    if value is not None:
        raise UnfitValue(path=f"{path}.value", needed="no value")


def _check_count(parts: Several[object], least: int, most: int, path: str, name: str) -> None:
    if len(parts) < least:
        raise EmptyGroup(path=path, least=least)
    if len(parts) > most:
        raise TooMany(path=path, parts=name, most=most)
