"""The share that is left by what was bought, and when winning customers was paid back."""

from datetime import date
from fractions import Fraction

from hypothesis import given, strategies as st

from dangol.domain.customer_value import Sums, mean_margin, payback

AMOUNTS = st.integers(-(10**9), 10**12)
SHARES = st.fractions(0, 1)
CATEGORIES = ("coffee", "beans", "tea")
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


@given(AMOUNTS, st.dictionaries(st.sampled_from(CATEGORIES), AMOUNTS), SHARES,
       st.dictionaries(st.sampled_from(CATEGORIES), SHARES))  # fmt: skip
def test_mean_margin__whatever_came_back__lies_between_the_least_and_the_most(
    revenue: int, categories: dict[str, int], margin: Fraction, margins: dict[str, Fraction]
) -> None:
    found = mean_margin(Sums(1, revenue, categories=categories), margin, margins)

    assert min(margin, *margins.values()) <= found <= max(margin, *margins.values()) if margins else (
        found == margin
    )  # fmt: skip


def test_mean_margin__more_came_back_than_was_bought__has_no_part() -> None:
    sums = Sums(1, 100, categories={"coffee": 120, "tea": -20})

    assert mean_margin(sums, Fraction(1, 2), {"coffee": Fraction(1, 4), "tea": Fraction(1)}) == Fraction(1, 4)


def test_sums__added__hold_what_both_bought_of_each_category() -> None:
    sums = Sums(1, 100, categories={"coffee": 60, "tea": 40})
    sums.add(Sums(1, 50, categories={"tea": -10, "beans": 60}))

    assert (sums.revenue, dict(sums.categories)) == (150, {"coffee": 60, "tea": 30, "beans": 60})


@given(st.integers(1, 10**9), st.lists(st.integers(0, 10**9), min_size=1, max_size=24), SHARES)
def test_payback__one_cohort__is_the_first_month_in_which_the_margin_reaches_the_cost(
    cost: int, each_month: list[int], margin: Fraction
) -> None:
    so_far = [sum(each_month[: age + 1]) for age in range(len(each_month))]

    found = payback({JANUARY: Fraction(cost)}, {JANUARY: so_far}, margin)

    reached = [age for age, spent in enumerate(so_far) if spent * margin >= cost]
    assert found == (reached[0] if reached else None)


def test_payback__a_cohort_without_a_cost_or_without_its_months__tells_nothing() -> None:
    spent = {JANUARY: [100], FEBRUARY: [10]}

    assert payback({JANUARY: Fraction(0)}, spent, Fraction(1)) is None
    assert payback({date(2020, 1, 1): Fraction(1)}, spent, Fraction(1)) is None
    assert payback({JANUARY: Fraction(0), FEBRUARY: Fraction(11)}, spent, Fraction(1)) is None
