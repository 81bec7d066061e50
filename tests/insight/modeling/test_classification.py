"""How probabilities are judged: by hand, and against what others compute."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dangol.domain.statistics import wilson
from dangol.insight.lifetime.histories import Floats
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.insight.modeling.classification import (
    Flags,
    auc,
    auc_difference,
    brier,
    reliability,
    require_both,
    top_lift,
)
from dangol.insight.modeling.figures import mean_of


def drawn(seed: int, n: int = 400) -> tuple[Flags, Floats]:
    """Return labels and scores that go with them, with equal ones among them."""
    dice = np.random.default_rng(seed)
    score = np.round(dice.random(n), 2)
    return dice.random(n) < score**2, score


@pytest.mark.parametrize("seed", range(5))
def test_auc__drawn__is_what_scikit_learn_says_and_lies_in_its_interval(seed: int) -> None:
    label, score = drawn(seed)

    found = auc(label, score)

    assert found.value == pytest.approx(roc_auc_score(label, score))
    assert 0 < found.low < found.value < found.high < 1


def test_auc__drawn_many_times__its_interval_holds_the_truth_as_often_as_it_says() -> None:
    truth = auc(*drawn(999, 400_000)).value

    held = [found.low <= truth <= found.high for found in (auc(*drawn(seed, 200)) for seed in range(300))]

    assert 0.92 <= np.mean(held) <= 0.98


def test_auc_difference__a_better_score_and_the_same__is_told_with_the_right_side() -> None:
    label, score = drawn(1)
    noisy = score + np.random.default_rng(2).normal(0, 0.5, len(score))

    better, same = auc_difference(label, score, noisy), auc_difference(label, score, score * 2)

    assert better.low > 0
    assert (same.value, same.low, same.high) == (0, 0, 0)
    assert better.value == pytest.approx(auc(label, score).value - auc(label, noisy).value)


def test_figures__by_hand() -> None:
    label = np.array([True, False, False, False, True, False, False, False, False, False])
    said = np.array([0.9, 0.8, 0.1, 0.1, 0.5, 0.1, 0.1, 0.1, 0.1, 0.2])

    assert brier(label, said, seed=0).value == pytest.approx((0.01 + 0.64 + 0.25 + 0.06 + 0.04) / 10)
    assert top_lift(label, said, share=0.2).value == pytest.approx(2.5)
    rows = reliability(label, said, bins=2).to_pylist()
    assert [(row["customers"], row["came"]) for row in rows] == [(5, 0.0), (5, 0.4)]
    assert rows[1]["said"] == pytest.approx((0.9 + 0.8 + 0.5 + 0.2 + 0.1) / 5)
    assert rows[0]["came_high"] == pytest.approx(0.4345, abs=1e-4)


def test_wilson__of_eight_of_ten__is_what_is_published() -> None:
    """Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, and 0 of 20."""
    assert (round(wilson(81, 263).low, 4), round(wilson(81, 263).high, 4)) == (0.2553, 0.3662)
    assert (wilson(0, 20).low, round(wilson(0, 20).high, 4)) == (0.0, 0.1611)


def test_mean_of__the_same_seed__is_the_same_and_near_the_normal_interval() -> None:
    values = np.random.default_rng(4).random(2_000)

    found = mean_of(values, seed=3)

    half = 1.96 * values.std() / np.sqrt(len(values))
    assert found == mean_of(values, seed=3)
    assert found.low == pytest.approx(values.mean() - half, abs=half / 5)
    assert found.high == pytest.approx(values.mean() + half, abs=half / 5)


@pytest.mark.parametrize(("hits", "what"), [(29, "who stayed away"), (71, "who came")])
def test_require_both__one_side_is_too_small__names_it(hits: int, what: str) -> None:
    with pytest.raises(NotEnoughData) as refused:
        require_both(np.arange(100) < hits, yes="who stayed away", no="who came")

    assert refused.value.data == {"what": what, "found": 29, "needed": 30}
