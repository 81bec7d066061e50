"""BG/NBD and MBG/NBD: everybody buys at a rate, and stays away after a purchase with a chance, of their own.

BG/NBD: Fader, Hardie and Lee, "Counting Your Customers" the Easy Way, Marketing Science 24 (2005). In it
nobody stays away before a second purchase, so that each one-time buyer is alive for certain. In MBG/NBD
(Batislam, Denizel and Filiztekin, International Journal of Research in Marketing 24, 2007) the first may be
the last.
With k = x for the former and k = x + 1 for the latter both have the same formulas.
"""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import hyp2f1

from dangol.insight.lifetime.beta_geometric_likelihood import BetaGeometricLikelihood
from dangol.insight.lifetime.fitting import Fit, fit_of
from dangol.insight.lifetime.histories import Floats, Histories
from dangol.insight.lifetime.newton import climb_rows, refit
from dangol.insight.lifetime.one_chance import ONE_CHANCE, find_one_chance, full, one_chance
from dangol.insight.lifetime.refusals import NoMaximum


@dataclass(frozen=True)
class BetaGeometric:
    """Rates are gamma with shape `r` and `alpha` units, chances of staying away beta with `a` and `b`."""

    r: float
    alpha: float
    a: float
    b: float
    is_modified: bool

    @property
    def parameters(self) -> Floats:
        """The parameters in the order of their fit's standard errors, shape (4,)."""
        return np.array([self.r, self.alpha, self.a, self.b])

    def with_parameters(self, values: Floats) -> "BetaGeometric":
        """Return the model with other parameters."""
        r, alpha, a, b = (float(value) for value in values)
        return BetaGeometric(r, alpha, a, b, self.is_modified)

    @property
    def has_one_chance(self) -> bool:
        """Whether all stay away with the same chance, as far as anybody can tell."""
        return math.isclose(self.a + self.b, ONE_CHANCE)

    def alive(self, histories: Histories) -> Floats:
        """Return each customer's probability of not having stayed away yet, shape (customers,).

        Of BG/NBD it is 1 for every one-time buyer: it is not a share of active customers.
        """
        alive: Floats = 1 / (1 + np.exp(self._odds(histories)))
        return alive

    def _odds(self, histories: Histories) -> Floats:
        """Return the logarithm of the odds of having stayed away after the last purchase."""
        x = histories.frequency
        gone = np.full(len(x), -np.inf)
        may = np.full(len(x), True) if self.is_modified else x > 0
        drop = np.log(self.a) - np.log(self.b + x[may] + self.is_modified - 1)
        faded = np.log(self.alpha + histories.known_for[may]) - np.log(self.alpha + histories.last[may])
        gone[may] = drop + (self.r + x[may]) * faded
        return gone

    def expected(self, histories: Histories, days: float | Floats) -> Floats:
        """Return how many more days with a purchase each customer is expected to have within `days`."""
        t, x = days / histories.days_per_unit, histories.frequency
        k, until = x + self.is_modified, self.alpha + histories.known_for
        a, b, r = self.a, self.b, self.r
        series = hyp2f1(r + x, b + k, a + b + k - 1, t / (until + t))
        shrunk = np.exp((r + x) * (np.log(until) - np.log(until + t)))
        expected: Floats = (a + b + k - 1) / (a - 1) * (1 - shrunk * series) * self.alive(histories)
        return expected

    def expected_of_new(self, days: float, *, days_per_unit: float = 7.0) -> float:
        """Return how many further days with a purchase somebody new is expected to have within `days`."""
        zero = np.zeros(1, np.int64)
        return float(self.expected(Histories(zero, zero, zero, days_per_unit), days)[0])


def fit_beta_geometric(histories: Histories, *, modified: bool = False) -> Fit[BetaGeometric]:
    """Return BG/NBD, or MBG/NBD where `modified`, of maximum likelihood.

    Where all stay away with the same chance, a and b are given as near that as can be told (`one_chance`).
    Raises NotEnoughData or NoMaximum.
    """
    histories.require_enough()
    rows = histories.compressed()
    start = (0.5, float(np.average(rows.known_for, weights=rows.weight)) / 2, 1.0, 2.0)
    try:
        found = climb_rows(partial(likelihood_of, modified=modified), rows, start)
    except NoMaximum:
        found = find_one_chance(rows, modified=modified)
    r, alpha, a, b = (float(value) for value in found.values)
    return fit_of(BetaGeometric(r, alpha, a, b, modified), found, histories.customers)


def refit_beta_geometric(
    model: BetaGeometric, histories: Histories, *, times: int, seed: int
) -> list[BetaGeometric]:
    """Return the models of so many samples of the customers, drawn with replacement: how sure the fit is.

    Raises NoMaximum.
    """
    rows = histories.compressed()
    if model.has_one_chance:
        make_alike = partial(one_chance, modified=model.is_modified)
        alike = refit(make_alike, rows, model.parameters[:3], times=times, seed=seed)
        return [model.with_parameters(full(row)) for row in alike]
    make = partial(likelihood_of, modified=model.is_modified)
    return [model.with_parameters(row) for row in refit(make, rows, model.parameters, times=times, seed=seed)]


def likelihood_of(histories: Histories, *, modified: bool) -> BetaGeometricLikelihood:
    """Return the log-likelihood of histories, as a function of r, alpha, a and b."""
    return BetaGeometricLikelihood(histories, modified=modified)
