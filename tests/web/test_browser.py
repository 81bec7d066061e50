"""Pages in a real browser: accessible, inside the content policy, usable by keys alone."""

import json
import re
from collections.abc import Callable
from typing import Literal, NamedTuple
from urllib.parse import unquote_plus

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import BrowserContext, Page, Route

from dangol.core.storage.ids import show_id
from tests.sizes import SEED, SIZE, drawn
from tests.web.paths import PAGES_IN, Shown
from tests.web.story import Story
from tests.web.windows import step_back, wait_until_drawn

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
STANDARDS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # What passes need not be written down node by node.
    "resultTypes": ["violations"],
}
Open = Callable[..., BrowserContext]
LANGUAGES = ("ko", "en")


class Look(NamedTuple):
    """Which language is spoken, how wide a screen is, and whether it is dark."""

    language: str
    width: int
    scheme: Literal["light", "dark"]


LOOKS = (
    Look("ko", 1440, "light"), Look("en", 1440, "dark"), Look("ko", 390, "dark"), Look("en", 390, "light"),
    Look("ko", 1440, "dark"), Look("en", 1440, "light"), Look("ko", 390, "light"), Look("en", 390, "dark"),
)  # fmt: skip


def watch(page: Page) -> list[str]:
    """Collect what the browser complains of: the content policy, scripts, requests to elsewhere."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: (
            complaints.append(request.url)
            if not request.url.startswith(("http://localhost", "http://127.0.0.1", "data:"))
            else None
        ),
    )
    return complaints


def open_whys(page: Page) -> None:
    """Open all that can be opened, so that it is checked too."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page__320_pixels_and_axe__no_sideways_scroll_no_violation(
    shown: Shown, open_context: Open, language: str
) -> None:
    page = open_context(language=language).new_page()
    complaints = watch(page)

    for place, path in drawn(list(enumerate(shown.every.values())), one_in=PAGES_IN):
        for look in looks_at((place + SEED) // PAGES_IN, language):
            open_at(page, path, look)
    assert [one for one in complaints if "404" not in one] == []


def open_at(page: Page, path: str, look: Look) -> None:
    """Open an address: at 320 pixels nothing may stick out, and as the look is axe may find nothing."""
    page.set_viewport_size({"width": 320, "height": 900})
    page.goto(path)
    open_whys(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320, f"{path} is {wide} pixels wide"
    page.set_viewport_size({"width": look.width, "height": 900})
    page.emulate_media(color_scheme=look.scheme)
    assert not find_violations(page), f"{path} {look}: {find_violations(page)}"


def looks_at(turn: int, language: str) -> list[Look]:
    """Return in what ways a page is looked at in a language when it is its turn: they change each time."""
    shown = (LOOKS * 2)[turn % len(LOOKS) :][: SIZE.looks]
    return [one for one in shown if one.language == language]


def find_violations(page: Page) -> str:
    """Return what axe finds against the standards, empty if nothing."""
    found = Axe().run(page, options=STANDARDS).response["violations"]
    told = [(one["id"], one["help"], [node["html"] for node in one["nodes"]][:3]) for one in found]
    return json.dumps(told, ensure_ascii=False, indent=1) if told else ""


@pytest.mark.parametrize("language", ["ko", "en"])
def test_sign_in__axe__no_violation(open_context: Open, story: Story, language: str) -> None:
    context = open_context(language=language, width=390)
    context.clear_cookies()
    page = context.new_page()
    complaints = watch(page)
    page.goto("/")

    assert page.url.endswith("/sign-in?next=/")
    assert not find_violations(page)
    page.locator("#username").fill("owner")
    page.locator("#password").fill("wrong")
    page.locator("#password").press("Enter")
    page.get_by_role("alert").wait_for()
    assert not find_violations(page)
    assert complaints == []


def test_popovers__axe__no_violation(open_context: Open, story: Story) -> None:
    page = open_context(width=390).new_page()
    page.goto("/")

    for name in ("menu", "sample", "account"):
        page.locator(f"[popovertarget={name}]").click()
        page.locator(f"#{name}:popover-open").wait_for()

        assert not find_violations(page), f"{name}: {find_violations(page)}"
        page.keyboard.press("Escape")


def test_keys__only_the_keyboard__finds_a_member_and_a_why(open_context: Open, story: Story) -> None:
    page = open_context().new_page()
    complaints = watch(page)
    page.goto("/")

    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="단축키").is_visible()
    assert not find_violations(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    assert not find_violations(page)
    page.keyboard.type("1501")
    page.keyboard.press("Enter")
    page.wait_for_url("**/members?q=~*")
    page.get_by_role("link", name="회원 1501").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/members/*")
    why = page.locator("details.why").first
    why.locator("summary").focus()
    page.keyboard.press("Enter")

    assert why.get_attribute("open") is not None
    assert "×" in why.locator(".formula").last.inner_text()
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url(re.compile(r":\d+/$"))
    assert complaints == []


def test_member_list__typing__filters_without_a_new_page(open_context: Open, story: Story) -> None:
    page = open_context().new_page()
    complaints = watch(page)
    page.goto("/members")
    page.evaluate("window.isTheSamePage = true")

    page.locator("#find").press_sequentially("김하")
    page.wait_for_url("**/members?q=~*")
    page.get_by_text("회원 1명").wait_for()

    assert page.evaluate("window.isTheSamePage") is True
    assert page.locator("#find").input_value() == "김하"
    assert page.locator("tbody tr").count() == 1
    assert page.locator("#results").count() == 1
    csv = page.get_by_role("link", name="CSV로 내려받기").get_attribute("href") or ""
    assert csv.partition("q=")[2].startswith("~"), "the file holds what the page shows"
    assert "김하" not in unquote_plus(page.url + csv)
    page.locator("tbody th a").click()
    page.wait_for_url(re.compile(r"/members/[0-9a-f-]+$"))
    page.go_back()
    page.get_by_text("회원 1명").wait_for()
    assert page.locator("#find").input_value() == "김하"
    assert page.evaluate("JSON.stringify(sessionStorage)").count("회원") == 0, (
        "no list is left in the browser"
    )
    assert any(step_back(page).endswith("/members") for _ in range(3)), "a step for each search at most"
    page.get_by_text("회원 1명").wait_for(state="detached")
    assert page.locator("#find").input_value() == ""
    assert page.get_by_role("heading", level=1).inner_text() == "회원", "the whole page, not a part of it"
    assert complaints == []


def test_member_list__back_twice_at_once__shows_what_the_address_says(
    open_context: Open, story: Story
) -> None:
    page = open_context().new_page()
    page.goto("/members")
    for typed, found in (("김", "회원 1명"), ("1501", "회원 1501")):
        before = page.url
        page.locator("#find").fill(typed)
        page.wait_for_function("before => location.href !== before", arg=before)
        page.locator("#results").get_by_text(found).first.wait_for()
        wait_until_drawn(page)
    late: list[Route] = []
    page.route("**/members?q=~*", lambda route: late.append(route))

    step_back(page)
    page.wait_for_timeout(100)
    assert late, "the first step's answer is on its way"
    with page.expect_response("**/members"):
        step_back(page)
    page.get_by_text("회원 1명").wait_for(state="detached")
    late[0].continue_()
    page.wait_for_timeout(500)

    assert page.url.endswith("/members")
    assert page.locator("#find").input_value() == ""
    assert page.locator("tbody tr").count() > 1


def test_timeline__more__joins_the_list(open_context: Open, story: Story) -> None:
    page = open_context().new_page()
    complaints = watch(page)
    page.goto(f"/members/{show_id(story.regular)}")
    before = page.locator(".line > li").count()

    page.get_by_role("link", name="더 보기").click()
    page.locator(".line > li").nth(before).wait_for()

    days = page.locator("h3.day").all_inner_texts()
    assert len(days) == len(set(days)), "no day has two headings"
    assert complaints == []


def test_pages__without_scripts__still_work(open_context: Open, story: Story) -> None:
    page = open_context(scripts=False).new_page()

    page.goto("/members")
    page.locator("#find").fill("1501")
    page.locator("#find").press("Enter")
    page.wait_for_url("**/members?q=~*")
    page.get_by_role("link", name="회원 1501").click()
    page.go_back()
    assert page.locator("#find").input_value() == "1501"
    page.get_by_role("link", name="회원 1501").click()
    first = page.locator(".line > li").first.inner_text()
    page.get_by_role("link", name="더 보기").click()
    page.wait_for_url("**after=**", wait_until="load")

    assert page.locator(".line > li").first.inner_text() != first
