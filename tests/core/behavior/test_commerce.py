"""Commerce events of sites and apps become orders, returns and views."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from dangol.core.behavior.messages import Message
from dangol.core.commerce.acts import Why, move_for_reason
from dangol.core.commerce.catalog import ensure_products
from dangol.core.commerce.drafts import LineDraft, OrderDraft
from dangol.core.commerce.models import Order, ReturnLine
from dangol.core.commerce.selectors import find_order
from dangol.core.commerce.services import place_orders
from dangol.core.events.models import Event
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.services import resolve_customers
from dangol.core.storage.ids import new_id
from dangol.core.storage.transactions import write_transaction
from tests.core.behavior.sending import (
    AT,
    BROWSER,
    SERVER,
    details,
    payloads,
    problems,
    send,
    track,
)

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
    pytest.mark.usefixtures("shop"),
]


def order(number: str = "o-1", **changed: Any) -> dict[str, Any]:
    return {
        "order_id": number,
        "products": [{"product_id": "P1", "name": "원두", "price": 4500, "quantity": 2}],
    } | changed


def test_take_in_messages__order_and_refund__become_an_order_and_a_return() -> None:
    send(track("Order Refunded", user="u-1", properties={"order_id": "o-1"}),
         track("Order Completed", user="u-1", properties=order(discount=1000)))  # fmt: skip

    [placed], [returned] = payloads("order.placed"), payloads("order.returned")
    assert (placed.number, placed.net_minor, placed.currency, placed.source) == (
        "o-1",
        8_000,
        "KRW",
        "events",
    )
    assert returned.net_minor == 8_000
    assert problems() == []
    assert [one.caused[0][0] for one in details()] == ["return", "order"]
    assert len(payloads("behavior.tracked")) == 2


def test_take_in_messages__order_told_twice__is_one_and_with_other_content_refused() -> None:
    def completed(**changed: Any) -> Message:
        return track("Order Completed", user="u-1", properties=order(**changed), original_at=AT)

    send(completed())
    send(completed(), sender=SERVER._replace(source="other"))
    send(completed(products=[{"sku": "X", "price": 1}]))

    assert len(payloads("order.placed")) == 1
    assert problems() == ["behavior.order_told"]


@pytest.mark.parametrize(
    ("name", "properties", "user", "problem"),
    [
        ("Order Completed", order(total=1), "u-1", "behavior.amounts_disagree"),
        ("Order Completed", order(order_id=None), "u-1", "behavior.order_unnumbered"),
        ("Order Refunded", {"order_id": "o-9"}, "u-1", "behavior.order_missing"),
        ("Order Refunded", {"order_id": "o-1"}, "u-2", "behavior.order_missing"),
        ("Order Refunded", {"order_id": "o-1", "total": 5}, "u-1", "behavior.refund_unclear"),
        ("Order Refunded", {"order_id": "o-1", "products": [{"sku": "P1", "quantity": 3}]}, "u-1",
         "behavior.refund_too_much"),
    ],
)  # fmt: skip
def test_take_in_messages__commerce_that_does_not_fit__is_kept_with_its_problem(
    name: str, properties: dict[str, Any], user: str, problem: str
) -> None:
    send(track("Order Completed", user="u-1", properties=order()))

    send(track(name, user=user, properties=properties))

    assert problems() == [problem]
    assert len(payloads("order.placed")) == 1
    assert payloads("order.returned") == []
    assert len(payloads("behavior.tracked")) == 2


@pytest.mark.parametrize(
    ("currency", "notes"),
    [("USD", [("behavior.other_currency", {"currency": "USD", "own": "KRW"})]), ("krw", []), (None, [])],
)
def test_take_in_messages__order_in_another_currency__is_one_and_noted(
    currency: str | None, notes: list[Any]
) -> None:
    send(track("Order Completed", user="u-1", properties=order(currency=currency)))
    send(track("Order Completed", user="u-1", properties=order("o-2", currency=currency)), sender=BROWSER)

    told, refused = details()
    assert (told.problems, told.caused[0][0]) == ((), "order")
    assert [(one.code, one.data) for one in told.notes] == notes
    assert refused.notes == ()


def test_take_in_messages__order_by_a_key_that_may_only_send__is_no_order() -> None:
    send(track("Order Completed", user="u-1", properties=order()), sender=BROWSER)

    assert problems() == ["behavior.key_may_not_order"]
    assert payloads("order.placed") == []


def test_take_in_messages__refunded_in_parts__pays_back_what_was_paid() -> None:
    refund = {"order_id": "o-1", "products": [{"product_id": "P1"}]}
    send(track("Order Completed", user="u-1", properties=order(discount=999)))
    for number in range(3):
        send(track("Order Refunded", user="u-1", properties=refund), at=AT + timedelta(hours=number))

    assert sum(one.net_minor for one in payloads("order.returned")) == 8_001
    assert problems() == ["behavior.nothing_left"]


def test_take_in_messages__product_viewed__is_a_view() -> None:
    send(
        track(
            "Product Viewed",
            anon="a-1",
            properties={"product_id": "P1", "category": "원두", "name": "예가체프"},
        )
    )

    [viewed] = payloads("behavior.viewed")
    assert (viewed.product, viewed.category) == ("P1", "원두")
    assert details()[0].caused == (("view", "P1"),)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("Order Delivered", "delivered"), ("order_confirmed", "confirmed"), ("구매확정", "confirmed"),
        ("배송 완료", "delivered"),
    ],
)  # fmt: skip
def test_take_in_messages__how_far_an_order_has_come__is_noted_once(name: str, what: str) -> None:
    send(track("Order Completed", user="u-1", properties=order()))

    send(track(name, user="u-1", properties={"order_id": "o-1"}))
    send(track(name, user="u-1", properties={"order_id": "o-1"}), at=AT + timedelta(days=1))

    [told] = payloads(f"order.{what}")
    assert (told.source, told.number) == ("events", "o-1")
    assert [one.caused[0][0] for one in details()[-2:]] == [what, what]
    assert problems() == []


def test_take_in_messages__delivered_in_the_batch_of_its_order__comes_after_it() -> None:
    send(
        track("Order Delivered", user="u-1", properties={"order_id": "o-1"}),
        track("Order Completed", user="u-1", properties=order()),
    )

    assert len(payloads("order.delivered")) == 1
    assert problems() == []


@pytest.mark.parametrize(
    ("user", "number", "problem"),
    [
        ("u-1", "o-9", "behavior.order_missing"),
        ("u-2", "o-1", "behavior.order_missing"),
        ("u-1", "", "behavior.order_unnumbered"),
    ],
)
def test_take_in_messages__delivered_of_an_order_nobody_knows__is_kept_with_its_problem(
    user: str, number: str, problem: str
) -> None:
    send(track("Order Completed", user="u-1", properties=order()))

    send(track("Order Delivered", user=user, properties={"order_id": number}))

    assert problems() == [problem]
    assert payloads("order.delivered") == []
    assert len(payloads("behavior.tracked")) == 2


def test_take_in_messages__confirmed_what_came_back_or_before_it_was__is_kept_with_its_problem() -> None:
    told = {"order_id": "o-1"}
    send(track("Order Completed", user="u-1", properties=order(), original_at=AT))

    send(track("Order Delivered", user="u-1", properties=told, original_at=AT - timedelta(days=1)))
    assert problems() == ["order.before_placed"]
    send(track("Order Refunded", user="u-1", properties=told))
    send(track("Order Confirmed", user="u-1", properties=told), at=AT + timedelta(days=1))

    assert problems() == ["order.before_placed", "order.nothing_left"]
    assert [*payloads("order.delivered"), *payloads("order.confirmed")] == []
    assert len(payloads("behavior.tracked")) == 4
    assert [one.caused for one in details() if one.problems] == [(), ()]


def give(number: str, to: str) -> None:
    """Give an order to another member."""
    with write_transaction():
        owner = resolve_customers("external", [to], recorded_at=AT)[to]
    why = Why(new_id(), Actor(ActorKind.STAFF, "agent"), "남의 것이었어요")
    move_for_reason(find_order(f"events:{number}"), why, to=owner, at=AT)


def place(source: str, number: str, user: str) -> None:
    """Let a member have bought something elsewhere."""
    with write_transaction():
        owner = resolve_customers("external", [user], recorded_at=AT)[user]
        product = ensure_products(["P9"], recorded_at=AT)["P9"]
        line = LineDraft(product.id, "P9", "", 1_000, 1_000, 0, 1_000)
        place_orders([OrderDraft(owner, source, number, AT, "KRW", [line])], recorded_at=AT)


def test_take_in_messages__delivered_of_an_order_given_on__is_found_by_its_old_number() -> None:
    send(track("Order Completed", user="u-1", properties=order()))
    give("o-1", "u-2")
    give("o-1-moved", "u-3")

    for name, user in (("Order Delivered", "u-3"), ("Order Confirmed", "u-2"), ("Order Confirmed", "u-4")):
        send(track(name, user=user, properties={"order_id": "o-1"}), at=AT + timedelta(days=1))

    [delivered], [confirmed] = payloads("order.delivered"), payloads("order.confirmed")
    assert delivered.number == confirmed.number == "o-1-moved-moved"
    assert problems() == ["behavior.order_missing"]


def brought_back() -> dict[str, int]:
    """Return how much of each order has come back, in thousandths of a piece."""
    numbers = dict(Order.objects.values_list("id", "number"))
    back: Counter[str] = Counter()
    for order_id, quantity in ReturnLine.objects.values_list("order_id", "quantity_milli"):
        back[numbers[order_id or b""]] += quantity
    return dict(back)


@pytest.mark.parametrize("user", ["u-1", "u-2"])
def test_take_in_messages__refund_of_an_order_given_on__takes_it_back_from_who_has_it(user: str) -> None:
    send(track("Order Completed", user="u-1", properties=order()))
    give("o-1", "u-2")
    part = {"order_id": "o-1", "products": [{"product_id": "P1", "quantity": 1}]}

    send(track("Order Refunded", user=user, properties=part), at=AT + timedelta(days=1))
    send(track("Order Refunded", user="u-3", properties=part), at=AT + timedelta(days=1))

    # Given away it came back whole; of what stands there, one of the two.
    assert brought_back() == {"o-1": 2_000, "o-1-moved": 1_000}
    assert problems() == ["behavior.order_missing"]


def test_take_in_messages__refund_of_an_order_given_on_twice__takes_it_back_once() -> None:
    send(track("Order Completed", user="u-1", properties=order()))
    give("o-1", "u-2")
    give("o-1-moved", "u-3")

    for _ in range(2):
        send(track("Order Refunded", user="u-3", properties={"order_id": "o-1"}), at=AT + timedelta(days=1))

    assert brought_back() == dict.fromkeys(("o-1", "o-1-moved", "o-1-moved-moved"), 2_000)
    assert len(problems()) == 1


def test_take_in_messages__delivered_of_one_s_own_and_one_received__is_one_s_own() -> None:
    send(track("Order Completed", user="u-1", properties=order()))
    give("o-1", "u-2")
    place("shop", "o-1", "u-2")

    send(track("Order Delivered", user="u-2", properties={"order_id": "o-1"}), at=AT + timedelta(days=1))

    assert [(one.source, one.number) for one in payloads("order.delivered")] == [("shop", "o-1")]
    assert problems() == []


@pytest.mark.parametrize(
    ("early", "is_told"), [(timedelta(minutes=5), True), (timedelta(minutes=5, seconds=1), False)]
)
def test_take_in_messages__delivered_by_a_clock_that_is_behind__came_with_the_order(
    early: timedelta, is_told: bool
) -> None:
    send(track("Order Completed", user="u-1", properties=order(), original_at=AT))

    send(track("Order Delivered", user="u-1", properties={"order_id": "o-1"}, original_at=AT - early))

    told = Event.objects.filter(name="order.delivered").values_list("occurred_at", flat=True)
    placed = Event.objects.get(name="order.placed")
    assert list(told) == ([placed.occurred_at] if is_told else [])
    assert problems() == ([] if is_told else ["order.before_placed"])


def test_take_in_messages__delivered_by_a_key_that_may_only_send__opens_nothing() -> None:
    send(track("Order Completed", user="u-1", properties=order()))

    send(track("Order Confirmed", user="u-1", properties={"order_id": "o-1"}), sender=BROWSER)

    assert payloads("order.confirmed") == []
    assert problems() == ["behavior.key_may_not_order"]
