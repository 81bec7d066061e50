"""What a benchmark finds, and how it is shown."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `goal` says in words what it should be, `holds` whether it is (None: no promise)."""

    name: str
    value: float
    unit: str
    goal: str = ""
    holds: bool | None = None

    def line(self) -> str:
        """Return the figure as a line of the report."""
        digits = 0 if abs(self.value) >= 1_000 else 1 if abs(self.value) >= 10 else 3
        mark = {True: "✓", False: "✗", None: " "}[self.holds]
        goal = f"  (goal {self.goal})" if self.goal else ""
        return f"  {mark} {self.name:<52}{self.value:>14,.{digits}f} {self.unit}{goal}"


def at_least(name: str, value: float, unit: str, goal: float) -> Figure:
    """Return a figure that should not be smaller than `goal`."""
    return Figure(name, value, unit, f"≥ {goal:,g}", value >= goal)


def at_most(name: str, value: float, unit: str, goal: float) -> Figure:
    """Return a figure that should not be larger than `goal`."""
    return Figure(name, value, unit, f"≤ {goal:,g}", value <= goal)


def dump(figures: Iterable[Figure]) -> str:
    """Return the figures as JSON."""
    return json.dumps([asdict(figure) for figure in figures])


def load(text: str) -> list[Figure]:
    """Return the figures that `dump` wrote."""
    return [Figure(**one) for one in json.loads(text)]
