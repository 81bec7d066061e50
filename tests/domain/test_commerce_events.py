"""Known commerce events: exact amounts, or refused in words."""

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from dangol.domain.commerce_events import (
    AmountsDisagree,
    AmountUnclear,
    CurrencyUnknown,
    Item,
    NoProducts,
    NothingLeft,
    OrderUnnumbered,
    QuantityUnclear,
    Refunded,
    RefundTooMuch,
    RefundUnclear,
    Share,
    Sold,
    Viewed,
    read_commerce,
    read_refund,
    share_discount,
)
from dangol.domain.errors import DomainError
from tests.sizes import SIZE

PLACES = {"KRW": 0, "USD": 2, "KWD": 3}.get
# The order of Segment's own documentation of `Order Completed` (v2 ecommerce spec): its numbers.
SPEC: dict[str, Any] = {
    "checkout_id": "fksdjfsdjfisjf9sdfjsd9f", "order_id": "50314b8e9bcf000000000000",
    "affiliation": "Google Store", "total": 27.5, "subtotal": 22.5, "revenue": 25, "shipping": 3, "tax": 2,
    "discount": 2.5, "coupon": "hasbros", "currency": "USD",
    "products": [
        {"product_id": "507f1f77bcf86cd799439011", "sku": "45790-32", "name": "Monopoly: 3rd Edition",
         "price": 19, "quantity": 1, "category": "Games"},
        {"product_id": "505bd76785ebb509fc183733", "sku": "46493-32", "name": "Uno Card Game", "price": 3,
         "quantity": 2, "category": "Games"},
    ],
}  # fmt: skip


def order(**changed: Any) -> dict[str, Any]:
    return {"order_id": "1", "currency": "USD", "products": [{"sku": "A", "price": "9.99"}], **changed}


def read(name: str, properties: dict[str, Any], currency: str = "KRW") -> Any:
    return read_commerce(name, properties, currency=currency, places=PLACES)


def test_order_completed__of_the_spec__to_the_cent() -> None:
    assert read("Order Completed", SPEC) == Sold(
        "50314b8e9bcf000000000000",
        "USD",
        (
            Item("507f1f77bcf86cd799439011", "Monopoly: 3rd Edition", "Games", 1_000, 1_900),
            Item("505bd76785ebb509fc183733", "Uno Card Game", "Games", 2_000, 600),
        ),
        250,
    )


@pytest.mark.parametrize(
    ("price", "currency", "minor"),
    [("9.99", "USD", 999), (9.99, "USD", 999), (10, "USD", 1_000), ("4500", "KRW", 4_500),
     ("4500.00", "KRW", 4_500),
     (0, "KRW", 0), ("1.234", "KWD", 1_234), (0.07, "USD", 7), ("12.5", "usd", 1_250)],
)  # fmt: skip
def test_order_completed__an_amount__in_minor_units(price: Any, currency: str, minor: int) -> None:
    sold = read("order completed", order(currency=currency, products=[{"sku": "A", "price": price}]))

    assert sold.items[0].amount_minor == minor


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"order_id": None}, OrderUnnumbered),
        ({"order_id": "x" * 65}, OrderUnnumbered),
        ({"products": None}, NoProducts),
        ({"products": []}, NoProducts),
        ({"products": [{"price": 1}]}, NoProducts),
        ({"products": ["A"]}, NoProducts),
        ({"products": [{"sku": "A"}]}, AmountUnclear),
        ({"products": [{"sku": "A", "price": "1,000"}]}, AmountUnclear),
        ({"products": [{"sku": "A", "price": "1e3"}]}, AmountUnclear),
        ({"products": [{"sku": "A", "price": 1.005}]}, AmountUnclear),
        ({"products": [{"sku": "A", "price": -1}]}, AmountUnclear),
        ({"products": [{"sku": "A", "price": True}]}, AmountUnclear),
        ({"products": [{"sku": "A", "price": "10.5"}], "currency": "KRW"}, AmountUnclear),
        ({"products": [{"sku": "A", "price": 1, "quantity": 0}]}, QuantityUnclear),
        ({"products": [{"sku": "A", "price": 1, "quantity": "two"}]}, QuantityUnclear),
        ({"currency": "WON"}, CurrencyUnknown),
        ({"revenue": "9.98"}, AmountsDisagree),
        ({"total": 20}, AmountsDisagree),
        ({"discount": 10}, AmountsDisagree),
    ],
)  # fmt: skip
def test_order_completed__what_does_not_add_up__is_refused(
    changed: dict[str, Any], refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        read("Order Completed", order(**changed))


@pytest.mark.parametrize(
    ("name", "properties", "meant"),
    [
        ("Product Viewed", {"product_id": "P", "category": "Games"}, Viewed("P", "Games")),
        ("Product List Viewed", {"category": "Games"}, Viewed("", "Games")),
        ("Product Viewed", {}, None),
        ("Order Refunded", {"order_id": 7}, Refunded("7", (), None, "")),
        ("Order Refunded", {"order_id": 7, "total": 30, "refund_id": "r"}, Refunded("7", (), 30, "r")),
        ("order_refunded", {"order_id": "7", "products": [{"sku": "A", "quantity": 2}]},
         Refunded("7", (("A", 2_000),), None, "")),
        ("Something Else", {"order_id": "7"}, None),
    ],
)  # fmt: skip
def test_read_commerce__other_events__as_they_are_meant(
    name: str, properties: dict[str, Any], meant: Any
) -> None:
    assert read(name, properties) == meant


LINES = [Share(1, "A", 2_000, 1_001, 0, 0), Share(2, "B", 1_000, 500, 0, 0)]


def refund(*products: tuple[str, int], total: int | None = None) -> Refunded:
    return Refunded("1", products, total, "")


def test_read_refund__of_the_whole__all_that_is_left() -> None:
    left = [LINES[0]._replace(returned_milli=1_000, returned_minor=500), LINES[1]]

    parts = read_refund(refund(), left)

    assert [(line.number, milli, minor) for line, milli, minor in parts] == [(1, 1_000, 501), (2, 1_000, 500)]


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        (refund(("A", 3_000)), RefundTooMuch),
        (refund(("C", 1_000)), RefundTooMuch),
        (refund(total=100), RefundUnclear),
    ],
)
def test_read_refund__more_than_is_left_or_unclear__is_refused(
    told: Refunded, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        read_refund(told, LINES)


def test_read_refund__nothing_left__is_refused() -> None:
    with pytest.raises(NothingLeft):
        read_refund(refund(), [LINES[1]._replace(returned_milli=1_000)])


@given(st.integers(1, 50), st.integers(0, 10**9), st.data())
@settings(max_examples=SIZE.examples, deadline=None)
def test_read_refund__one_by_one__pays_back_what_was_paid(count: int, paid: int, data: st.DataObject) -> None:
    line, back = Share(1, "A", count * 1_000, paid, 0, 0), 0
    while line.returned_milli < line.quantity_milli:
        units = data.draw(st.integers(1, count - line.returned_milli // 1_000))
        [(_, milli, minor)] = read_refund(refund(("A", units * 1_000)), [line])
        back += minor
        line = line._replace(
            returned_milli=line.returned_milli + milli, returned_minor=line.returned_minor + minor
        )

    assert back == paid


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20), st.data())
@settings(max_examples=SIZE.examples, deadline=None)
def test_share_discount__of_any__makes_the_whole(paid: list[int], data: st.DataObject) -> None:
    discount = data.draw(st.integers(0, sum(paid)))

    nets = share_discount(paid, discount)

    assert sum(nets) == sum(paid) - discount
    assert all(0 <= net <= one for net, one in zip(nets, paid, strict=True))
