"""Tiers for which two things count: both needed, or either enough; and what counts changed by a new version.

The figures are those of docs/algorithms/tiers.md.
"""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from dangol.domain.climbing import Climber
from dangol.domain.tiers import NOWHERE, Join, Level, Measure, TierRules, Window, level_of
from tests.domain.test_tiers import LEVELS, LIFETIME, ROLLING, at, midnight

ASKED = (Level("member", 0), Level("silver", 100, also_threshold=3), Level("gold", 300, also_threshold=6))
EITHER = ROLLING._replace(levels=ASKED, also=Measure.ORDERS, join=Join.ANY)
BOTH = EITHER._replace(join=Join.ALL)
# A hundred spent in thirty days by somebody who joined sixty days ago or more.
OF_LONG = ROLLING._replace(
    levels=(Level("member", 0), Level("silver", 100, also_threshold=60)), also=Measure.TENURE
)
JOINED = date(2026, 1, 1)


def climb(
    *versions: TierRules, bought: dict[str, int], upto: str, joined_on: date | None = JOINED
) -> Climber:
    """Tell purchases by day, each an order and a visit, and let time pass."""
    climber = Climber(versions, NOWHERE, {}, joined_on=joined_on)
    for day, spent in bought.items():
        climber.add(at(day), {Measure.SPEND: spent, Measure.ORDERS: 1, Measure.VISITS: 1})
    climber.advance(at(upto))
    return climber


def moves(climber: Climber) -> list[tuple[str, int, str, int, int | None]]:
    """Return the moves as (the shop's day, to, cause, what counts of the first and of the second)."""
    zone = climber.versions[0].zone
    return [
        (f"{one.at.astimezone(zone):%m-%d}", one.to_level, one.cause.value, one.value, one.also_value)
        for one in climber.moves
    ]


@pytest.mark.parametrize(
    ("counts", "either", "both"),
    [
        ((99, 2), 0, 0),
        ((100, 0), 1, 0),
        ((0, 3), 1, 0),
        ((100, 3), 1, 1),
        ((300, 3), 2, 1),
        ((99, 6), 2, 0),
        ((300, 6), 2, 2),
    ],
)
def test_level_of__two_measures__either_or_both(counts: tuple[int, int], either: int, both: int) -> None:
    assert (level_of(EITHER, counts), level_of(BOTH, counts)) == (either, both)


def test_climber__either__whichever_comes_first_and_kept_by_the_other() -> None:
    bought = {"03-01": 120, "03-10": 5, "03-12": 5, "03-20": 5}

    climber = climb(EITHER, bought=bought, upto="05-15")

    # Silver by money; at the review of 31 March the money is out of the window, but three orders are in it.
    assert moves(climber) == [
        ("03-01", 1, "reached", 120, 1), ("03-31", 1, "kept", 15, 3), ("04-30", 0, "missed", 0, 0),
    ]  # fmt: skip
    assert (climber.moves[0].threshold, climber.moves[0].also_threshold) == (100, 3)


def test_climber__both__reached_with_the_last_of_them_and_lost_with_the_first() -> None:
    bought = {"03-01": 120, "03-10": 5, "03-12": 5, "04-01": 5, "04-02": 5, "04-03": 5}

    climber = climb(BOTH, bought=bought, upto="04-20")

    assert moves(climber) == [("03-12", 1, "reached", 130, 3), ("04-11", 0, "missed", 15, 3)]


def test_climber__both_with_grace__caught_up_by_what_was_lacking() -> None:
    rules = BOTH._replace(grace_days=10)
    bought = {"03-01": 120, "03-10": 5, "03-12": 5, "04-12": 50, "04-14": 46, "04-15": 4}

    climber = climb(rules, bought=bought, upto="04-16")

    assert moves(climber)[1:] == [("04-11", 1, "grace", 0, 0), ("04-15", 1, "reached", 100, 3)]


def test_climber__money_of_one_who_has_been_here_for_long__lifted_on_the_day_both_hold() -> None:
    early = climb(OF_LONG, bought={"02-25": 120}, upto="02-26")
    assert (moves(early), early.next_review_at) == ([], midnight("03-02"))

    early.advance(at("04-30"))

    # Sixty days are full on 2 March, when the money of 25 February still counts.
    assert moves(early) == [("03-02", 1, "reached", 120, 60), ("04-01", 0, "missed", 0, 90)]


def test_climber__money_gone_from_the_window_before_the_days_are_full__is_not_lifted() -> None:
    climber = climb(OF_LONG, bought={"01-20": 120}, upto="04-30")

    assert (moves(climber), climber.next_review_at) == ([], None)
    climber.add(at("05-01"), {Measure.SPEND: 100})
    assert moves(climber) == [("05-01", 1, "reached", 100, 120)]


def test_climber__what_counts_is_changed__a_standing_is_kept_to_its_review_by_the_new_measure() -> None:
    by_orders = ROLLING._replace(
        version=2, measure=Measure.ORDERS, active_from=midnight("03-10"),
        levels=(Level("member", 0), Level("silver", 2), Level("gold", 4)),
    )  # fmt: skip
    bought = {"03-01": 300, "03-05": 10, "03-20": 10, "03-21": 1}

    climber = climb(ROLLING, by_orders, bought=bought, upto="05-15")

    # Gold by money on 1 March; on 31 March three orders are in the window, which is silver; then none.
    assert moves(climber) == [
        ("03-01", 2, "reached", 300, None), ("03-31", 1, "missed", 3, None), ("04-30", 0, "missed", 0, None),
    ]  # fmt: skip


def test_climber__changed_to_what_was_reached_long_since__up_with_the_next_purchase() -> None:
    by_orders = LIFETIME._replace(
        version=2, measure=Measure.ORDERS, active_from=midnight("03-10"),
        levels=(Level("member", 0), Level("silver", 2), Level("gold", 9)),
    )  # fmt: skip

    climber = climb(ROLLING, by_orders, bought={"03-01": 1, "03-02": 1, "03-03": 1, "03-15": 1}, upto="04-01")

    assert moves(climber) == [("03-15", 1, "reached", 4, None)]


def test_climber__changed_to_tenure__who_has_been_here_long_enough_is_lifted_as_it_begins() -> None:
    by_days = LIFETIME._replace(version=2, measure=Measure.TENURE, active_from=midnight("04-20"))

    climber = climb(ROLLING, by_days, bought={"03-01": 1}, upto="05-01")

    assert moves(climber) == [("04-20", 1, "reached", 109, None)]


def test_climber__level_held_for_good__stays_when_what_counts_changes() -> None:
    by_orders = ROLLING._replace(
        version=2, measure=Measure.ORDERS, active_from=midnight("03-10"),
        levels=(Level("member", 0), Level("silver", 2), Level("gold", 4)),
    )  # fmt: skip

    climber = climb(LIFETIME, by_orders, bought={"03-01": 100}, upto="2030-01-01")

    assert moves(climber) == [("03-01", 1, "reached", 100, None)]


purchases = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 160)), max_size=14).map(sorted)


@given(purchases)
def test_climber__all_that_ever_counted__either_is_the_better_way_and_both_the_lesser(
    told: list[tuple[int, int]],
) -> None:
    by_money = LIFETIME
    by_orders = LIFETIME._replace(
        measure=Measure.ORDERS, levels=(LEVELS[0], Level("silver", 3), Level("gold", 6))
    )
    rules = [by_money, by_orders, *(one._replace(window=Window.LIFETIME) for one in (EITHER, BOTH))]
    climbers = [Climber([one], NOWHERE, {}, joined_on=None) for one in rules]
    for day, spent in told:
        for climber in climbers:
            climber.add(at("01-01") + timedelta(days=day), {Measure.SPEND: spent, Measure.ORDERS: 1})

        money, orders, either, both = [one.standing.level for one in climbers]
        assert (either, both) == (max(money, orders), min(money, orders))


VERSIONED = (
    BOTH._replace(grace_days=7),
    OF_LONG._replace(version=2, levels=(*OF_LONG.levels, Level("gold", 200, also_threshold=90)),
                     active_from=midnight("02-20")),
    EITHER._replace(version=3, measure=Measure.VISITS, also=Measure.TENURE, active_from=midnight("03-20"),
                    levels=(Level("member", 0), Level("silver", 2, also_threshold=80),
                            Level("gold", 5, also_threshold=130))),
)  # fmt: skip


@given(purchases, st.sampled_from([0, 1, 2, 3]), st.integers(1, 40))
def test_climber__whenever_the_worker_comes_and_in_how_many_parts__same_moves(
    told: list[tuple[int, int]], first: int, step: int
) -> None:
    versions = VERSIONED[first:] or (VERSIONED[1]._replace(version=1, active_from=None),)
    versions = (versions[0]._replace(active_from=None), *versions[1:])
    whole, often = (Climber(versions, NOWHERE, {}, joined_on=JOINED) for _ in range(2))
    seen = at("01-01")
    for day, spent in told:
        instant = at("01-01") + timedelta(days=day, minutes=spent)
        for passed in range(1, 400):
            if seen + timedelta(days=step) * passed >= instant:
                break
            often.advance(seen + timedelta(days=step) * passed)
        for climber in (whole, often):
            climber.add(instant, {Measure.SPEND: spent, Measure.ORDERS: 1, Measure.VISITS: 1})
        # From here on only what is stored is known, as to a worker in another process.
        again = Climber(versions, often.standing, often.histories, joined_on=JOINED, judged_to=instant)
        again.moves = often.moves
        often = again
        seen = instant
    for climber in (whole, often):
        climber.advance(at("2027-01-01"))

    assert often.moves == whole.moves
    assert (often.standing, often.next_review_at) == (whole.standing, whole.next_review_at)
