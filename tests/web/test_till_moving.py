"""A sale at the till given to the member who made it: by whoever rang it up, within the minutes."""

from datetime import timedelta

import pytest
from django.test import Client

from dangol.core.commerce.acts import acts_of
from dangol.core.commerce.selectors import find_order
from dangol.core.storage.ids import show_id
from dangol.rooms.rewards.promotions.models import CounterSale
from tests.web.staff import sign_in
from tests.web.story import NOW, Story
from tests.web.till_counter import Till, read
from tests.web.till_shop import coupon_for, let_checkout

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def till(clerk: Client, story: Story) -> Till:
    let_checkout()
    return Till(clerk, story.newcomer)


def test_move__of_a_sale_with_a_coupon__is_refused_in_words(till: Till, story: Story) -> None:
    number = till.sold(coupon=coupon_for(till.customer_id))

    answer = till.client.post(f"/till/sales/{number}/move", {"to": show_id(story.regular)})

    assert answer.status_code == 409
    assert "다른 회원에게 옮길 수 없어요" in read(answer)
    assert "다른 회원에게 옮기기" not in read(till.client.get(f"/till/sales/{number}"))


def test_move__by_who_rang_it_up__is_written_down_and_stays_theirs(till: Till, story: Story) -> None:
    number, to = till.sold(), story.regular
    [before] = CounterSale.objects.all()
    CounterSale.objects.update(rung_at=NOW - timedelta(minutes=20))

    answers = [till.client.post(f"/till/sales/{number}/move", {"to": show_id(to)}) for _ in range(2)]

    assert [one.status_code for one in answers] == [302, 302]
    order, made = find_order(f"till:{number}"), find_order(f"till:{number}-moved")
    rung = CounterSale.objects.get(order_id=made.id)
    assert (rung.customer_id, rung.rung_by) == (to, before.rung_by)
    assert rung.rung_at == NOW - timedelta(minutes=20), "moving makes it no younger"
    assert [(one.act, one.other_order_id) for one in acts_of(order.customer_id, order.id)] == [
        ("moved", made.id)
    ]
    assert [(one.act, one.reason) for one in acts_of(to, made.id)] == [("received", "다른 회원이었어요")]


def test_move__by_another_or_later__is_refused_and_has_no_button(
    till: Till, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, to = f"/till/sales/{till.sold()}", {"to": show_id(story.regular)}
    other = sign_in(Client(headers={"accept-language": "ko"}), "other")
    assert "다른 회원에게 옮기기" in read(till.client.get(page))

    by_another = other.post(f"{page}/move", to)
    monkeypatch.setattr("dangol.web.frame.now", lambda: NOW + timedelta(minutes=31))
    late = till.client.post(f"{page}/move", to)

    assert (by_another.status_code, late.status_code) == (409, 409)
    assert "다른 직원이 판매한 것이라" in read(by_another)
    assert "판매한 지 30분이 지나서" in read(late)
    assert "다른 회원에게 옮기기" not in read(late)
    assert CounterSale.objects.count() == 1
