"""Tiers: what counts, how long a level is held, what a review decides. Worked by hand."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from dangol.domain.climbing import Climber
from dangol.domain.histories import History
from dangol.domain.tiers import (
    NOWHERE,
    Cause,
    Downgrade,
    Level,
    Measure,
    Standing,
    TierMove,
    TierRules,
    Window,
    hold_end,
    level_of,
    next_hold_end,
    rules_at,
    window_start,
)

SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")
LEVELS = (Level("member", 0), Level("silver", 100), Level("gold", 300))
ROLLING = TierRules(1, LEVELS, Measure.SPEND, Window.ROLLING, 30, SEOUL)
QUARTERLY = TierRules(1, LEVELS, Measure.SPEND, Window.CALENDAR, 3, SEOUL)
YEARLY = TierRules(1, LEVELS, Measure.SPEND, Window.JOINING, 12, SEOUL)
LIFETIME = TierRules(1, LEVELS, Measure.SPEND, Window.LIFETIME, 0, SEOUL)
TENURE = TierRules(1, LEVELS, Measure.TENURE, Window.LIFETIME, 0, SEOUL)


def at(text: str, zone: ZoneInfo = SEOUL) -> datetime:
    """Return an instant by the shop's clock: "03-10" is noon of 10 March 2026."""
    if len(text) == 5:
        text = f"2026-{text}"
    naive = datetime.fromisoformat(text if "T" in text else f"{text}T12:00")
    return naive.replace(tzinfo=zone).astimezone(UTC)


def midnight(text: str, zone: ZoneInfo = SEOUL) -> datetime:
    """Return the first instant of a day of 2026."""
    return at(f"2026-{text}T00:00" if len(text) == 5 else f"{text}T00:00", zone)


def climb(
    *versions: TierRules,
    amounts: dict[str, int],
    upto: str,
    joined_on: date | None = None,
    grants: Mapping[str, tuple[int, datetime | None]] | None = None,
) -> Climber:
    """Tell a newcomer's amounts and grants by day, and let time pass."""
    climber = Climber(versions, NOWHERE, {}, joined_on=joined_on)
    told: list[tuple[datetime, Any]] = [(at(day), amount) for day, amount in amounts.items()]
    told += [(at(day), grant) for day, grant in (grants or {}).items()]
    for instant, what in sorted(told, key=lambda pair: pair[0]):
        if isinstance(what, tuple):
            climber.grant(instant, *what)
        else:
            climber.add(instant, {versions[0].measure: what})
    climber.advance(at(upto))
    return climber


def moves(climber: Climber) -> list[tuple[str, int, int, str, int]]:
    """Return the moves as (the shop's day, from, to, cause, value)."""
    zone = climber.versions[0].zone
    return [
        (f"{move.at.astimezone(zone):%m-%d}", move.from_level, move.to_level, move.cause.value, move.value)
        for move in climber.moves
    ]


@pytest.mark.parametrize(
    ("value", "level"), [(-5, 0), (0, 0), (99, 0), (100, 1), (299, 1), (300, 2), (9_999, 2)]
)
def test_level_of__around_thresholds__reached_at_the_threshold(value: int, level: int) -> None:
    assert level_of(ROLLING, [value]) == level


@pytest.mark.parametrize(
    ("rules", "day", "start", "held", "kept"),
    [
        (ROLLING, date(2026, 3, 30), "03-01", "04-29", "04-29"),
        (ROLLING, date(2026, 3, 1), "01-31", "03-31", "03-31"),
        (QUARTERLY, date(2026, 2, 14), "01-01", "07-01", "04-01"),
        (QUARTERLY, date(2026, 12, 31), "10-01", "2027-04-01", "2027-01-01"),
        (QUARTERLY._replace(window_size=12), date(2024, 2, 29), "2024-01-01", "2026-01-01", "2025-01-01"),
        (QUARTERLY._replace(window_size=1), date(2026, 1, 31), "01-01", "03-01", "02-01"),
    ],
)
def test_window_and_hold__each_window__by_hand(
    rules: TierRules, day: date, start: str, held: str, kept: str
) -> None:
    assert window_start(rules, day, None) == midnight(start)
    assert hold_end(rules, day, None) == midnight(held)
    assert next_hold_end(rules, day, None) == midnight(kept)


def test_window_and_hold__rolling_over_a_clock_change__whole_days_of_the_shop() -> None:
    rules = ROLLING._replace(zone=NEW_YORK, window_size=7)

    assert window_start(rules, date(2026, 3, 10), None) == datetime(2026, 3, 4, 5, tzinfo=UTC)
    assert hold_end(rules, date(2026, 3, 4), None) == datetime(2026, 3, 11, 4, tzinfo=UTC)


@pytest.mark.parametrize("rules", [LIFETIME, TENURE])
def test_window_and_hold__unlimited__for_good(rules: TierRules) -> None:
    assert window_start(rules, date(2026, 3, 10), None) is hold_end(rules, date(2026, 3, 10), None) is None


def test_climber__threshold_reached_in_the_middle__up_at_that_instant_and_straight_to_gold() -> None:
    climber = climb(ROLLING, amounts={"03-01": 60, "03-05": 39, "03-09": 1, "03-20": 200}, upto="03-25")

    assert moves(climber) == [("03-09", 0, 1, "reached", 100), ("03-20", 1, 2, "reached", 300)]
    assert climber.standing == Standing(2, at("03-20"), midnight("04-19"), in_grace=False)
    assert climber.tier == "gold"
    assert climber.moves[0].window_from == midnight("02-08")
    assert (climber.moves[0].threshold, climber.moves[1].threshold) == (100, 300)


def test_climber__two_levels_at_once__one_move() -> None:
    climber = climb(ROLLING, amounts={"03-01": 500}, upto="03-01")

    assert moves(climber) == [("03-01", 0, 2, "reached", 500)]


def test_climber__amounts_that_have_left_the_window__count_no_more() -> None:
    climber = climb(ROLLING, amounts={"03-01": 99, "03-30": 0, "03-31": 1}, upto="04-01")

    assert moves(climber) == []  # on 31 March the window begins on 2 March
    assert moves(climb(ROLLING, amounts={"03-01": 99, "03-30": 1}, upto="04-01")) == [
        ("03-30", 0, 1, "reached", 100)
    ]


def test_climber__enough_after_the_first_day__kept_at_the_review() -> None:
    climber = climb(ROLLING, amounts={"03-01": 100, "03-02": 60, "03-20": 40}, upto="03-31")

    assert moves(climber) == [("03-01", 0, 1, "reached", 100), ("03-31", 1, 1, "kept", 100)]
    assert climber.standing == Standing(1, at("03-01"), midnight("04-30"))
    assert climber.moves[1].window_from == midnight("03-02")
    assert climber.next_review_at == midnight("04-30")


@pytest.mark.parametrize(
    ("downgrade", "amount_after", "to_level"),
    [
        (Downgrade.QUALIFIED, 0, 0),
        (Downgrade.QUALIFIED, 120, 1),
        (Downgrade.ONE_STEP, 0, 1),
        (Downgrade.ONE_STEP, 120, 1),
        (Downgrade.NEVER, 0, 2),
    ],
)
def test_climber__gold_missed_without_grace__steps_down_by_policy(
    downgrade: Downgrade, amount_after: int, to_level: int
) -> None:
    rules = ROLLING._replace(downgrade=downgrade)

    climber = climb(rules, amounts={"03-01": 300, "03-05": amount_after}, upto="03-31")

    assert moves(climber)[1] == ("03-31", 2, to_level, "missed", amount_after)
    assert climber.standing.held_until == (midnight("04-30") if to_level else None)
    assert climber.standing.since == (at("03-01") if to_level == 2 else midnight("03-31"))


def test_climber__one_step_each_review__down_to_the_bottom_and_no_further() -> None:
    climber = climb(ROLLING._replace(downgrade=Downgrade.ONE_STEP), amounts={"03-01": 300}, upto="12-01")

    assert moves(climber)[1:] == [("03-31", 2, 1, "missed", 0), ("04-30", 1, 0, "missed", 0)]
    assert climber.next_review_at is None


def test_climber__grace_then_requalified_in_it__stays_and_is_held_anew() -> None:
    rules = ROLLING._replace(grace_days=10)

    climber = climb(rules, amounts={"03-01": 100, "03-20": 40, "04-03": 59, "04-05": 1}, upto="04-15")

    assert moves(climber) == [
        ("03-01", 0, 1, "reached", 100),
        ("03-31", 1, 1, "grace", 40),
        ("04-05", 1, 1, "reached", 100),
    ]
    assert climber.standing == Standing(1, at("03-01"), midnight("05-05"))


def test_climber__grace_passes__drops_at_its_end_and_not_before() -> None:
    rules = ROLLING._replace(grace_days=10)

    before = climb(rules, amounts={"03-01": 100, "04-03": 99}, upto="04-09")
    after = climb(rules, amounts={"03-01": 100, "04-03": 99}, upto="04-10")

    assert before.standing == Standing(1, at("03-01"), midnight("04-10"), in_grace=True)
    assert moves(after)[1:] == [("03-31", 1, 1, "grace", 0), ("04-10", 1, 0, "missed", 99)]


def test_climber__quarter_reached__held_to_the_end_of_the_next_and_reviewed_by_that_quarter_alone() -> None:
    kept = climb(QUARTERLY, amounts={"01-15": 100, "04-01": 60, "06-30": 40}, upto="07-02")
    missed = climb(QUARTERLY, amounts={"01-15": 100, "03-31": 500, "04-01": 99}, upto="07-02")

    assert moves(kept) == [("01-15", 0, 1, "reached", 100), ("07-01", 1, 1, "kept", 100)]
    assert kept.standing.held_until == midnight("10-01")
    assert kept.moves[1].window_from == midnight("04-01")
    assert moves(missed)[-1] == ("07-01", 2, 0, "missed", 99)


def test_climber__grace_after_a_quarter__what_is_done_counts_as_if_in_it() -> None:
    rules = QUARTERLY._replace(grace_days=15)

    climber = climb(rules, amounts={"01-15": 100, "05-01": 80, "07-10": 20}, upto="08-01")

    assert moves(climber) == [
        ("01-15", 0, 1, "reached", 100),
        ("07-01", 1, 1, "grace", 80),
        ("07-10", 1, 1, "reached", 100),  # 80 of the second quarter and 20 of the grace
    ]
    assert climber.moves[2].window_from == midnight("04-01")
    # As if kept at the review: to the end of the third quarter, not of the fourth.
    assert climber.standing == Standing(1, at("01-15"), midnight("10-01"))


def test_climber__grace_after_a_quarter__the_new_quarter_alone_reaches_it__held_as_newly_reached() -> None:
    rules = QUARTERLY._replace(grace_days=15)

    climber = climb(rules, amounts={"01-15": 100, "05-01": 80, "07-10": 100}, upto="08-01")

    assert moves(climber)[2] == ("07-10", 1, 1, "reached", 100)
    assert climber.moves[2].window_from == midnight("07-01")
    assert climber.standing.held_until == midnight("2027-01-01")


def test_climber__grace_and_the_ended_quarter__lift_nobody_higher() -> None:
    rules = QUARTERLY._replace(grace_days=15)

    climber = climb(rules, amounts={"01-15": 100, "05-01": 99, "07-10": 250}, upto="07-12")

    assert moves(climber)[2] == ("07-10", 1, 1, "reached", 250)  # silver by this quarter; 349 would be gold


def test_climber__a_return__lowers_what_counts_but_takes_no_level_before_its_review() -> None:
    climber = climb(ROLLING, amounts={"03-01": 60, "03-10": 90, "03-12": -70}, upto="03-30")
    assert climber.standing.level == 1

    climber.advance(at("04-10"))

    assert moves(climber) == [("03-10", 0, 1, "reached", 150), ("04-09", 1, 0, "missed", -70)]


def test_fall_from__sale_undone_not_brought_back__told_at_once_with_what_is_left() -> None:
    brought_back = climb(ROLLING, amounts={"03-01": 50, "03-02": 80, "03-03": -80}, upto="03-31")
    undone = climb(ROLLING, amounts={"03-01": 50}, upto="03-03")

    assert (brought_back.standing.level, brought_back.next_review_at) == (1, midnight("04-01"))
    assert brought_back.fall_from(1, at("03-03")) is None
    assert (undone.standing, undone.moves) == (NOWHERE, [])
    assert undone.fall_from(1, at("03-03")) == TierMove(
        at("03-03"), 1, 0, Cause.UNDONE, 50, 100, midnight("02-02"), None
    )


def test_climber__lifetime__up_for_good() -> None:
    climber = climb(LIFETIME, amounts={"2020-01-01": 60, "03-01": 40, "03-02": -90}, upto="2030-01-01")

    assert moves(climber) == [("03-01", 0, 1, "reached", 100)]
    assert climber.next_review_at is climber.moves[0].window_from is None


def test_climber__tenure__each_level_on_its_day() -> None:
    climber = climb(TENURE, amounts={"03-01": 1_000_000}, joined_on=date(2026, 1, 1), upto="04-10")

    assert climber.moves == []  # money counts for nothing here
    assert climber.next_review_at == midnight("04-11")
    climber.advance(at("2027-01-01"))
    assert moves(climber) == [("04-11", 0, 1, "reached", 100), ("10-28", 1, 2, "reached", 300)]
    assert climber.next_review_at is None


def test_climber__tenure_granted_gold_for_a_while__back_to_what_the_days_give() -> None:
    grants = {"02-01": (2, midnight("05-01"))}

    climber = climb(TENURE, amounts={}, grants=grants, joined_on=date(2026, 1, 1), upto="2027-01-01")

    # Silver's day (11 April) passes unseen under gold; the review finds 120 days; gold comes on day 300.
    assert moves(climber) == [
        ("02-01", 0, 2, "granted", 31),
        ("05-01", 2, 1, "missed", 120),
        ("10-28", 1, 2, "reached", 300),
    ]


def test_climber__tenure_without_a_day_of_joining__stays() -> None:
    climber = climb(TENURE, amounts={}, upto="2030-01-01")

    assert (climber.moves, climber.next_review_at) == ([], None)


def test_climber__granted_gold__reviewed_when_its_time_is_up() -> None:
    climber = climb(ROLLING, amounts={"03-05": 150}, grants={"03-01": (2, midnight("03-20"))}, upto="03-25")

    assert moves(climber) == [("03-01", 0, 2, "granted", 0), ("03-20", 2, 1, "missed", 150)]


def test_climber__granted_less_than_reached__the_review_lifts_again() -> None:
    climber = climb(
        ROLLING, amounts={"03-01": 10, "03-02": 290}, grants={"03-10": (1, midnight("03-20"))}, upto="03-21"
    )

    assert moves(climber) == [
        ("03-02", 0, 2, "reached", 300), ("03-10", 2, 1, "granted", 300), ("03-20", 1, 2, "reached", 300),
    ]  # fmt: skip


def test_climber__new_version__holds_from_its_start_and_a_standing_is_kept_to_its_review() -> None:
    dearer = ROLLING._replace(
        version=2,
        levels=(Level("member", 0), Level("silver", 200), Level("gold", 900)),
        active_from=midnight("03-10"),
    )

    climber = climb(ROLLING, dearer, amounts={"03-01": 100, "03-15": 90, "03-16": 60}, upto="03-31")

    # 250 in the window is silver by either version; at the review 150 were enough by the first only.
    assert moves(climber) == [("03-01", 0, 1, "reached", 100), ("03-31", 1, 0, "missed", 150)]
    assert climber.moves[1].threshold == 200
    assert rules_at([ROLLING, dearer], midnight("03-10")) is dearer
    assert rules_at([ROLLING, dearer], midnight("03-10") - timedelta(microseconds=1)) is ROLLING


def test_climber__reviews_missed_for_long__held_each_at_its_own_instant() -> None:
    late = climb(ROLLING._replace(grace_days=5), amounts={"03-01": 300}, upto="2027-01-01")
    daily = climb(ROLLING._replace(grace_days=5), amounts={"03-01": 300}, upto="03-01")
    for day in range(400):
        daily.advance(at("03-02") + timedelta(days=day))

    assert late.moves == daily.moves
    assert late.standing == daily.standing


def test_history__sums__with_and_without_the_ends() -> None:
    history = History([(at("03-02"), 5), (at("03-01"), 3), (at("03-02"), 7)])

    assert history.total(None, at("03-02"), including_end=True) == 15
    assert history.total(None, at("03-02"), including_end=False) == 3
    assert history.total(at("03-02"), at("03-09"), including_end=True) == 12
    assert history.total(at("03-03"), at("03-09"), including_end=True) == 0


@given(
    st.permutations([(place, 2**place) for place in range(8)]),
    st.tuples(st.integers(0, 8), st.integers(0, 8)).map(sorted),
)
def test_history__told_in_any_order__has_the_sums_of_the_one_in_time(
    told: list[tuple[int, int]], stretch: list[int]
) -> None:
    """Of a member who was merged into another one, something may be told that is later."""
    history = History()
    for day, amount in told:
        history.add(at("03-01") + timedelta(days=day), amount)

    start, end = stretch
    first, last = (at("03-01") + timedelta(days=day) for day in stretch)
    among = [amount for day, amount in told if start <= day < end]
    assert history.total(first, last, including_end=False) == sum(among)


def test_cause__names__are_stored_and_stay() -> None:
    assert [cause.value for cause in Cause] == [
        "reached", "kept", "grace", "missed", "granted", "merged", "undone",
    ]  # fmt: skip
