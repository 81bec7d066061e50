"""Figures with their intervals: a number of few customers is no number without them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dangol.insight.lifetime.histories import Floats

# The 97.5 % point of the normal distribution: intervals hold 95 %.
Z = 1.959963984540054
RESAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A `value`, its 95 % interval, and of how many (`n`) it is."""

    value: float
    low: float
    high: float
    n: int


def wilson(hits: int, n: int) -> Figure:
    """Return a share with its interval (Wilson, Journal of the American Statistical Association 22, 1927)."""
    assert n > 0, "who asks has looked that there are some"
    share, shrunk = hits / n, 1 + Z * Z / n
    center = (share + Z * Z / (2 * n)) / shrunk
    half = Z * float(np.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))) / shrunk
    low, high = (0.0 if hits == 0 else center - half), (1.0 if hits == n else center + half)
    return Figure(share, low, high, n)


def mean_of(values: Floats, *, seed: int, resamples: int = RESAMPLES) -> Figure:
    """Return the mean of one value a customer, with the bootstrap's interval over customers.

    Percentiles of the means of `resamples` draws of all customers with replacement: Efron, Annals of
    Statistics 7 (1979). The same seed gives the same draws, so that two calls are of the same customers.
    """
    assert len(values), "who asks has looked that there are some"
    dice = np.random.default_rng(seed)
    # How often each is drawn, instead of whom: one product for all draws of a block.
    means: list[NDArray[np.float64]] = []
    n, block = len(values), max(1, 4_000_000 // len(values))
    for start in range(0, resamples, block):
        times = dice.multinomial(n, np.full(n, 1 / n), size=min(block, resamples - start))
        means.append(times @ values / n)
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return Figure(float(values.mean()), float(low), float(high), n)
