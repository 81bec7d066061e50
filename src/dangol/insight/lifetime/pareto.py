"""Pareto/NBD: everybody buys at a rate of their own while alive, and may stop at any moment.

Schmittlein, Morrison and Colombo, Counting Your Customers: Who Are They and What Will They Do Next?,
Management Science 33 (1987).
"""

from dataclasses import dataclass

import numpy as np

from dangol.insight.lifetime.fitting import Fit, fit_of
from dangol.insight.lifetime.histories import Floats, Histories
from dangol.insight.lifetime.newton import climb_rows, refit
from dangol.insight.lifetime.pareto_likelihood import ParetoLikelihood


@dataclass(frozen=True)
class ParetoNbd:
    """Purchase rates are gamma with shape `r` and `alpha` units, rates of stopping with `s` and `beta`."""

    r: float
    alpha: float
    s: float
    beta: float

    @property
    def parameters(self) -> Floats:
        """The parameters in the order of their fit's standard errors, shape (4,)."""
        return np.array([self.r, self.alpha, self.s, self.beta])

    def with_parameters(self, values: Floats) -> "ParetoNbd":
        """Return the model with other parameters."""
        r, alpha, s, beta = (float(value) for value in values)
        return ParetoNbd(r, alpha, s, beta)

    def alive(self, histories: Histories) -> Floats:
        """Return each customer's probability of not having stopped yet, shape (customers,)."""
        return ParetoLikelihood(histories).alive(self.parameters)

    def expected(self, histories: Histories, days: float | Floats) -> Floats:
        """Return how many more days with a purchase each customer is expected to have within `days`.

        Schmittlein, Morrison and Colombo, equation 22.
        """
        t, s = days / histories.days_per_unit, self.s
        until = self.beta + histories.known_for
        faded = np.log1p(t / until)
        # (1 - e^-(s-1)f) / (s - 1), which is f where s is 1.
        lived = faded if abs(s - 1) < 1e-9 else -np.expm1(-(s - 1) * faded) / (s - 1)
        rate = (self.r + histories.frequency) / (self.alpha + histories.known_for)
        expected: Floats = self.alive(histories) * rate * until * lived
        return expected

    def expected_of_new(self, days: float, *, days_per_unit: float = 7.0) -> float:
        """Return how many further days with a purchase somebody new is expected to have within `days`."""
        zero = np.zeros(1, np.int64)
        return float(self.expected(Histories(zero, zero, zero, days_per_unit), days)[0])


def fit_pareto_nbd(histories: Histories) -> Fit[ParetoNbd]:
    """Return the model of maximum likelihood. Raises NotEnoughData or NoMaximum."""
    histories.require_enough()
    rows = histories.compressed()
    known_for = float(np.average(rows.known_for, weights=rows.weight))
    found = climb_rows(ParetoLikelihood, rows, (0.5, known_for / 3, 0.6, known_for / 3))
    r, alpha, s, beta = (float(value) for value in found.values)
    return fit_of(ParetoNbd(r, alpha, s, beta), found, histories.customers)


def refit_pareto_nbd(model: ParetoNbd, histories: Histories, *, times: int, seed: int) -> list[ParetoNbd]:
    """Return the models of so many samples of the customers, drawn with replacement. Raises NoMaximum."""
    found = refit(ParetoLikelihood, histories.compressed(), model.parameters, times=times, seed=seed)
    return [model.with_parameters(row) for row in found]
