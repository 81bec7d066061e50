"""The most points that a member may have: set in the program's editor, and told wherever it was met."""

import re

import pytest
from django.test import Client

from dangol.core.storage.ids import show_id
from dangol.rooms.rewards import models
from dangol.rooms.rewards.drafts import find_draft
from dangol.rooms.rewards.programs import find_program
from tests.sizes import drawn
from tests.web.phones import come_in
from tests.web.story import NOW, Story
from tests.web.test_browser import Open, find_violations, open_whys
from tests.web.test_most_per_order import text_of
from tests.web.test_programs import begin
from tests.web.test_till import sell

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
WORDS = "한 사람이 최대 50P까지 가질 수 있어서, 넘는 70P는 주지 않아요."


@pytest.mark.parametrize(("typed", "words"), [("0", "0보다 커야 해요."), ("많이", "숫자로 적어 주세요.")])
def test_draft__limit_that_is_none__is_told_at_its_field(
    clerk: Client, story: Story, typed: str, words: str
) -> None:
    page = clerk.post("/programs/draft", begin(clerk) | {"terms.most_held": typed, "do": "save"})

    assert words in (page.content or clerk.get("/programs/draft").content).decode()


def test_draft__limit__said_in_words_published_and_taken_out_again(clerk: Client, story: Story) -> None:
    fields = begin(clerk)
    assert fields["terms.most_held"] == ""

    clerk.post("/programs/draft", fields | {"terms.most_held": "30,000", "do": "save"})
    diff = text_of(clerk.get("/programs/draft/diff").content.decode())
    clerk.post("/programs/draft/publish", {"revision": "2", "when": "now"})

    words = "구매로는 한 사람이 최대 30,000P까지 쌓을 수 있어요."
    assert "적립 한도" in diff
    assert "그때부터 산 것에만 새 규칙으로 적립해요." in diff
    assert "이미 쌓인 포인트는 약속한 날까지" not in diff
    for page in (diff, clerk.get("/programs").content.decode()):
        assert words in page
    assert find_program(story.program_id).rules.terms[-1][1].most_held == 30_000
    fields = begin(clerk)
    assert fields["terms.most_held"] == "30000"
    clerk.post("/programs/draft", fields | {"terms.most_held": "", "do": "save"})
    assert "정하지 않음" in clerk.get("/programs/draft/diff").content.decode()
    assert find_draft(story.program_id, at=NOW).content.terms.most_held is None


def test_sale__that_meets_the_most__says_so_before_and_after_wherever_it_is_shown(
    clerk: Client, story: Story
) -> None:
    models.Terms.objects.update(most_held=50)
    member = f"/members/{show_id(story.newcomer)}"

    preview = clerk.get(f"/till{member}", {"amount": "120"}).content.decode()
    number = sell(clerk, story.newcomer)

    receipt = clerk.get(f"/till/sales/{number}").content.decode()
    phone = come_in(Client(headers={"accept-language": "ko"}), story.newcomer)
    for page in (
        preview,
        receipt,
        clerk.get(f"/orders/till/{number}").content.decode(),
        clerk.get(f"{member}?tab=points").content.decode(),
        clerk.get(f"{member}?tab=timeline").content.decode(),
        phone.get("/me/history").content.decode(),
        phone.get("/me/").content.decode(),
    ):
        assert WORDS in page
    for page in (
        preview,
        receipt,
        clerk.get("/orders").content.decode(),
        clerk.get(f"/orders/till/{number}").content.decode(),
        clerk.get(f"{member}?tab=orders").content.decode(),
    ):
        assert "+50P" in page
        assert "+120P" not in page
    history = phone.get("/me/history").content.decode()
    assert "가질 수 있는 최대 포인트를 넘음" in history
    assert "−70P" in history


def test_sale__brought_back__says_what_was_not_given_in_the_first_place(clerk: Client, story: Story) -> None:
    models.Terms.objects.update(most_held=50)
    number = sell(clerk, story.newcomer)

    clerk.post(f"/till/sales/{number}/undo", {"reason": "잘못 적었어요"})

    points = clerk.get(f"/members/{show_id(story.newcomer)}?tab=points").content.decode()
    assert "70P는 이미 주지 않았거나 돌려받아서 다시 빼지 않았어요." in points
    receipt = clerk.get(f"/till/sales/{number}").content.decode()
    assert re.search(r'class="till-big" role="status">\+?0P<', receipt)


@pytest.mark.parametrize("language", drawn(["ko", "en"], one_in=2))
def test_pages__of_a_sale_that_met_the_most__axe_and_no_sideways_scroll(
    open_context: Open, clerk: Client, story: Story, language: str
) -> None:
    models.Terms.objects.update(most_held=50_000)
    number = sell(clerk, story.newcomer, "100000.00")
    page = open_context(language=language, width=320).new_page()
    begin(clerk)
    told, label, limit = {
        "ko": ("주지 않아요.", "한 사람이 가질 수 있는 최대 포인트", "최대 50,000P까지 쌓을 수 있어요."),
        "en": (
            "Not given: 50,000 pts.",
            "The most points a member may have",
            "Purchases bring a member to 50,000 pts at most.",
        ),
    }[language]
    pages = {f"/till/sales/{number}": told, f"/orders/till/{number}": told, "/programs": limit}

    for path, words in (pages | {"/programs/draft": label, "/programs/new": label}).items():
        page.goto(path)
        open_whys(page)

        assert words in page.locator("body").inner_text(), path
        assert not find_violations(page), find_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
