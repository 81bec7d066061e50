"""What the models say of each customer: alive or not, purchases to come, and what these are worth today."""

from dataclasses import dataclass

import ibis
import numpy as np

from dangol.domain.statistics import Z
from dangol.insight.lifetime.beta_geometric import BetaGeometric
from dangol.insight.lifetime.fitting import Fit
from dangol.insight.lifetime.gamma_gamma import GammaGamma, fit_gamma_gamma
from dangol.insight.lifetime.histories import Floats, Histories
from dangol.insight.lifetime.models import Kind, Model, fit_model, standard_errors
from dangol.insight.lifetime.pareto import ParetoNbd
from dangol.insight.lifetime.summaries import histories_of, join_scores, repeat_spend

DAYS_PER_YEAR = 365
# Purchases of such a period are discounted together, as if they came in its middle.
_PERIOD = 28


@dataclass(frozen=True, eq=False)
class CustomerBase:
    """A model of coming again with the histories it was fitted to, and a model of spend in minor units."""

    coming: Fit[BetaGeometric] | Fit[ParetoNbd]
    spend: Fit[GammaGamma]
    histories: Histories


def fit_base(summary: ibis.Table, kind: Kind = "bg_nbd") -> CustomerBase:
    """Return the models of the customers that `summarize` gives.

    Raises NotEnoughData, BrokenHistories, SpendFollowsFrequency or NoMaximum.
    """
    histories = histories_of(summary)
    coming = fit_model(histories, kind)
    spent = repeat_spend(summary)
    frequency = spent["frequency"].to_numpy().astype(np.int64)
    return CustomerBase(coming, fit_gamma_gamma(frequency, spent["spend_minor"].to_numpy()), histories)


def score(
    summary: ibis.Table, base: CustomerBase, *, days: int = DAYS_PER_YEAR, yearly_rate: float = 0.1
) -> ibis.Table:
    """Return `summary` with what is expected of each customer within `days`.

    `alive` (probability), `expected` (further days with a purchase) and `discounted` (the same, each worth
    less the later it comes, by `yearly_rate`), each with its `…_error`; `spend_expected_minor` (float64: a
    mean); `value_minor` (int64: discounted times spend) with `value_low_minor` and `value_high_minor` (int64,
    95 %). Errors and intervals say how sure the mean of customers with such a history is, not what one of
    them will do. Of BG/NBD `alive` is 1 for each one-time buyer and no share of active customers.
    """
    histories, coming = base.histories, base.coming

    def alive(model: Model) -> Floats:
        return model.alive(histories)

    def expected(model: Model) -> Floats:
        return model.expected(histories, days)

    def discounted(model: Model) -> Floats:
        return discounted_purchases(model, histories, days=days, yearly_rate=yearly_rate)

    scores = {}
    for name, quantity in (("alive", alive), ("expected", expected), ("discounted", discounted)):
        scores[name] = quantity(coming.model)
        scores[f"{name}_error"] = standard_errors(coming.model, coming.covariance, quantity)
    return _with_value(join_scores(summary, histories, scores), base.spend)


def discounted_purchases(model: Model, histories: Histories, *, days: int, yearly_rate: float) -> Floats:
    """Return the days with a purchase within `days`, each divided by (1 + rate) to the years until then.

    Summed by periods of four weeks, shape (customers,).
    """
    total, before, start = np.zeros(len(histories.frequency)), np.zeros(len(histories.frequency)), 0
    while start < days:
        end = min(start + _PERIOD, days)
        upto = model.expected(histories, end)
        total += (upto - before) * (1 + yearly_rate) ** (-(start + end) / 2 / DAYS_PER_YEAR)
        before, start = upto, end
    return total


def _with_value(scored: ibis.Table, spend: Fit[GammaGamma]) -> ibis.Table:
    """Return the scores with spend and value, reckoned by the engine: spend is each customer's own."""
    p, q, gamma = spend.model.p, spend.model.q, spend.model.gamma
    spent = scored.repeat_minor > 0
    # Who came again and got all back is known as little as who did not.
    x = ibis.ifelse(spent, scored.frequency, 0).cast("float64")
    total = ibis.ifelse(spent, scored.repeat_minor, 0).cast("float64") + gamma
    count = x * p + (q - 1)
    mean = total * p / count
    # By p, q and gamma: what a mean moves by, and so how sure it is.
    slopes = [total * (q - 1) / count / count, total * -p / count / count, p / count]
    variance = sum(
        slopes[one] * slopes[other] * float(spend.covariance[one, other])
        for one in range(3)
        for other in range(3)
    )
    value = scored.discounted * mean
    error = (mean * mean * scored.discounted_error * scored.discounted_error
             + scored.discounted * scored.discounted * variance).sqrt()  # fmt: skip
    return scored.mutate(
        spend_expected_minor=mean,
        value_minor=value.round().cast("int64"),
        value_low_minor=ibis.greatest(value - error * Z, 0.0).round().cast("int64"),
        value_high_minor=(value + error * Z).round().cast("int64"),
    )
