"""Segments that something asks about: not archived under it, and shown when they are put away."""

from typing import Any

import pytest
from django.test import Client

from dangol.core.people.actors import Actor, ActorKind
from dangol.core.segments.services import (
    SegmentAskedElsewhere,
    SegmentDraft,
    UnknownSegment,
    archive_segment,
    check_condition,
    create_segment,
)
from dangol.domain.conditions import Kind, TraitType
from dangol.rooms.rewards.promotions.editing import archive, publish as publish_draft
from tests.together import together
from tests.web.promotions import draft, publish
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
MAKER = Actor(ActorKind.STAFF, "owner")
BOUGHT: dict[str, Any] = {"type": "did", "event": "order.placed"}
ASKS: dict[str, Any] = {"type": "all", "of": [{"type": "member", "segment": "regulars"}]}


@pytest.fixture
def regulars(story: Story) -> None:
    create_segment(SegmentDraft("regulars", "단골", "", BOUGHT), actor=MAKER, at=NOW)


def test_archive__a_promotion_asks__is_refused_by_its_name(clerk: Client, regulars: None) -> None:
    publish(name="단골 할인", condition=ASKS)

    page = clerk.post("/segments/regulars/archive", {"sure": "1"}).content.decode()

    assert "이 세그먼트를 묻는 것이 있어요: 프로모션 ‘단골 할인’" in page
    assert "프로모션 ‘단골 할인’" in clerk.get("/segments/regulars").content.decode()


def test_archive__the_promotion_is_put_away_or_a_draft__is_done(regulars: None) -> None:
    archive(publish(name="단골 할인", condition=ASKS), at=NOW)
    draft(name="초안", condition=ASKS)

    archive_segment("regulars", actor=MAKER, at=NOW)


def test_publish__a_segment_that_is_archived__is_refused(regulars: None) -> None:
    made = draft(condition=ASKS)
    archive_segment("regulars", actor=MAKER, at=NOW)

    with pytest.raises(UnknownSegment):
        publish_draft(made, revision=1, published_by="owner", at=NOW)


def test_publish_and_archive__at_once__never_both(regulars: None) -> None:
    made = draft(condition=ASKS)

    refused = together(
        [
            lambda: publish_draft(made, revision=1, published_by="owner", at=NOW),
            lambda: archive_segment("regulars", actor=MAKER, at=NOW),
        ]
    )

    assert [type(one) for one in refused] in ([SegmentAskedElsewhere], [UnknownSegment])


def test_segment__archived__has_a_page_and_comes_back(clerk: Client, regulars: None) -> None:
    archive_segment("regulars", actor=MAKER, at=NOW)

    page = clerk.get("/segments/regulars")
    back = clerk.post("/segments/regulars/restore")

    assert page.status_code == 200
    assert "보관한 세그먼트예요" in page.content.decode()
    assert "/segments/regulars/edit" not in page.content.decode()
    assert back["Location"] == "/segments/regulars"
    assert "들어 있는 사람" in clerk.get("/segments/regulars").content.decode()


def test_segment__asking_for_a_trait_of_an_archived_one__is_refused(regulars: None) -> None:
    asks = {"type": "trait", "trait": "lookalike.regulars", "op": "at_least", "value": 1}
    # The traits there are stay known for some minutes.
    known = {"lookalike.regulars": TraitType(Kind.NUMBER)}
    check_condition(asks, known)
    archive_segment("regulars", actor=MAKER, at=NOW)

    with pytest.raises(UnknownSegment) as refusal:
        check_condition(asks, known)

    assert refusal.value.data["segment"] == "regulars"
