"""The list of orders and the page of one: whole, found by number, and of one's own store only."""

from http import HTTPStatus

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.commerce.catalog import upsert_products
from dangol.core.commerce.drafts import LineDraft, OrderDraft, ProductDraft
from dangol.core.commerce.models import Order
from dangol.core.commerce.services import place_orders
from dangol.core.people.selectors import list_stores
from dangol.core.storage.ids import show_id
from dangol.core.storage.transactions import write_transaction
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


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ko", "이 통화로 산 것을 세는 적립 프로그램이 없어서"),
        ("en", "No program counts purchases in this currency"),
    ],
)
def test_order__in_a_currency_no_program_counts__says_why_nothing_was_earned(
    clerk: Client, story: Story, language: str, said: str
) -> None:
    placed_at = Order.objects.latest("placed_at").placed_at
    with write_transaction():
        product = upsert_products([ProductDraft("Y1", "유자차")], recorded_at=placed_at)["Y1"]
        line = LineDraft(product.id, "Y1", "", 1_000, 5_000, 0, 5_000)
        draft = OrderDraft(story.regular, "pos", "yen", placed_at, "JPY", [line])
        place_orders([draft], recorded_at=placed_at)
    own = clerk.get("/orders/pos/yen", headers={"accept-language": language}).content.decode()
    others = clerk.get(f"/members/{show_id(story.regular)}?tab=orders", headers={"accept-language": language})

    assert said in own
    assert others.content.decode().count(said) == 1
