"""Tiers by each member's own months, from the day they joined on. Worked by hand."""

from datetime import date

import pytest

from dangol.domain.tiers import NOWHERE, Measure, Window, hold_end, next_hold_end, window_start
from tests.domain.test_tiers import LEVELS, YEARLY, at, climb, midnight, moves


@pytest.mark.parametrize(
    ("months", "joined_on", "day", "start", "held", "kept"),
    [
        (12, date(2024, 4, 10), date(2026, 4, 9), "2025-04-10", "2027-04-10", "2026-04-10"),
        (12, date(2024, 4, 10), date(2026, 4, 10), "2026-04-10", "2028-04-10", "2027-04-10"),
        (12, date(2024, 2, 29), date(2026, 2, 27), "2025-02-28", "2027-02-28", "2026-02-28"),
        (12, date(2024, 2, 29), date(2028, 2, 29), "2028-02-29", "2030-02-28", "2029-02-28"),
        (1, date(2025, 12, 31), date(2026, 2, 27), "2026-01-31", "2026-03-31", "2026-02-28"),
        (1, date(2025, 12, 31), date(2026, 3, 30), "2026-02-28", "2026-04-30", "2026-03-31"),
        (6, date(2026, 1, 10), date(2026, 1, 9), "2025-07-10", "2026-07-10", "2026-01-10"),
        (12, None, date(2026, 5, 1), "2026-01-01", "2028-01-01", "2027-01-01"),
    ],
)
def test_anniversary__each_members_own_months__by_hand(
    months: int, joined_on: date | None, day: date, start: str, held: str, kept: str
) -> None:
    rules = YEARLY._replace(window_size=months)
    assert window_start(rules, day, joined_on) == midnight(start)
    assert hold_end(rules, day, joined_on) == midnight(held)
    assert next_hold_end(rules, day, joined_on) == midnight(kept)


def test_anniversary__rules_changed_from_the_calendar__the_whole_year_before_counts() -> None:
    calendar = YEARLY._replace(window=Window.CALENDAR, levels=LEVELS[:2])
    joining = calendar._replace(version=2, window=Window.JOINING, active_from=midnight("06-01"))
    climber = climb(
        calendar, joining, amounts={"2025-03-01": 100, "03-01": 60, "09-01": 50}, upto="2027-01-02",
        joined_on=date(2020, 12, 1),
    )  # fmt: skip
    # Held to the end of 2026. Their year began on 1 December: the one before counts, and what came since.
    assert moves(climber) == [("03-01", 0, 1, "reached", 100), ("01-01", 1, 1, "kept", 110)]
    assert climber.standing.held_until == midnight("2027-12-01")


def test_anniversary__day_of_joining_moved_by_a_merge__the_whole_year_before_counts() -> None:
    yearly = YEARLY._replace(levels=LEVELS[:2])
    climber = climb(yearly, amounts={"2025-06-01": 100}, upto="2026-04-01", joined_on=date(2025, 3, 15))
    climber.merge(at("2026-04-02"), {}, NOWHERE, joined_on=date(2024, 2, 1))
    climber.add(at("2026-05-01"), {Measure.SPEND: 60})
    climber.add(at("2026-12-01"), {Measure.SPEND: 60})
    climber.advance(at("2027-03-16"))
    assert moves(climber)[-1] == ("03-15", 1, 1, "kept", 120)
    assert climber.standing.held_until == midnight("2028-02-01")


def test_anniversary__reached_in_the_first_year__is_reviewed_by_the_second_alone() -> None:
    # Joined on 10 April: the first year's 100 hold silver to the end of the second, in which 60 are too few.
    climber = climb(
        YEARLY._replace(grace_days=30, levels=LEVELS[:2]),
        amounts={"2025-06-01": 100, "05-01": 60, "2027-04-20": 39, "2027-05-05": 1},
        upto="2027-05-06", joined_on=date(2025, 4, 10),
    )  # fmt: skip
    assert moves(climber) == [
        ("06-01", 0, 1, "reached", 100), ("04-10", 1, 1, "grace", 60), ("05-05", 1, 1, "reached", 100),
    ]  # fmt: skip
    assert climber.standing.held_until == midnight("2028-04-10")
