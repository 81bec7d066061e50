"""What customers come to by month and segment: told by hand, of the living, merged and erased."""

from typing import Any

import pytest

from dangol.core.ledger.models import PointCurrency
from dangol.core.ledger.services import earn_points, reverse_transfer, spend_points
from dangol.core.people.erasures import erase_customer
from dangol.core.people.merges import merge_customers
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import Id
from dangol.rooms.personalization.refresh import refresh_all
from dangol.rooms.personalization.selectors import find_report
from tests.core.commerce.shop import DAY, MORNING, back, bring_back, order, place, stock
from tests.core.ledger.following import BY_HAND
from tests.core.segments.shop import bought, buy, catch_up, make_segment, open_shop
from tests.rooms.personalization.test_refresh import NIGHT, kept_year

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
MARCH = "2026-03-01"


def cells(segment: str) -> list[dict[str, Any]]:
    """Return the latest cells of a segment."""
    found = find_report("value_cells")
    assert found is not None
    return [row for row in found.rows if row["segment"] == segment]


def spend(who: Id, points: int, key: str) -> Id:
    """Let somebody earn 100 points and spend some."""
    earn_points(who, points=100, currency="PTS", key=f"earn {key}", at=MORNING)
    made = spend_points(who, points=points, currency="PTS", key=key, at=MORNING + DAY)
    assert made.transfer_id
    return made.transfer_id


def test_value_cells__some_purchases__add_up_by_hand() -> None:
    """A bought for 10,000 and 5,000 won and spent 30 points, of which 10 came back; B bought for 3,000."""
    one, other = open_shop("A", "B")
    PointCurrency.objects.create(code="PTS", name="Points", shortfall="debt")
    make_segment("often", bought(2))
    buy(one, "a1", MORNING, 10_000)
    buy(one, "a2", MORNING + DAY, 5_000)
    buy(other, "b", MORNING, 3_000)
    reverse_transfer(one, transfer_id=spend(one, 30, "s"), points=10, key="back", at=MORNING + DAY)
    catch_up(MORNING + 2 * DAY)

    refresh_all(shop(), as_of=(MORNING + 2 * DAY).date(), at=NIGHT)

    (whole,) = cells("all")
    assert whole == {
        "cohort": MARCH, "segment": "all", "customers": 2, "revenue": 18_000,
        "squares": 15_000.0**2 + 3_000.0**2, "points": 20,
        "value_minor": None, "value_low_minor": None, "value_high_minor": None,
        "categories": {"음료": 18_000},
    }  # fmt: skip
    (often,) = cells("saved:often")
    assert (often["customers"], often["revenue"], often["points"]) == (1, 15_000, 20)
    found = find_report("value_cells")
    assert found is not None
    assert sum(row["customers"] for row in found.rows if row["segment"].startswith("rfm:")) == 2


def test_value_cells__merged_and_erased__count_once_and_not_at_all() -> None:
    """Who was merged is one customer with all both bought and spent; an erased one is in no table."""
    kept, absorbed, gone = open_shop("K", "A", "G")
    PointCurrency.objects.create(code="PTS", name="Points", shortfall="debt")
    for number, who in enumerate((kept, absorbed, gone)):
        buy(who, f"o{number}", MORNING, 1_000 * (number + 1))
        spend(who, 10 * (number + 1), f"s{number}")
    catch_up(MORNING + 2 * DAY)
    merge_customers(kept, absorbed, at=MORNING + 2 * DAY, **BY_HAND)
    erase_customer(gone, at=MORNING + 2 * DAY, **BY_HAND)
    catch_up(MORNING + 3 * DAY)

    refresh_all(shop(), as_of=(MORNING + 3 * DAY).date(), at=NIGHT)

    (whole,) = cells("all")
    assert (whole["customers"], whole["revenue"], whole["points"]) == (1, 3_000, 30)
    assert whole["squares"] == 3_000.0**2


def test_value_cells__goods_of_several_categories__are_told_apart_less_what_came_back() -> None:
    """A bought coffee for 4,000 and beans for 9,000, of which 2,000 came back; B drinks coffee for 3,000."""
    one, other = open_shop("A", "B")
    shelf = stock()
    place(order(shelf, one, "a", MORNING, ("A1", 1, 4_000), ("B1", 2, 9_000)), at=MORNING)
    place(order(shelf, other, "b", MORNING, ("L1", 1, 3_000)), at=MORNING)
    bring_back(back(shelf, one, "r", MORNING + DAY, ("B1", 1, 2_000)), at=MORNING + DAY)
    # What is of a later day is in no table yet.
    place(order(shelf, other, "later", MORNING + 3 * DAY, ("A1", 1, 7_000)), at=MORNING + 3 * DAY)
    catch_up(MORNING + 3 * DAY)

    refresh_all(shop(), as_of=(MORNING + 2 * DAY).date(), at=NIGHT)

    (whole,) = cells("all")
    assert (whole["revenue"], whole["categories"]) == (14_000, {"음료": 7_000, "원두": 7_000})


def test_value_cells__a_year__hold_what_the_models_said() -> None:
    kept_year()

    report, values = find_report("value_by_segment"), cells("all")
    assert report is not None
    assert sum(row["value_minor"] for row in values) == sum(row["value_minor"] for row in report.rows)
    assert sum(row["customers"] for row in values) == 300
    for row in report.rows:
        assert (
            sum(one["value_high_minor"] for one in cells(f"rfm:{row['segment']}")) == row["value_high_minor"]
        )


def test_value_cells__nobody_has_bought__are_none() -> None:
    open_shop()
    catch_up(MORNING)

    refresh_all(shop(), as_of=MORNING.date(), at=NIGHT)

    assert cells("all") == []
