"""BG/NBD and MBG/NBD: the published estimates, the package in use, and what they cannot be asked."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dangol.insight.lifetime.beta_geometric import BetaGeometric, fit_beta_geometric, likelihood_of
from dangol.insight.lifetime.histories import Histories
from dangol.insight.lifetime.refusals import NotEnoughData
from tests.insight.lifetime.cdnow import cdnow
from tests.insight.lifetime.crowds import simulate
from tests.insight.lifetime.peer import ask
from tests.sizes import SIZE

WEEKS_39, WEEKS_52 = 273, 364
# r, alpha, a, b; log-likelihood; of the next 39 weeks: the sum (in truth 1,882), correlation, mean error.
PUBLISHED = {
    # Fader, Hardie and Lee (2005), table 2: .243, 4.414, .793, 2.426 and -9582.4.
    False: ((0.2426, 4.4136, 0.7929, 2.4259), -9582.429, 1653.4, 0.626, 0.785),
    True: ((0.5248, 6.1831, 0.8914, 1.6140), -9582.136, 1576.7, 0.627, 0.765),
}
both_models = pytest.mark.parametrize("modified", PUBLISHED)


@both_models
def test_fit__cdnow__is_what_was_published(modified: bool) -> None:
    histories, held_out, _spend = cdnow()
    parameters, height, in_sum, correlation, error = PUBLISHED[modified]

    fit = fit_beta_geometric(histories, modified=modified)

    expected = fit.model.expected(histories, WEEKS_39)
    assert (fit.model.r, fit.model.alpha, fit.model.a, fit.model.b) == pytest.approx(parameters, rel=1e-3)
    assert fit.log_likelihood == pytest.approx(height, abs=1e-3)
    assert expected.sum() == pytest.approx(in_sum, rel=1e-4)
    assert np.corrcoef(expected, held_out)[0, 1] == pytest.approx(correlation, abs=1e-3)
    assert np.abs(expected - held_out).mean() == pytest.approx(error, abs=1e-3)
    assert fit.customers == 2357


@both_models
def test_fit__cdnow__is_as_likely_as_a_peer_s_and_says_the_same_of_each_customer(modified: bool) -> None:
    histories, _held_out, _spend = cdnow()
    (r, alpha, a, b), alive, expected = ask("modified" if modified else "plain")

    fit = fit_beta_geometric(histories, modified=modified)

    height, *_shape = likelihood_of(histories, modified=modified)(np.array([r, alpha, a, b]))
    assert height - 1e-6 <= fit.log_likelihood == pytest.approx(height, abs=1e-4)
    same = BetaGeometric(r, alpha, a, b, modified)
    assert same.alive(histories) == pytest.approx(np.array(alive), rel=1e-9)
    assert same.expected(histories, WEEKS_39) == pytest.approx(np.array(expected), rel=1e-6)


def test_model__one_customer_and_a_new_one__are_as_published() -> None:
    model = fit_beta_geometric(cdnow()[0]).model
    one = Histories(np.array([26]), np.array([216]), np.array([217]))

    assert model.expected(one, WEEKS_52)[0] == pytest.approx(25.757, abs=2e-3)
    assert model.alive(one)[0] == pytest.approx(0.9689, abs=1e-4)
    assert model.expected_of_new(WEEKS_52) == pytest.approx(1.444, abs=1e-3)


def test_alive__one_time_buyers__certain_in_the_plain_model_only() -> None:
    histories = cdnow()[0]
    once = histories.frequency == 0

    plain, modified = (
        fit_beta_geometric(histories, modified=one).model.alive(histories) for one in PUBLISHED
    )

    assert (plain[once] == 1).all()
    assert (modified[once] < 1).all()
    assert (plain.mean(), modified.mean()) == pytest.approx((0.813, 0.449), abs=1e-3)


@pytest.mark.parametrize(
    ("modified", "frequency", "last", "height"),
    [
        (False, 0, 0, -0.59947382),
        (False, 200, 38, 100.7957),
        (True, 0, 0, -0.41792826),
        (True, 200, 38, 100.7869),
    ],
)
def test_likelihood__points_of_other_test_suites__are_the_same(
    modified: bool, frequency: int, last: int, height: float
) -> None:
    """BTYDplus and CLVTools have them: a 0.8, b 2.5, r 0.25, alpha 4, 40 units known."""
    # Two hundred days with a purchase in 38 units: of ten days each.
    rows = Histories(np.array([frequency]), np.array([last * 10]), np.array([400]), days_per_unit=10)

    found, *_shape = likelihood_of(rows, modified=modified)(np.array([0.25, 4.0, 0.8, 2.5]))

    assert found == pytest.approx(height, abs=1e-4)


@settings(max_examples=SIZE.examples, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=20
    ),
    st.tuples(*[st.floats(0.05, 20)] * 4),
    st.booleans(),
)
def test_likelihood__anywhere__slope_and_curvature_are_those_of_its_height(
    drawn: list[tuple[int, int, int]], at: tuple[float, float, float, float], modified: bool
) -> None:
    rows = [(min(x, last), last if min(x, last) else 0, last + rest) for x, last, rest in drawn]
    frequency, recency, age = (np.array(column) for column in zip(*rows, strict=True))
    values = np.array(at) + np.array([0, 0, 0, 1.0])
    height_at = likelihood_of(Histories(frequency, recency, age), modified=modified)

    _height, slope, curvature = height_at(values)

    for place in range(4):
        step = np.eye(4)[place] * values[place] * 1e-5
        rise = (height_at(values + step)[0] - height_at(values - step)[0]) / (2 * step[place])
        assert slope[place] == pytest.approx(rise, rel=1e-4, abs=1e-4)
        bend = (height_at(values + step)[1] - height_at(values - step)[1]) / (2 * step[place])
        assert curvature[place] == pytest.approx(bend, rel=1e-4, abs=1e-4)


@both_models
def test_fit__a_crowd_of_the_model_s_own__finds_it_within_its_standard_errors(modified: bool) -> None:
    true = (0.6, 6.0, 0.9, 2.2)
    crowd = simulate(20_000, *true, modified=modified, seed=7)

    fit = fit_beta_geometric(crowd, modified=modified)

    found = (fit.model.r, fit.model.alpha, fit.model.a, fit.model.b)
    away = [(one - of) / error for one, of, error in zip(found, true, fit.standard_errors, strict=True)]
    # Purchases of a day count as one, so that a crowd that buys at instants is not quite of the model.
    assert max(np.abs(away)) < 4, away


def test_compressed__the_same_customers__are_as_likely() -> None:
    histories = cdnow()[0]
    small = histories.compressed()
    values = np.array([0.3, 5.0, 0.7, 2.0])

    assert len(small.frequency) < len(histories.frequency) / 2
    assert small.customers == histories.customers
    for modified in PUBLISHED:
        one, other = (likelihood_of(rows, modified=modified)(values) for rows in (small, histories))
        assert one[0] == pytest.approx(other[0], rel=1e-12)
        assert one[1] == pytest.approx(other[1], rel=1e-9)


@pytest.mark.parametrize(("customers", "repeaters"), [(0, 0), (49, 20), (200, 9)])
def test_fit__too_few__says_how_many_are_needed(customers: int, repeaters: int) -> None:
    frequency = np.array([1] * repeaters + [0] * (customers - repeaters), np.int64)
    histories = Histories(frequency, frequency * 7, np.full(customers, 70))

    with pytest.raises(NotEnoughData) as refused:
        fit_beta_geometric(histories)

    needed = ("customers", 50) if customers < 50 else ("repeaters", 10)
    assert (refused.value.data["what"], refused.value.data["needed"]) == needed
