"""Gamma-Gamma: what a customer spends each time, from what they have spent so far and what all spend.

Fader and Hardie, The Gamma-Gamma Model of Monetary Value (2013), equation 1a and 5.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

from dangol.insight.lifetime.fitting import Fit, fit_of, maximize
from dangol.insight.lifetime.histories import FEWEST_REPEATERS, Floats, Whole
from dangol.insight.lifetime.refusals import NotEnoughData, SpendFollowsFrequency

# Published data that the model is used for have .11; from .3 on its means are off by a tenth.
MOST_CORRELATION = 0.3


@dataclass(frozen=True)
class GammaGamma:
    """Spends are gamma with shape `p`, about means that `q` and `gamma` (in the money's unit) spread."""

    p: float
    q: float
    gamma: float

    @property
    def mean(self) -> float:
        """What all spend on average each time; infinite where q is 1 or less."""
        return self.p * self.gamma / (self.q - 1) if self.q > 1 else float("inf")

    def expected(self, frequency: Whole, spend: Floats) -> Floats:
        """Return what each customer spends each time, shape (customers,).

        That is their own mean `spend`, drawn to that of all where it is of few purchases.
        """
        expected: Floats = self.p * (self.gamma + frequency * spend) / (self.p * frequency + self.q - 1)
        return expected


def fit_gamma_gamma(frequency: Whole, spend: Floats) -> Fit[GammaGamma]:
    """Return the model of maximum likelihood, from the mean `spend` of those with a `frequency` above 0.

    Both are of shape (customers,), the spend above 0 in units of money. Raises NotEnoughData,
    SpendFollowsFrequency or NoMaximum.
    """
    seen = (frequency > 0) & (spend > 0)
    x, mean = frequency[seen].astype(np.float64), spend[seen]
    if len(x) < FEWEST_REPEATERS:
        raise NotEnoughData(what="repeaters", found=len(x), needed=FEWEST_REPEATERS)
    correlation = float(np.corrcoef(x, mean)[0, 1]) if x.std() and mean.std() else 0.0
    if abs(correlation) > MOST_CORRELATION:
        raise SpendFollowsFrequency(correlation=round(correlation, 3), most=MOST_CORRELATION)

    def likelihood(values: Floats) -> tuple[float, Floats]:
        p, q, gamma = values
        px, log_mean, log_sum = p * x, np.log(mean), np.log(gamma + x * mean)
        height = (
            gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(gamma)
            + (px - 1) * log_mean + px * np.log(x) - (px + q) * log_sum
        )  # fmt: skip
        slope = [
            x @ (digamma(px + q) - digamma(px) + log_mean + np.log(x) - log_sum),
            (digamma(px + q) - digamma(q) + np.log(gamma) - log_sum).sum(),
            (q / gamma - (px + q) / (gamma + x * mean)).sum(),
        ]
        return float(height.sum()), np.array(slope)

    found = maximize(likelihood, (2.0, 2.0, float(mean.mean())))
    p, q, gamma = (float(value) for value in found.values)
    return fit_of(GammaGamma(p, q, gamma), found, len(x))
