"""sBG: how many of a cohort are still there after each renewal, for subscriptions and memberships.

Fader and Hardie, How to Project Customer Retention, Journal of Interactive Marketing 21 (2007).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, digamma

from dangol.insight.lifetime.fitting import Fit, fit_of, maximize
from dangol.insight.lifetime.histories import FEWEST_CUSTOMERS, Floats
from dangol.insight.lifetime.refusals import BrokenHistories, NotEnoughData

FEWEST_RENEWALS = 2


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    """Each customer ends at a renewal with a chance of their own, beta with `alpha` and `beta`."""

    alpha: float
    beta: float

    def surviving(self, renewals: int) -> Floats:
        """Return the share still there after 0, 1, … `renewals` renewals, shape (renewals + 1,)."""
        after = np.arange(renewals + 1)
        surviving: Floats = np.exp(betaln(self.alpha, self.beta + after) - betaln(self.alpha, self.beta))
        return surviving


def fit_shifted_beta_geometric(there: Sequence[float]) -> Fit[ShiftedBetaGeometric]:
    """Return the model of maximum likelihood from how many were there at the start and after each renewal.

    Raises NotEnoughData, BrokenHistories where more are there than before, or NoMaximum.
    """
    count = np.asarray(there, np.float64)
    if len(count) < FEWEST_RENEWALS + 1:
        raise NotEnoughData(what="renewals", found=max(len(count) - 1, 0), needed=FEWEST_RENEWALS)
    if count[0] < FEWEST_CUSTOMERS:
        raise NotEnoughData(what="customers", found=int(count[0]), needed=FEWEST_CUSTOMERS)
    lost, left = -np.diff(count), float(count[-1])
    if (lost < 0).any():
        raise BrokenHistories(rows=int((lost < 0).sum()), fault="more are there than before")
    renewal = np.arange(1, len(count))

    def likelihood(values: Floats) -> tuple[float, Floats]:
        alpha, beta = values
        whole = betaln(alpha, beta)
        height = lost @ (betaln(alpha + 1, beta + renewal - 1) - whole)
        height += left * (betaln(alpha, beta + renewal[-1]) - whole)
        start, ended, end = (
            digamma(alpha + beta),
            digamma(alpha + beta + renewal),
            digamma(beta + renewal[-1]),
        )
        in_alpha = lost @ (digamma(alpha + 1) - ended - digamma(alpha) + start)
        in_alpha += left * (start - ended[-1])
        in_beta = lost @ (digamma(beta + renewal - 1) - ended - digamma(beta) + start)
        in_beta += left * (end - ended[-1] - digamma(beta) + start)
        return float(height), np.array([in_alpha, in_beta])

    found = maximize(likelihood, (1.0, 1.0))
    alpha, beta = (float(value) for value in found.values)
    return fit_of(ShiftedBetaGeometric(alpha, beta), found, int(count[0]))
