"""Earning: the arithmetic of rules, worked by hand, and the laws it keeps."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from dangol.domain.accrual import (
    Cut,
    EarningRule,
    Expiry,
    Part,
    Rounding,
    Terms,
    accrue,
    compute_points,
    cut_of,
    dates_of,
    divide,
    is_cut_fairly,
    limit,
    spread_discount,
    take_back,
)
from dangol.domain.calendars import start_of_day
from dangol.domain.points import NEVER

AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")
# Zones whose clocks go forward at midnight.
SAO_PAULO, CAIRO = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Africa/Cairo")


@pytest.mark.parametrize(
    ("numerator", "denominator", "down", "half_up", "half_even", "up"),
    [
        (0, 7, 0, 0, 0, 0),
        (14, 7, 2, 2, 2, 2),
        (15, 7, 2, 2, 2, 3),  # 2.14
        (5, 2, 2, 3, 2, 3),  # 2.5 lies between: half up goes up, half even to the even one
        (7, 2, 3, 4, 4, 4),  # 3.5
        (1, 2, 0, 1, 0, 1),
        (20, 7, 2, 3, 3, 3),  # 2.86
        (1, 1_000_000, 0, 0, 0, 1),
        (2_500_000_000_000_001, 1_000_000_000_000_000, 2, 3, 3, 3),  # beyond what a float can tell from 2.5
    ],
)
def test_divide__each_rounding__by_hand(
    numerator: int, denominator: int, down: int, half_up: int, half_even: int, up: int
) -> None:
    modes = ("down", "half_up", "half_even", "up")

    found = [divide(numerator, denominator, rounding) for rounding in modes]

    assert found == [down, half_up, half_even, up]


@given(st.integers(0, 10**15), st.integers(1, 10**9))
def test_divide__any__agrees_with_exact_fractions(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)

    assert divide(numerator, denominator, Rounding.DOWN) == floor(exact)
    assert divide(numerator, denominator, Rounding.UP) == ceil(exact)
    assert divide(numerator, denominator, Rounding.HALF_EVEN) == round(exact)
    assert divide(numerator, denominator, Rounding.HALF_UP) == floor(exact + Fraction(1, 2))


@pytest.mark.parametrize(
    ("base_minor", "rate_points", "rate_minor", "multiplier", "rounding", "points"),
    [
        (1_234, 1, 100, (1, 1), Rounding.DOWN, 12),  # $12.34 at a point a dollar
        (1_234, 1, 100, (3, 2), Rounding.DOWN, 18),  # times 1.5: 18.51
        (1_234, 1, 100, (3, 2), Rounding.HALF_UP, 19),
        (4_990, 1, 100, (11, 10), Rounding.DOWN, 54),  # 54.89: rounded once, at the end, not 49 × 1.1
        (99, 1, 100, (1, 1), Rounding.DOWN, 0),
        (99, 1, 100, (1, 1), Rounding.UP, 1),
        (33_000, 5, 1_000, (1, 1), Rounding.DOWN, 165),  # ₩33,000 at 5 points a ₩1,000
        (999, 5, 1_000, (1, 1), Rounding.DOWN, 4),  # 4.995: the rate is no step
        (2_000_000_000_000, 3, 1, (7, 3), Rounding.DOWN, 14_000_000_000_000),
    ],
)
def test_accrue__rate_times_multiplier__by_hand(
    base_minor: int,
    rate_points: int,
    rate_minor: int,
    multiplier: tuple[int, int],
    rounding: Rounding,
    points: int,
) -> None:
    rule = EarningRule(b"r", 3, rate_points, rate_minor, multipliers={"gold": multiplier}, rounding=rounding)

    (part,) = accrue([rule], [base_minor], tier="gold", at=AT)

    assert part == Part(b"r", 3, base_minor, rate_points, rate_minor, *multiplier, rounding.value, points)
    assert compute_points(part) == points


def test_accrue__tier_without_a_multiplier__one() -> None:
    rule = EarningRule(b"r", 1, 1, 100, multipliers={"gold": (2, 1)})

    assert accrue([rule], [500], tier="silver", at=AT)[0].points == 5


def test_accrue__several_rules__each_pays_and_one_with_nothing_to_count_is_left_out() -> None:
    rules = [EarningRule(b"a", 1, 1, 100), EarningRule(b"b", 1, 1, 10), EarningRule(b"c", 1, 1, 500)]

    parts = accrue(rules, [499, 0, 499], tier="x", at=AT)

    assert [(part.rule_id, part.points) for part in parts] == [(b"a", 4), (b"c", 0)]


@pytest.mark.parametrize(
    ("path", "category", "counts"),
    [
        ("", "anything", True),
        ("", "", True),
        ("GROCERY", "GROCERY", True),
        ("GROCERY", "GROCERY > FRZN ICE", True),
        ("GROCERY", "GROCERY > FRZN ICE > CUBES", True),
        ("GROCERY", "GROCERY2", False),
        ("GROCERY", "GROCERY>FRZN ICE", False),
        ("GROCERY", "DRUG > GROCERY", False),
        ("GROCERY > FRZN ICE", "GROCERY", False),
        ("GROCERY", "", False),
        ("식품 > 빵", "식품 > 빵 > 식빵", True),
    ],
)
def test_earning_rule__category_path__itself_and_all_below(path: str, category: str, counts: bool) -> None:
    assert EarningRule(b"r", 1, 1, 1, category=path).counts(category) is counts


@pytest.mark.parametrize(
    ("offset", "active"),
    [(-1, False), (0, True), (3_599, True), (3_600, False), (3_601, False)],
)
def test_earning_rule__time_window__begins_with_its_start_and_ends_before_its_end(
    offset: int, active: bool
) -> None:
    rule = EarningRule(b"r", 1, 1, 1, active_from=AT, active_to=AT + timedelta(hours=1))

    at = AT + timedelta(seconds=offset)

    assert rule.is_active(at) is active
    assert bool(accrue([rule], [1], tier="x", at=at)) is active


@pytest.mark.parametrize(
    ("amounts", "reduction", "left"),
    [
        (
            {"a": 1_000, "b": 1_000, "c": 1_000},
            1_000,
            {"a": 666, "b": 667, "c": 667},
        ),  # 333.3 each: one more from a
        ({"a": 200, "b": 100}, 10, {"a": 193, "b": 97}),  # 6.67 and 3.33
        ({"a": 999, "b": 1}, 1, {"a": 998, "b": 1}),
        ({"a": 100}, 100, {"a": 0}),
        ({"a": 100, "b": 50}, 500, {"a": 0, "b": 0}),
        ({"a": 100, "b": 0}, 30, {"a": 70, "b": 0}),
        ({}, 0, {}),
    ],
)
def test_spread_discount__by_hand__largest_remainder(
    amounts: dict[str, int], reduction: int, left: dict[str, int]
) -> None:
    assert spread_discount(amounts, reduction=reduction) == left


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 10**9), min_size=1, max_size=8), st.data())
def test_spread_discount__any__takes_exactly_the_reduction_and_never_more_than_there_is(
    amounts: dict[str, int], data: st.DataObject
) -> None:
    gross = sum(amounts.values())
    reduction = data.draw(st.integers(0, gross))

    left = spread_discount(amounts, reduction=reduction)

    assert sum(left.values()) == gross - reduction
    assert all(0 <= left[key] <= amounts[key] for key in amounts)
    assert spread_discount(dict(reversed(amounts.items())), reduction=reduction) == left
    for key, amount in amounts.items():  # nobody is more than a minor unit off their share
        assert gross == 0 or abs(amount - left[key] - Fraction(amount * reduction, gross)) < 1


parts_drawn = st.builds(
    lambda base, points, minor, num, den, rounding: (
        lambda part: part._replace(points=compute_points(part))
    )(Part(b"r", 1, base, points, minor, num, den, rounding, 0)),
    st.integers(0, 10**7), st.integers(1, 50), st.integers(1, 10_000),
    st.integers(1, 9), st.integers(1, 9), st.sampled_from([one.value for one in Rounding]),
)  # fmt: skip


@given(st.lists(parts_drawn, min_size=1, max_size=4), st.none() | st.integers(1, 10**6), st.data())
def test_take_back__in_any_pieces__exactly_what_was_earned_and_no_piece_pays(
    parts: list[Part], most: int | None, data: st.DataObject
) -> None:
    parts = limit(parts, most)
    rest, taken = parts, 0
    for _ in range(data.draw(st.integers(0, 5))):
        back = [data.draw(st.integers(0, part.base_minor)) for part in rest]
        after = take_back(rest, back)
        piece = sum(part.points for part in rest) - sum(part.points for part in after)
        assert piece >= 0
        rest, taken = after, taken + piece
    last = take_back(rest, [part.base_minor for part in rest])

    assert sum(part.points for part in last) == 0
    assert taken + sum(part.points for part in rest) == sum(part.points for part in parts)


def test_take_back__half_of_it_by_hand__what_is_left_is_computed_anew() -> None:
    part = Part(b"r", 1, 999, 1, 100, 5, 4, "down", 12)  # $9.99 × 5/4 = 12.49

    (left,) = take_back([part], [500])

    assert left == part._replace(base_minor=499, points=6)  # $4.99 × 5/4 = 6.24: six go, six stay
    assert take_back([left], [2_000])[0].points == 0


def paid(rule: bytes, points: int, rounding: str = "down") -> Part:
    """Return a part of a rule that pays a point a cent."""
    return Part(rule, 1, points, 1, 1, 1, 1, rounding, points)


@pytest.mark.parametrize(
    ("points", "most", "shares"),
    [
        ([1_500], None, [1_500]),
        ([900, 100], 1_000, [900, 100]),  # just as many as one purchase may earn
        ([1_500], 1_000, [1_000]),
        ([900, 600], 1_000, [600, 400]),
        ([999, 1], 1, [1, 0]),
        ([2, 2, 2], 4, [2, 1, 1]),  # 1.33 each: what is left goes to the first rule by id
        ([7, 5, 0], 5, [3, 2, 0]),  # 2.92 and 2.08
    ],
)
def test_limit__by_hand__split_by_largest_remainder(
    points: list[int], most: int | None, shares: list[int]
) -> None:
    parts = [paid(bytes([place]), one) for place, one in enumerate(points)]

    cut = limit(parts, most)

    assert [part.points for part in cut] == shares
    assert cut_of(cut) == (Cut(sum(points), most) if most is not None and sum(points) > most else None)


def test_limit__goods_brought_back__take_what_their_share_was() -> None:
    parts = limit([paid(b"a", 900), paid(b"b", 600)], 1_000)  # 600 and 400 of 1,000

    left = take_back(parts, [300, 599])

    assert [part.points for part in left] == [400, 0]  # 600 × 600/900; 1 × 400/600 is less than one
    assert cut_of(left) == Cut(1_500, 1_000)
    assert [part.points for part in take_back(left, [600, 1])] == [0, 0]


def test_limit__part_that_paid_nothing__is_left_as_it_is() -> None:
    nothing = paid(b"b", 0)

    assert limit([paid(b"a", 5), nothing], 3)[1] == nothing


def test_is_cut_fairly__shares_of_others__says_no() -> None:
    parts = limit([paid(b"a", 900), paid(b"b", 600)], 1_000)
    moved = [parts[0]._replace(share_points=601), parts[1]._replace(share_points=399)]

    assert is_cut_fairly(parts)
    assert is_cut_fairly(take_back(parts, [900, 10]))
    assert is_cut_fairly([paid(b"a", 900)])
    assert not is_cut_fairly(moved)


@given(
    st.lists(parts_drawn, min_size=1, max_size=5).map(
        lambda parts: [part._replace(rule_id=bytes([place])) for place, part in enumerate(parts)]
    ),
    st.integers(1, 10**6),
    st.randoms(use_true_random=False),
)
def test_limit__any_parts__comes_to_the_most_and_nobody_has_more_than_uncut(
    parts: list[Part], most: int, random: Random
) -> None:
    cut = limit(parts, most)
    mixed = random.sample(parts, len(parts))

    assert sum(part.points for part in cut) == min(most, sum(part.points for part in parts))
    assert all(0 <= after.points <= before.points for before, after in zip(parts, cut, strict=True))
    assert sorted(limit(mixed, most)) == sorted(cut)
    assert [compute_points(part) for part in cut] == [part.points for part in cut]
    assert is_cut_fairly(cut)
    assert limit(cut, most) == cut


def day(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("earned", "zone", "pending", "expiry", "count", "opens", "lapses"),
    [
        ("2026-03-10T23:30", SEOUL, 0, Expiry.ROLLING_DAYS, 30, None, "2026-04-10"),
        ("2026-03-10T00:00", SEOUL, 14, Expiry.ROLLING_DAYS, 30, "2026-03-24", "2026-04-10"),
        # Fourteen days over the day clocks go forward: opens at midnight by the new offset.
        ("2026-03-01T18:00", NEW_YORK, 14, Expiry.ROLLING_MONTHS, 6, "2026-03-15", "2026-09-02"),
        ("2026-10-25T18:00", NEW_YORK, 14, Expiry.ROLLING_MONTHS, 6, "2026-11-08", "2027-04-26"),
        ("2026-01-31T12:00", SEOUL, 0, Expiry.ROLLING_MONTHS, 1, None, "2026-03-01"),
        ("2024-01-31T12:00", SEOUL, 0, Expiry.ROLLING_MONTHS, 1, None, "2024-03-01"),
        ("2024-02-29T12:00", SEOUL, 0, Expiry.ROLLING_MONTHS, 12, None, "2025-03-01"),
        ("2026-01-31T12:00", SEOUL, 0, Expiry.END_OF_MONTH, 0, None, "2026-02-01"),
        ("2026-01-31T12:00", SEOUL, 0, Expiry.END_OF_MONTH, 1, None, "2026-03-01"),
        ("2026-12-31T23:59", SEOUL, 0, Expiry.END_OF_YEAR, 0, None, "2027-01-01"),
        ("2024-02-29T12:00", NEW_YORK, 0, Expiry.END_OF_YEAR, 2, None, "2027-01-01"),
        ("2018-10-05T12:00", SAO_PAULO, 30, Expiry.ROLLING_DAYS, 60, "2018-11-04T01:00", "2018-12-05"),
        ("2024-03-27T12:00", CAIRO, 30, Expiry.ROLLING_MONTHS, 1, "2024-04-26T01:00", "2024-04-28"),
        # They would lapse before they open: they stay for the day on which they open.
        ("2026-01-30T12:00", SEOUL, 14, Expiry.END_OF_MONTH, 0, "2026-02-13", "2026-02-14"),
    ],
)  # fmt: skip
def test_dates_of__each_expiry__by_hand(
    earned: str, zone: ZoneInfo, pending: int, expiry: Expiry, count: int, opens: str | None, lapses: str
) -> None:
    at = day(earned, zone)

    opens_at, expires_at = dates_of(Terms(zone, pending, expiry, count), at)

    assert opens_at == (day(opens, zone) if opens else at)
    assert expires_at == day(lapses, zone)


@pytest.mark.parametrize(
    ("earned_on", "opens_on"),
    [
        (date(2026, 2, 1), date(2026, 3, 1)),
        (date(2026, 2, 20), date(2026, 3, 6)),
        (date(2026, 3, 1), date(2026, 3, 15)),
    ],
)
def test_dates_of__not_before_a_day__opens_on_the_later(earned_on: date, opens_on: date) -> None:
    campaign = Terms(SEOUL, 14, opens_on=date(2026, 3, 1))

    opens_at, _ = dates_of(campaign, start_of_day(earned_on, SEOUL))

    assert opens_at == start_of_day(opens_on, SEOUL)
    at_once, _ = dates_of(campaign._replace(pending_days=0), start_of_day(opens_on, SEOUL))
    assert at_once == start_of_day(opens_on, SEOUL)


def test_dates_of__never__no_end() -> None:
    assert dates_of(Terms(SEOUL), AT) == (AT, NEVER)


@given(
    st.integers(1_420_000_000, 2_050_000_000),
    st.sampled_from([SEOUL, NEW_YORK, SAO_PAULO, CAIRO]),
    st.integers(0, 60),
    st.sampled_from(list(Expiry)),
    st.integers(1, 36),
)
def test_dates_of__any__never_before_they_are_earned_nor_over_before_they_open(
    second: int, zone: ZoneInfo, pending: int, expiry: Expiry, count: int
) -> None:
    at = datetime.fromtimestamp(second, UTC)

    opens_at, expires_at = dates_of(Terms(zone, pending, expiry, count), at)

    assert at <= opens_at < expires_at
