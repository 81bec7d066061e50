"""Crowds in which all stay away with the same chance: the likelihood has no top, and the model has one."""

from datetime import date

import numpy as np
import pytest

from dangol.insight.lifetime.beta_geometric import (
    BetaGeometric,
    fit_beta_geometric,
    likelihood_of,
    refit_beta_geometric,
)
from dangol.insight.lifetime.one_chance import ONE_CHANCE, one_chance
from dangol.insight.lifetime.scoring import fit_base, score
from dangol.insight.lifetime.summaries import histories_of, summarize
from tests.insight.journey import customer_days
from tests.insight.lifetime.crowds import simulate

# The last purchases of the year are of 31 December; it is asked a few days later.
AS_OF = date(2018, 1, 3)
BOTH = pytest.mark.parametrize("modified", [False, True], ids=["BG/NBD", "MBG/NBD"])


@BOTH
def test_fit__all_stay_away_with_one_chance__finds_it_within_its_standard_errors(modified: bool) -> None:
    true = BetaGeometric(0.8, 20.0, 0.2 * ONE_CHANCE, 0.8 * ONE_CHANCE, modified)

    fit = fit_beta_geometric(
        simulate(20_000, *true.parameters, modified=modified, seed=5, weeks=150), modified=modified
    )

    share = fit.model.a / (fit.model.a + fit.model.b)
    error = fit.standard_errors[2] / (fit.model.a + fit.model.b)
    if fit.model.has_one_chance:
        assert abs(share - 0.2) < 4 * error
    assert abs(share - 0.2) < 0.02
    assert abs(fit.model.r - 0.8) < 4 * fit.standard_errors[0]


@BOTH
def test_fit__complete_journey__is_as_likely_as_chances_ten_times_more_alike(modified: bool) -> None:
    histories = histories_of(summarize(customer_days(), as_of=AS_OF))

    fit = fit_beta_geometric(histories, modified=modified)

    assert fit.model.has_one_chance
    more_alike = one_chance(histories.compressed(), modified=modified, total=10 * ONE_CHANCE)
    scaled = np.array([fit.model.r, fit.model.alpha, fit.model.a * 10])
    assert abs(more_alike(scaled).height - fit.log_likelihood) < 0.5
    assert likelihood_of(histories, modified=modified)(fit.model.parameters).height == pytest.approx(
        fit.log_likelihood, abs=1e-6
    )


def test_score__complete_journey__everybody_has_a_value_between_its_bounds() -> None:
    summary = summarize(customer_days(), as_of=AS_OF)

    found = score(summary, fit_base(summary, "mbg_nbd"), days=365).to_pyarrow().to_pylist()

    assert len(found) == 2_469
    for row in found:
        assert 0 <= row["value_low_minor"] <= row["value_minor"] <= row["value_high_minor"]
        assert 0 <= row["alive"] <= 1


def test_refit__all_stay_away_with_one_chance__draws_around_the_estimate() -> None:
    histories = histories_of(summarize(customer_days(), as_of=AS_OF))
    fit = fit_beta_geometric(histories, modified=True)

    drawn = refit_beta_geometric(fit.model, histories, times=20, seed=7)

    assert all(model.has_one_chance for model in drawn)
    spread = np.std([model.r for model in drawn], ddof=1)
    assert spread == pytest.approx(fit.standard_errors[0], rel=0.6)
