"""Leaves over events as conditional aggregates of one group-by, whatever the number of conditions."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import ibis
import ibis.expr.types as ir

from dangol.domain.conditions import Kind
from dangol.domain.conditions.kinds import kind_of_property
from dangol.domain.conditions.moments import Moment
from dangol.domain.conditions.nodes import Aggregate, Test, Window
from dangol.insight.conditions.questions import all_of, any_of, literal, question, surely
from dangol.insight.conditions.sources import MAP_OF

_TIMES = (Kind.DATE, Kind.INSTANT)
_PLAIN = (Kind.TEXT, Kind.NUMBER, Kind.FLAG)


@dataclass
class Past:
    """The needed events with their needed properties, and the figures of each customer that were asked for.

    Properties are read from their maps once for all figures: a column for each in the table under the
    group-by.
    """

    events: ir.Table
    moment: Moment
    names: frozenset[str]
    since: datetime | None
    _read: dict[tuple[str, str], str] = field(default_factory=dict)
    _figures: dict[str, tuple[str, Any]] = field(default_factory=dict)
    _rows: ir.Table | None = None

    def read(self, name: str, kind: Kind | None) -> None:
        """Ask for a property of a kind (None: of any) before the first figure."""
        assert self._rows is None, "the rows are already made"
        kinds = tuple(MAP_OF) if kind is None else _TIMES if kind is Kind.DATE else (kind,)
        for one in kinds:
            self._read.setdefault((MAP_OF[one], name), f"p{len(self._read)}")

    def read_tests(self, where: tuple[Test, ...]) -> None:
        """Ask for the properties of tests."""
        for test in where:
            self.read(test.property, kind_of_property(test))

    @property
    def rows(self) -> ir.Table:
        """The needed events: those of the names and of the longest window, up to now."""
        if self._rows is None:
            events = self.events
            wanted = [events["name"].isin(sorted(self.names)), events["at"] <= literal(self.moment.as_of)]
            if self.since is not None:
                wanted.append(events["at"] > literal(self.since))
            read = {column: events[place].get(name) for (place, name), column in self._read.items()}
            self._rows = events.filter(wanted).select("customer", "event_id", "name", "at", **read)
        return self._rows

    def column(self, name: str, kind: Kind) -> Any:
        """Return the column of a property that was asked for."""
        return self.rows[self._read[(MAP_OF[kind], name)]]

    def is_seen(self, event: str, where: tuple[Test, ...], window: Window | None) -> Any:
        """Return whether a row is an event of this name that passes the tests, in the window."""
        rows, (after, until) = self.rows, self.moment.bounds(window)
        answers = [rows["name"] == event]
        if after is not None:
            answers.append(rows["at"] > literal(after))
        if until < self.moment.as_of:
            answers.append(rows["at"] <= literal(until))
        return all_of([*answers, *(self._passes(test) for test in where)])

    def _passes(self, test: Test) -> Any:
        kind = kind_of_property(test)
        if kind is None:
            present = any_of([self.column(test.property, one).notnull() for one in MAP_OF])
            return present if test.op == "is_set" else ~present
        if kind is Kind.DATE:
            return any_of([
                question(self.column(test.property, one), one, test.op, test.value, self.moment)
                for one in _TIMES
            ])  # fmt: skip
        return question(self.column(test.property, kind), kind, test.op, test.value, self.moment)

    def count(self, event: str, where: tuple[Test, ...], window: Window | None) -> str:
        """Ask for the number of such events; return the figure's column."""
        key = repr(("count", event, where, window))
        return self._figure(key, lambda: self.rows.count(where=self.is_seen(event, where, window)))

    def aggregate(self, leaf: Aggregate, kind: Kind, measure: str) -> str:
        """Ask for a measure of the property's values of this kind; return the figure's column."""
        assert leaf.property is not None
        key = repr((measure, kind, leaf.property, leaf.event, leaf.where, leaf.window))
        return self._figure(key, lambda: self._measured(leaf, kind, measure))

    def present(self, leaf: Aggregate) -> str:
        """Ask for the number of such events that have the property; return the figure's column."""
        assert leaf.property is not None
        test = Test(leaf.property, "is_set")
        return self.count(leaf.event, (*leaf.where, test), leaf.window)

    def _measured(self, leaf: Aggregate, kind: Kind, measure: str) -> Any:
        assert leaf.property is not None
        column = self.column(leaf.property, kind)
        where = surely(self.is_seen(leaf.event, leaf.where, leaf.window) & column.notnull())
        match measure:
            case "first" | "last":
                order = ibis.struct({"at": self.rows["at"], "event_id": self.rows["event_id"]})
                return (column.argmin if measure == "first" else column.argmax)(order, where=where)
            case "distinct":
                return column.nunique(where=where)
        return getattr(column, measure)(where=where)

    def _figure(self, key: str, make: Any) -> str:
        if key not in self._figures:
            self._figures[key] = (f"f{len(self._figures)}", make())
        return self._figures[key][0]

    @property
    def figures(self) -> ir.Table | None:
        """One row for each customer with such events, a column for each figure; None if there is none."""
        if not self._figures:
            return None
        return self.rows.group_by("customer").aggregate(**dict(self._figures.values()))


def distinct_kinds() -> tuple[Kind, ...]:
    """Return the kinds of which different values are counted."""
    return _PLAIN
