"""Gamma-Gamma and sBG: the published estimates, and what breaks their assumptions."""

import numpy as np
import pytest

from dangol.insight.lifetime.gamma_gamma import GammaGamma, fit_gamma_gamma
from dangol.insight.lifetime.histories import Histories
from dangol.insight.lifetime.models import KINDS, fit_model
from dangol.insight.lifetime.refusals import BrokenHistories, NotEnoughData, SpendFollowsFrequency
from dangol.insight.lifetime.shifted_beta_geometric import fit_shifted_beta_geometric
from tests.house_rules import ROOT
from tests.insight.lifetime.cdnow import cdnow
from tests.insight.lifetime.peer import ask

# Fader and Hardie (2007), table 1: of a thousand, how many were there after each year.
HIGH_END, REGULAR = [1000, 869, 743, 653, 593, 551, 517, 491], [1000, 631, 468, 382, 326, 289, 262, 241]


def test_fit_gamma_gamma__cdnow__is_what_was_published() -> None:
    """Fader and Hardie (2013): p 6.25, q 3.74, gamma 15.44 of 946 repeaters."""
    histories, _held_out, spend = cdnow()

    fit = fit_gamma_gamma(histories.frequency, spend)

    assert (fit.model.p, fit.model.q, fit.model.gamma) == pytest.approx((6.25, 3.74, 15.44), rel=2e-3)
    assert fit.log_likelihood == pytest.approx(-4055.92, abs=5e-3)
    assert (fit.customers, round(fit.model.mean, 2)) == (946, 35.17)


def test_fit_gamma_gamma__cdnow__is_as_a_peer_s_and_says_the_same_of_each_customer() -> None:
    histories, _held_out, spend = cdnow()
    (p, q, gamma), expected = ask("spend")

    fit = fit_gamma_gamma(histories.frequency, spend)

    assert (fit.model.p, fit.model.q, fit.model.gamma) == pytest.approx((p, q, gamma), rel=1e-3)
    same = GammaGamma(p, q, gamma).expected(histories.frequency, spend)
    assert same == pytest.approx(np.array(expected), rel=1e-9)


def test_document__its_table_of_cdnow__is_what_is_computed() -> None:
    histories, _held_out, spend = cdnow()
    lines = []
    for name, kind in zip(("BG/NBD", "MBG/NBD", "Pareto/NBD"), KINDS, strict=True):
        fit = fit_model(histories, kind)
        names = ("r", "α", "s", "β") if kind == "pareto_nbd" else ("r", "α", "a", "b")
        told = zip(names, fit.model.parameters, fit.standard_errors, strict=True)
        values = ", ".join(f"{letter} {value:.4f} ({error:.4f})" for letter, value, error in told)
        to_come = fit.model.expected(histories, 273).sum()
        lines.append(f"| {name} | {values} | {fit.log_likelihood:.2f} | {to_come:.1f} |")
    money = fit_gamma_gamma(histories.frequency, spend)
    told = zip("pqγ", (money.model.p, money.model.q, money.model.gamma), money.standard_errors, strict=True)
    values = ", ".join(f"{letter} {value:.3f} ({error:.3f})" for letter, value, error in told)
    lines.append(f"| Gamma-Gamma | {values} | {money.log_likelihood:.2f} | |")

    document = (ROOT / "docs" / "algorithms" / "lifetime.md").read_text()

    assert not [line for line in lines if line not in document], lines


def test_expected__of_few_and_of_many__is_drawn_to_the_mean_of_all_and_hardly_any_more() -> None:
    histories, _held_out, spend = cdnow()
    model = fit_gamma_gamma(histories.frequency, spend).model

    new, once, often = model.expected(np.array([0, 1, 1000]), np.array([0.0, 100.0, 100.0]))

    assert new == pytest.approx(model.mean)
    assert model.mean < once < often < 100
    assert often == pytest.approx(100, rel=1e-3)


def test_fit_gamma_gamma__who_comes_often_spends_more__is_refused_with_the_figure() -> None:
    frequency = np.arange(1, 101)

    with pytest.raises(SpendFollowsFrequency) as refused:
        fit_gamma_gamma(frequency, frequency.astype(np.float64) + 10)

    assert refused.value.data["correlation"] == 1.0


def test_fit_gamma_gamma__nobody_came_again__says_how_many_are_needed() -> None:
    with pytest.raises(NotEnoughData):
        fit_gamma_gamma(np.zeros(500, np.int64), np.zeros(500))


@pytest.mark.parametrize(
    ("there", "parameters", "height", "at_12"),
    [
        # The first estimates are in the paper; both are within a point of the truth in the twelfth year.
        (HIGH_END, (0.668, 3.806), -1611.16, 0.378),
        (REGULAR, (0.704, 1.182), -1680.27, 0.170),
    ],
)
def test_fit_shifted_beta_geometric__seven_years__is_what_was_published(
    there: list[float], parameters: tuple[float, float], height: float, at_12: float
) -> None:
    fit = fit_shifted_beta_geometric(there)

    assert (fit.model.alpha, fit.model.beta) == pytest.approx(parameters, abs=6e-4)
    assert fit.log_likelihood == pytest.approx(height, abs=6e-3)
    assert fit.model.surviving(12)[[0, 12]] == pytest.approx([1, at_12], abs=6e-4)


@pytest.mark.parametrize(
    ("there", "refusal"),
    [
        ([], NotEnoughData),
        ([1000, 900], NotEnoughData),
        ([40, 30, 20], NotEnoughData),
        ([1000, 900, 950], BrokenHistories),
    ],
)
def test_fit_shifted_beta_geometric__what_it_cannot_be_asked__is_refused(
    there: list[float], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        fit_shifted_beta_geometric(there)


@pytest.mark.parametrize(("frequency", "recency", "age"), [(-1, 0, 9), (1, 10, 9), (0, 3, 9), (4, 3, 9)])
def test_histories__that_cannot_be__are_refused(frequency: int, recency: int, age: int) -> None:
    with pytest.raises(BrokenHistories):
        Histories(np.array([frequency, 0]), np.array([recency, 0]), np.array([age, 0]))
