"""The log-likelihood of BG/NBD and MBG/NBD with its exact slope and curvature, made for many rows.

A row has few different counts, last days and ages, so that logarithms and gamma functions are taken once for
each of those and looked up. What is left for each row is one exponential and one logarithm: whether somebody
stayed away after the last purchase, O = ln a - ln(b + k - 1) + (r + x) (ln(α + T) - ln(α + t)) being its log
odds.
"""

from collections.abc import Iterator

import numpy as np
from scipy.special import digamma, gammaln, polygamma

from dangol.insight.lifetime.fitting import dot
from dangol.insight.lifetime.histories import Floats, Histories, Whole
from dangol.insight.lifetime.newton import Peak

# As many rows as stay in a processor's own memory with all that is reckoned of them.
_CHUNK = 8_192


class BetaGeometricLikelihood:
    """Of rows of histories: called with r, alpha, a and b it tells its height, slope and curvature."""

    def __init__(self, rows: Histories, *, modified: bool) -> None:
        self.modified = modified
        self.days_per_unit = rows.days_per_unit
        self.counts, self.count_at = _looked_up(rows.frequency)
        self.ages, self.age_at = _looked_up(rows.age)
        self.lasts, self.last_at = _looked_up(rows.recency)
        # In BG/NBD who never came again has not stayed away.
        may = slice(None) if modified else np.flatnonzero(rows.frequency > 0)
        self.may_at = may
        self.keys = (self.count_at[may], self.age_at[may], self.last_at[may])
        self._weigh(rows.weight)

    def _weigh(self, weight: Whole) -> None:
        """Take how many customers each row stands for."""
        weights = weight.astype(np.float64)
        self.times = _sums(self.count_at, weights, self.counts)
        self.of_age = _sums(self.age_at, weights, self.ages)
        self.bought_of_age = _sums(self.age_at, weights * self.counts[self.count_at], self.ages)
        self.weight = weights[self.may_at]
        self.total = float(weights.sum())

    def weighted(self, weight: Whole) -> "BetaGeometricLikelihood":
        """Return that of the same rows standing for other numbers of customers."""
        other = object.__new__(BetaGeometricLikelihood)
        other.__dict__.update(self.__dict__)
        other._weigh(weight)
        return other

    def __call__(self, values: Floats) -> Peak:
        """Return height, slope and curvature."""
        counted, aged = self._of_counts(values), self._of_ages(values)
        gone = np.zeros(1 + 4 + 16)
        for part in self._of_rows(values):
            gone += part
        slope = counted.slope + aged.slope + gone[1:5]
        return Peak(
            float(counted.height + aged.height + gone[0]),
            slope,
            counted.curvature + aged.curvature + gone[5:].reshape(4, 4),
        )

    def _of_counts(self, values: Floats) -> Peak:
        """Return what depends on the count alone: B(a, b + k) / B(a, b) and Γ(r + x) α^r / Γ(r)."""
        r, alpha, a, b = values
        x, k, times, total = self.counts, self.counts + self.modified, self.times, self.total
        # Of the counts that nobody has the weight is 0.
        height = dot(times, gammaln(r + x) + gammaln(b + k) - gammaln(a + b + k))
        height += total * (r * np.log(alpha) - gammaln(r) + gammaln(a + b) - gammaln(b))
        both = total * digamma(a + b) - dot(times, digamma(a + b + k))
        slope = [
            dot(times, digamma(r + x)) + total * (np.log(alpha) - digamma(r)),
            total * r / alpha,
            both,
            both + dot(times, digamma(b + k)) - total * digamma(b),
        ]
        bend = total * polygamma(1, a + b) - dot(times, polygamma(1, a + b + k))
        curvature = np.zeros((4, 4))
        curvature[0, 0] = dot(times, polygamma(1, r + x)) - total * polygamma(1, r)
        curvature[0, 1] = curvature[1, 0] = total / alpha
        curvature[1, 1] = -total * r / alpha**2
        curvature[2:, 2:] = bend
        curvature[3, 3] += dot(times, polygamma(1, b + k)) - total * polygamma(1, b)
        return Peak(float(height), np.array(slope), curvature)

    def _of_ages(self, values: Floats) -> Peak:
        """Return what depends on the age alone: (α + T)^-(r + x), summed over the counts."""
        r, alpha, _a, _b = values
        until = alpha + self.ages / self.days_per_unit
        log, power = np.log(until), r * self.of_age + self.bought_of_age
        slope, curvature = np.zeros(4), np.zeros((4, 4))
        slope[0], slope[1] = -dot(self.of_age, log), -dot(power, 1 / until)
        curvature[0, 1] = curvature[1, 0] = -dot(self.of_age, 1 / until)
        curvature[1, 1] = dot(power, 1 / until**2)
        return Peak(-dot(power, log), slope, curvature)

    def _of_rows(self, values: Floats) -> Iterator[Floats]:
        """Yield of some rows after the other the sums of ln(1 + e^O): height, slope and curvature."""
        r, alpha, a, b = values
        until, last = alpha + self.ages / self.days_per_unit, alpha + self.lasts / self.days_per_unit
        logs, by = (np.log(until), np.log(last)), (1 / until, 1 / last)
        shape, room = r + self.counts, np.maximum(b + self.counts + self.modified - 1, 1e-300)
        drop, by_room = np.log(a) - np.log(room), 1 / room
        for start in range(0, len(self.weight), _CHUNK):
            at = slice(start, start + _CHUNK)
            count, age, before = (key[at] for key in self.keys)
            power, width = shape[count], logs[0][age] - logs[1][before]
            by_until, by_last = by[0][age], by[1][before]
            odds = drop[count] + power * width
            slopes = np.empty((4, len(odds)))
            slopes[0], slopes[2] = width, 1 / a
            np.multiply(power, by_until - by_last, out=slopes[1])
            np.negative(by_room[count], out=slopes[3])
            yield _summed(odds, slopes, power * (by_last + by_until), by_until - by_last, self.weight[at])


def _summed(odds: Floats, slopes: Floats, bend: Floats, cross: Floats, weight: Floats) -> Floats:
    """Return the sum of ln(1 + e^O), its slope and its curvature, one after the other.

    `slopes` are those of O, shape (4, rows). Of its curvature `cross` is that in r and alpha, that in alpha
    its slope times -(1/(α+t) + 1/(α+T)), `bend` over (r + x), and those in a and b are squares of slopes.
    """
    faded = np.exp(-np.abs(odds))
    height = dot(weight, np.maximum(odds, 0) + np.log1p(faded))
    share = np.where(odds > 0, 1.0, faded) / (1 + faded)
    gone = weight * share
    unsure = gone * (1 - share)
    curvature = np.einsum("in,jn->ij", slopes * unsure, slopes)
    curvature[0, 1] += dot(gone, cross)
    curvature[1, 0] = curvature[0, 1]
    curvature[1, 1] -= dot(gone, bend * cross)
    curvature[2, 2] -= dot(gone, slopes[2] * slopes[2])
    curvature[3, 3] += dot(gone, slopes[3] * slopes[3])
    return np.concatenate([[height], np.einsum("in,n->i", slopes, gone), curvature.ravel()])


def _sums(place: Whole, weight: Floats, of: Floats) -> Floats:
    """Return the sum of the weights at each place."""
    return np.bincount(place, weight, len(of)).astype(np.float64)


def _looked_up(values: Whole) -> tuple[Floats, Whole]:
    """Return the different values, or all whole numbers up to the greatest, and the place of each row's."""
    most = int(values.max(initial=0))
    if most < 2 * len(values) + 10_000:
        return np.arange(most + 1, dtype=np.float64), values.astype(np.intp)
    different, place = np.unique(values, return_inverse=True)
    return different.astype(np.float64), place
