"""Pareto/NBD: the published estimates and errors, the package in use, and sums that must stay finite."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.integrate import quad

from dangol.insight.lifetime.histories import Histories
from dangol.insight.lifetime.pareto import ParetoNbd, fit_pareto_nbd
from dangol.insight.lifetime.pareto_likelihood import ParetoLikelihood
from dangol.insight.lifetime.refusals import NotEnoughData
from tests.insight.lifetime.cdnow import cdnow
from tests.insight.lifetime.peer import ask
from tests.sizes import SIZE

WEEKS_39, WEEKS_52 = 273, 364


def history(frequency: int, recency: int, age: int, *, days_per_unit: float = 7.0) -> Histories:
    return Histories(np.array([frequency]), np.array([recency]), np.array([age]), days_per_unit)


def test_fit__cdnow__is_what_was_published() -> None:
    """Fader, Hardie and Lee (2005), table 2: .553, 10.578, .606, 11.669 and -9595.0.

    The standard errors are those CLVTools prints: .0476, .8427, .1873, 6.2105.
    """
    histories, held_out, _spend = cdnow()

    fit = fit_pareto_nbd(histories)

    expected = fit.model.expected(histories, WEEKS_39)
    assert [round(float(one), 3) for one in fit.model.parameters] == [0.553, 10.578, 0.606, 11.669]
    assert round(fit.log_likelihood, 1) == -9595.0
    assert fit.log_likelihood == pytest.approx(-9594.976, abs=1e-3)
    assert fit.standard_errors == pytest.approx((0.0476, 0.8427, 0.1873, 6.2105), rel=1e-3)
    assert expected.sum() == pytest.approx(1665.5, abs=0.05)
    assert np.corrcoef(expected, held_out)[0, 1] == pytest.approx(0.630, abs=5e-4)
    assert np.abs(expected - held_out).mean() == pytest.approx(0.755, abs=5e-4)
    assert fit.model.alive(histories).mean() == pytest.approx(0.446, abs=5e-4)


def test_fit__cdnow__is_as_likely_as_a_peer_s_and_says_the_same_of_each_customer() -> None:
    histories = cdnow()[0]
    parameters, alive, expected = ask("pareto")

    fit = fit_pareto_nbd(histories)

    height = ParetoLikelihood(histories)(np.array(parameters)).height
    assert height - 1e-6 <= fit.log_likelihood == pytest.approx(height, abs=1e-3)
    same = ParetoNbd(*parameters)
    assert same.alive(histories) == pytest.approx(np.array(alive), rel=1e-7)
    assert same.expected(histories, WEEKS_39) == pytest.approx(np.array(expected), rel=1e-7)


def test_model__one_customer_and_a_new_one__are_as_published() -> None:
    model = fit_pareto_nbd(cdnow()[0]).model
    one = history(26, 216, 217)

    assert model.expected(one, WEEKS_52)[0] == pytest.approx(25.46, abs=5e-3)
    assert model.alive(one)[0] == pytest.approx(0.9979, abs=5e-5)
    assert model.expected_of_new(WEEKS_52) == pytest.approx(1.473, abs=5e-4)


@pytest.mark.parametrize("frequency", [161, 200, 254])
def test_alive__very_many_purchases__stays_a_probability(frequency: int) -> None:
    """With these parameters the usual formula gives out (BTYD's issue, lifetimes' test)."""
    model = ParetoNbd(0.5143, 2.8845, 0.2856, 14.1087)

    found = [model.alive(history(frequency, recency, 400))[0] for recency in (300, 380, 400)]

    assert 0 <= found[0] < found[1] < found[2] == 1


@settings(max_examples=SIZE.examples, deadline=None)
@given(
    st.tuples(st.integers(0, 300), st.integers(0, 1_000), st.integers(1, 1_000)),
    st.tuples(*[st.floats(-5, 5)] * 4),
)
def test_likelihood__anywhere__is_the_integral_that_a_slow_way_finds(
    drawn: tuple[int, int, int], logs: tuple[float, float, float, float]
) -> None:
    x, recency, rest = drawn
    x = min(x, recency)
    rows = history(x, recency if x else 0, recency + rest)
    r, alpha, s, beta = np.exp(logs)
    last, until = rows.last[0], rows.known_for[0]

    def beyond(log: float) -> float:
        y = last + np.exp(log)
        faded = (r + x) * np.log((alpha + y) / (alpha + last)) + (s + 1) * np.log((beta + y) / (beta + last))
        return float(np.exp(log - faded))

    whole, _error = quad(beyond, -40, np.log(until - last), epsabs=0, epsrel=1e-11, limit=2_000)
    lives = ((alpha + last) / (alpha + until)) ** (r + x) * ((beta + last) / (beta + until)) ** s
    sum_of_both = s / (beta + last) * whole + lives

    ((_at, ends),) = ParetoLikelihood(rows).ends(np.exp(logs))

    slow = np.log(sum_of_both) - (r + x) * np.log(alpha + last) - s * np.log(beta + last)
    assert ends.log[0] == pytest.approx(slow, rel=1e-9, abs=1e-9)
    assert ends.mass[0, -1] == pytest.approx(lives / sum_of_both, rel=1e-8)


@settings(max_examples=SIZE.examples, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=20
    ),
    st.tuples(*[st.floats(0.05, 20)] * 4),
)
def test_likelihood__anywhere__slope_and_curvature_are_those_of_its_height(
    drawn: list[tuple[int, int, int]], at: tuple[float, float, float, float]
) -> None:
    rows = [(min(x, last), last if min(x, last) else 0, last + rest) for x, last, rest in drawn]
    frequency, recency, age = (np.array(column) for column in zip(*rows, strict=True))
    values, likelihood = np.array(at), ParetoLikelihood(Histories(frequency, recency, age))

    _height, slope, curvature = likelihood(values)

    for place in range(4):
        step = np.eye(4)[place] * values[place] * 1e-5
        above, below = likelihood(values + step), likelihood(values - step)
        rise, bend = ((above[one] - below[one]) / (2 * step[place]) for one in (0, 1))
        assert slope[place] == pytest.approx(rise, rel=1e-4, abs=1e-4)
        assert curvature[place] == pytest.approx(bend, rel=1e-4, abs=1e-4)


def test_expected__lives_with_a_shape_of_one__is_the_limit_of_its_neighbors() -> None:
    one, *near = (
        ParetoNbd(0.6, 10, s, 12).expected(history(3, 70, 140), WEEKS_52)[0] for s in (1, 0.999999, 1.000001)
    )

    assert one == pytest.approx(np.mean(near), rel=1e-9)


def test_fit__too_few__says_how_many_are_needed() -> None:
    with pytest.raises(NotEnoughData):
        fit_pareto_nbd(history(0, 0, 70))
