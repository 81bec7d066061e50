"""Figures with their intervals: a number of few customers is no number without them."""

import numpy as np
from numpy.typing import NDArray

from dangol.domain.statistics import Figure
from dangol.insight.lifetime.histories import Floats

RESAMPLES = 1_000


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
