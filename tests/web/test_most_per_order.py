"""The most that one purchase earns: set in the program's editor, and told wherever a purchase was cut."""

import re
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from dangol.core.storage.ids import show_id
from dangol.rooms.rewards import models
from dangol.rooms.rewards.checking import Problem
from dangol.rooms.rewards.drafts import find_draft
from dangol.rooms.rewards.programs import find_program
from dangol.web.program_fields import FieldReader, Setting
from tests.sizes import drawn
from tests.web.phones import come_in
from tests.web.story import NOW, Story
from tests.web.test_browser import Open, find_violations, open_whys
from tests.web.test_programs import begin
from tests.web.test_till import sell

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
WORDS = "다 더하면 120P인데, 구매 한 번에 최대 50P까지 적립해요."


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


@pytest.mark.parametrize(("typed", "words"), [("0", "0보다 커야 해요."), ("많이", "숫자로 적어 주세요.")])
def test_draft__limit_that_is_none__is_told_at_its_field(
    clerk: Client, story: Story, typed: str, words: str
) -> None:
    page = clerk.post("/programs/draft", begin(clerk) | {"terms.most_per_order": typed, "do": "save"})

    assert words in (page.content or clerk.get("/programs/draft").content).decode()


def test_draft__limit_that_is_no_number__is_read_as_the_one_before() -> None:
    reader = FieldReader({"limit": "많이"}, Setting("KRW", ZoneInfo("Asia/Seoul")))

    assert [reader.whole_or_none("limit", before) for before in (None, 70)] == [None, 70]
    assert reader.problems == [Problem("limit", "not_a_number")] * 2


def test_draft__limit__stands_with_the_rules_and_is_read_back_while_it_is_typed(
    clerk: Client, story: Story
) -> None:
    fields = begin(clerk)

    page = clerk.get("/programs/draft").content.decode()
    typed = fields | {"terms.most_per_order": "1000", "do": "preview"}
    preview = clerk.post("/programs/draft", typed, headers={"HX-Request": "true"}).content.decode()

    titles = [
        "<h2>적립 한도</h2>",
        'id="terms.most_per_order"',
        "<h2>포인트가 열리고 사라지는 때</h2>",
    ]
    places = [page.index(one) for one in titles]
    assert places == sorted(places)
    assert "구매 한 번에 최대 1,000P까지 적립해요." in preview[preview.index("이렇게 읽혀요") :]


def test_diff__of_the_limit_alone__says_that_it_holds_for_what_is_bought_then(
    clerk: Client, story: Story
) -> None:
    fields = begin(clerk)

    clerk.post("/programs/draft", fields | {"terms.most_per_order": "1000", "do": "save"})
    diff = clerk.get("/programs/draft/diff").content.decode()

    assert "그때부터 산 것에만 새 규칙으로 적립해요." in diff
    assert "이미 쌓인 포인트는 약속한 날까지" not in diff


def test_draft__limit__said_in_words_published_and_taken_out_again(clerk: Client, story: Story) -> None:
    fields = begin(clerk)
    assert fields["terms.most_per_order"] == ""

    clerk.post("/programs/draft", fields | {"terms.most_per_order": "1,000", "do": "save"})
    diff = text_of(clerk.get("/programs/draft/diff").content.decode())
    clerk.post("/programs/draft/publish", {"revision": "2", "when": "now"})

    words = "구매 한 번에 최대 1,000P까지 적립해요."
    assert "적립 한도" in diff
    for page in (diff, clerk.get("/programs").content.decode()):
        assert words in page
    assert find_program(story.program_id).rules.terms[-1][1].most_per_order == 1_000
    fields = begin(clerk)
    assert fields["terms.most_per_order"] == "1000"
    clerk.post("/programs/draft", fields | {"terms.most_per_order": "", "do": "save"})
    assert "정하지 않음" in clerk.get("/programs/draft/diff").content.decode()
    assert find_draft(story.program_id, at=NOW).content.terms.most_per_order is None


def test_sale__above_the_most__says_so_before_and_after_wherever_it_is_shown(
    clerk: Client, story: Story
) -> None:
    models.Terms.objects.update(most_per_order=50)
    member = f"/members/{show_id(story.newcomer)}"

    preview = clerk.get(f"/till{member}", {"amount": "120"}).content.decode()
    number = sell(clerk, story.newcomer)

    phone = come_in(Client(headers={"accept-language": "ko"}), story.newcomer)
    for page in (
        preview,
        clerk.get(f"/till/sales/{number}").content.decode(),
        clerk.get(f"/orders/till/{number}").content.decode(),
        clerk.get(f"{member}?tab=points").content.decode(),
        clerk.get(f"{member}?tab=timeline").content.decode(),
        phone.get("/me/history").content.decode(),
    ):
        assert WORDS in page
        assert "120P × 50P/120P = 50P" in text_of(page)
    assert WORDS in phone.get("/me/").content.decode()


@pytest.mark.parametrize("language", drawn(["ko", "en"], one_in=2))
def test_pages__of_a_purchase_that_was_cut__axe_and_no_sideways_scroll(
    open_context: Open, clerk: Client, story: Story, language: str
) -> None:
    models.Terms.objects.update(most_per_order=50_000)
    number = sell(clerk, story.newcomer, "100000.00")
    page = open_context(language=language, width=320).new_page()
    begin(clerk)
    told, label = {
        "ko": ("최대 50,000P까지 적립해요.", "구매 한 번에 적립하는 포인트의 한도"),
        "en": ("earns 50,000 pts at most.", "The most points one purchase earns"),
    }[language]
    pages = {f"/till/sales/{number}": told, f"/orders/till/{number}": told, "/programs": told}

    for path, words in (pages | {"/programs/draft": label}).items():
        page.goto(path)
        open_whys(page)

        assert words in page.locator("body").inner_text(), path
        assert not find_violations(page), find_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
