"""The rules of households: whose points a spending takes, to whom they go back, and who may spend."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
from hypothesis import given, settings, strategies as st

from dangol.domain.households import (
    Holding,
    HouseholdClosed,
    NotShared,
    NotTheHead,
    PooledLot,
    PoolLimit,
    Spender,
    Terms,
    draw,
    give_back,
    require_spender,
    require_within,
)
from dangol.domain.points import NEVER, InsufficientPoints, NothingToReverse
from tests.sizes import SIZE

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
OPEN = Terms(is_open=True)


def lot(days: int | None, left: int, name: bytes = b"") -> PooledLot:
    """Return a lot that lapses so many days from June on; None: never."""
    expires_at = NEVER if days is None else JUNE + timedelta(days=days)
    return PooledLot(expires_at, JUNE, name or bytes([len(repr(days))]), left)


MOM, CHILD, DAD = b"mom", b"child", b"dad"


@pytest.mark.parametrize(
    ("points", "drawn"),
    [
        (1, {CHILD: 1}),
        (200, {CHILD: 200}),
        (201, {CHILD: 200, MOM: 1}),
        (600, {CHILD: 200, MOM: 300, DAD: 100}),
    ],
)
def test_draw__lots_of_three__soonest_to_lapse_first_whoever_has_it(
    points: int, drawn: dict[bytes, int]
) -> None:
    holdings = {
        MOM: Holding([lot(20, 300, b"m")]), CHILD: Holding([lot(10, 200, b"c")]),
        DAD: Holding([lot(None, 100, b"d")]),
    }  # fmt: skip

    assert draw(holdings, points) == drawn


def test_draw__one_point_more_than_there_is__is_refused_with_what_there_is() -> None:
    holdings = {MOM: Holding([lot(20, 300)]), CHILD: Holding([lot(10, 200)], debt=50)}

    with pytest.raises(InsufficientPoints) as refusal:
        draw(holdings, 451)

    assert refusal.value.data == {"requested": 451, "available": 450}


def test_draw__somebody_who_owes__keeps_back_what_they_owe() -> None:
    holdings = {MOM: Holding([lot(20, 300, b"m")]), CHILD: Holding([lot(10, 200, b"c")], debt=150)}

    assert draw(holdings, 100) == {CHILD: 50, MOM: 50}


def test_holding__that_owes_more_than_it_has__has_nothing_to_give() -> None:
    assert Holding([lot(10, 20)], debt=30).usable == 0


@st.composite
def households(drawing: st.DrawFn) -> dict[bytes, Holding]:
    """Make up what a few members have."""
    names = drawing(st.lists(st.integers(0, 9), min_size=1, max_size=5, unique=True))
    holdings = {}
    for name in names:
        lots = drawing(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 500)), max_size=5))
        pooled = [lot(days, left, bytes([name, place])) for place, (days, left) in enumerate(lots)]
        holdings[bytes([name])] = Holding(pooled, drawing(st.sampled_from([0, 0, 10, 400])))
    return holdings


@settings(max_examples=SIZE.examples)
@given(holdings=households(), share=st.floats(0.01, 1))
def test_draw__any_household__takes_exactly_what_is_asked_and_of_nobody_more_than_they_have(
    holdings: dict[bytes, Holding], share: float
) -> None:
    whole = sum(one.usable for one in holdings.values())
    if not whole:
        return
    points = max(int(whole * share), 1)

    drawn = draw(holdings, points)

    assert sum(drawn.values()) == points
    assert all(0 < part <= holdings[owner].usable for owner, part in drawn.items())
    if not any(one.debt for one in holdings.values()):
        # Nothing that lapses later was taken while something that lapses sooner was left.
        ends = sorted((one.expires_at, one.left) for each in holdings.values() for one in each.lots)
        reached = accumulate(left for _, left in ends)
        last = next(end for (end, _), sum_ in zip(ends, reached, strict=True) if sum_ >= points)
        later = {
            owner: sum(one.left for one in each.lots if one.expires_at <= last)
            for owner, each in holdings.items()
        }
        assert all(part <= later[owner] for owner, part in drawn.items())


@settings(max_examples=SIZE.examples)
@given(
    given_parts=st.dictionaries(st.binary(min_size=1, max_size=3), st.integers(1, 1_000), min_size=1),
    asked=st.lists(st.integers(1, 400), max_size=8),
)
def test_give_back__in_any_parts__never_more_than_was_given_and_in_the_end_all(
    given_parts: dict[bytes, int], asked: list[int]
) -> None:
    left = dict(given_parts)
    for points in asked:
        whole = sum(left.values())
        if not 0 < points <= whole:
            continue
        back = give_back(left, points)
        assert sum(back.values()) == points
        # Nobody is more than a point from their share.
        assert all(abs(part - points * left[one] / whole) < 1 for one, part in back.items())
        left = {one: rest - back.get(one, 0) for one, rest in left.items()}
        assert min(left.values()) >= 0
    if any(left.values()):
        assert give_back(left, None) == {one: rest for one, rest in left.items() if rest}


@pytest.mark.parametrize("points", [0, 101])
def test_give_back__nothing_or_more_than_is_left__is_refused(points: int) -> None:
    with pytest.raises(NothingToReverse):
        give_back({MOM: 60, CHILD: 40}, points)


@pytest.mark.parametrize(
    ("terms", "is_head", "shares", "refusal"),
    [
        (Terms(), True, True, HouseholdClosed),
        (Terms(is_open=True, spender=Spender.HEAD), False, True, NotTheHead),
        (OPEN, True, False, NotShared),
    ],
)
def test_spender__who_may_not__is_refused(
    terms: Terms, is_head: bool, shares: bool, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        require_spender(terms, is_head=is_head, shares=shares)


def test_spender__who_shares__may() -> None:
    require_spender(OPEN, is_head=False, shares=True)


def test_within__the_last_point_of_a_month__passes_and_one_more_does_not() -> None:
    terms = Terms(is_open=True, most_a_month=100)
    require_within(terms, used=60, wanted=40)

    with pytest.raises(PoolLimit) as refusal:
        require_within(terms, used=60, wanted=41)

    assert refusal.value.data == {"limit": 100, "left": 40, "wanted": 41}
    require_within(OPEN, used=10**9, wanted=10**9)
