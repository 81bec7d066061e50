"""The chain ladder: what cohorts of which only the beginning is known will come to, with its error.

Mack, Distribution-free Calculation of the Standard Error of Chain Ladder Reserve Estimates, ASTIN Bulletin 23
(1993). Each factor from one age to the next is that of all cohorts known at both.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dangol.insight.lifetime.histories import Floats


class Ladder(NamedTuple):
    """What is expected in the end.

    `factors`, shape (ages - 1,); `ultimate` and its standard `errors`, shape (cohorts,), those of cohorts
    known to the end 0; `total_error`, that of the sum.
    """

    factors: Floats
    ultimate: Floats
    errors: Floats
    total_error: float


def chain_ladder(triangle: Floats) -> Ladder:
    """Return what a triangle of running sums comes to, shape (cohorts, ages), nan where not yet known.

    The oldest cohort comes first and is known at all ages; each later one at no more than the one before.
    """
    known = ~np.isnan(triangle)
    both = known[:, 1:]
    seen = np.where(known, triangle, 0.0)
    base = np.where(both, seen[:, :-1], 0.0)
    sums = base.sum(axis=0)
    factors = np.divide((seen[:, 1:] * both).sum(axis=0), sums, out=np.ones(len(sums)), where=sums > 0)
    spread = _spread(seen, base, factors, both)
    full = seen.copy()
    for age in range(len(factors)):
        full[:, age + 1] = np.where(both[:, age], full[:, age + 1], full[:, age] * factors[age])
    ultimate = full[:, -1]
    # Mack's sum over the ages to come: sigma² / f² (1 / C + 1 / sum of C known).
    part = np.divide(spread, factors**2, out=np.zeros(len(factors)), where=factors > 0)
    own = np.divide(1.0, full[:, :-1], out=np.zeros_like(base), where=full[:, :-1] > 0)
    shared = np.divide(1.0, sums, out=np.zeros(len(sums)), where=sums > 0)
    to_come = ~both
    squares = ultimate**2 * (to_come * part * (own + shared)).sum(axis=1)
    total = squares.sum()
    for place in range(len(ultimate)):
        later = ultimate[place + 1 :].sum()
        total += ultimate[place] * later * (to_come[place] * 2 * part * shared).sum()
    return Ladder(factors, ultimate, np.sqrt(squares), float(np.sqrt(total)))


def _spread(seen: Floats, base: Floats, factors: Floats, both: NDArray[np.bool_]) -> Floats:
    """Return Mack's sigma² of each factor; of the last, known of one cohort, what those before suggest."""
    ratio = np.divide(seen[:, 1:], base, out=np.zeros_like(base), where=base > 0)
    away = (base * (ratio - factors) ** 2 * both).sum(axis=0)
    degrees = both.sum(axis=0) - 1
    spread: Floats = np.divide(away, degrees, out=np.zeros(len(factors)), where=degrees > 0)
    for age in np.flatnonzero(degrees <= 0):
        before, last = (spread[age - 2], spread[age - 1]) if age >= 2 else (0.0, 0.0)
        spread[age] = min(last**2 / before, before, last) if before > 0 else last
    return spread
