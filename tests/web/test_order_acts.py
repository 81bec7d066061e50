"""Putting orders right on their page: taken back, moved, claimed; previewed first, for a reason, once."""

import csv
import io
import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dangol.core.access.models import AccessEntry
from dangol.core.access.rights import Role
from dangol.core.commerce.models import Order, OrderAct, Return
from dangol.core.commerce.takeout import read_orders
from dangol.core.commerce.tills import Sale, SaleLine, ring_up
from dangol.core.people.selectors import list_stores
from dangol.core.storage.ids import new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.promotions.models import Sale as CheckoutSale
from dangol.web.day_spans import Between
from dangol.web.reads.orders import OrderQuery, points_of, read_order_page, walk_orders
from tests.web.seeking import seek
from tests.web.staff import sign_in
from tests.web.story import NOW, Story
from tests.web.test_by_hand import form_in
from tests.web.test_till import points_of as balance_of, sell
from tests.web.till_shop import let_checkout, offer, sell_with_coupon

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def agent(story: Story) -> Client:
    return sign_in(Client(headers={"accept-language": "ko"}), "agent", Role.AGENT)


def order_of(story: Story, place: int = 3) -> Order:
    """Return an order of the regular's of which nothing came back, and which has earned something."""
    number = f"1501-{place}"
    return Order.objects.get(customer_id=story.regular, number=number)


def points(order: Order) -> int:
    return points_of([(order.customer_id, order.id)]).get(order.id, 0)


def ring_guest(number: str, days: float) -> None:
    """Ring up a guest's sale so many days ago."""
    line = SaleLine("1", 1_000, 5_000, 0, 5_000)
    sale = Sale(None, "pos", number, NOW - timedelta(days=days), "USD", [line])
    with write_transaction():
        ring_up([sale], recorded_at=NOW)


def test_undo__looked_at_first__reverses_once_for_a_reason(agent: Client, story: Story) -> None:
    order = order_of(story)
    earned, path = points(order), f"/order-acts/undo/till/{order.number}"
    assert earned > 0

    page = agent.get(path).content.decode()
    assert f"{earned}P → 0P" in page
    assert points(order) == earned
    assert not OrderAct.objects.exists()
    form = form_in(page)
    refused = agent.post(path, {"form": form, "reason": " "})
    assert refused.status_code == 422
    assert 'name="reason"' in refused.content.decode()
    for _ in range(2):
        answer = agent.post(path, {"form": form, "reason": "잘못 찍음"})
        assert answer["Location"] == f"/orders/till/{order.number}"

    assert points(order) == 0
    assert Return.objects.filter(customer_id=story.regular, number=f"{order.number}-undo").count() == 1
    page = agent.get(answer["Location"]).content.decode()
    assert "잘못 찍음" in page
    assert OrderAct.objects.get().actor == "agent"
    assert "order-acts/undo" not in page
    line = next(one for one in read_order_page(OrderQuery(number=order.number)).lines)
    assert (line.points, line.state) == (0, "whole")
    told = next(one for one in read_orders([story.regular]) if one["number"] == order.number)["acts"]
    assert [(one["act"], one["reason"]) for one in told] == [("undone", "잘못 찍음")]
    again = agent.get(path)
    assert again.status_code in (HTTPStatus.OK, 422)


def test_move__to_the_right_member__reversed_here_and_earned_there(agent: Client, story: Story) -> None:
    order, to = order_of(story), story.customers["1502"]
    path = f"/order-acts/move/till/{order.number}"
    page = seek(agent, path, "1502").content.decode()
    assert f"?to={show_id(to)}" in page

    page = agent.get(f"{path}?to={show_id(to)}").content.decode()
    assert "새로 적립할 포인트" in page
    assert not Order.objects.filter(customer_id=to, number=f"{order.number}-moved").exists()
    given = {"form": form_in(page), "to": show_id(to), "reason": "다른 분 것"}
    places = {agent.post(path, given)["Location"] for _ in range(2)}

    assert places == {f"/orders/till/{order.number}-moved"}
    moved = Order.objects.get(customer_id=to, number=f"{order.number}-moved")
    assert moved.placed_at == order.placed_at
    assert points(order) == 0
    assert points(moved) > 0
    assert sorted(OrderAct.objects.values_list("act", flat=True)) == ["moved", "received"]
    page = agent.get(places.pop()).content.decode()
    assert "다른 회원에게서 옮겨 왔어요" in page
    assert f"/orders/till/{order.number}" in page


def test_move__of_a_sale_of_the_checkout__moves_what_promotions_gave_too(
    agent: Client, clerk: Client, story: Story
) -> None:
    let_checkout()
    offer({"kind": "points", "points": 500})
    before = balance_of(story.newcomer)
    number = sell(clerk, story.newcomer)
    assert balance_of(story.newcomer) >= before + 500
    path, to = f"/order-acts/move/till/{number}", story.customers["1511"]

    page = agent.get(f"{path}?to={show_id(to)}").content.decode()
    given = {"form": form_in(page), "to": show_id(to), "reason": "다른 분 것"}
    places = {agent.post(path, given)["Location"] for _ in range(2)}

    assert places == {f"/orders/till/{number}-moved"}
    assert balance_of(story.newcomer) == before, "what the promotion gave went back"
    states = CheckoutSale.objects.order_by("reserved_at").values_list("customer_id", "state")
    assert sorted(states) == sorted([(story.newcomer, "canceled"), (to, "committed")])
    assert sorted(OrderAct.objects.values_list("act", "reason")) == [
        ("moved", "다른 분 것"),
        ("received", "다른 분 것"),
    ]


def test_move__of_a_sale_that_used_a_coupon__is_refused_in_words(agent: Client, story: Story) -> None:
    number = sell_with_coupon(story.newcomer)

    answer = agent.get(f"/order-acts/move/till/{number}?to={show_id(story.regular)}")

    assert answer.status_code == 422
    assert "다른 회원에게 옮길 수 없어요" in answer.content.decode()


@pytest.mark.parametrize(("days", "status"), [(13.9, HTTPStatus.FOUND), (14.1, 422)])
def test_claim__late_receipt__once_within_the_days(
    agent: Client, story: Story, days: float, status: int
) -> None:
    ring_guest("G-1", days)
    path, to = "/order-acts/claim/pos/G-1", show_id(story.newcomer)
    assert "order-acts/claim" in agent.get("/orders/pos/G-1").content.decode()

    preview = agent.get(f"{path}?to={to}")
    given = {"form": show_id(new_id()), "to": to, "reason": "영수증을 가져오심"}
    answer = agent.post(path, given)

    assert answer.status_code == status
    assert (preview.status_code == HTTPStatus.OK) is (status == HTTPStatus.FOUND)
    if status == HTTPStatus.FOUND:
        assert agent.post(path, given).status_code == HTTPStatus.FOUND
        assert Order.objects.get(number="G-1").customer_id == story.newcomer
        other = agent.get(f"{path}?to={show_id(story.regular)}")
        assert other.status_code == 422
        assert "이미 회원의 것이에요" in other.content.decode()
        assert OrderAct.objects.get().act == "claimed"
    else:
        assert "14일이 지난 영수증이에요" in answer.content.decode()
        assert not OrderAct.objects.exists()


def test_acts__what_cannot_be__is_told_in_words(agent: Client, story: Story) -> None:
    order = order_of(story)
    same = agent.get(f"/order-acts/move/till/{order.number}?to={show_id(story.regular)}")
    assert same.status_code == 422
    assert "이미 이 회원의 것이에요" in same.content.decode()
    for path in ("/order-acts/undo/till/nothing", f"/order-acts/move/till/{order.number}?to=x"):
        assert agent.get(path).status_code == HTTPStatus.NOT_FOUND
    assert agent.post(f"/order-acts/undo/till/{order.number}", {"reason": "x"}).status_code == 404
    analyst = sign_in(Client(), "analyst", Role.ANALYST)
    assert analyst.get(f"/order-acts/undo/till/{order.number}").status_code == HTTPStatus.FORBIDDEN
    Order.objects.filter(number=order.number).update(store_id=list_stores()[0].id)
    away = sign_in(Client(), "there", Role.STORE, store_id=new_id())
    assert away.get(f"/order-acts/undo/till/{order.number}").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("limit", [3, 500])
def test_list__days__those_only_along_the_index(story: Story, limit: int) -> None:
    between = Between(NOW - timedelta(days=40), NOW - timedelta(days=20))
    query = OrderQuery(placed=between)

    found = [line.id for line in walk_orders(query, size=limit)]

    placed = Order.objects.filter(placed_at__gte=between.since, placed_at__lt=between.until)
    assert found == list(placed.order_by("-placed_at", "-id").values_list("id", flat=True))
    assert len(found) > 20


def test_list__points__of_each_order_by_one_statement(clerk: Client, story: Story) -> None:
    counts = set()
    for limit in (2, 50):
        with CaptureQueriesContext(connection) as statements:
            page = read_order_page(OrderQuery(), limit=limit)
        counts.add(len(statements))
    assert len(counts) == 1
    assert any(line.points for line in page.lines)
    shown = clerk.get("/orders?placed=30d").content.decode()
    assert re.search(r"\+\d+P", shown)
    assert (
        "조건에 맞는 주문이 없어요" in clerk.get("/orders?placed=days&placed_to=2020-01-01").content.decode()
    )


def test_csv__orders__as_on_the_page_and_in_the_access_log(clerk: Client, story: Story) -> None:
    answer = clerk.get("/orders.csv?placed=days&placed_from=2026-11-01&q=")

    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    begin = NOW.replace(day=1, hour=4, minute=0)
    lines = list(walk_orders(OrderQuery(placed=Between(since=begin))))
    assert [row["주문"] for row in rows] == [line.number for line in lines]
    assert [row["포인트"] for row in rows] == ["" if one.points is None else str(one.points) for one in lines]
    assert "김하늘" not in text
    kept = AccessEntry.objects.get()
    assert kept.reason == "orders.csv?placed=days&placed_from=2026-11-01"
    assert kept.people == len({line.customer_id for line in lines})
    keeper = sign_in(Client(), "keeper", Role.STORE)
    assert keeper.get("/orders.csv").status_code == HTTPStatus.FORBIDDEN
