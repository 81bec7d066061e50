"""Maximum likelihood: the parameters that make what was seen most likely, and how sure they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from scipy.optimize import minimize

from dangol.insight.lifetime.histories import Floats
from dangol.insight.lifetime.refusals import NoMaximum

M = TypeVar("M")
# The logarithm of a parameter stays within these: outside of them the data are not of the model's kind.
SMALLEST, LARGEST = -12.0, 12.0
_STEP = 1e-5
# Of positive parameters: the log-likelihood there, and its slope in each of them.
Likelihood = Callable[[Floats], tuple[float, Floats]]


class Found(NamedTuple):
    """The parameters at the maximum, the log-likelihood, and the covariance of the parameters."""

    values: Floats
    height: float
    covariance: Floats


@dataclass(frozen=True)
class Fit(Generic[M]):
    """A model as it was fitted: how likely it makes what was seen, and each parameter's standard error."""

    model: M
    log_likelihood: float
    standard_errors: tuple[float, ...]
    customers: int
    covariance: Floats


def fit_of(model: M, found: Found, customers: int) -> Fit[M]:
    """Return what a search found as the fit of a model."""
    errors = tuple(float(one) for one in np.sqrt(np.diag(found.covariance)))
    return Fit(model, found.height, errors, customers, found.covariance)


def dot(one: Floats, other: Floats) -> float:
    """Return the sum of products, in this thread: a second one costs more than it gains here."""
    return float(np.einsum("i,i->", one, other))


def maximize(likelihood: Likelihood, start: Sequence[float]) -> Found:
    """Return the positive parameters at the maximum, searched along their logarithms by the slope (L-BFGS-B).

    Their covariance comes from the curvature at the maximum (the observed information). Raises NoMaximum.
    """

    def downhill(logs: Floats, /) -> tuple[float, Floats]:
        values = np.exp(logs)
        height, slope = likelihood(values)
        return -height, -slope * values

    found = minimize(
        downhill, np.log(start), jac=True, method="L-BFGS-B", bounds=[(SMALLEST, LARGEST)] * len(start),
        options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 500},
    )  # fmt: skip
    if not np.isfinite(found.fun):
        raise NoMaximum(reason="not_finite")
    if (np.abs(found.x) > LARGEST - 1e-6).any():
        raise NoMaximum(reason="at_the_edge")
    values = np.exp(found.x)
    covariance = _covariance(downhill, found.x) * np.outer(values, values)
    return Found(values, float(-found.fun), covariance.astype(np.float64))


def _covariance(downhill: Callable[[Floats], tuple[float, Floats]], at: Floats) -> Floats:
    """Return the covariance of the logarithms."""
    steps = np.eye(len(at)) * _STEP
    rows = [(downhill(at + step)[1] - downhill(at - step)[1]) / (2 * _STEP) for step in steps]
    curvature = np.array(rows)
    try:
        covariance: Floats = np.linalg.inv((curvature + curvature.T) / 2).astype(np.float64)
    except np.linalg.LinAlgError:
        raise NoMaximum(reason="flat") from None
    if (np.diag(covariance) <= 0).any():
        raise NoMaximum(reason="flat")
    return covariance
