"""What the pages say of events that came in: problems in words, and what follows on a member's timeline."""

import re

import pytest
from django.test import Client
from django.utils import translation

from dangol.core.behavior.entries import Problem
from dangol.core.events.payloads import PAYLOADS
from dangol.core.people.selectors import find_by_identity
from dangol.core.segments.catalog import TraitSpec
from dangol.core.segments.services import SegmentDraft, create_segment
from dangol.core.storage.ids import show_id
from dangol.domain.conditions import Kind, TraitType
from dangol.rooms.personalization.refresh import MODELS
from dangol.web.condition_words import trait_label
from dangol.web.event_words import event_name
from dangol.web.problem_words import problem_words
from tests.core.behavior.sending import identify, send, track
from tests.core.behavior.test_commerce import order
from tests.core.segments.shop import MARKETER, catch_up
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HIGH = {"type": "trait", "trait": "app.단계", "op": "equals", "value": "상"}


@pytest.mark.parametrize(
    ("code", "facts", "korean", "english"),
    [
        ("behavior.id_unfit", {"kind": "external", "why": "value.unseen_character"},
         "보이지 않는 글자가 있어요", "character"),
        ("behavior.trait_refused", {"field": "name", "why": "value.too_long"}, "너무 길어요", "too long"),
        ("traits.other_kind", {"name": "app.level", "kind": "text", "given": "number"}, "글", "text"),
        ("behavior.id_dropped", {"kind": "anonymous"}, "브라우저", "browser"),
    ],
)  # fmt: skip
def test_problem_words__facts_that_are_codes__are_in_words_too(
    code: str, facts: dict[str, str], korean: str, english: str
) -> None:
    for language, words in (("ko", korean), ("en", english)):
        with translation.override(language):
            sentence, _ = problem_words(Problem(code, facts))
        assert words in sentence.lower()
        assert not any(raw in sentence for raw in ("value.", "external", "anonymous", "…"))


def test_timeline__segments_and_traits__are_told_in_words(clerk: Client, story: Story) -> None:
    send(identify("u-1", 단계="하"), at=NOW)
    catch_up(NOW)
    create_segment(SegmentDraft("high", "높은 단계", "", HIGH), actor=MARKETER, at=NOW)
    for level in ("상", "하"):
        send(identify("u-1", 단계=level), at=NOW)
        catch_up(NOW)
    member = show_id(find_by_identity("external", ["u-1"])["u-1"])

    page = clerk.get(f"/members/{member}").content.decode()

    for words in (
        "세그먼트에 들어왔어요",
        "세그먼트에서 나갔어요",
        "높은 단계",
        "새로 알거나 바뀐 속성이 있어요",
        "app.단계",
    ):
        assert words in page, words
    assert not any(raw in page for raw in ("segment.entered", "segment.left", "traits.reported"))


# Other tests have events of their own.
OURS = sorted(name for name, payload in PAYLOADS.items() if payload.__module__.startswith("dangol."))


@pytest.mark.parametrize("event", OURS)
def test_event_name__each_event_of_ours__is_in_words(event: str) -> None:
    with translation.override("ko"):
        assert event_name(event) != event


@pytest.mark.parametrize("trait", [trait for model in MODELS.values() for trait in model.traits])
def test_trait_label__each_trait_the_models_tell__is_in_words(trait: str) -> None:
    with translation.override("ko"):
        assert trait_label(TraitSpec(trait, TraitType(Kind.TEXT), trait)) != trait


def test_entry__what_followed__is_in_words(clerk: Client, story: Story) -> None:
    send(track("Order Completed", user="u-1", properties=order(currency="USD")), at=NOW)
    catch_up(NOW)
    [address] = set(re.findall(r'href="(/incoming/[0-9a-f-]{36})"', clerk.get("/incoming").content.decode()))

    page = clerk.get(address).content.decode()

    assert "<b>구매</b>" in page
    assert "order.placed" not in page
