"""Figures with their intervals: a number of few is no number without them."""

from dataclasses import dataclass
from math import sqrt

# The 97.5 % point of the normal distribution: intervals hold 95 %.
Z = 1.959963984540054


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
    half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / shrunk
    low, high = (0.0 if hits == 0 else center - half), (1.0 if hits == n else center + half)
    return Figure(share, low, high, n)
