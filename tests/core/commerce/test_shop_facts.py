"""The shop's facts, changed in two windows at once."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection, connections

from dangol.core.commerce.models import Order
from dangol.core.commerce.shop_facts import CurrencyInUse, change_shop
from dangol.core.commerce.tills import Sale, SaleLine, ring_up
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.selectors import shop
from dangol.core.people.shops import lock_shop, set_shop
from dangol.core.storage.transactions import write_transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
OWNER = Actor(ActorKind.STAFF, "owner")
# So long the second window is given to come as far as it can.
A_MOMENT = 0.5


def test_change_shop__two_windows_at_once__keep_what_either_changed(transactional_db: None) -> None:
    set_shop(name="가게", zone="Asia/Seoul", currency="KRW", region="KR")

    def rename() -> None:
        try:
            change_shop(actor=OWNER, reason="둘째 창", at=AT, name="골목 빵집")
        finally:
            connections.close_all()

    other = threading.Thread(target=rename)
    with write_transaction():
        change_shop(actor=OWNER, reason="첫째 창", at=AT, zone="Asia/Tokyo")
        other.start()
        time.sleep(A_MOMENT)
    other.join()

    assert (shop().zone, shop().name) == ("Asia/Tokyo", "골목 빵집")


def ring(number: str = "1") -> None:
    """Ring up an order, in the currency that the shop has."""
    line = SaleLine("LATTE", 1_000, 4_500, 0, 4_500)
    ring_up([Sale(None, "till", number, AT, None, [line])], recorded_at=AT)


def change_currency() -> None:
    change_shop(actor=OWNER, reason="첫 설정", at=AT, currency="USD")


def beside(act: Callable[[], None], raised: list[BaseException]) -> threading.Thread:
    """Return a thread that does this in a transaction of its own, and keeps what it raises."""

    def run() -> None:
        try:
            with write_transaction():
                act()
        except Exception as error:
            raised.append(error)
        finally:
            connections.close_all()

    return threading.Thread(target=run)


def one_beside_the_other(first: Callable[[], None], second: Callable[[], None]) -> list[BaseException]:
    """Do the first and, before it is committed, begin the second; return what that raised."""
    set_shop(name="가게", zone="Asia/Seoul", currency="KRW", region="KR")
    raised: list[BaseException] = []
    other = beside(second, raised)
    with write_transaction():
        first()
        other.start()
        time.sleep(A_MOMENT)
    other.join()
    return raised


def currencies() -> tuple[str, list[str]]:
    """Return the shop's currency and those of its orders."""
    return shop().currency, list(Order.objects.values_list("currency", flat=True))


def test_currency__while_the_first_order_is_rung_up__stays(transactional_db: None) -> None:
    raised = one_beside_the_other(ring, change_currency)

    assert [type(one) for one in raised] == [CurrencyInUse]
    assert currencies() == ("KRW", ["KRW"])


def test_first_order__while_the_currency_is_changed__is_of_the_new_one(transactional_db: None) -> None:
    raised = one_beside_the_other(change_currency, ring)

    assert raised == []
    assert currencies() == ("USD", ["USD"])


def test_orders__after_the_first__do_not_wait_for_a_change(transactional_db: None) -> None:
    set_shop(name="가게", zone="Asia/Seoul", currency="KRW", region="KR")
    with write_transaction():
        ring("1")
    raised: list[BaseException] = []
    other = beside(lambda: ring("2"), raised)

    with write_transaction():
        lock_shop()
        other.start()
        other.join(A_MOMENT if connection.vendor == "sqlite" else 10 * A_MOMENT)
        has_waited = other.is_alive()
    other.join()

    assert raised == []
    assert has_waited == (connection.vendor == "sqlite")
    assert Order.objects.count() == 2


def test_currency__two_windows_at_once__is_that_of_the_later(transactional_db: None) -> None:
    set_shop(name="가게", zone="Asia/Seoul", currency="KRW", region="KR")
    raised: list[BaseException] = []
    others = [beside(change_currency, raised) for _ in range(3)]

    for other in others:
        other.start()
    for other in others:
        other.join()

    assert raised == []
    assert shop().currency == "USD"
