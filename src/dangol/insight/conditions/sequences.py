"""Sequences: for each step the latest earlier instant that reached the step before, by window functions."""

from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir

from dangol.domain.conditions.histories import duration
from dangol.domain.conditions.nodes import Sequence, Step
from dangol.insight.conditions.histories import Past
from dangol.insight.conditions.questions import any_of, surely


@dataclass
class Sequences:
    """All sequences that were asked for, answered layer by layer in one pass over their events."""

    past: Past
    leaves: dict[str, tuple[str, Sequence]] = field(default_factory=dict)

    def add(self, leaf: Sequence) -> str:
        """Ask for a sequence; return the column that says whether it came about."""
        return self.leaves.setdefault(repr(leaf), (f"s{len(self.leaves)}", leaf))[0]

    @property
    def answers(self) -> ir.Table | None:
        """One row for each customer with such events, a column for each sequence; None if there is none."""
        if not self.leaves:
            return None
        table = self._instants()
        for number in range(1, max(len(leaf.steps) for _, leaf in self.leaves.values())):
            table = self._layer(table, number)
        reached = {
            name: surely(table[_column(name, len(leaf.steps) - 1)].any())
            for name, leaf in self.leaves.values()
        }
        return table.group_by("customer").aggregate(**reached)

    def _instants(self) -> ir.Table:
        """Return one row for each instant of a customer: which steps have an event in it."""
        seen = {
            _column(name, number): self.past.is_seen(step.event, step.where, leaf.window)
            for name, leaf in self.leaves.values()
            for number, step in enumerate(leaf.steps)
        }
        rows = self.past.rows.select("customer", "at", **seen)
        rows = rows.filter(any_of([rows[name] for name in seen]))
        return rows.group_by(["customer", "at"]).aggregate(
            **{name: surely(rows[name].any()) for name in seen}
        )

    def _layer(self, table: ir.Table, number: int) -> ir.Table:
        """Return the table in which a step is true only where it follows the step before."""
        window = ibis.window(group_by=table["customer"], order_by=table["at"], preceding=(None, 1))
        follows = {}
        for name, leaf in self.leaves.values():
            if number < len(leaf.steps):
                before = ibis.cases((table[_column(name, number - 1)], table["at"])).max().over(window)
                follows[f"{name}_before"] = before
        table = table.mutate(**follows)
        reached = {
            _column(name, number): surely(
                table[_column(name, number)] & _is_near(table, table[f"{name}_before"], leaf.steps[number])
            )
            for name, leaf in self.leaves.values()
            if number < len(leaf.steps)
        }
        return table.mutate(**reached)


def _column(name: str, number: int) -> str:
    return f"{name}_{number}"


def _is_near(table: ir.Table, before: Any, step: Step) -> Any:
    """Return whether the step before was reached, and not too long ago."""
    if step.within is None:
        return before.notnull()
    hours = int(duration(step.within).total_seconds()) // 3600
    return before >= table["at"] - ibis.interval(hours=hours)
