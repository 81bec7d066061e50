"""The list of orders and the page of one: whole, found by number, and of one's own store only."""

from http import HTTPStatus

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.commerce.models import Order
from dangol.core.people.selectors import list_stores
from dangol.core.storage.ids import show_id
from dangol.web.reads.orders import OrderQuery, read_order_page
from tests.web.staff import sign_in
from tests.web.story import Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.mark.parametrize("limit", [1, 4, 50])
def test_list__pages__walk_all_orders_once_latest_first(story: Story, limit: int) -> None:
    query, found = OrderQuery(), []
    while True:
        page = read_order_page(query, limit=limit)
        found += [line.id for line in page.lines]
        if not page.next_after:
            break
        query = query._replace(after=page.next_after)

    placed = sorted(Order.objects.values_list("placed_at", "id"), reverse=True)
    assert found == [order_id for _at, order_id in placed]
    assert len(found) > 4


@pytest.mark.parametrize("after", ["", "x", "é", "0" * 40])
def test_list__place_that_makes_no_sense__begins_anew(clerk: Client, story: Story, after: str) -> None:
    assert read_order_page(OrderQuery(after=after)) == read_order_page(OrderQuery())
    assert clerk.get("/orders", {"after": after}).status_code == HTTPStatus.OK


def test_list__number__finds_it_whatever_its_source(clerk: Client, story: Story) -> None:
    one = Order.objects.filter(customer_id=story.regular).first()
    assert one

    assert {line.number for line in read_order_page(OrderQuery(number=one.number)).lines} == {one.number}
    assert read_order_page(OrderQuery(number=one.number[:-1] + "~")).lines == []
    assert "조건에 맞는 주문이 없어요" in clerk.get("/orders", {"q": "nothing"}).content.decode()


def test_order__of_another_store__is_not_there(story: Story) -> None:
    store = list_stores()[0]
    other = next((one for one in list_stores() if one.id != store.id), None)
    one = Order.objects.filter(customer_id=story.regular).first()
    assert one
    Order.objects.filter(customer_id=one.customer_id, id=one.id).update(store_id=store.id)
    elsewhere = other.id if other else b"\x01" * 16
    at_home = sign_in(Client(), "here", Role.STORE, store_id=store.id)
    away = sign_in(Client(), "there", Role.STORE, store_id=elsewhere)
    address = f"/orders/{one.source}/{one.number}"

    assert at_home.get(address).status_code == HTTPStatus.OK
    assert away.get(address).status_code == HTTPStatus.NOT_FOUND
    shown = read_order_page(OrderQuery(bound_to=elsewhere), limit=500).lines
    assert show_id(one.id) not in {show_id(line.id) for line in shown}
    assert one.id in {line.id for line in read_order_page(OrderQuery(bound_to=store.id), limit=500).lines}


def test_order__unknown__is_not_found(clerk: Client, story: Story) -> None:
    assert clerk.get("/orders/till/no/such").status_code == HTTPStatus.NOT_FOUND
