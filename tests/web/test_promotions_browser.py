"""Promotions in a real browser: written by keys alone, with what is typed staying; and without scripts."""

import pytest

from dangol.core.storage.ids import show_id
from dangol.rooms.rewards.promotions import editing
from tests.sizes import drawn
from tests.web.promotions import EVERYTHING, address, draft
from tests.web.story import NOW, Story
from tests.web.test_browser import Open, find_violations, open_whys, watch
from tests.web.windows import wait_until_drawn

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
SEEN = "[document.activeElement.id, document.activeElement.value, document.activeElement.selectionStart]"


def test_editor__only_the_keyboard__written_read_back_and_published(open_context: Open, story: Story) -> None:
    page = open_context().new_page()
    complaints = watch(page)
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/promotions")
    page.goto("/promotions/new?try=blank")

    page.locator("#gain_kind").select_option("amount")
    page.locator("#gain").focus()
    page.keyboard.press("Enter")
    page.locator("[id='b1.minor']:focus").wait_for()
    page.keyboard.type("3.50")
    page.locator("#preview").get_by_text("$3.50 할인").wait_for()
    assert page.evaluate(SEEN) == ["b1.minor", "3.50", 4], "what is typed stays, with its caret"
    page.locator("#preview").get_by_text("작은 장바구니는 공짜가 돼요.").wait_for()
    page.locator("#min_money").fill("20")
    page.locator("#preview").get_by_text("장바구니 $20부터").wait_for()
    page.locator("[id='1-add-trait']").focus()
    page.keyboard.press("Enter")
    page.locator("[id='2.trait']:focus").wait_for()
    page.locator("[id='2.trait']").select_option("time.weekday")
    page.locator("[id='2.value']").wait_for()
    wait_until_drawn(page)
    page.locator("[id='2.value']").select_option("fri")
    page.locator("#preview").get_by_text("금요일").wait_for()
    page.locator("#name").fill("금요일 할인")
    page.get_by_role("button", name="저장하고 확인하기").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/diff")
    page.get_by_role("button", name="발행하기").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**?done=published")

    [made] = editing.list_promotions()
    assert (made.name, made.state(NOW)) == ("금요일 할인", "live")
    assert made.content.minimum.minor == 2_000
    assert complaints == []


def test_editor__without_scripts__benefits_and_conditions_are_added_and_saved(
    open_context: Open, story: Story
) -> None:
    page = open_context(scripts=False).new_page()
    page.goto("/promotions/new?try=members")
    page.locator("#name").fill("회원 특가")

    page.locator("#gain_kind").select_option("buy_get")
    page.locator("#gain").click()
    page.locator("[id='b2.buy_count']").fill("2")
    page.locator("[id='b2.get_count']").fill("1")
    page.locator("[id='b2-up']").click()
    page.locator("[id='2-add-did']").click()
    page.get_by_role("button", name="초안 저장하기").click()

    [made] = editing.list_promotions()
    assert page.url.endswith(f"{address(made.id, '/edit')}?saved=1")
    assert [one["kind"] for one in made.content.benefits] == ["buy_get", "percent"]
    assert made.content.condition is not None
    assert len(made.content.condition["of"]) == 2


@pytest.mark.parametrize(("width", "scheme"), drawn([(390, "dark"), (1440, "light")], one_in=2))
def test_editor__full_and_wrong__is_accessible_and_fits(
    open_context: Open, story: Story, width: int, scheme: str
) -> None:
    made = show_id(draft(**EVERYTHING))
    page = open_context(width=width, scheme=scheme).new_page()
    page.goto(f"/promotions/{made}/edit")

    page.locator("#priority").fill("first")
    page.locator("[id='b1.basis_points']").fill("x")
    page.get_by_role("button", name="초안 저장하기").click()
    page.locator("#problems").wait_for()
    open_whys(page)

    assert not find_violations(page), find_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.get_by_role("link", name="적용 순서").get_attribute("href") == "#priority"
