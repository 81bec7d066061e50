"""The log-likelihood of Pareto/NBD with its exact slope and curvature, and who of the customers lives.

Of a customer with x purchases, the last at t, known to T, it is, but for Γ(r + x) / Γ(r) α^r β^s,

    (α + T)^-(r+x) (β + T)^-s  +  s ∫ from t to T of (α + y)^-(r+x) (β + y)^-(s+1) dy:

who lives, and who stopped at y (Fader and Hardie, A Note on Deriving the Pareto/NBD Model, 2005). The
integral is usually written by Gauss' hypergeometric functions, which have no slopes at hand and give out for
many purchases. Here both parts are divided by their value at t, so that nothing under- or overflows, and the
integral is summed at Gauss–Legendre nodes along v = ln(m + y), m the lesser of α and β, in which all is
smooth. Slope and curvature are means and variances over when life ended, given what was seen (Louis, Finding
the Observed Information Matrix when Using the EM Algorithm, Journal of the Royal Statistical Society B 44,
1982).
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import digamma, gammaln, polygamma

from dangol.insight.lifetime.fitting import dot
from dangol.insight.lifetime.histories import Floats, Histories, Whole
from dangol.insight.lifetime.newton import Peak

# Beyond so many e-folds what is left of the integral is no part of a float64.
_FADED = 40.0
_CHUNK = 1_024
# Up to which lengths of the integral, in e-folds, how many nodes are exact to 1e-12.
_NODES = ((0.5, 8), (2.0, 12), (6.0, 20), (16.0, 32), (np.inf, 56))


class _Ends(NamedTuple):
    """Of some rows, at which y life may have ended, and how likely: shape (rows, nodes + 1).

    The last is T, for who lives. `log` is the logarithm of the sum, shape (rows,).
    """

    y: Floats
    mass: Floats
    log: Floats


class ParetoLikelihood:
    """Of rows of histories: called with r, alpha, s and beta it tells its height, slope and curvature."""

    def __init__(self, rows: Histories) -> None:
        self.x = rows.frequency.astype(np.float64)
        self.last, self.until = rows.last, rows.known_for
        self.weight = rows.weight.astype(np.float64)

    def weighted(self, weight: Whole) -> "ParetoLikelihood":
        """Return that of the same rows standing for other numbers of customers."""
        other = object.__new__(ParetoLikelihood)
        other.__dict__.update(self.__dict__)
        other.weight = weight.astype(np.float64)
        return other

    def alive(self, values: Floats) -> Floats:
        """Return each row's probability of life."""
        alive = np.empty(len(self.x))
        for at, ends in self.ends(values):
            alive[at] = ends.mass[:, -1]
        return alive

    def __call__(self, values: Floats) -> Peak:
        """Return height, slope and curvature."""
        r, alpha, s, beta = values
        x, weight, total = self.x, self.weight, self.weight.sum()
        height = dot(weight, gammaln(r + x)) + total * (r * np.log(alpha) + s * np.log(beta) - gammaln(r))
        slope = np.array(
            [
                dot(weight, digamma(r + x)) + total * (np.log(alpha) - digamma(r)),
                total * r / alpha,
                total * np.log(beta),
                total * s / beta,
            ]
        )
        curvature = np.diag(
            [
                dot(weight, polygamma(1, r + x)) - total * polygamma(1, r),
                -total * r / alpha**2,
                0.0,
                -total * s / beta**2,
            ]
        )
        curvature[0, 1] = total / alpha
        curvature[2, 3] = total / beta
        for at, ends in self.ends(values):
            height += dot(weight[at], ends.log)
            rise, bend = _shape(values, x[at], weight[at], ends)
            slope += rise
            curvature += bend
        whole = np.triu(curvature) + np.triu(curvature, 1).T
        return Peak(float(height), slope, whole)

    def ends(self, values: Floats) -> Iterator[tuple[Whole, _Ends]]:
        """Yield places of rows with their ends, those of like lengths together: each has few nodes."""
        least = min(values[1], values[3])
        faded = np.minimum(_faded(values, self.x, self.last, self.until), _FADED)
        spans = np.log1p((self.until - self.last) / (least + self.last))
        kinds = np.searchsorted([bound for bound, _nodes in _NODES], np.maximum(faded, spans))
        for kind, (_bound, nodes) in enumerate(_NODES):
            members = np.flatnonzero(kinds == kind)
            for start in range(0, len(members), _CHUNK):
                at = members[start : start + _CHUNK]
                yield at, _ends_of(values, self.x[at], self.last[at], self.until[at], nodes)


def _shape(values: Floats, x: Floats, weight: Floats, ends: _Ends) -> tuple[Floats, Floats]:
    """Return slope and upper half of the curvature of the sum of the logarithms of both parts."""
    r, alpha, s, beta = values
    stopped = np.ones(ends.y.shape[1])
    stopped[-1] = 0
    by_alpha, by_beta = 1 / (alpha + ends.y), 1 / (beta + ends.y)
    power = (r + x)[:, None]
    slopes = np.array(
        [
            np.log(by_alpha),
            -power * by_alpha,
            np.log(by_beta) + stopped / s,
            -(s + stopped) * by_beta,
        ]
    )
    mass = ends.mass * weight[:, None]
    means = np.einsum("rn,irn->ir", ends.mass, slopes)
    flat = slopes.reshape(4, -1)
    bend = np.einsum("in,jn->ij", flat * mass.ravel(), flat)
    bend -= np.einsum("ir,jr->ij", means * weight, means)
    bend[0, 1] -= (mass * by_alpha).sum()
    bend[1, 1] += (mass * power * by_alpha * by_alpha).sum()
    bend[2, 2] -= (mass * stopped).sum() / s**2
    bend[2, 3] -= (mass * by_beta).sum()
    bend[3, 3] += (mass * (s + stopped) * by_beta * by_beta).sum()
    return np.einsum("ir,r->i", means, weight), np.triu(bend)


def _ends_of(values: Floats, x: Floats, last: Floats, until: Floats, nodes: int) -> _Ends:
    """Return when the life of some rows may have ended, by so many nodes."""
    _r, alpha, s, beta = values
    place, share = _legendre(nodes)
    span = _spans(values, x, last, until)[:, None]
    least = min(alpha, beta) + last[:, None]
    v = span * (place + 1) / 2
    y = last[:, None] + least * np.expm1(v)
    faded = _faded(values, x[:, None], last[:, None], y)
    mass = s * np.exp(v - faded) * least / (beta + y) * share * span / 2
    lives = np.exp(-_faded(values, x, last, until))
    whole = mass.sum(axis=1) + lives
    at_last = -(values[0] + x) * np.log(alpha + last) - s * np.log(beta + last)
    every = np.concatenate([mass, lives[:, None]], axis=1) / whole[:, None]
    return _Ends(np.concatenate([y, until[:, None]], axis=1), every, at_last + np.log(whole))


def _faded(values: Floats, x: Floats, last: Floats, y: Floats) -> Floats:
    """Return by how many e-folds the value of both parts has faded from the last purchase to y."""
    r, alpha, s, beta = values
    past = y - last
    faded: Floats = (r + x) * np.log1p(past / (alpha + last)) + s * np.log1p(past / (beta + last))
    return faded


def _spans(values: Floats, x: Floats, last: Floats, until: Floats) -> Floats:
    """Return how far along v each integral has to be summed: to T, or to where nothing is left of it."""
    least = min(values[1], values[3])
    high: Floats = np.log1p((until - last) / (least + last))
    far = np.flatnonzero(_faded(values, x, last, until) > _FADED)
    low, x, last = np.zeros(len(far)), x[far], last[far]
    for _ in range(24 if len(far) else 0):
        middle = (low + high[far]) / 2
        beyond = _faded(values, x, last, last + (least + last) * np.expm1(middle)) > _FADED
        high[far], low = np.where(beyond, middle, high[far]), np.where(beyond, low, middle)
    return high


@lru_cache(maxsize=16)
def _legendre(nodes: int) -> tuple[Floats, Floats]:
    """Return places and shares of the nodes on (-1, 1)."""
    place, share = np.polynomial.legendre.leggauss(nodes)
    return place, share
