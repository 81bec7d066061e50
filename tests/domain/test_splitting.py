"""Splitting in proportion: worked by hand with every answer to who gets the spare unit, and its laws."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from dangol.domain.splitting import Share, Spare, split, split_evenly
from tests.sizes import SIZE

FIRST, LAST, LARGEST = Spare.FIRST, Spare.LAST, Spare.LARGEST_REMAINDER


def lines(*weights: int, most: tuple[int, ...] = ()) -> list[Share]:
    """Return shares with the keys a, b, c … that can take as much as they weigh, or as `most` says."""
    limits = most or weights
    return [
        Share(("abcdefgh"[n], 0), weight, limit)
        for n, (weight, limit) in enumerate(zip(weights, limits, strict=True))
    ]


@pytest.mark.parametrize(
    ("amount", "shares", "first", "last", "largest"),
    [
        # ₩10,000 off three equal lines: 3,333⅓ each, and one won that nobody can halve.
        (
            10_000, lines(9_000, 9_000, 9_000),
            [3_334, 3_333, 3_333], [3_333, 3_333, 3_334], [3_334, 3_333, 3_333],
        ),
        # Two won are spare; each cut share gets one of them at most.
        (11, lines(30, 30, 30), [4, 4, 3], [3, 4, 4], [4, 4, 3]),
        # 1.43, 2.86, 5.71: the most is cut off the second, then off the third.
        (10, lines(10, 20, 40), [2, 3, 5], [1, 3, 6], [1, 3, 6]),
        # An exact share (5) gets no spare unit, wherever it stands.
        (10, lines(20, 10, 10), [5, 3, 2], [5, 2, 3], [5, 3, 2]),
        # More than there is: everything, and no more.
        (100, lines(10, 20), [10, 20], [10, 20], [10, 20]),
        # The second stands at its floor but for 100: what it cannot take, the others do, 1 to 2.
        (
            1_000, lines(1_000, 1_000, 2_000, most=(1_000, 100, 2_000)),
            [300, 100, 600], [300, 100, 600], [300, 100, 600],
        ),
        # A line that costs nothing takes nothing.
        (5, lines(0, 3, 3), [0, 3, 2], [0, 2, 3], [0, 3, 2]),
        (0, lines(3, 3), [0, 0], [0, 0], [0, 0]),
        (7, [], [], [], []),
    ],
)  # fmt: skip
def test_split__by_hand__each_answer_to_the_spare_unit(
    amount: int, shares: list[Share], first: list[int], last: list[int], largest: list[int]
) -> None:
    found = [split(amount, shares, spare) for spare in (FIRST, LAST, LARGEST)]

    assert found == [first, last, largest]


drawn_shares = st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=9).map(
    lambda pairs: [Share((f"{n}", n), weight, most) for n, (weight, most) in enumerate(pairs)]
)


@settings(max_examples=SIZE.examples)
@given(drawn_shares, st.integers(0, 10**10), st.sampled_from(Spare))
def test_split__any__sums_to_the_whole_within_what_each_can_take(
    shares: list[Share], amount: int, spare: Spare
) -> None:
    parts = split(amount, shares, spare)

    assert sum(parts) == min(amount, sum(one.most for one in shares if one.weight))
    assert all(0 <= part <= one.most for part, one in zip(parts, shares, strict=True))


@settings(max_examples=SIZE.examples)
@given(drawn_shares, st.integers(0, 10**10), st.randoms())
def test_split__shares_in_another_order__largest_remainder_gives_each_the_same(
    shares: list[Share], amount: int, random: Random
) -> None:
    mixed = list(shares)
    random.shuffle(mixed)

    before = dict(zip([one.key for one in shares], split(amount, shares), strict=True))

    assert dict(zip([one.key for one in mixed], split(amount, mixed), strict=True)) == before


@settings(max_examples=SIZE.examples)
@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=8), st.data(), st.sampled_from(Spare))
def test_split__all_can_take_their_share__nobody_is_a_unit_off(
    weights: list[int], data: st.DataObject, spare: Spare
) -> None:
    amount = data.draw(st.integers(0, sum(weights)))

    parts = split(amount, lines(*weights), spare)

    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(amount * weight, sum(weights))) < 1


@settings(max_examples=SIZE.examples)
@given(st.integers(0, 10**9), st.integers(1, 50), st.sampled_from(Spare))
def test_split_evenly__any__is_what_split_does(amount: int, count: int, spare: Spare) -> None:
    shares = [Share(("a", n), 1, amount + 1) for n in range(count)]

    assert split_evenly(amount, count, spare) == split(amount, shares, spare)
