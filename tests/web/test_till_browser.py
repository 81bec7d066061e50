"""A sale in a real browser: by keys alone, counted as one types, and confirmed on the member's phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from dangol.core.access.members.sessions import How, open_session
from dangol.core.commerce.models import Order
from dangol.core.storage.ids import Id, show_id
from dangol.rooms.rewards.promotions.models import Sale
from dangol.web.member_door import COOKIE
from tests.sizes import drawn
from tests.web.story import NOW, Story
from tests.web.test_browser import LOOKS, find_violations, open_whys, watch
from tests.web.till_shop import coupon_for, give, let_checkout, offer, percent, spendable
from tests.web.windows import be_patient

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
Open = Callable[..., BrowserContext]


def due(page: Page) -> str:
    return page.locator(".till-due .till-big").inner_text()


def shows_due(page: Page, amount: str) -> None:
    page.wait_for_function(
        "(amount) => document.querySelector('.till-due .till-big')?.textContent === amount", arg=amount
    )


def type_at_once(page: Page, field: str, text: str) -> None:
    """Type where a page puts the cursor by itself: into the field that is to have it."""
    page.locator(f"#{field}:focus").wait_for()
    page.keyboard.type(text)


def phone_of(browser: Browser, live_server: LiveServer, customer_id: Id) -> BrowserContext:
    context = be_patient(
        browser.new_context(base_url=live_server.url, locale="ko", viewport={"width": 390, "height": 844})
    )
    token = open_session(customer_id, How.CODE, at=NOW)
    context.add_cookies([{"name": COOKIE, "value": token, "url": f"{live_server.url}/me/"}])
    return context


def test_keys_only__scan_amount_enter__is_sold_and_the_next_enter_is_the_next_customer(
    open_context: Open, story: Story
) -> None:
    let_checkout()
    page = open_context().new_page()
    complaints = watch(page)
    page.goto("/till")

    type_at_once(page, "find", "212-555-0178")
    page.keyboard.press("Enter")
    page.wait_for_url("**/till/members/*")
    type_at_once(page, "amount", "45")
    shows_due(page, "$45")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="판매했어요").wait_for()
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"/till$"))
    assert Order.objects.filter(source="till", customer_id=story.customers["1502"], net_minor=4_500).exists()
    assert complaints == []


def test_keys_only__enter_before_the_total_came__sells_what_was_typed(
    open_context: Open, story: Story
) -> None:
    let_checkout()
    offer(percent(10))
    page = open_context().new_page()
    page.goto(f"/till/members/{show_id(story.newcomer)}")

    type_at_once(page, "amount", "50")
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="판매했어요").wait_for()
    assert Order.objects.get(source="till", customer_id=story.newcomer).net_minor == 4_500


def test_sale__product_and_coupon_scanned__enter_puts_in_and_only_then_sells(
    open_context: Open, story: Story
) -> None:
    let_checkout()
    give(story.newcomer, 5_000)
    code = coupon_for(story.newcomer)
    page = open_context(width=390).new_page()
    complaints = watch(page)
    page.goto(f"/till/members/{show_id(story.newcomer)}")

    page.locator("#scan").fill("2")
    page.locator("#scan").press("Enter")
    page.locator("#price-0:focus").wait_for()
    page.keyboard.type("10")
    shows_due(page, "$10")
    page.locator("#code").fill(code.lower())
    page.locator("#code").press("Enter")
    shows_due(page, "$9")
    assert not Sale.objects.exists(), "a scan's Enter sells nothing"
    page.get_by_role("button", name="포인트 400P 쓰기").press("Enter")
    shows_due(page, "$5")
    page.locator("#points:focus").wait_for()
    assert page.locator("#points").input_value() == "400"
    page.keyboard.press("Enter")
    page.locator("#sell:focus").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="판매했어요").wait_for()

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert spendable(story.newcomer) == 4_600
    assert complaints == []


@pytest.mark.parametrize("look", drawn(LOOKS[:4], one_in=4))
def test_sale__with_all_there_is_on_it__axe_and_no_sideways_scroll(
    open_context: Open, story: Story, look: object
) -> None:
    let_checkout()
    give(story.newcomer, 5_000)
    offer(percent(10), name="아주 긴 이름의 가을맞이 온 가족 감사 할인 행사 두 번째")
    coupon_for(story.newcomer)
    page = open_context(language=look.language, scheme=look.scheme, width=look.width).new_page()  # type: ignore[attr-defined] # a Look

    typed = "?amount=100&product=2&price=10&count=2&code=NOPE&points=50"
    page.goto(f"/till/members/{show_id(story.newcomer)}{typed}")
    open_whys(page)

    assert not find_violations(page), find_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= look.width  # type: ignore[attr-defined] # a Look


def test_confirmation__on_the_phone_that_shows_its_barcode__till_asks_each_second_and_goes_on(
    open_context: Open, browser: Browser, live_server: LiveServer, story: Story
) -> None:
    let_checkout(confirm_points_from=1)
    give(story.newcomer, 5_000)
    phone_window = phone_of(browser, live_server, story.newcomer)
    phone = phone_window.new_page()
    phone.goto("/me/barcode")
    till = open_context().new_page()
    complaints = watch(till)
    till.goto(f"/till/members/{show_id(story.newcomer)}?amount=45&points=1000")

    till.locator("#sell").press("Enter")
    till.get_by_role("heading", name="회원의 답을 기다려요").wait_for()
    assert not find_violations(till), find_violations(till)
    assert till.locator("#held").get_attribute("hx-trigger") == "every 1s"
    # The phone turns to the question by itself.
    phone.get_by_role("button", name="네, 쓸게요").click()
    phone.get_by_text("쓰겠다고 답했어요").wait_for()
    till.get_by_role("heading", name="판매했어요").wait_for()

    assert due_of_receipt(till) == "$35"
    assert spendable(story.newcomer) == 4_000
    assert complaints == []
    phone_window.close()


def due_of_receipt(page: Page) -> str:
    return page.locator(".facts dd").nth(1).inner_text()


def test_confirmation__declined_on_the_phone__till_says_so_and_sells_again_without(
    open_context: Open, browser: Browser, live_server: LiveServer, story: Story
) -> None:
    let_checkout(confirm_points_from=1)
    give(story.newcomer, 5_000)
    phone_window = phone_of(browser, live_server, story.newcomer)
    phone = phone_window.new_page()
    till = open_context().new_page()
    till.goto(f"/till/members/{show_id(story.newcomer)}?amount=45&points=1000")
    till.locator("#sell").press("Enter")
    till.get_by_role("heading", name="회원의 답을 기다려요").wait_for()

    phone.goto("/me/")
    phone.get_by_role("link", name="계산대에서 확인을 기다려요").click()
    phone.get_by_role("button", name="아니요").click()
    till.get_by_role("heading", name="회원이 쓰지 않겠다고 했어요").wait_for()
    till.get_by_role("link", name="다시 판매하기").click()
    shows_due(till, "$45")
    till.locator("#sell").press("Enter")
    till.get_by_role("heading", name="판매했어요").wait_for()

    assert spendable(story.newcomer) == 5_000
    phone_window.close()


def test_sale__without_scripts__previews_sells_and_undoes(open_context: Open, story: Story) -> None:
    let_checkout()
    page = open_context(scripts=False).new_page()
    page.goto(f"/till/members/{show_id(story.newcomer)}")

    page.locator("#amount").fill("45")
    page.locator("#amount").press("Enter")
    assert due(page) == "$45"
    assert not Sale.objects.exists(), "without scripts Enter looks first"
    page.locator("#sell").click()
    page.get_by_role("radio", name="손님이 마음을 바꿨어요").check()
    page.get_by_role("button", name="되돌리기").click()

    page.get_by_role("heading", name="되돌렸어요").wait_for()
