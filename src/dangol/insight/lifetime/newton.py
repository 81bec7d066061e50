"""Newton's way up a log-likelihood, by exact slope and curvature: few evaluations, each of all customers."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from dangol.insight.lifetime.fitting import LARGEST, Found
from dangol.insight.lifetime.histories import Floats, Histories, Whole
from dangol.insight.lifetime.refusals import NoMaximum

# The step that is left would raise the log-likelihood by no more than this.
_ENOUGH = 1e-10
_MOST_STEPS, _LONGEST = 200, 1.5
# From so many rows on the search begins with every so-many-th of them.
_MANY, _SAMPLE = 30_000, 8_000


class Peak(NamedTuple):
    """The log-likelihood at some positive parameters, its slope in each and its curvature in each pair."""

    height: float
    slope: Floats
    curvature: Floats


class Curved(Protocol):
    """A log-likelihood of some histories: called with positive parameters it tells its height and shape."""

    def __call__(self, values: Floats) -> Peak:
        """Return height, slope and curvature."""
        ...

    def weighted(self, weight: Whole) -> "Curved":
        """Return that of the same rows standing for other numbers of customers."""
        ...


def climb(likelihood: Callable[[Floats], Peak], start: Sequence[float] | Floats) -> Found:
    """Return the maximum, searched along the logarithms of the parameters. Raises NoMaximum.

    Where the curvature is no bowl its directions are taken by their size (as in saddle-free Newton methods),
    and a step that does not rise is shortened.
    """
    logs = np.log(np.asarray(start, np.float64))
    here = _in_logs(likelihood, logs)
    for _ in range(_MOST_STEPS):
        sizes, ways = np.linalg.eigh(-here.curvature)
        steep = np.maximum(np.abs(sizes), 1e-9 * np.abs(sizes).max())
        along = ways.T @ here.slope
        step = ways @ (along / steep)
        if float(along @ (along / steep)) / 2 < _ENOUGH:
            return _found(logs, here)
        step *= min(1.0, _LONGEST / float(np.abs(step).max()))
        logs, here = _rise(likelihood, logs, here, step)
        if np.abs(logs).max() > LARGEST:
            raise NoMaximum(reason="at_the_edge")
    raise NoMaximum(reason="not_found")


def _rise(
    likelihood: Callable[[Floats], Peak], logs: Floats, here: Peak, step: Floats
) -> tuple[Floats, Peak]:
    """Return where a step that rises leads: the whole, or a part of it."""
    # What the sum of many terms is off by.
    trace = 1e-13 * abs(here.height)
    for _ in range(40):
        there = _in_logs(likelihood, logs + step)
        if there.height >= here.height - trace:
            return logs + step, there
        step = step / 4
    raise NoMaximum(reason="not_found")


def _in_logs(likelihood: Callable[[Floats], Peak], logs: Floats) -> Peak:
    """Return height, slope and curvature along the logarithms."""
    values = np.exp(logs)
    height, slope, curvature = likelihood(values)
    if not (np.isfinite(height) and np.isfinite(slope).all() and np.isfinite(curvature).all()):
        return Peak(-np.inf, slope, curvature)
    return Peak(height, slope * values, curvature * np.outer(values, values) + np.diag(slope * values))


def _found(logs: Floats, here: Peak) -> Found:
    """Return the maximum with the covariance of the parameters: the inverse of the observed information."""
    sizes = np.linalg.eigvalsh(-here.curvature)
    if not np.isfinite(here.height):
        raise NoMaximum(reason="not_finite")
    if sizes.min() <= 1e-12 * abs(sizes).max():
        raise NoMaximum(reason="flat")
    values = np.exp(logs)
    return Found(values, here.height, np.linalg.inv(-here.curvature) * np.outer(values, values))


def climb_rows(make: Callable[[Histories], Curved], rows: Histories, start: Sequence[float]) -> Found:
    """Return the maximum of the likelihood that `make` makes of rows. Raises NoMaximum.

    Where there are many, it is looked for among some of them first.
    """
    if len(rows.frequency) > _MANY:
        some = slice(None, None, len(rows.frequency) // _SAMPLE)
        sample = Histories(
            rows.frequency[some], rows.recency[some], rows.age[some], rows.days_per_unit, rows.weight[some]
        )
        start = [float(value) for value in climb(make(sample), start).values]
    return climb(make(rows), start)


def refit(
    make: Callable[[Histories], Curved], rows: Histories, start: Floats, *, times: int, seed: int
) -> Floats:
    """Return the parameters of so many fits to customers drawn with replacement, shape (times, 4).

    Efron, Bootstrap Methods: Another Look at the Jackknife, The Annals of Statistics 7 (1979). Each begins at
    the estimate. The same `seed` draws the same customers. Raises NoMaximum.
    """
    likelihood, dice = make(rows), np.random.default_rng(seed)
    row_of_customer = np.repeat(np.arange(len(rows.weight)), rows.weight)
    found = np.empty((times, len(start)))
    for place in range(times):
        drawn = row_of_customer[dice.integers(0, len(row_of_customer), len(row_of_customer))]
        weight = np.bincount(drawn, minlength=len(rows.weight)).astype(np.int64)
        found[place] = climb(likelihood.weighted(weight), start).values
    return found
