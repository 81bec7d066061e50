"""Where all stay away with the same chance, as far as anybody can tell.

The more alike these chances are, the more a and b grow, their share a / (a + b) staying what it is; where all
are the same the likelihood rises for ever, by less and less. Then a + b is held where it has all but stopped
to rise, and only r, alpha and a are looked for.
"""

from functools import partial

import numpy as np

from dangol.insight.lifetime.beta_geometric_likelihood import BetaGeometricLikelihood
from dangol.insight.lifetime.fitting import Found
from dangol.insight.lifetime.histories import Floats, Histories, Whole
from dangol.insight.lifetime.newton import Peak, climb_rows
from dangol.insight.lifetime.refusals import NoMaximum

# a + b; and one at which the likelihood has to be less, or the maximum does not lie this way.
ONE_CHANCE, LESS_ALIKE = 10_000.0, 1_000.0
# What r, alpha, a and b each move by where r, alpha or a does.
_SPREAD = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, -1]])


class OneChance:
    """The log-likelihood as a function of r, alpha and a, where a and b make `total`."""

    def __init__(self, inner: BetaGeometricLikelihood, total: float) -> None:
        self.inner, self.total = inner, total

    def weighted(self, weight: Whole) -> "OneChance":
        """Return that of the same rows standing for other numbers of customers."""
        return OneChance(self.inner.weighted(weight), self.total)

    def __call__(self, values: Floats) -> Peak:
        """Return height, slope and curvature."""
        if values[2] >= self.total:
            return Peak(-np.inf, np.zeros(3), np.zeros((3, 3)))
        found = self.inner(full(values, self.total))
        return Peak(found.height, _SPREAD.T @ found.slope, _SPREAD.T @ found.curvature @ _SPREAD)


def full(values: Floats, total: float = ONE_CHANCE) -> Floats:
    """Return r, alpha, a and b."""
    return np.array([*values, total - values[2]])


def one_chance(rows: Histories, *, modified: bool, total: float = ONE_CHANCE) -> OneChance:
    """Return the log-likelihood of rows."""
    return OneChance(BetaGeometricLikelihood(rows, modified=modified), total)


def find_one_chance(rows: Histories, *, modified: bool) -> Found:
    """Return r, alpha, a and b of maximum likelihood where all stay away with the same chance.

    Raises NoMaximum, also where the likelihood does not rise as chances grow alike.
    """
    alpha = float(np.average(rows.known_for, weights=rows.weight)) / 2
    found, before = (
        climb_rows(partial(one_chance, modified=modified, total=total), rows, (0.5, alpha, total / 100))
        for total in (ONE_CHANCE, LESS_ALIKE)
    )
    if found.height < before.height:
        raise NoMaximum(reason="at_the_edge")
    return Found(full(found.values), found.height, _SPREAD @ found.covariance @ _SPREAD.T)
