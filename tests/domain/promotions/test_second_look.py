"""When a publication needs a second person, and which change of the limits lets more go without one."""

import pytest
from hypothesis import given, strategies as st

from dangol.domain.promotions.benefits import (
    Amount,
    Benefit,
    Bundle,
    BuyGet,
    FreeShipping,
    Gift,
    IssueCoupon,
    Items,
    Multiplier,
    NewPrice,
    NthFree,
    Part,
    Percent,
    Points,
    PointsRate,
    Stamps,
    Step,
    Tiered,
)
from dangol.domain.promotions.second_look import (
    Cause,
    SecondLook,
    causes_of,
    causes_of_points,
    is_looser,
    largest_share,
)


@pytest.mark.parametrize(
    ("benefit", "budget", "rule", "causes"),
    [
        (Percent(9_000), None, SecondLook(), []),
        (Percent(100), 1, SecondLook(always=True), [Cause.ALWAYS]),
        (Percent(3_000), 1, SecondLook(share_above=3_000), []),
        (Percent(3_001), 1, SecondLook(share_above=3_000), [Cause.SHARE]),
        (Amount(500), 1_000, SecondLook(budget_above=1_000), []),
        (Amount(500), 1_001, SecondLook(budget_above=1_000), [Cause.BUDGET]),
        (Amount(500), None, SecondLook(budget_above=1_000), [Cause.NO_BUDGET]),
        (FreeShipping(), None, SecondLook(budget_above=1_000), [Cause.NO_BUDGET]),
        # What is given is counted by no budget, so that a small one makes it no smaller.
        (Points(100), None, SecondLook(budget_above=1_000, share_above=1), [Cause.NO_BUDGET]),
        (Points(100), 500, SecondLook(budget_above=1_000), [Cause.BESIDE_BUDGET]),
        (Points(100), 1_001, SecondLook(budget_above=1_000), [Cause.BUDGET]),
        (Points(100), None, SecondLook(share_above=1), []),
        (NewPrice(0), 500, SecondLook(share_above=3_000), [Cause.UNKNOWN_SHARE]),
        (Amount(10**6), 500, SecondLook(share_above=9_999), [Cause.UNKNOWN_SHARE]),
        # Nothing comes off by more than all of the price.
        (NewPrice(0), 500, SecondLook(share_above=10_000), []),
        (FreeShipping(5_000), None, SecondLook(share_above=3_000), [Cause.SHARE]),
        (
            Percent(5_000), 2_000, SecondLook(budget_above=1_000, share_above=3_000),
            [Cause.BUDGET, Cause.SHARE],
        ),
    ],
)  # fmt: skip
def test_causes_of__a_promotion_and_limits__those_it_is_above(
    benefit: Benefit, budget: int | None, rule: SecondLook, causes: list[Cause]
) -> None:
    assert [one.cause for one in causes_of([benefit], budget, rule)] == causes


@pytest.mark.parametrize(
    "benefit",
    [Points(1), PointsRate(1, 100), Multiplier(1_000), Gift("g"), IssueCoupon("c"), Stamps("s"), NewPrice(0)],
)
def test_causes_of__whatever_is_given_without_a_budget__needs_a_second_person(benefit: Benefit) -> None:
    (needed,) = causes_of([benefit], None, SecondLook(budget_above=10**12))

    assert needed.cause is Cause.NO_BUDGET


@pytest.mark.parametrize(
    ("benefit", "share"),
    [
        (Tiered((Step(0, Percent(500)), Step(10, Percent(2_500)))), 2_500),
        (Tiered((Step(0, Percent(500)), Step(10, Percent(2_500)), Step(20, Amount(9)))), None),
        (NthFree(3), 3_334),
        (NthFree(2, 5_000), 2_500),
        (BuyGet(None, 2, 1), 3_334),
        (BuyGet(None, 1, 1, 5_000), 2_500),
        (Amount(10**6), None),
        (Amount(10, is_each=True), None),
        (NewPrice(0), None),
        (Bundle((Part(Items(frozenset({"p"}))),), 0), None),
        (FreeShipping(), 10_000),
        (Gift("g"), 10_000),
        (Multiplier(1_000), 0),
    ],
)
def test_largest_share__a_benefit__of_all_it_is_given_on(benefit: Benefit, share: int | None) -> None:
    assert largest_share(benefit) == share


_LIMIT = st.none() | st.integers(0, 10)
_RULES = st.builds(SecondLook, st.booleans(), _LIMIT, _LIMIT)


_BENEFITS = st.integers(1, 12).map(Percent) | st.sampled_from([NewPrice(0), Points(1), Gift("g")])


@given(before=_RULES, after=_RULES, benefit=_BENEFITS, budget=st.none() | st.integers(0, 12))
def test_is_looser__not__whatever_needed_a_second_person_still_does(
    before: SecondLook, after: SecondLook, benefit: Benefit, budget: int | None
) -> None:
    needed, still = (bool(causes_of([benefit], budget, one)) for one in (before, after))

    assert is_looser(before, after) or still or not needed


@pytest.mark.parametrize(
    ("rule", "causes"),
    [
        (SecondLook(), []),
        (SecondLook(share_above=0), []),
        (SecondLook(always=True), [Cause.ALWAYS]),
        (SecondLook(budget_above=10**12), [Cause.BESIDE_BUDGET]),
        (SecondLook(True, 0), [Cause.ALWAYS, Cause.BESIDE_BUDGET]),
    ],
)
def test_causes_of_points__limits__those_that_no_budget_keeps(rule: SecondLook, causes: list[Cause]) -> None:
    assert [one.cause for one in causes_of_points(rule)] == causes
