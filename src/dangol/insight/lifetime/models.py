"""The models of coming again, by name: all say the same things of the same histories."""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import numpy as np

from dangol.insight.lifetime.beta_geometric import BetaGeometric, fit_beta_geometric, refit_beta_geometric
from dangol.insight.lifetime.fitting import Fit
from dangol.insight.lifetime.histories import Floats, Histories
from dangol.insight.lifetime.pareto import ParetoNbd, fit_pareto_nbd, refit_pareto_nbd

Kind = Literal["bg_nbd", "mbg_nbd", "pareto_nbd"]
KINDS: tuple[Kind, ...] = ("bg_nbd", "mbg_nbd", "pareto_nbd")
Model = BetaGeometric | ParetoNbd
# By how much of itself a parameter is moved to see what follows from it.
_STEP = 1e-4


class Quantity(Protocol):
    """What a model says of each of some rows."""

    def __call__(self, model: Model) -> Floats:
        """Return it, shape (rows,)."""
        ...


def fit_model(histories: Histories, kind: Kind) -> Fit[BetaGeometric] | Fit[ParetoNbd]:
    """Return the model of maximum likelihood. Raises NotEnoughData or NoMaximum."""
    if kind == "pareto_nbd":
        return fit_pareto_nbd(histories)
    return fit_beta_geometric(histories, modified=kind == "mbg_nbd")


def refit_model(
    fit: Fit[BetaGeometric] | Fit[ParetoNbd], histories: Histories, *, times: int, seed: int
) -> Sequence[Model]:
    """Return the models of so many samples of the customers, drawn with replacement (the bootstrap).

    The same `seed` draws the same customers. Raises NoMaximum.
    """
    model = fit.model
    if isinstance(model, ParetoNbd):
        return refit_pareto_nbd(model, histories, times=times, seed=seed)
    return refit_beta_geometric(model, histories, times=times, seed=seed)


def standard_errors(model: Model, covariance: Floats, quantity: Quantity) -> Floats:
    """Return how far off a quantity may be since parameters are estimates (delta method), shape (rows,).

    It says how sure the mean of such customers is, not what one of them will do.
    """
    at = model.parameters
    slopes = []
    for place in range(len(at)):
        step = np.eye(len(at))[place] * at[place] * _STEP
        rise = quantity(model.with_parameters(at + step)) - quantity(model.with_parameters(at - step))
        slopes.append(rise / (2 * at[place] * _STEP))
    variance = np.einsum("ir,ij,jr->r", np.array(slopes), covariance, np.array(slopes))
    errors: Floats = np.sqrt(np.maximum(variance, 0))
    return errors


def percentiles(models: Sequence[Model], quantity: Callable[[Model], Floats]) -> tuple[Floats, Floats]:
    """Return between which values 95 % of the refitted models put a quantity, each of its shape."""
    drawn = np.array([quantity(model) for model in models])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return low, high
