"""The last three months held out: what the model of before them had told, kept for the page."""

from datetime import timedelta
from typing import Any

import pytest

from dangol.core.people.selectors import shop
from dangol.rooms.personalization.refresh import refresh_all
from dangol.rooms.personalization.selectors import find_report
from tests.core.segments.shop import open_shop
from tests.rooms.personalization.test_refresh import NIGHT, START, bring_history

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AS_OF = START + timedelta(days=364)


def rows(name: str) -> list[dict[str, Any]]:
    report = find_report(name)
    assert report is not None
    return report.rows


def test_holdout__a_year__tells_what_came_after_its_split_and_nothing_of_it_was_known() -> None:
    bring_history(300, seed=4)

    refresh_all(shop(), as_of=AS_OF, at=NIGHT)

    (whole,) = rows("holdout")
    weeks, by_frequency = rows("holdout_weeks"), rows("holdout_frequencies")
    assert whole["customers"] == sum(row["customers"] for row in by_frequency)
    told = sum(row["customers"] * row["expected_mean"] for row in by_frequency)
    assert told == pytest.approx(whole["expected"])
    assert whole["actual"] > 0
    held = [row["is_held_out"] for row in weeks]
    assert held == sorted(held)
    assert 12 <= sum(held) <= 14
    assert [row["actual"] for row in weeks] == sorted(row["actual"] for row in weeks)


def test_holdout__too_little_before_the_split__is_empty() -> None:
    open_shop("A", "B")

    refresh_all(shop(), as_of=AS_OF, at=NIGHT)

    assert [rows(name) for name in ("holdout", "holdout_weeks", "holdout_frequencies")] == [[], [], []]


def test_second_days__a_year__rise_up_to_the_days_anybody_is_known_for() -> None:
    bring_history(300, seed=4)

    refresh_all(shop(), as_of=START + timedelta(days=199), at=NIGHT)

    found = rows("second_days")
    assert [row["day"] for row in found] == [7, 14, 30, 60, 90, 180]
    shares = [row["share"] for row in found]
    assert shares == sorted(shares)
    assert all(row["share_low"] <= row["share"] <= row["share_high"] for row in found)
    gaps = [row["days"] for row in rows("gap_days")]
    assert gaps == sorted(gaps)
    assert len(gaps) == 6
