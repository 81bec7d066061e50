"""Returns: linked to the sale they undo, however little the till says of it."""

from typing import Any

import pytest

from dangol.core.commerce import returns
from dangol.core.commerce.models import Return, ReturnLine
from dangol.core.events.models import Event
from dangol.core.storage.ids import random_id
from dangol.core.storage.rows import select_matching
from tests.core.commerce.shop import DAY, MORNING, back, bring_back, order, place, stock

pytestmark = pytest.mark.django_db(transaction=True)


def test_record_returns__order_named__is_linked_to_it() -> None:
    shelf, regular = stock(), random_id()
    first, _ = place(
        order(shelf, regular, "1", MORNING, ("A1", 1, 4_500)),
        order(shelf, regular, "2", MORNING + DAY, ("A1", 1, 4_500)),
    )

    bring_back(back(shelf, regular, "r1", MORNING + 2 * DAY, ("A1", 1, 4_500), order_number="1"))

    line = ReturnLine.objects.get()
    assert (line.order_id, line.order_line) == (first.id, 1)
    assert Return.objects.get().order_id == first.id


def test_record_returns__order_unnamed__takes_the_latest_earlier_sale_of_the_product() -> None:
    shelf, regular = stock(), random_id()
    _, second, _ = place(
        order(shelf, regular, "1", MORNING, ("A1", 1, 4_500)),
        order(shelf, regular, "2", MORNING + DAY, ("L1", 1, 5_000), ("A1", 1, 4_500)),
        order(shelf, regular, "3", MORNING + 3 * DAY, ("A1", 1, 4_500)),
    )

    bring_back(back(shelf, regular, "r1", MORNING + 2 * DAY, ("A1", 1, 4_500)))

    line = ReturnLine.objects.get()
    assert (line.order_id, line.order_line) == (second.id, 2)


def test_record_returns__all_of_a_sale_is_back_already__takes_the_one_before() -> None:
    shelf, regular = stock(), random_id()
    first, second = place(
        order(shelf, regular, "1", MORNING, ("A1", 2, 9_000)),
        order(shelf, regular, "2", MORNING + DAY, ("A1", 1, 4_500)),
    )
    at = MORNING + 2 * DAY

    bring_back(back(shelf, regular, "r1", at, ("A1", 1, 4_500)))
    bring_back(
        back(shelf, regular, "r2", at, ("A1", 1, 4_500)), back(shelf, regular, "r3", at, ("A1", 2, 9_000))
    )

    linked = {one.number: ReturnLine.objects.get(return_id=one.id).order_id for one in Return.objects.all()}
    assert linked == {"r1": second.id, "r2": first.id, "r3": None}


def test_record_returns__two_lines_of_the_order_named_hold_it_together__comes_back_in_parts() -> None:
    shelf, regular = stock(), random_id()
    lines = (("A1", 1, 4_500), ("L1", 1, 5_000), ("A1", 1, 4_500), ("A1", 2, 9_000))
    (first,) = place(order(shelf, regular, "1", MORNING, *lines))
    at = MORNING + DAY

    bring_back(back(shelf, regular, "r1", at, ("A1", 3, 10_000), order_number="1"))
    bring_back(back(shelf, regular, "r2", at, ("A1", 2, 9_000), order_number="1"))
    bring_back(back(shelf, regular, "r3", at, ("A1", 1, 4_500), order_number="1"))

    assert list(
        ReturnLine.objects.order_by("return_id", "number").values_list(
            "order_id", "order_line", "quantity_milli", "net_minor"
        )
    ) == [
        (first.id, 1, 1_000, 3_333),
        (first.id, 3, 1_000, 3_333),
        (first.id, 4, 1_000, 3_334),
        (None, None, 2_000, 9_000),
        (first.id, 4, 1_000, 4_500),
    ]


def test_record_returns__a_long_life_of_other_goods__is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, regular = stock(), random_id()
    others = [order(shelf, regular, f"o{day}", MORNING + day * DAY, ("L1", 1, 5_000)) for day in range(50)]
    (first, *_) = place(order(shelf, regular, "1", MORNING, ("A1", 1, 4_500)), *others)
    read: list[int] = []

    def counted(*args: Any, **more: Any) -> list[tuple[Any, ...]]:
        rows = select_matching(*args, **more)
        read.append(len(rows))
        return rows

    monkeypatch.setattr(returns, "select_matching", counted)

    bring_back(back(shelf, regular, "r1", MORNING + 90 * DAY, ("A1", 1, 4_500)))

    assert ReturnLine.objects.get().order_id == first.id
    assert read == [1, 1, 0], "the line sold, its order, and nothing brought back so far"


def test_record_returns__never_sold_to_this_customer__is_kept_unlinked() -> None:
    shelf, regular, stranger = stock(), random_id(), random_id()
    place(order(shelf, regular, "1", MORNING, ("A1", 1, 4_500)))

    bring_back(back(shelf, stranger, "r1", MORNING + DAY, ("A1", 1, 4_500)))

    assert ReturnLine.objects.get().order_id is None
    assert Event.objects.filter(customer_id=stranger, name="order.returned").count() == 1


def test_record_returns__number_known__repeat_is_recognized_and_other_content_refused() -> None:
    shelf, regular = stock(), random_id()
    place(order(shelf, regular, "1", MORNING, ("A1", 2, 9_000)))
    draft = back(shelf, regular, "r1", MORNING + DAY, ("A1", 1, 4_500))
    bring_back(draft)

    outcomes = bring_back(draft, back(shelf, regular, "r1", MORNING + DAY, ("A1", 2, 9_000)))

    assert [(one.repeated, one.conflict) for one in outcomes] == [(True, False), (False, True)]
    assert Return.objects.count() == 1
