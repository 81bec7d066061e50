"""Gift cards and store credit at the till: they pay, are left out in place, and come back as they were."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from dangol.core.storage.ids import show_id
from dangol.domain.promotions.carts import Cart, Line
from dangol.rooms.rewards.promotions.asking import Asked, ask
from dangol.rooms.rewards.promotions.models import Sale, SaleState
from dangol.rooms.rewards.promotions.sales import reserve
from dangol.rooms.rewards.stored_value.cards import CardDraft, Issued, sell_card
from dangol.rooms.rewards.stored_value.codes import refs_of
from dangol.rooms.rewards.stored_value.credit import give_credit
from dangol.rooms.rewards.stored_value.selectors import credit_of, find_card
from tests.web.gift_cards import BY
from tests.web.story import NOW, Story
from tests.web.till_counter import Till, fields, read
from tests.web.till_shop import give, let_checkout

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def till(clerk: Client, story: Story) -> Till:
    let_checkout()
    return Till(clerk, story.newcomer)


def card(minor: int) -> Issued:
    return sell_card(CardDraft(minor, "USD"), by=BY)


def on_card(one: Issued) -> int:
    return find_card(one.id, at=NOW).open_minor


def on_credit(till: Till) -> int:
    return sum(one.minor for one in credit_of(till.customer_id, at=NOW))


def test_preview__card_and_credit_and_points__say_what_is_left_to_pay(till: Till) -> None:
    one = card(3_000)
    give(till.customer_id, 5_000)
    give_credit(till.customer_id, 1_500, "USD", key="k", reason="사과", by=BY)

    told = till.preview(card=one.code.lower(), credit="1", points="1000")
    page = read(till.client.get(till.page, {"amount": "100"}))

    assert "낼 금액 $45" in told
    assert f"상품권 •••• {one.code[-4:]} −$30" in told
    assert "예치금으로 냄 −$15" in told
    assert "$15 있어요" in page
    assert not Sale.objects.exists()


def test_sale__with_a_card_that_does_not_pay__is_sold_without_it_and_with_the_others(till: Till) -> None:
    good, used = card(3_000), card(2_000)
    till.sold(card=used.code, amount="20")
    told = till.preview(card=f"{used.code} {good.code}, GC-0000")
    key = str(uuid4())

    number = till.sold(card=f"{used.code} {good.code}", key=key, seen="7000")
    again = till.sold(card=f"{used.code} {good.code}", key=key, seen="7000")

    assert f"상품권 •••• {used.code[-4:]}은(는) 빼고 계산했어요" in told
    assert "상품권에 남은 금액이 없어요." in told
    assert "그런 상품권을 찾지 못했어요." in told
    receipt = read(till.client.get(f"/till/sales/{number}", {"left_out": used.code[-4:]}))

    assert f"상품권 •••• {used.code[-4:]}은(는) 빼고 계산했어요" in receipt
    assert number == again
    assert (on_card(good), on_card(used)) == (0, 0)
    assert Sale.objects.count() == 2


def test_undo__of_a_sale_paid_by_card_and_credit__gives_both_back(till: Till) -> None:
    one = card(3_000)
    give_credit(till.customer_id, 1_500, "USD", key="k", reason="사과", by=BY)
    number = till.sold(card=one.code, credit="1")
    assert (on_card(one), on_credit(till)) == (0, 0)

    till.client.post(f"/till/sales/{number}/undo", {"reason": "잘못"})
    receipt = read(till.client.get(f"/till/sales/{number}"))

    assert (on_card(one), on_credit(till)) == (3_000, 1_500)
    assert "상품권과 예치금으로 되돌아감 $45" in receipt


def test_return__as_credit__is_told_before_and_given(till: Till) -> None:
    one = card(3_000)
    number = till.sold(card=one.code)
    form = {"form": show_id(uuid4().bytes), "amount": "100", "as_credit": "1"}

    looked = read(till.client.post(f"/till/sales/{number}/return", {**form, "do": "look"}))
    assert on_credit(till) == 0
    till.client.post(f"/till/sales/{number}/return", {**form, "do": "return"})

    receipt = read(till.client.get(f"/till/sales/{number}"))

    assert "돈 $70 그 가운데 예치금으로 $70 상품권과 예치금으로 되돌아감 $30" in receipt
    assert "이 판매 되돌리기" not in receipt
    assert "그 가운데 예치금으로 $70" in looked
    assert "상품권과 예치금으로 되돌아감 $30" in looked
    assert (on_card(one), on_credit(till)) == (3_000, 7_000)


def test_sale__card_that_does_not_pay_and_nobody_saw_it__is_asked_again(till: Till) -> None:
    used = card(2_000)
    till.sold(card=used.code, amount="20")

    answer = till.sell(card=used.code)

    assert answer.status_code == 409
    assert "상품권에 남은 금액이 없어요." in read(answer)
    assert 'name="seen" value="10000"' in answer.content.decode()
    assert Sale.objects.filter(state=SaleState.COMMITTED).count() == 1


@pytest.mark.parametrize("points", ["", "1000"])
def test_sale__card_emptied_by_another_till_meanwhile__is_told_and_not_sold_without(
    till: Till, monkeypatch: pytest.MonkeyPatch, points: str
) -> None:
    one = card(3_000)
    give(till.customer_id, 5_000)

    def emptied_after(*asked: Any, **more: Any) -> Any:
        answer = ask(*asked, **more)
        monkeypatch.setattr("dangol.web.reads.till.ask", ask)
        cart = Cart("USD", (Line("one", "coffee", 3_000, 1),))
        reserve(Asked(cart=cart, as_of=NOW, gift_cards=refs_of([one.code])), at=NOW)
        return answer

    monkeypatch.setattr("dangol.web.reads.till.ask", emptied_after)
    answer = till.sell(card=one.code, points=points)

    assert answer.status_code == 409
    assert "상품권에 남은 금액이 없어요." in read(answer)
    assert not Sale.objects.filter(customer_id=till.customer_id).exists()


def test_sale__several_cards_and_a_part_of_the_credit__pay_that_much(till: Till) -> None:
    first, second = card(3_000), card(2_000)
    give_credit(till.customer_id, 1_500, "USD", key="k", reason="사과", by=BY)
    put_in = till.client.post(
        f"{till.page}/preview", fields(put_card=first.code, card=second.code, do="card")
    )

    page = put_in.content.decode()
    assert page.count('name="put_card"') == 2
    assert 'name="card" value=""' in page
    told = till.preview(put_card=[first.code, second.code], credit="1", credit_amount="4.50")
    assert "낼 금액 $45.50" in told
    till.sold(put_card=[first.code, second.code], credit="1", credit_amount="4.50", seen="4550")
    assert (on_card(first), on_card(second), on_credit(till)) == (0, 0, 1_050)


def test_preview__card_taken_out_again__does_not_pay(till: Till) -> None:
    first, second = card(3_000), card(2_000)
    sale = fields(put_card=[first.code, second.code], do="drop-card:0")

    page = till.client.post(f"{till.page}/preview", sale).content.decode()

    assert f'value="{first.code}"' not in page
    assert f'name="put_card" value="{second.code}"' in page


def test_sale__a_part_of_the_credit_that_cannot_be_read__is_not_sold(till: Till) -> None:
    give_credit(till.customer_id, 1_500, "USD", key="k", reason="사과", by=BY)

    answer = till.sell(credit="1", credit_amount="x")

    assert answer.status_code == 422
    assert 'aria-describedby="credit-no"' in answer.content.decode()
    assert not Sale.objects.exists()
