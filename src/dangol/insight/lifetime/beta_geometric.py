"""BG/NBD and MBG/NBD: everybody buys at a rate, and stays away after a purchase with a chance, of their own.

BG/NBD: Fader, Hardie and Lee, "Counting Your Customers" the Easy Way, Marketing Science 24 (2005). In it
nobody stays away before a second purchase, so that each one-time buyer is alive for certain. In MBG/NBD
(Batislam, Denizel and Filiztekin, International Journal of Research in Marketing 24, 2007) the first may be
the last.
With k = x for the former and k = x + 1 for the latter both have the same formulas.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, expit, gammaln, hyp2f1

from dangol.insight.lifetime.fitting import Fit, Likelihood, dot, maximize
from dangol.insight.lifetime.histories import Floats, Histories


@dataclass(frozen=True)
class BetaGeometric:
    """Rates are gamma with shape `r` and `alpha` units, chances of staying away beta with `a` and `b`."""

    r: float
    alpha: float
    a: float
    b: float
    is_modified: bool

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

    def expected(self, histories: Histories, days: float) -> Floats:
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

    Raises NotEnoughData or NoMaximum.
    """
    histories.require_enough()
    rows = histories.compressed()
    start = (0.5, float(np.average(rows.known_for, weights=rows.weight)) / 2, 1.0, 2.0)
    values, height, errors = maximize(likelihood_of(rows, modified=modified), start)
    r, alpha, a, b = (float(value) for value in values)
    return Fit(
        BetaGeometric(r, alpha, a, b, modified),
        height,
        tuple(float(one) for one in errors),
        histories.customers,
    )


def likelihood_of(histories: Histories, *, modified: bool) -> Likelihood:
    """Return the log-likelihood of histories with its slope, as functions of r, alpha, a and b."""
    return _Likelihood(histories, modified=modified)


class _Likelihood:
    """The log-likelihood of what was seen, with its exact slope."""

    def __init__(self, rows: Histories, *, modified: bool) -> None:
        self.weight = rows.weight.astype(np.float64)
        self.last, self.known_for = rows.last, rows.known_for
        # Of the few different counts each needs its functions only once.
        counts, self.place = np.unique(rows.frequency, return_inverse=True)
        self.counts = counts.astype(np.float64)
        self.times = self._by_count(self.weight)
        self.total = self.weight.sum()
        self.modified = modified
        self.may_be_gone = None if modified else (rows.frequency > 0)

    def _by_count(self, of_rows: Floats) -> Floats:
        """Return the sums of the rows of each count."""
        return np.bincount(self.place, weights=of_rows).astype(np.float64)

    def __call__(self, values: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = values
        x, k = self.counts, self.counts + self.modified
        fixed = (
            gammaln(r + x) - gammaln(r) + r * np.log(alpha)
            + gammaln(a + b) + gammaln(b + k) - gammaln(b) - gammaln(a + b + k)
        )  # fmt: skip
        # BG/NBD: who never came again has not stayed away, whatever stands here for them.
        room = np.maximum(b + k - 1, 1e-300)
        until, last = alpha + self.known_for, alpha + self.last
        log_until, log_last, shape = np.log(until), np.log(last), (r + x)[self.place]
        odds = (np.log(a) - np.log(room))[self.place] + shape * (log_until - log_last)
        if self.may_be_gone is not None:
            odds[~self.may_be_gone] = -np.inf
        # ln(e^stay + e^gone) with stay = -(r + x) ln(alpha + T), and the share of the second in it.
        height = dot(self.times, fixed) + dot(self.weight, np.logaddexp(0, odds) - shape * log_until)
        gone = self.weight * expit(odds)
        stay = self.weight - gone
        gone_of = self._by_count(gone)
        away, both = gone_of.sum(), digamma(a + b) - digamma(a + b + k)
        slope = [
            dot(self.times, digamma(r + x) - digamma(r)) + self.total * np.log(alpha)
            - dot(stay, log_until) - dot(gone, log_last),
            self.total * r / alpha - dot(shape, stay / until + gone / last),
            dot(self.times, both) + away / a,
            dot(self.times, digamma(b + k) - digamma(b) + both)
            - dot(gone_of, np.where(gone_of > 0, 1 / room, 0)),
        ]  # fmt: skip
        return height, np.array(slope)
