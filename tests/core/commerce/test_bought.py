"""What was bought by day and product: of whom the shop knows, and not what came back."""

from datetime import date

import pyarrow as pa
import pytest

from dangol.core.commerce.bought import product_words, read_bought
from dangol.core.people.actors import HOUSE
from dangol.core.people.erasures import erase_customer
from dangol.core.people.merges import merge_customers
from dangol.core.people.services import make_guests
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from tests.core.commerce.shop import DAY, MORNING, back, bring_back, order, place, stock
from tests.core.segments.shop import open_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
MONDAY = date(2026, 3, 2)


def bought(since: date = MONDAY) -> set[tuple[Id, str, date]]:
    """Return who bought which product, by its number, on which day."""
    rows = pa.Table.from_batches(read_bought(since=since)).to_pylist()
    words = product_words(row["item"] for row in rows)
    return {(row["customer"], words[row["item"]].number, row["day"]) for row in rows}


def test_read_bought__orders__are_days_of_the_shops_zone_from_the_first_asked_for() -> None:
    [one] = open_shop("A")
    shelf = stock()
    place(
        order(shelf, one, "1", MORNING, ("A1", 1, 4_500), ("B1", 2, 9_000)),
        # 15:30 in London is half past midnight of the next day in Seoul.
        order(shelf, one, "2", MORNING + DAY * 0.625, ("L1", 1, 5_000)),
    )

    assert bought() == {(one, "A1", MONDAY), (one, "B1", MONDAY), (one, "L1", date(2026, 3, 3))}
    assert bought(date(2026, 3, 3)) == {(one, "L1", date(2026, 3, 3))}
    assert not bought(date(2026, 3, 4))


def test_read_bought__what_came_back__was_not_bought_unless_a_part_is_kept() -> None:
    [one] = open_shop("A")
    shelf = stock()
    place(order(shelf, one, "1", MORNING, ("A1", 1, 4_500), ("B1", 2, 18_000), ("L1", 1, 5_000)))
    bring_back(
        back(shelf, one, "r1", MORNING + DAY, ("A1", 1, 4_500), ("B1", 1, 9_000), order_number="1"),
        at=MORNING + DAY,
    )

    assert {number for _, number, _ in bought()} == {"B1", "L1"}


def test_read_bought__of_two_who_were_merged__is_the_kept_ones() -> None:
    kept, absorbed = open_shop("A", "B")
    place(order(stock(), absorbed, "1", MORNING, ("A1", 1, 4_500)))

    merge_customers(kept, absorbed, actor=HOUSE, reason="one person", at=MORNING)

    assert bought() == {(kept, "A1", MONDAY)}


def test_read_bought__erased__is_nobodys_under_any_of_their_ids() -> None:
    kept, absorbed, other = open_shop("A", "B", "C")
    shelf = stock()
    place(
        *(
            order(shelf, one, str(at), MORNING, ("A1", 1, 4_500))
            for at, one in enumerate((kept, absorbed, other))
        )
    )
    merge_customers(kept, absorbed, actor=HOUSE, reason="one person", at=MORNING)

    erase_customer(absorbed, actor=HOUSE, reason="asked", at=MORNING)

    assert bought() == {(other, "A1", MONDAY)}


def test_read_bought__a_guests_order__is_nobodys() -> None:
    open_shop("A")
    with write_transaction():
        [guest] = make_guests(1, recorded_at=MORNING)
    place(order(stock(), guest, "1", MORNING, ("L1", 1, 4_500), is_guest=True))

    assert not bought()
