"""The tables that pages show are made by the run that makes the models, and say the same."""

from datetime import date

import pytest

from dangol.core.commerce.models import CustomerDay
from dangol.core.people.selectors import shop
from dangol.core.tasks.models import Job
from dangol.rooms.personalization.models import RECKONED_HERE, UNCOUNTED, ReportTable
from dangol.rooms.personalization.refresh import refresh_all
from dangol.rooms.personalization.reports import COHORTS_SHOWN, REPORTS
from dangol.rooms.personalization.selectors import (
    find_report,
    last_refresh_asked,
    list_uncounted,
    results_of,
    runs_of,
)
from dangol.rooms.personalization.services import ask_refresh
from tests.core.commerce.shop import DAY, MORNING, order, place, stock
from tests.core.segments.shop import buy, catch_up, open_shop
from tests.rooms.personalization.test_refresh import NIGHT, kept_year

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def rows_of(name: str) -> list[dict[str, object]]:
    """Return the rows of a table that is there."""
    found = find_report(name)
    assert found is not None
    return found.rows


def test_reports__a_year_of_purchases__agree_with_one_another_and_with_the_cards() -> None:
    kept_year()

    cells, segments = rows_of("rfm_map"), rows_of("rfm_segments")
    assert len(cells) == 25
    assert sum(one["customers"] for one in cells) == 300  # type: ignore[misc]
    assert sum(one["customers"] for one in segments) == 300  # type: ignore[misc]
    assert {one["of"] for one in segments} == {300}
    worth = rows_of("value_by_segment")
    [card] = [one.card for one in runs_of("lifetime")]
    assert sum(one["value_minor"] for one in worth) == card["value_minor"]  # type: ignore[misc]
    assert all(one["value_low_minor"] <= one["value_minor"] <= one["value_high_minor"] for one in worth)  # type: ignore[operator]
    assert sum(one["customers"] for one in rows_of("cohorts") if one["age"] == 0) == 300  # type: ignore[misc]
    assert rows_of("repeats")[0]["of"] == 300


def test_reports__more_than_two_years__keep_the_last_24_cohorts() -> None:
    [one] = open_shop("A")
    buy(one, "a", MORNING)
    catch_up(MORNING + DAY)

    refresh_all(shop(), as_of=date(2028, 2, 29), at=NIGHT)
    assert len(rows_of("cohorts")) == COHORTS_SHOWN
    refresh_all(shop(), as_of=date(2028, 3, 1), at=NIGHT)

    assert rows_of("cohorts") == []
    assert set(ReportTable.objects.values_list("name", flat=True)) == {
        *REPORTS, RECKONED_HERE, UNCOUNTED, "value_cells", "holdout", "holdout_weeks", "holdout_frequencies",
    }  # fmt: skip


def test_reports__orders_in_another_currency__are_told_by_their_number() -> None:
    one, other = open_shop("A", "B")
    buy(one, "a", MORNING)
    for number, currency, at in (
        ("b", "USD", MORNING), ("c", "USD", MORNING + DAY), ("d", "EUR", MORNING),
        ("e", "EUR", MORNING + 5 * DAY),
    ):  # fmt: skip
        placed = order(stock(), other, number, at, ("L1", 1, 500))
        place(placed._replace(currency=currency), at=at)
    catch_up(MORNING + 6 * DAY)

    refresh_all(shop(), as_of=(MORNING + DAY).date(), at=NIGHT)
    assert list_uncounted() == [("EUR", 1), ("USD", 2)]

    CustomerDay.objects.exclude(currency="KRW").delete()
    refresh_all(shop(), as_of=(MORNING + DAY).date(), at=NIGHT)
    assert list_uncounted() == []


def test_reports__too_few_customers__leave_the_table_of_values_empty() -> None:
    [one] = open_shop("A")
    buy(one, "a", MORNING)
    catch_up(MORNING + DAY)

    refresh_all(shop(), as_of=MORNING.date(), at=NIGHT)

    assert rows_of("value_by_segment") == []
    assert [row["customers"] for row in rows_of("rfm_segments")] == [1]
    found = results_of(one)
    assert found.keys() == {"rfm.segment", "rfm.recency", "rfm.frequency", "rfm.money"}
    [run] = runs_of("rfm")
    assert {told.version for told in found.values()} == {run.version}


def test_ask_refresh__twice__leaves_one_job_that_makes_the_tables() -> None:
    [one] = open_shop("A")
    buy(one, "a", MORNING)
    catch_up(MORNING + DAY)

    first = ask_refresh(at=MORNING + 2 * DAY)

    assert ask_refresh(at=MORNING + 2 * DAY) == first
    catch_up(MORNING + 2 * DAY)
    asked = last_refresh_asked()
    assert asked is not None
    assert (asked.id, asked.state) == (first, "done")
    assert ask_refresh(at=MORNING + 3 * DAY) != first
    assert Job.objects.filter(name="personalization.refresh_now").count() == 2
    assert find_report("rfm_map") is not None
