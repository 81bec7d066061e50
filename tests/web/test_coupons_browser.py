"""Coupons in a real browser: written by keys with their preview, made, and printed on A4."""

import re

import pytest
from playwright.sync_api import Page

from dangol.core.storage.ids import show_id
from dangol.rooms.rewards.coupons.models import CouponBatch, CouponCode
from tests.web.coupons import make, offer
from tests.web.story import Story
from tests.web.test_browser import Open, watch

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
# Slips whose text or QR does not fit on them, or whose code takes two lines.
CRAMPED = """[...document.querySelectorAll('.slip')].filter((one) => {
  const code = one.querySelector('.code');
  const look = getComputedStyle(code);
  const line = parseFloat(look.lineHeight) || 1.6 * parseFloat(look.fontSize);
  return one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1
    || code.getBoundingClientRect().height > 1.5 * line;
}).length"""


def printed_pages(page: Page) -> int:
    """Return how many pages of paper a page takes."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))


def test_batch__only_the_keyboard__is_written_with_its_preview_and_made(
    open_context: Open, story: Story
) -> None:
    offer({"kind": "percent", "basis_points": 1_000})
    page = open_context().new_page()
    complaints = watch(page)
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/coupons")
    page.get_by_role("link", name="쿠폰 만들기").first.focus()
    page.keyboard.press("Enter")

    page.locator("#name").fill("전단")
    page.locator("#promotion").select_option(index=1)
    page.locator("#pattern").fill("")
    page.locator("#pattern").focus()
    page.keyboard.type("FALL-####")
    page.locator("#preview").get_by_text("#을 8개 더 적으세요").wait_for()
    page.keyboard.type("-####-####")
    page.locator("#preview").get_by_text("60비트가 무작위예요").wait_for()
    assert page.evaluate("document.activeElement.id") == "pattern", "what is typed keeps its place"
    assert page.locator("#preview code").first.inner_text().startswith("FALL-")
    page.locator("#count").fill("30")
    page.get_by_role("button", name="쿠폰 만들기").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/coupons/*-*")

    assert page.get_by_role("heading", level=1).inner_text() == "전단"
    assert CouponCode.objects.count() == CouponBatch.objects.get().made_count == 30
    assert complaints == []


def test_form__kind_chosen__shows_the_fields_of_that_kind_alone(open_context: Open, story: Story) -> None:
    offer({"kind": "free_shipping"})
    page = open_context().new_page()
    page.goto("/coupons/new")
    fields = ("#pattern", "#code")

    shown = {}
    for kind in ("unique", "generic", "imported"):
        page.locator(f"[name=kind][value={kind}]").check()
        shown[kind] = [page.locator(one).is_visible() for one in fields]

    assert shown == {"unique": [True, False], "generic": [False, True], "imported": [False, False]}


@pytest.mark.parametrize(("each", "sheets"), [(8, 10), (12, 9), (24, 5)])
def test_sheets__printed__take_one_page_of_a4_each_and_nothing_is_cramped(
    open_context: Open, story: Story, each: int, sheets: int
) -> None:
    promotion = offer({"kind": "percent", "basis_points": 1_000}, minimum={"minor": 3_000}, cap_minor=2_000)
    batch = make(promotion, "전단", pattern="SPRING-####-####-####", code_count=100)
    page = open_context().new_page()
    complaints = watch(page)
    page.goto(f"/coupons/{show_id(batch)}/sheets?each={each}")
    button = page.get_by_role("button", name="인쇄하기")

    button.wait_for()
    page.evaluate("window.print = () => { window.wasPrinted = true }")
    button.click()
    page.emulate_media(media="print")

    assert page.evaluate("window.wasPrinted")
    assert not page.locator(".paper-bar").is_visible()
    assert page.locator(".slip").count() == min(100, each * 10)
    assert page.evaluate(CRAMPED) == 0
    assert printed_pages(page) == page.locator(".a4").count() == sheets
    assert complaints == []
