"""What was bought on which of the shop's days: kept from events, net of returns, right after merges."""

from datetime import date, timedelta

import pyarrow as pa
import pytest

from dangol.core.commerce.claims import claim_guest_order
from dangol.core.commerce.days import DAYS, read_days, recount_days_if_moved
from dangol.core.commerce.models import CustomerDay
from dangol.core.commerce.moving import move_order, undo_order
from dangol.core.commerce.selectors import read_order
from dangol.core.people.erasures import erase_customer
from dangol.core.people.merges import merge_customers
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from tests.core.commerce.shop import DAY, MORNING, back, bring_back, order, place, stock
from tests.core.ledger.following import BY_HAND, people
from tests.core.ledger.shop import let_worker_by

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
MONDAY = date(2026, 3, 2)


def days() -> set[tuple[Id, date, int, int]]:
    """Return all days of won, those of one person and day together."""
    rows = pa.Table.from_batches(read_days("KRW")).to_pylist() if CustomerDay.objects.exists() else []
    sums: dict[tuple[Id, date], tuple[int, int]] = {}
    for row in rows:
        orders, amount = sums.get((row["customer"], row["day"]), (0, 0))
        sums[row["customer"], row["day"]] = (orders + row["orders"], amount + row["amount_minor"])
    return {(customer, day, *own) for (customer, day), own in sums.items()}


def test_days__orders_and_returns__are_summed_by_the_shop_s_own_day() -> None:
    [one] = people("A")
    shelf = stock()
    # 00:30 UTC is the morning of the same day in Seoul; 15:00 UTC is the next one's midnight there.
    place(
        order(shelf, one, "1", MORNING, ("L1", 1, 4_500)),
        order(shelf, one, "2", MORNING + timedelta(hours=2), ("B1", 1, 12_000)),
        order(shelf, one, "3", MORNING.replace(hour=15, minute=0), ("A1", 1, 4_000)),
    )
    bring_back(back(shelf, one, "r", MORNING + 2 * DAY, ("B1", 1, 12_000), order_number="2"))
    let_worker_by(DAYS)

    assert days() == {
        (one, MONDAY, 1, 16_500),
        (one, MONDAY + DAY, 1, 4_000),
        (one, MONDAY + 2 * DAY, 0, -12_000),
    }


def recount() -> None:
    """Count all days anew, as after a move to another zone and back."""
    for zone in ("America/New_York", "Asia/Seoul"):
        set_shop(name="Store", zone=zone, currency="KRW", region="KR")
        assert recount_days_if_moved()
        let_worker_by(DAYS)


@pytest.mark.parametrize("is_counted_between", [True, False])
def test_days__order_comes_back_whole__was_no_purchase_on_its_day(is_counted_between: bool) -> None:
    [one] = people("A")
    shelf = stock()

    def count() -> None:
        if is_counted_between:
            let_worker_by(DAYS)

    place(
        order(shelf, one, "1", MORNING, ("L1", 1, 4_500), ("B1", 2, 24_000)),
        order(shelf, one, "2", MORNING, ("A1", 1, 4_000)),
        order(shelf, one, "3", MORNING + DAY, ("A1", 1, 4_000)),
    )
    count()
    bring_back(back(shelf, one, "r1", MORNING + 2 * DAY, ("B1", 1, 12_000), order_number="1"))
    count()
    bring_back(back(shelf, one, "r2", MORNING + 2 * DAY, ("A1", 1, 4_000), order_number="3"))
    count()
    let_worker_by(DAYS)
    assert days() == {
        (one, MONDAY, 2, 32_500),
        (one, MONDAY + DAY, 0, 4_000),
        (one, MONDAY + 2 * DAY, 0, -16_000),
    }

    bring_back(
        back(shelf, one, "r3", MORNING + 3 * DAY, ("B1", 1, 12_000), order_number="1"),
        back(shelf, one, "r4", MORNING + 3 * DAY, ("L1", 1, 4_500), order_number="1"),
    )
    let_worker_by(DAYS)

    whole = {
        (one, MONDAY, 1, 32_500),
        (one, MONDAY + DAY, 0, 4_000),
        (one, MONDAY + 2 * DAY, 0, -16_000),
        (one, MONDAY + 3 * DAY, 0, -16_500),
    }
    assert days() == whole
    recount()
    assert days() == whole


def test_days__sale_undone_or_moved__is_the_other_member_s_only() -> None:
    one, other = people("A", "B")
    shelf = stock()
    mine, theirs = place(
        order(shelf, one, "1", MORNING, ("L1", 2, 9_000)), order(shelf, one, "2", MORNING, ("A1", 1, 4_000))
    )
    bring_back(back(shelf, one, "r", MORNING + DAY, ("L1", 1, 4_500), order_number="1"))
    with write_transaction():
        undo_order(read_order(one, mine.id).facts, at=MORNING + DAY)
        move_order(read_order(one, theirs.id).facts, to=other, at=MORNING + DAY)
    let_worker_by(DAYS)

    whole = {(one, MONDAY, 0, 13_000), (one, MONDAY + DAY, 0, -13_000), (other, MONDAY, 1, 4_000)}
    assert days() == whole
    recount()
    assert days() == whole


def test_days__claimed_after_it_came_back__was_no_purchase_of_the_member_s() -> None:
    one, guest = people("A", "G")
    shelf = stock()
    place(order(shelf, guest, "1", MORNING, ("L1", 1, 4_500), is_guest=True))
    bring_back(
        back(shelf, guest, "r", MORNING + DAY, ("L1", 1, 4_500), order_number="1")._replace(is_guest=True)
    )
    let_worker_by(DAYS)
    claim_guest_order(source="till", number="1", customer_id=one, recorded_at=MORNING + 2 * DAY)
    let_worker_by(DAYS)

    whole = {(one, MONDAY, 0, 4_500), (one, MONDAY + DAY, 0, -4_500)}
    assert days() == whole
    recount()
    assert days() == whole


def test_days__guest_s_order__is_nobody_s() -> None:
    [one] = people("A")
    place(order(stock(), one, "1", MORNING, ("L1", 1, 4_500), is_guest=True))
    let_worker_by(DAYS)

    assert days() == set()


def test_days__customers_merged__are_read_as_one() -> None:
    kept, absorbed = people("K", "A")
    shelf = stock()
    place(
        order(shelf, kept, "1", MORNING, ("L1", 1, 4_500)),
        order(shelf, absorbed, "2", MORNING, ("A1", 1, 4_000)),
    )
    merge_customers(kept, absorbed, at=MORNING + DAY, **BY_HAND)
    let_worker_by(DAYS)

    assert days() == {(kept, MONDAY, 2, 8_500)}


def test_days__customer_erased__are_left_out_with_all_their_ids_also_when_counted_anew() -> None:
    kept, absorbed, other = people("K", "A", "O")
    shelf = stock()
    place(
        order(shelf, kept, "1", MORNING, ("L1", 1, 4_500)),
        order(shelf, absorbed, "2", MORNING, ("A1", 1, 4_000)),
        order(shelf, other, "3", MORNING, ("L1", 1, 4_500)),
    )
    merge_customers(kept, absorbed, at=MORNING + DAY, **BY_HAND)
    let_worker_by(DAYS)

    erase_customer(absorbed, at=MORNING + DAY, **BY_HAND)

    assert days() == {(other, MONDAY, 1, 4_500)}
    set_shop(name="Store", zone="America/New_York", currency="KRW", region="KR")
    assert recount_days_if_moved()
    let_worker_by(DAYS)
    assert days() == {(other, MONDAY - DAY, 1, 4_500)}


def test_days__shop_moves_to_another_zone__are_counted_anew() -> None:
    [one] = people("A")
    place(order(stock(), one, "1", MORNING, ("L1", 1, 4_500)))
    let_worker_by(DAYS)
    assert not recount_days_if_moved()

    set_shop(name="Store", zone="America/New_York", currency="KRW", region="KR")
    assert recount_days_if_moved()
    let_worker_by(DAYS)

    # Half past midnight in London is the evening before in New York.
    assert days() == {(one, MONDAY - DAY, 1, 4_500)}
    assert not recount_days_if_moved()
