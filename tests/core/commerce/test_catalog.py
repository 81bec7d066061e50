"""The catalog: one row for each number, however many tell us of it at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connections

from dangol.core.commerce.catalog import ensure_products, find_products, upsert_products
from dangol.core.commerce.drafts import ProductDraft, ProductRef
from dangol.core.commerce.models import Product
from dangol.core.storage.transactions import write_transaction
from tests.core.commerce.shop import DAY, MORNING, stock
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)
Answer = TypeVar("Answer")
ROUNDS = 20


def at_once(*acts: Callable[[], Answer]) -> list[Answer]:
    """Run the acts at the same instant, each in a transaction and on a connection of its own."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], Answer]) -> Answer:
        barrier.wait(PATIENCE)
        try:
            with write_transaction():
                return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_upsert_products__two_writers_in_opposite_orders__one_row_each_and_no_deadlock() -> None:
    numbers = [f"P{number:03d}" for number in range(300)]
    named = {name: [ProductDraft(number, name, "음료") for number in numbers] for name in ("one", "other")}
    named["other"].reverse()

    def upsert(name: str) -> dict[str, ProductRef]:
        return upsert_products(named[name], recorded_at=MORNING)

    for _ in range(ROUNDS):  # all are new in the first round of all, and known in the others
        one, other = at_once(lambda: upsert("one"), lambda: upsert("other"))
        assert one == other == find_products(numbers)

    assert Product.objects.count() == len(numbers)
    assert Product.objects.values("name").distinct().count() == 1, "the later holds, as a whole"


def test_upsert_products__two_writers_each_with_something_new__one_row_each() -> None:
    for number in range(ROUNDS):
        one = [ProductDraft(f"{number}-{place}") for place in range(20)]
        both = at_once(
            lambda one=one: upsert_products(one, recorded_at=MORNING),  # type: ignore[misc]
            lambda one=one: upsert_products(one[::-1], recorded_at=MORNING),  # type: ignore[misc]
        )
        assert both[0] == both[1]

    assert Product.objects.count() == ROUNDS * 20


def test_upsert_products__told_again__changes_what_is_said_and_keeps_the_id() -> None:
    first = stock()

    with write_transaction():
        again = upsert_products([ProductDraft("A1", "롱블랙", "커피")], recorded_at=MORNING + DAY)

    assert again == {"A1": ProductRef(first["A1"].id, "커피")}
    stored = Product.objects.get(number="A1")
    assert (stored.name, stored.category, stored.updated_at) == ("롱블랙", "커피", MORNING + DAY)


def test_ensure_products__known_and_unknown__only_the_unknown_are_added() -> None:
    shelf = stock()

    with write_transaction():
        found = ensure_products(["A1", "Z9"], recorded_at=MORNING + DAY)

    assert found["A1"] == shelf["A1"]
    assert Product.objects.get(id=found["Z9"].id).number == "Z9"
    assert Product.objects.get(number="A1").name == "아메리카노"
