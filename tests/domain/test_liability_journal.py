"""The daily journal: the standard's own example, and books that tie out whatever happens."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from dangol.domain.liability_journal import DayFlow, Earned, JournalDay, Moved, Terms, journal

START = date(2026, 1, 1)
JANUARY = 2026 * 12


def on(day: int, moved: Moved, points: int, month: int = 0) -> DayFlow:
    """Points of the so manieth month from January that moved on the so manieth day of the year."""
    return DayFlow(START + timedelta(days=day), JANUARY + month, moved, points)


def always(value: Fraction | int, share: Fraction | int = 1) -> Callable[[date], Terms]:
    """The same holds on all days."""
    return lambda day: Terms(Fraction(value), Fraction(share))


def books(day: JournalDay) -> tuple[int | None, ...]:
    """Return a day's money: opening, deferred, given, returned, revenue, closing."""
    return day[7:13]


def test_journal__the_standards_example_52__is_its_figures() -> None:
    # IFRS 15, IE267 to IE270: 9,500 of 10,000 points expected to be spent, then 9,700.
    flows = [
        on(0, Moved.ISSUED, 10_000), on(300, Moved.SPENT, 4_500), on(700, Moved.SPENT, 4_000),
    ]  # fmt: skip
    days = journal(
        flows,
        {START: Earned(100_000, 10_000)},
        lambda day: Terms(Fraction(1), Fraction(95 if day.year == 2026 else 97, 100)),
        last=date(2027, 12, 31),
    )

    by_day = {one.day: one for one in days}
    assert books(by_day[START]) == (0, 8_676, 0, 0, 0, 8_676)
    assert sum(one.revenue_minor or 0 for one in days if one.day.year == 2026) == 4_110
    assert by_day[date(2026, 12, 31)].closing_minor == 4_566
    assert sum(one.revenue_minor or 0 for one in days if one.day.year == 2027) == 3_493
    assert by_day[date(2027, 12, 31)].closing_minor == 1_073


@pytest.mark.parametrize(
    ("flows", "earned", "expected"),
    [
        pytest.param(
            [on(0, Moved.ISSUED, 100)], Earned(0, 0), (0, 0, 100, 0, 0, 100), id="given free: a cost"
        ),
        pytest.param(
            [on(0, Moved.ISSUED, 150)], Earned(900, 100), (0, 90, 50, 0, 0, 140), id="partly given free"
        ),
        pytest.param(
            [on(0, Moved.ISSUED, 100), on(0, Moved.RETURNED, 100)], Earned(900, 100), (0, 90, 0, 90, 0, 0),
            id="all came back",
        ),
        pytest.param(
            [on(0, Moved.ISSUED, 100), on(0, Moved.SPENT, 50)], Earned(900, 100), (0, 90, 0, 0, 45, 45),
            id="half is spent",
        ),
        pytest.param(
            [on(0, Moved.ISSUED, 100), on(0, Moved.EXPIRED, 100)], Earned(900, 100), (0, 90, 0, 0, 90, 0),
            id="all lapsed: revenue",
        ),
        pytest.param(
            [on(0, Moved.ISSUED, 100), on(0, Moved.MOVED, -40), on(0, Moved.MOVED, 40, month=1)],
            Earned(900, 100), (0, 90, 0, 0, 0, 90), id="a gift takes with it what was deferred",
        ),
    ],
)  # fmt: skip
def test_journal__one_day__is_booked_so(
    flows: list[DayFlow], earned: Earned, expected: tuple[int, ...]
) -> None:
    (day,) = journal(flows, {START: earned}, always(1), last=START)
    assert books(day) == expected


def test_journal__free_points_taken_back__are_a_cost_that_was_none() -> None:
    days = journal(
        [on(0, Moved.ISSUED, 150), on(1, Moved.RETURNED, 150)],
        {START: Earned(900, 100)}, always(1), last=START + timedelta(days=1),
    )  # fmt: skip
    # 90 were deferred of the sale and 50 were given: both go, each where it came from.
    assert (days[1].returned_minor, days[1].returned_given_minor) == (140, 50)


def test_journal__gift_spent_later__recognizes_what_came_with_it() -> None:
    flows = [
        on(0, Moved.ISSUED, 100), on(31, Moved.MOVED, -40), on(31, Moved.MOVED, 40, month=1),
        on(40, Moved.SPENT, 40, month=1),
    ]  # fmt: skip
    days = journal(flows, {START: Earned(900, 100)}, always(1), last=START + timedelta(days=40))
    assert books(days[-1]) == (90, 0, 0, 0, 36, 54)
    assert days[31].closing == 100


def test_journal__what_is_expected_changes__is_caught_up_on_that_day() -> None:
    said = START + timedelta(days=5)
    days = journal(
        [on(0, Moved.ISSUED, 100), on(1, Moved.SPENT, 40)],
        {START: Earned(900, 100)},
        lambda day: Terms(Fraction(1), Fraction(1 if day < said else Fraction(4, 5))),
        last=said,
    )
    # 90 deferred; 40 of 100 are 36; of 80 they are 45.
    assert [one.revenue_minor for one in days] == [0, 36, 0, 0, 0, 9]
    assert days[-1].closing_minor == 45


def test_journal__no_worth_known__is_of_points_alone() -> None:
    (day,) = journal([on(0, Moved.ISSUED, 100)], {}, lambda day: None, last=START)
    assert (day.opening, day.issued, day.closing) == (0, 100, 100)
    assert set(books(day)) == {None}


def test_journal__nothing_ever_moved__is_empty() -> None:
    assert journal([], {}, always(1), last=START) == []


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[DayFlow], dict[date, Earned]]:
    """Points of three months that are earned, spent, given back, brought back, given away and lapse."""
    flows, earned, held, spent = [], {}, [0, 0, 0], [0, 0, 0]
    acts = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), min_size=1, max_size=30))
    for place, (what, own) in enumerate(acts):
        # Every third day, over three months.
        day, month = 3 * place, place // 10
        if what == 0:
            points = draw(st.integers(1, 500))
            flows.append(on(day, Moved.ISSUED, points, month))
            earned[START + timedelta(days=day)] = Earned(
                draw(st.integers(0, 10_000)), draw(st.integers(0, 500))
            )
            held[month] += points
        elif what == 1 and spent[own]:
            back = draw(st.integers(1, spent[own]))
            flows.append(on(day, Moved.SPENT, -back, own))
            spent[own] -= back
            held[own] += back
        elif what > 1 and held[own]:
            points = draw(st.integers(1, held[own]))
            held[own] -= points
            if what == 2:
                flows += [on(day, Moved.MOVED, -points, own), on(day, Moved.MOVED, points, month)]
                held[month] += points
            else:
                flows.append(on(day, [Moved.SPENT, Moved.EXPIRED, Moved.RETURNED][what - 3], points, own))
                spent[own] += points if what == 3 else 0
    return flows, earned


@given(
    histories(),
    st.fractions(0, 3, max_denominator=100),
    st.fractions(0, 1, max_denominator=100),
    st.fractions(0, 1, max_denominator=100),
)
def test_journal__whatever_happens__ties_out(
    history: tuple[list[DayFlow], dict[date, Earned]], value: Fraction, share: Fraction, later: Fraction
) -> None:
    flows, earned = history
    days = journal(
        flows, earned, lambda day: Terms(value, share if day.month < 3 else later), last=date(2026, 4, 10)
    )

    opening, opening_minor = 0, 0
    for day in days:
        assert day.opening == opening
        assert day.closing == opening + day.issued - day.returned - day.spent - day.expired
        assert day.opening_minor == opening_minor
        assert day.closing_minor is not None
        assert day.closing_minor >= 0
        assert 0 <= (day.returned_given_minor or 0) <= (day.returned_minor or 0)
        opening, opening_minor = day.closing, day.closing_minor
    if days and days[-1].closing == 0:
        assert days[-1].closing_minor == 0
