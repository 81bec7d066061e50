"""The program's pages in a real browser: a draft written by keys alone, and shown as it is typed."""

import pytest

from dangol.rooms.rewards.drafts import find_draft
from tests.web.story import NOW, Story
from tests.web.test_browser import Open, find_violations, watch

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_draft__only_the_keyboard__written_compared_and_published(open_context: Open, story: Story) -> None:
    page = open_context().new_page()
    complaints = watch(page)
    page.goto("/")

    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/programs")
    page.get_by_role("button", name="초안 시작하기").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/programs/draft")
    points = page.get_by_label("몇 포인트").first
    points.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("4")
    page.keyboard.press("Tab")
    page.locator("#preview ins").get_by_text("$1마다 4P").wait_for()
    assert page.evaluate("document.activeElement.name").endswith(".rounding"), "the focus stays where it was"
    assert find_draft(story.program_id, at=NOW).revision == 1, "looking keeps nothing"
    points.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert find_draft(story.program_id, at=NOW).content.rules[0].rate_points == 4, (
        "Enter saves, and drops no rule"
    )
    assert len(find_draft(story.program_id, at=NOW).content.rules) == 2
    page.get_by_role("button", name="저장하고 바뀌는 것 보기").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/programs/draft/diff")
    page.get_by_role("button", name="발행하기").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/programs/versions/2")

    assert page.get_by_text("운영 중", exact=True).is_visible()
    assert complaints == []


def test_draft__with_problems__accessible_and_the_summary_leads_to_the_field(
    open_context: Open, story: Story
) -> None:
    page = open_context(width=390, scheme="dark").new_page()
    page.goto("/programs")
    page.get_by_role("button", name="초안 시작하기").click()
    page.get_by_label("몇 포인트").first.fill("many")
    page.get_by_role("button", name="저장하기", exact=True).last.click()
    page.get_by_role("alert").wait_for()

    assert not find_violations(page), find_violations(page)
    page.get_by_role("alert").get_by_role("link").first.click()
    assert page.evaluate("document.activeElement.value") == "many"


def test_draft__without_scripts__still_works(open_context: Open, story: Story) -> None:
    page = open_context(scripts=False).new_page()
    page.goto("/programs")

    page.get_by_role("button", name="초안 시작하기").click()
    page.get_by_role("button", name="규칙 더하기").click()
    page.get_by_role("button", name="저장하고 바뀌는 것 보기").click()

    assert page.url.endswith("/programs/draft/diff")
    assert page.get_by_text("1가지가 바뀌어요").is_visible()
