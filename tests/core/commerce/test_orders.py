"""Orders: stored once, told once, found again by their number."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from dangol.core.commerce.claims import AlreadyClaimed, claim_guest_order
from dangol.core.commerce.events import OrderPlaced, OrderReturned, SoldLine
from dangol.core.commerce.models import (
    Order,
    OrderDiscount,
    OrderLine,
    OrderNumber,
    OrderTender,
    Product,
    Return,
    ReturnLine,
    ReturnNumber,
)
from dangol.core.commerce.returns import record_sales
from dangol.core.commerce.selectors import UnknownOrder
from dangol.core.events.models import Event
from dangol.core.events.payloads import decode
from dangol.core.people.services import make_guests
from dangol.core.storage.ids import random_id
from dangol.core.storage.transactions import write_transaction
from tests.core.commerce.shop import DAY, MORNING, back, bring_back, order, place, stock

pytestmark = pytest.mark.django_db(transaction=True)


def test_place_orders__two_lines__stored_with_sums() -> None:
    shelf, regular = stock(), random_id()

    (outcome,) = place(
        order(
            shelf, regular, "7", MORNING, ("A1", 2, 9_000), ("B1", 1, 14_000),
            discounts=(("staff", 1_000),), tenders=(("card", 22_000),),
        )
    )  # fmt: skip

    stored = Order.objects.get(customer_id=regular, id=outcome.id)
    assert (stored.list_minor, stored.discount_minor, stored.net_minor) == (23_000, 1_000, 22_000)
    lines = OrderLine.objects.filter(customer_id=regular, order_id=outcome.id).order_by("number")
    assert [(line.number, line.quantity_milli, line.net_minor) for line in lines] == [
        (1, 2_000, 9_000),
        (2, 1_000, 14_000),
    ]
    assert OrderDiscount.objects.get(order_id=outcome.id).kind == "staff"
    assert OrderTender.objects.get(order_id=outcome.id).amount_minor == 22_000


def test_place_orders__one_order__is_told_with_its_lines() -> None:
    shelf, regular = stock(), random_id()

    (outcome,) = place(order(shelf, regular, "7", MORNING, ("A1", 1, 4_500)), at=MORNING + DAY)

    event = Event.objects.get(customer_id=regular, name="order.placed")
    payload = decode(event.name, event.payload)
    assert isinstance(payload, OrderPlaced)
    assert payload.lines == [SoldLine("A1", "음료 > 커피", 1_000, 4_500)]
    assert (event.subject_id, event.occurred_at, event.recorded_at) == (outcome.id, MORNING, MORNING + DAY)


def test_place_orders__the_same_again__is_there_once() -> None:
    shelf, regular = stock(), random_id()
    draft = order(shelf, regular, "7", MORNING, ("A1", 1, 4_500))
    (first,) = place(draft)

    again = place(draft, draft)

    assert [(one.id, one.repeated, one.conflict) for one in again] == [(first.id, True, False)] * 2
    assert Order.objects.count() == 1
    assert Event.objects.filter(name="order.placed").count() == 1


def test_place_orders__number_taken_by_other_content__is_refused_and_the_rest_stands() -> None:
    shelf, regular = stock(), random_id()
    place(order(shelf, regular, "7", MORNING, ("A1", 1, 4_500)))

    outcomes = place(
        order(shelf, regular, "7", MORNING, ("A1", 1, 5_000)),
        order(shelf, regular, "8", MORNING, ("L1", 1, 5_000)),
    )

    assert [one.conflict for one in outcomes] == [True, False]
    assert sorted(Order.objects.values_list("net_minor", flat=True)) == [4_500, 5_000]


def test_place_orders__same_order_by_eight_writers_at_once__is_stored_once() -> None:
    shelf, regular = stock(), random_id()
    draft = order(shelf, regular, "7", MORNING, ("A1", 1, 4_500))
    barrier = threading.Barrier(8)

    def write() -> bool:
        barrier.wait()
        try:
            return place(draft)[0].repeated
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        repeated = list(pool.map(lambda _: write(), range(8)))

    assert sorted(repeated) == [False] + [True] * 7
    assert Order.objects.count() == 1


def test_record_sales__guest_sales_by_eight_writers_at_once__are_stored_once() -> None:
    shelf = stock()
    barrier = threading.Barrier(8)

    def write(place: int) -> list[bool]:
        guest = random_id()  # each writer makes a guest of its own, so no lock of a customer guards them
        orders = [
            order(shelf, guest, f"{number}", MORNING, ("A1", 1, 4_500), is_guest=True) for number in range(30)
        ]
        unknown = [back(shelf, guest, f"r{number}", MORNING, ("L1", 1, 5_000)) for number in range(30)]
        turn = -1 if place % 2 else 1
        barrier.wait()
        try:
            with write_transaction():
                placed, returned = record_sales(orders[::turn], unknown[::turn], recorded_at=MORNING)
        finally:
            connections.close_all()
        assert not any(one.conflict for one in placed)
        return [one.repeated or one.conflict for one in (*placed, *returned)]

    with ThreadPoolExecutor(8) as pool:
        told_before = list(pool.map(write, range(8)))

    assert sorted(map(all, told_before)) == [False] + [True] * 7
    assert sorted(map(any, told_before)) == [False] + [True] * 7
    assert Order.objects.count() == OrderNumber.objects.count() == Event.objects.count() // 2 == 30
    assert Return.objects.count() == ReturnNumber.objects.count() == 30


def test_place_orders__any_number__takes_as_many_statements() -> None:
    shelf = stock()

    def statements(first: int, count: int) -> int:
        regulars = [random_id() for _ in range(count)]
        drafts = [
            order(shelf, regular, str(first + index), MORNING, ("A1", 1, 4_500))
            for index, regular in enumerate(regulars)
        ]
        connection.force_debug_cursor = True
        connection.queries_log.clear()
        place(*drafts)
        connection.force_debug_cursor = False
        return len(connection.queries_log)

    statements(0, 1)  # the very first event makes the timeline's head

    assert statements(10, 2) == statements(20, 500)


def is_guest(event: Event) -> bool:
    payload = decode(event.name, event.payload)
    assert isinstance(payload, OrderReturned)
    return payload.is_guest


def test_claim_guest_order__member_comes_later__order_is_theirs_and_told_again() -> None:
    shelf, guest, regular = stock(), random_id(), random_id()
    (outcome,) = place(order(shelf, guest, "7", MORNING, ("A1", 1, 4_500), is_guest=True))

    claimed = claim_guest_order(source="till", number="7", customer_id=regular, recorded_at=MORNING + DAY)

    assert claimed == outcome.id
    assert Order.objects.get().customer_id == regular
    assert OrderLine.objects.get().customer_id == regular
    assert OrderNumber.objects.get().customer_id == regular
    event = Event.objects.get(customer_id=regular, name="order.claimed")
    assert event.occurred_at == MORNING


def test_claim_guest_order__some_is_back_already__the_return_goes_along_and_is_told_again() -> None:
    shelf, regular = stock(), random_id()
    with write_transaction():
        [guest] = make_guests(1, recorded_at=MORNING)
    place(order(shelf, guest, "7", MORNING, ("A1", 2, 9_000), ("L1", 1, 5_000), is_guest=True))
    of_order = back(shelf, guest, "r1", MORNING + DAY, ("A1", 1, 4_500), order_number="7")
    of_nothing = back(shelf, guest, "r2", MORNING + DAY, ("B1", 1, 14_000))
    first, _ = bring_back(of_order, of_nothing)

    claim_guest_order(source="till", number="7", customer_id=regular, recorded_at=MORNING + 2 * DAY)

    assert Return.objects.get(customer_id=regular).id == first.id
    assert ReturnLine.objects.get(customer_id=regular).return_id == first.id
    assert ReturnNumber.objects.get(customer_id=regular).number == "r1"
    for model in (Return, ReturnLine, ReturnNumber):
        assert model._default_manager.filter(customer_id=guest).count() == 1
    events = Event.objects.filter(name="order.returned", subject_id=first.id).order_by("recorded_at")
    told = [(one.customer_id, one.occurred_at, is_guest(one)) for one in events]
    assert told == [
        (guest, MORNING + DAY, True),
        (regular, MORNING + DAY, False),
    ]
    names = Event.objects.filter(customer_id=regular).order_by("customer_seq").values_list("name", flat=True)
    assert list(names) == ["order.claimed", "order.returned"]


def test_claim_guest_order__its_return_told_again__is_a_repeat() -> None:
    shelf, regular = stock(), random_id()
    with write_transaction():
        [guest] = make_guests(1, recorded_at=MORNING)
    place(order(shelf, guest, "7", MORNING, ("A1", 2, 9_000), is_guest=True))
    draft = back(shelf, guest, "r1", MORNING + DAY, ("A1", 1, 4_500), order_number="7")
    (first,) = bring_back(draft)
    claim_guest_order(source="till", number="7", customer_id=regular, recorded_at=MORNING + 2 * DAY)

    again = bring_back(draft, draft._replace(customer_id=regular))

    assert [(one.id, one.customer_id, one.repeated) for one in again] == [(first.id, regular, True)] * 2


def test_claim_guest_order__again_by_the_same_member__changes_nothing() -> None:
    shelf, guest, regular = stock(), random_id(), random_id()
    place(order(shelf, guest, "7", MORNING, ("A1", 1, 4_500), is_guest=True))
    claim_guest_order(source="till", number="7", customer_id=regular, recorded_at=MORNING)

    claim_guest_order(source="till", number="7", customer_id=regular, recorded_at=MORNING)

    assert Event.objects.filter(customer_id=regular, name="order.claimed").count() == 1


def test_claim_guest_order__another_members__is_refused() -> None:
    shelf, guest, regular, other = stock(), random_id(), random_id(), random_id()
    place(order(shelf, guest, "7", MORNING, ("A1", 1, 4_500), is_guest=True))
    claim_guest_order(source="till", number="7", customer_id=regular, recorded_at=MORNING)

    with pytest.raises(AlreadyClaimed):
        claim_guest_order(source="till", number="7", customer_id=other, recorded_at=MORNING)
    with pytest.raises(UnknownOrder):
        claim_guest_order(source="till", number="8", customer_id=other, recorded_at=MORNING)


def test_upsert_products__known_and_new__one_row_each() -> None:
    first = stock()

    second = stock()

    assert {number: ref.id for number, ref in first.items()} == {
        number: ref.id for number, ref in second.items()
    }
    assert Product.objects.count() == 3
