"""A sale at the till: promotions, coupons and points together; refused in place, undone and returned."""

import re
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from dangol.core.commerce.acts import acts_of
from dangol.core.commerce.models import Order, OrderLine
from dangol.core.commerce.selectors import find_order
from dangol.core.storage.ids import show_id
from dangol.domain.coupon_codes import normalize
from dangol.rooms.rewards.coupons.models import CouponUse
from dangol.rooms.rewards.promotions.counter import confirmation_of, sale_of
from dangol.rooms.rewards.promotions.models import CounterSale, Sale
from tests.web.staff import sign_in
from tests.web.story import NOW, Story
from tests.web.till_counter import Till, fields, read
from tests.web.till_shop import coupon_for, give, let_checkout, offer, percent, spendable

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def till(clerk: Client, story: Story) -> Till:
    let_checkout()
    return Till(clerk, story.newcomer)


def test_preview__coupon_points_and_promotion__together_in_words(till: Till) -> None:
    offer(percent(20))
    code = coupon_for(till.customer_id)
    give(till.customer_id, 5_000)

    told = till.preview(coupon=code, points="1000")

    assert "낼 금액 $62" in told
    assert "$20 할인 가을 행사" in told
    assert f"$8 할인 단골 반값 · {code}" in told
    assert "1,000P (−$10)" in told
    assert "적립하면 +72P" in told
    assert "가을 행사 · 1판" in told
    assert not Sale.objects.exists()


def test_page__own_coupons_and_terms__are_there_to_choose(till: Till, story: Story) -> None:
    code, other = coupon_for(till.customer_id), coupon_for(story.regular, name="남의 쿠폰")

    page = read(till.client.get(till.page, {"amount": "100"}))

    assert f"10% 할인 {code}" in page
    assert other not in page
    assert "1P = $0.01 · 100P부터 · 100P 단위 · 상품값의 50%까지" in page


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ("50", "포인트는 100P부터 쓸 수 있어요."),
        ("150", "포인트는 100P 단위로 쓸 수 있어요."),
        ("6000", "포인트가 모자라요. 지금 5,000P가 있어요."),
        ("5100", "포인트가 모자라요. 지금 5,000P가 있어요."),
    ],
)
def test_points__that_do_not_pay__are_left_out_with_the_reason_and_sold_without(
    till: Till, points: str, reason: str
) -> None:
    give(till.customer_id, 5_000)

    told = till.preview(points=points)
    number = till.sold(points=points)

    assert "포인트는 빼고 계산했어요" in told
    assert reason in told
    assert "낼 금액 $100" in told
    assert spendable(till.customer_id) == 5_000
    assert find_order(f"till:{number}").net_minor == 10_000


def test_coupon__that_cannot_be_used__is_left_out_with_why_and_the_rest_sold(
    till: Till, story: Story
) -> None:
    good = coupon_for(till.customer_id)
    many = coupon_for(till.customer_id, name="많이 쿠폰", minimum={"units": 3})
    dear = coupon_for(till.customer_id, name="큰 쿠폰", minimum={"minor": 50_000})
    others = coupon_for(story.regular, name="남의 쿠폰")

    told = till.preview(code=f"{good} {dear} {many} {others} NOPE")
    number = till.sold(code=f"{good} {dear} {many} {others} NOPE")

    assert "낼 금액 $90" in told
    assert "9000" not in told
    for reason in (
        "최소 기준에 못 미쳐요.",
        "많이 쿠폰 · 1판 · 3개 가운데 1개",
        "다른 회원의 쿠폰이에요",
        "쓸 수 없는 쿠폰 코드예요",
        "큰 쿠폰 · 1판 · $500 가운데 $90",
    ):
        assert reason in told
    assert [one.key for one in CouponUse.objects.all()] == [normalize(good)]
    assert good in read(till.client.get(f"/till/sales/{number}"))


def test_products__found_by_number_or_name__are_lines_with_price_and_count(till: Till) -> None:
    path = f"{till.page}/preview"

    one = till.client.post(path, {"scan": "2", "do": "add"}, headers={"HX-Request": "true"})
    many = till.client.post(path, {"scan": "o", "do": "add"}, headers={"HX-Request": "true"})
    none = till.client.post(path, {"scan": "tea", "do": "add"}, headers={"HX-Request": "true"})
    number = till.sold(amount="", product=["2", "1"], price=["4.50", "3"], count=["2", "1"])

    assert 'name="product" value="2"' in one.content.decode()
    assert "COFFEE 12OZ" in read(one)
    assert "그런 상품이 없어요" in read(none)
    assert "COFFEE 12OZ" in read(many)
    order = find_order(f"till:{number}")
    lines = OrderLine.objects.filter(order_id=order.id).order_by("number")
    assert [(one.quantity_milli, one.net_minor) for one in lines] == [(2_000, 900), (1_000, 300)]
    again = till.client.post(path, {"scan": "2", "do": "add"}, headers={"HX-Request": "true"})
    assert 'value="4.50"' in again.content.decode(), "what it was sold at is proposed"


def test_scan__still_in_the_field__is_put_in_and_not_sold(till: Till) -> None:
    answer = till.sell(amount="", scan="2")

    assert answer.status_code == 200
    assert 'name="product" value="2"' in answer.content.decode()
    assert not Sale.objects.exists()


@pytest.mark.parametrize("lines", [(["x"], ["1"]), (["3"], ["x"]), (["3"], ["99999"]), ([], [])])
def test_line__that_cannot_be_read__is_not_sold(
    till: Till, lines: tuple[Sequence[str], Sequence[str]]
) -> None:
    price, count = lines

    answer = till.sell(amount="", product=["2"], price=price, count=count)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not Sale.objects.exists()


def test_sale__sent_twice__is_one_sale(till: Till) -> None:
    give(till.customer_id, 5_000)
    sent = fields(points="1000", coupon=coupon_for(till.customer_id))

    first, second = (till.client.post(f"{till.page}/earn", sent)["Location"] for _ in range(2))

    assert first == second
    assert Sale.objects.count() == 1
    assert Order.objects.filter(source="till", number=first[-12:]).count() == 1
    assert CouponUse.objects.filter(given_back_at=None).count() == 1


def test_total__no_longer_what_was_seen__is_shown_again_and_nothing_sold(till: Till) -> None:
    give(till.customer_id, 5_000)
    offer(percent(20))

    answer = till.sell(points="1000", seen="9000")
    told = read(answer)

    assert answer.status_code == 409
    assert "낼 금액이 방금 바뀌었어요" in told
    assert "낼 금액 $70" in told
    assert spendable(till.customer_id) == 5_000
    assert not Order.objects.filter(source="till", customer_id=till.customer_id).exists()
    till.sold(points="1000", seen="7000")
    assert spendable(till.customer_id) == 4_000


def test_confirmation__on_the_phone__then_the_till_makes_the_sale(till: Till) -> None:
    let_checkout(confirm_coupons=True)
    code = coupon_for(till.customer_id)

    page = till.held(coupon=code)
    waiting = read(till.client.get(page))
    early = till.client.post(f"{page}/go-on")

    assert "회원의 답을 기다려요" in waiting
    assert code in waiting
    assert early.status_code == 409
    assert "아직 쓰겠다고 하지 않았어요" in read(early)
    assert not CounterSale.objects.exists()


def test_confirmation__at_the_turned_screen__names_who_saw_it_and_sells(till: Till) -> None:
    let_checkout(confirm_points_from=1)
    give(till.customer_id, 5_000)
    page = till.held(points="1000")

    asked = read(till.client.get(page, {"turned": "1"}))
    answer = till.client.post(f"{page}/answer", {"says": "yes"})

    assert "이렇게 쓸까요?" in asked
    assert "1,000P" in asked
    assert answer["Location"].startswith("/till/sales/")
    [row] = CounterSale.objects.all()
    told = confirmation_of(sale_of(find_order(show_id(row.order_id))).id)  # type: ignore[union-attr] # it is one
    assert told is not None
    assert (told.how, told.witness) == ("person", row.rung_by)


def test_confirmation__declined_or_dropped__holds_nothing_and_offers_the_same_cart(till: Till) -> None:
    let_checkout(confirm_points_from=1)
    give(till.customer_id, 5_000)

    page = till.held(points="1000", product=["2"], price=["4.50"], count=["2"])
    assert spendable(till.customer_id) == 4_000
    till.client.post(f"{page}/answer", {"says": "no"})
    declined = till.client.get(page).content.decode()
    dropped = till.client.post(f"{till.held(points='1000')}/drop")

    assert spendable(till.customer_id) == 5_000
    assert "회원이 쓰지 않겠다고 했어요" in declined
    assert "product=2&amp;price=4.50&amp;count=2&amp;amount=100.00" in declined
    assert dropped["Location"] == f"{till.page}?amount=100.00"


def test_held_sale__of_another_store__is_404(till: Till, story: Story) -> None:
    let_checkout(confirm_points_from=1)
    give(till.customer_id, 5_000)
    page = till.held(points="1000")

    for address in ("/till/held/01a21c71-761c-746d-93eb-fec053c6b1df", page.replace("held", "sales")):
        assert till.client.get(address).status_code == 404


def test_receipt__lines_discounts_points_and_coupon__and_undo_gives_all_back(till: Till) -> None:
    give(till.customer_id, 5_000)
    code = coupon_for(till.customer_id)
    number = till.sold(coupon=code, points="1000")
    page = f"/till/sales/{number}"

    told = read(till.client.get(page))
    refused = till.client.post(f"{page}/undo", {"reason": " "})
    undone = read(till.client.post(f"{page}/undo", {"words": "손님이 마음을 바꿨어요"}, follow=True))

    for words in (
        "받은 금액 $80",
        "−$10",
        "1,000P (−$10)",
        "쓴 쿠폰",
        code,
        "+90P",
        "손님이 마음을 바꿨어요",
    ):
        assert words in told
    assert told.count("판매 번호") == 1
    assert refused.status_code == 422
    for words in ("되돌렸어요", "돌려줄 돈 $80", "되돌아간 포인트 1,000P"):
        assert words in undone
    assert spendable(till.customer_id) == 5_000
    assert CouponUse.objects.filter(given_back_at=None).count() == 0
    order = find_order(f"till:{number}")
    assert [(one.act, one.reason) for one in acts_of(order.customer_id, order.id)] == [
        ("undone", "손님이 마음을 바꿨어요")
    ]


def test_undo__by_another_or_later__is_refused_in_words_and_has_no_button(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = f"/till/sales/{till.sold()}"
    other = sign_in(Client(headers={"accept-language": "ko"}), "other")

    by_another = other.post(f"{page}/undo", {"reason": "x"})
    monkeypatch.setattr("dangol.web.frame.now", lambda: NOW + timedelta(minutes=31))
    late = till.client.post(f"{page}/undo", {"reason": "x"})

    assert (by_another.status_code, late.status_code) == (422, 422)
    assert "다른 직원이 판매한 것이라" in read(by_another)
    assert "판매한 지 30분이 지나서" in read(late)
    assert 'name="reason"' not in late.content.decode()


def test_return__of_units__shows_what_comes_back_and_brings_it_back(till: Till) -> None:
    offer(percent(10))
    number = till.sold(amount="", product=["2"], price=["10"], count=["3"])
    page = f"/till/sales/{number}/return"
    form = re.search(r'name="form" value="([^"]+)"', till.client.get(page).content.decode())
    assert form
    wanted = {"form": form[1], "units-line-0": "1"}

    looked = read(till.client.post(page, wanted | {"do": "look"}))
    sale = sale_of(find_order(f"till:{number}"))
    assert sale
    assert not sale.split.back, "looking brings nothing back"
    done = [till.client.post(page, wanted | {"do": "return"}) for _ in range(2)]

    assert "돌려줄 돈 $9" in looked
    assert "거둘 적립 9P" in looked
    assert [one.status_code for one in done] == [302, 302]
    sale = sale_of(find_order(f"till:{number}"))
    assert sale
    assert len(sale.split.back) == 1, "sent twice it came back once"
    receipt = read(till.client.get(f"/till/sales/{number}"))
    assert "이 판매 되돌리기" not in receipt
    for words in ("+18P", "지금까지 돌려준 것 돈 $9", "3개 가운데 2개 남음"):
        assert words in receipt


def test_sale__of_more_lines_than_are_sold_at_once__is_refused_and_drops_none(till: Till) -> None:
    many = {"product": ["2"] * 101, "price": ["1"] * 101, "count": ["1"] * 101}

    told = read(till.sell(amount="", **many))

    assert "한 번에 상품 100가지까지 팔 수 있어요" in told
    assert not Sale.objects.exists()


def test_sale__that_came_to_nothing__is_undone_when_it_is_undone(till: Till) -> None:
    offer(percent(100))
    page = f"/till/sales/{till.sold(amount='', product=['2'], price=['10'], count=['1'])}"

    sold = read(till.client.get(page))
    till.client.post(f"{page}/undo", {"reason": "잘못 찍음"})

    assert "받은 금액 $0" in sold
    assert "판매했어요" in sold
    assert "이 판매 되돌리기" in sold
    assert [one.state for one in Sale.objects.all()] == ["canceled"]
    undone = read(till.client.get(page))
    assert "되돌렸어요" in undone
    assert "이 판매 되돌리기" not in undone


def test_sale__of_which_all_units_came_back__is_undone(till: Till) -> None:
    number = till.sold(amount="", product=["2"], price=["10"], count=["2"])
    form = {"form": str(uuid4()), "units-line-0": "2", "do": "return"}

    assert till.client.post(f"/till/sales/{number}/return", form).status_code == 302

    assert "되돌렸어요" in read(till.client.get(f"/till/sales/{number}"))


def test_return__of_an_amount_or_of_nothing__as_it_was_paid(till: Till) -> None:
    give(till.customer_id, 5_000)
    page = f"/till/sales/{till.sold(points='5000')}/return"
    form = {"form": str(uuid4())}

    nothing = till.client.post(page, form | {"do": "look"})
    too_much = till.client.post(page, form | {"do": "look", "amount": "101"})
    half = read(till.client.post(page, form | {"do": "look", "amount": "50"}))

    assert nothing.status_code == 422
    assert too_much.status_code == 409
    assert "돌려줄 돈 $25" in half
    assert "돌려줄 포인트 2,500P" in half
    assert till.client.post(page, {"form": "x", "amount": "1"}).status_code == 404
