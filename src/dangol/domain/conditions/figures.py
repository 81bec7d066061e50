"""The leaf over a figure of an event's property: its sum, its mean, its last value."""

from collections.abc import Callable, Iterable, Iterator, Sequence as Several
from datetime import datetime
from decimal import Decimal, localcontext
from itertools import accumulate
from typing import Any, NamedTuple

from dangol.domain.conditions.decisions import Reason, named
from dangol.domain.conditions.histories import Past
from dangol.domain.conditions.kinds import COMPLEMENTS, kind_of_figure
from dangol.domain.conditions.moments import Moment
from dangol.domain.conditions.nodes import Aggregate
from dangol.domain.conditions.operators import COMPARISONS, asks, asks_other
from dangol.domain.conditions.values import (
    EXACT,
    EXACT_TYPES,
    MICRO,
    Catalog,
    Happening,
    Kind,
    Subject,
    TraitType,
    Value,
    of_kind,
)

_PLAIN = (Kind.TEXT, Kind.NUMBER, Kind.FLAG)


class Figure(NamedTuple):
    """A figure (None: missing), the number of events in it, and those events."""

    value: Any
    size: int
    events: Several[Happening]

    @property
    def mean(self) -> Decimal | None:
        """The sum through the count, rounded to six places: to be shown, never to be compared."""
        return EXACT.divide(self.value, self.size).quantize(MICRO, context=EXACT) if self.size else None


def total(values: Several[Any]) -> Decimal:
    """Return the exact sum."""
    with localcontext(EXACT):
        return sum(values, Decimal(0))


def plain_value(value: object) -> tuple[Kind, Any] | None:
    """Return what distinct counts: a text, a number or a flag with its kind, as 1, "1" and true differ."""
    return next(((kind, value) for kind in _PLAIN if of_kind(value, kind) is not None), None)


class AggregateReading:
    """A figure over an event's property, compared with a value or with a trait."""

    def __init__(self, leaf: Aggregate, types: Catalog) -> None:
        self.leaf, self.past = leaf, Past(leaf.event, leaf.where, leaf.window)
        self.kind = kind_of_figure(leaf, types[leaf.other].kind if leaf.other else None)
        self.op, self.other, self.measure = leaf.op, leaf.other, leaf.measure
        self._empty, self._types = EMPTY.get(leaf.measure), EXACT_TYPES.get(self.kind, frozenset())
        if leaf.measure == "mean":
            return
        if leaf.other is None:
            self.asks = asks(self.kind, leaf.op, leaf.value)
        else:
            self.compares = asks_other(TraitType(self.kind), leaf.op)

    def figure(self, subject: Subject, moment: Moment) -> Figure:
        """Return the figure; of a mean it is the sum, to be compared with so many times the value."""
        seen, name = self.past.seen(subject, moment), self.leaf.property
        if name is None:
            return Figure(len(seen), len(seen), seen)
        pairs = [(one, value) for one in seen if (value := self._read(one.properties.get(name))) is not None]
        if not pairs:
            return Figure(self._empty, 0, ())
        values, events = [value for _, value in pairs], [one for one, _ in pairs]
        return Figure(_MEASURES[self.measure](values), len(values), events)

    def _read(self, value: object) -> Any:
        """Return the property as the measure takes it, None if it does not."""
        match self.measure:
            case "count":
                return value
            case "distinct":
                return plain_value(value)
        return value if type(value) in self._types else of_kind(value, self.kind)

    def _other(self, subject: Subject) -> Any:
        return None if self.other is None else of_kind(subject.traits.get(self.other), self.kind)

    def _answer(self, figure: Figure, subject: Subject, moment: Moment) -> bool:
        if self.measure == "mean":
            value = self._other(subject) if self.other else self.leaf.value
            return mean_answer(self.op, figure.value, figure.size, value)
        if self.other is None:
            return self.asks(figure.value, moment)
        return bool(self.compares(figure.value, self._other(subject)))

    def holds(self, subject: Subject, moment: Moment) -> bool:
        """Return the answer."""
        return self._answer(self.figure(subject, moment), subject, moment)

    def turns(self, subject: Subject, moment: Moment) -> datetime | None:
        """Return when so many have left the window that the figure's answer changes."""
        if not self.past.only_leaves(subject, moment):
            return self.past.turns(subject, moment)
        figure = self.figure(subject, moment)
        now = self._answer(figure, subject, moment)
        for left, value in enumerate(self._as_they_leave(figure.events), start=1):
            rest = Figure(value, figure.size - left, ())
            if self._answer(rest, subject, moment) is not now:
                return self.past.leaves(figure.events[left - 1], moment)
        return None

    def _as_they_leave(self, events: Several[Happening]) -> list[Any]:
        """Return the figure without the first event, without the first two, and so on to none."""
        name = self.leaf.property
        if name is None:
            return list(range(len(events) - 1, -1, -1))
        values = [self._read(one.properties.get(name)) for one in reversed(events)]
        found: list[Any] = [self._empty]
        for figure in _RUNNING[self.measure](values):
            found.append(figure)
        return found[-2::-1]

    def reason(self, subject: Subject, moment: Moment, path: str) -> Reason:
        """Return the answer with the figure and the latest events in it."""
        figure = self.figure(subject, moment)
        shown: Value | None = figure.mean if self.measure == "mean" else figure.value
        return Reason(
            path, self._answer(figure, subject, moment), value=shown, other=self._other(subject),
            count=figure.size, events=named(figure.events),
        )  # fmt: skip


def mean_answer(op: str, found: Decimal | None, count: int, value: Any) -> bool:
    """Return what an operator says of a mean: the sum is compared with the value times the count."""
    if op in COMPLEMENTS:
        return not mean_answer(COMPLEMENTS[op], found, count, value)
    if found is None or value is None:
        return False
    if op == "between":
        low, high = (EXACT.multiply(Decimal(one), count) for one in value)
        return low <= found <= high
    if op == "in":
        return any(found == EXACT.multiply(Decimal(one), count) for one in value)
    return bool(COMPARISONS[op](found, EXACT.multiply(Decimal(value), count)))


def _distinct(values: Several[Any]) -> Iterator[int]:
    """Yield how many different values there are up to each place."""
    met = set()
    for one in values:
        met.add(one)
        yield len(met)


# Of no event at all these are nought; every other figure is missing.
EMPTY: dict[str, Any] = {"count": 0, "sum": Decimal(0), "distinct": 0}
_MEASURES: dict[str, Callable[[Several[Any]], Any]] = {
    "count": len,
    "sum": total,
    "mean": total,
    "min": min,
    "max": max,
    "first": lambda values: values[0],
    "last": lambda values: values[-1],
    "distinct": lambda values: len(set(values)),
}
# The same over the values up to each place, where the values come latest first.
_RUNNING: dict[str, Callable[[list[Any]], Iterable[Any]]] = {
    "count": lambda values: range(1, len(values) + 1),
    "sum": lambda values: accumulate(values, EXACT.add),
    "mean": lambda values: accumulate(values, EXACT.add),
    "min": lambda values: accumulate(values, min),
    "max": lambda values: accumulate(values, max),
    "first": lambda values: values,
    "last": lambda values: values[:1] * len(values),
    "distinct": _distinct,
}
