"""How long points wait and last, in the program's editor: of a rule, of a tier, by inactivity."""

from datetime import date

import pytest
from django.test import Client

from dangol.core.storage.ids import show_id
from dangol.rooms.rewards import models
from dangol.rooms.rewards.drafts import find_draft
from dangol.rooms.rewards.programs import find_program
from tests.web.story import NOW, Story
from tests.web.test_programs import begin, fields_of, named

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_draft__terms_of_a_rule_and_a_tier__read_back_in_words_and_published(
    clerk: Client, story: Story
) -> None:
    fields = begin(clerk)
    key = named(fields, ".rate_points").removesuffix("rate_points")
    fields |= {
        f"{key}pending_days": "0", f"{key}expiry": "rolling_days", f"{key}expiry_count": "30",
        "tiers.levels.gold.extra_months": "6",
    }  # fmt: skip

    clerk.post("/programs/draft", fields | {"do": "save"})
    draft = clerk.get("/programs/draft").content.decode()
    diff = clerk.get("/programs/draft/diff").content.decode()
    clerk.post("/programs/draft/publish", {"revision": "2", "when": "now"})
    page = clerk.get("/programs").content.decode()

    kept = fields_of(draft)
    assert {name: kept[name] for name in fields if name.startswith(key)} == {
        name: fields[name] for name in fields if name.startswith(key)
    }
    for words in (
        "적립하면 바로 쓸 수 있어요.",
        "30일이 지나면 사라져요.",
        "포인트가 6달 더 가요",
        "멤버십과 같이",
    ):
        assert words in diff, words
    for words in (
        "적립하면 바로 쓸 수 있어요. 30일이 지나면 사라져요.",
        "$600.00 이상 · 포인트가 6달 더 가요",
    ):
        assert words in page, words
    rules = find_program(story.program_id).rules
    assert rules.tiers.levels[2].extra_months == 6
    assert [tuple(rule.own_terms) for rule in rules.rules if rule.version == 2] == [
        (0, "rolling_days", 30, "")
    ]


def test_draft__points_that_lapse_by_inactivity__chosen_said_in_words_and_published(
    clerk: Client, story: Story
) -> None:
    fields = begin(clerk) | {
        "terms.expiry": "inactivity", "terms.expiry_count": "12", "terms.activities": "",
    }  # fmt: skip
    clerk.post("/programs/draft", fields | {"do": "save"})
    assert "무엇을 활동으로 칠지 골라 주세요." in clerk.get("/programs/draft").content.decode()

    fields |= {"terms.activities": "purchase,redemption", "revision": "2"}
    clerk.post("/programs/draft", fields | {"do": "save"})
    diff = clerk.get("/programs/draft/diff").content.decode()
    clerk.post("/programs/draft/publish", {"revision": "3", "when": "now"})

    words = "마지막 활동(구매·사용)부터 12달 동안 활동이 없으면 사라져요."
    assert words in diff
    assert "60일이 지나면 사라져요." in diff
    assert words in clerk.get("/programs").content.decode()
    terms = find_program(story.program_id).rules.terms[-1][1]
    assert terms.idle is not None
    assert (terms.idle.months, terms.idle.kinds) == (12, ("purchase", "redemption"))


def test_draft__day_before_which_nothing_opens__said_in_words_and_published(
    clerk: Client, story: Story
) -> None:
    fields = begin(clerk)

    refused = clerk.post("/programs/draft", fields | {"terms.opens_on": "2027-02-30", "do": "save"})
    assert "날짜를 골라 주세요." in refused.content.decode()
    clerk.post("/programs/draft", fields | {"terms.opens_on": "2027-03-01", "do": "save"})
    diff = clerk.get("/programs/draft/diff").content.decode()
    clerk.post("/programs/draft/publish", {"revision": "2", "when": "now"})

    for page in (diff, clerk.get("/programs").content.decode()):
        assert "2027년 3월 1일 (월)보다 먼저 열리지 않아요." in page
    assert find_program(story.program_id).rules.terms[-1][1].opens_on == date(2027, 3, 1)


def test_draft__own_terms_cleared__the_programs_hold_again(clerk: Client, story: Story) -> None:
    rule = models.EarningRule.objects.get(name="우유 더 적립")
    models.EarningRule.objects.filter(id=rule.id).update(pending_days=3, expiry="never")
    fields = begin(clerk)
    key = f"rules.{show_id(rule.id)}."
    assert (fields[f"{key}pending_days"], fields[f"{key}expiry"]) == ("3", "never")

    clerk.post("/programs/draft", fields | {f"{key}pending_days": "", f"{key}expiry": "", "do": "save"})

    written = find_draft(story.program_id, at=NOW).content.rules_by_key[show_id(rule.id)]
    assert (written.pending_days, written.expiry, written.expiry_count) == (None, None, 0)
