"""The builder in a real browser: by keys, with what is typed staying; and without scripts."""

import pytest

from dangol.core.segments.models import Segment
from dangol.core.segments.services import SegmentDraft, create_segment
from tests.sizes import drawn
from tests.web.segments import MANY, MARKETER, tell_segments
from tests.web.story import NOW, Story
from tests.web.test_browser import Open, find_violations, watch
from tests.web.windows import wait_until_drawn

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
SEEN = "[document.activeElement.id, document.activeElement.value, document.activeElement.selectionStart]"


def test_builder__only_the_keyboard__written_and_saved(open_context: Open, story: Story) -> None:
    page = open_context().new_page()
    complaints = watch(page)
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url("**/segments")
    page.goto("/segments/new")

    page.locator("[id='1-add-trait']").focus()
    page.keyboard.press("Enter")
    page.locator("[id='3.trait']:focus").wait_for()
    page.locator("[id='3.trait']").select_option("rewards.points")
    page.locator("[id='3.value']").wait_for()
    page.locator("[id='3.value']").focus()
    page.keyboard.type("10")
    page.locator("#preview").get_by_text("쓸 수 있는 포인트가 10 이상이에요").wait_for()
    assert page.evaluate(SEEN) == ["3.value", "10", 2], "what is typed stays, with its caret"
    page.locator("#name").fill("포인트 부자")
    page.get_by_role("button", name="저장하기").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/segments/segment")

    assert Segment.objects.get().name == "포인트 부자"
    assert complaints == []


def test_builder__drawn_anew_while_somebody_types__keeps_text_and_caret(
    open_context: Open, story: Story
) -> None:
    page = open_context().new_page()
    page.goto("/segments/new")
    page.locator("[id='2.times']").select_option("at_most", no_wait_after=True)
    field = page.locator("[id='2.last']")
    field.focus()
    page.keyboard.press("Home")

    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator("[id='2.times']").evaluate(
            "(one) => { one.value = 'exactly'; one.dispatchEvent(new Event('change', { bubbles: true })) }"
        )
        page.keyboard.type("1")
    page.locator("[id='2.times']").and_(page.locator("select")).wait_for()
    wait_until_drawn(page)

    assert page.evaluate(SEEN) == ["2.last", "130", 1]


def test_builder__without_scripts__groups_are_added_moved_and_saved(open_context: Open, story: Story) -> None:
    page = open_context(scripts=False).new_page()
    page.goto("/segments/new")

    page.locator("[id='1-add-group']").click()
    page.locator("[id='3-add-did']").click()
    page.locator("[id='4-up']").click()
    assert page.locator(".seg-n").all_inner_texts() == ["1", "2", "3"]
    page.locator("[id='3-drop']").click()
    page.locator("#name").fill("두 번")
    page.get_by_role("button", name="저장하기").click()

    assert page.url.endswith("/segments/segment")
    assert page.get_by_role("heading", name="두 번").is_visible()


@pytest.mark.parametrize(("width", "scheme"), drawn([(390, "dark"), (1440, "light")], one_in=2))
def test_builder__full_and_wrong__is_accessible_and_fits(
    open_context: Open, story: Story, width: int, scheme: str
) -> None:
    tell_segments(story)
    create_segment(SegmentDraft("full", "Full", "", MANY), actor=MARKETER, at=NOW)
    page = open_context(width=width, scheme=scheme).new_page()
    page.goto("/segments/full/edit")
    assert not find_violations(page), find_violations(page)

    page.locator("input[id$='.n']").first.fill("x")
    page.get_by_role("button", name="저장하기").click()
    page.get_by_role("alert").first.wait_for()

    assert not find_violations(page), find_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
