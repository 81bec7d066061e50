"""A second person for event rules on the pages: asked on the rule, decided under approvals, and told."""

import re
from typing import Any

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.storage.ids import Id, show_id
from dangol.rooms.rewards.event_rules import editing
from dangol.rooms.rewards.event_rules.editing import find_rule
from tests.web.event_rules import LIVE, publish_rule
from tests.web.second_person import decide, limits
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def draft(**content: Any) -> Id:
    return editing.create_rule(LIVE | content, made_by="marketer", at=NOW)


def address(rule: Id, act: str = "") -> str:
    return f"/event-rules/{show_id(rule)}{act}"


def read(client: Client, path: str, language: str = "ko") -> str:
    return client.get(path, headers={"accept-language": language}).content.decode()


def send(
    client: Client, rule: Id, act: str = "/publish", reason: str = "가을 행사예요", revision: int = 1
) -> None:
    form = re.search(r'name="form" value="([^"]+)"', read(client, address(rule)))
    assert form
    answer = client.post(address(rule, act), {"revision": str(revision), "form": form[1], "reason": reason})
    assert answer.status_code == 302, answer.content.decode()


def test_rule__where_another_has_to_approve__says_why_and_asks(clerk: Client, story: Story) -> None:
    limits(approve_budget_above=100_000)
    made = draft()

    page = read(clerk, address(made))

    assert "다른 사람이 승인해야 발행돼요" in page
    assert "금액 예산으로 막지 못해서 혼자 발행하지 않아요." in page
    assert address(made, "/ask") in page
    assert address(made, "/publish") not in page


def test_publication__asked_and_approved__is_live(clerk: Client, other: Client, story: Story) -> None:
    limits(approve_always=True)
    made = draft()

    send(clerk, made)
    waits, asked = read(clerk, address(made)), read(other, "/approvals")
    before = find_rule(made).state(NOW)
    decide(other, "approve")

    assert "님이 승인을 부탁했어요." in waits
    assert "가을 행사예요" in waits
    assert "‘리뷰 포인트’ 발행하기" in asked
    assert f'href="{address(made)}"' in asked
    assert (before, find_rule(made).state(NOW)) == ("draft", "live")
    assert "적립 활동 발행 승인" in read(clerk, "/access-log")


def test_publication__of_another_draft__shows_the_approver_what_changes(
    clerk: Client, other: Client, story: Story
) -> None:
    made = publish_rule(**LIVE)
    limits(approve_always=True)
    editing.write_draft(made, LIVE | {"points": 300}, revision=None, changed_by="박", at=NOW)

    send(clerk, made)

    asked, page = read(other, "/approvals"), read(other, address(made))
    assert re.search(r"<dt>포인트</dt><dd>100P.* → 300P", asked)
    assert "<del>" in page
    assert "300P" in page


def test_publication__draft_changed_since__is_told_and_not_approved(
    clerk: Client, other: Client, story: Story
) -> None:
    limits(approve_always=True)
    made = draft()
    send(clerk, made)
    editing.write_draft(made, LIVE | {"points": 9_000}, revision=1, changed_by="박", at=NOW)

    asked, page = read(other, "/approvals"), read(clerk, address(made))
    refused = decide(other, "approve", is_done=False)

    assert "그사이 초안이 바뀌었어요." in asked
    assert "승인 부탁하기" in page
    assert "이 초안을 고쳤어요." in refused
    assert find_rule(made).version is None


def test_publication__asked_by_oneself__cannot_be_decided(clerk: Client, story: Story) -> None:
    limits(approve_always=True)

    send(clerk, draft())

    page = read(clerk, "/approvals")
    assert "내가 요청한 일이라 다른 사람이 결정해야 해요." in page
    assert 'value="approve"' not in page


def test_publication__declined__says_who_and_why(clerk: Client, other: Client, story: Story) -> None:
    limits(approve_always=True)
    made = draft()

    send(clerk, made)
    decide(other, "decline", "너무 일러요")

    page = read(clerk, address(made))
    assert "님이 거절했어요: 너무 일러요" in page
    assert "승인 부탁하기" in page
    assert find_rule(made).version is None


def test_publication__of_a_marketer__is_asked_for_and_approved(clerk: Client, story: Story) -> None:
    marketer, made = sign_in(Client(), "marketer", Role.MARKETER), draft()

    refused = marketer.post(address(made, "/publish"), {"revision": "1"})
    send(marketer, made, "/ask")
    decide(clerk, "approve")

    assert refused.status_code == 403
    assert find_rule(made).state(NOW) == "live"


def test_publication__without_a_reason__is_told_on_the_page(clerk: Client, story: Story) -> None:
    limits(approve_always=True)
    made = draft()
    form = re.search(r'name="form" value="([^"]+)"', read(clerk, address(made)))
    assert form

    answer = clerk.post(address(made, "/ask"), {"revision": "1", "form": form[1], "reason": " "})

    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()


def test_pages__in_english__ask_and_tell_in_english(clerk: Client, other: Client, story: Story) -> None:
    limits(approve_always=True)
    made = draft()

    before = read(clerk, address(made), "en")
    send(clerk, made)
    waits, asked = read(clerk, address(made), "en"), read(other, "/approvals", "en")

    assert "Somebody else has to approve" in before
    assert "asked for approval" in waits
    assert "Publish ‘리뷰 포인트’" in asked
    assert "Ways to earn</a>" in asked


def test_publication__draft_written_by_the_approver__may_be_declined_only(
    clerk: Client, other: Client, story: Story
) -> None:
    limits(approve_always=True)
    made = draft()
    editing.write_draft(made, LIVE | {"points": 300}, revision=1, changed_by="second", at=NOW)
    send(clerk, made, revision=2)

    page, english = read(other, "/approvals"), read(other, "/approvals", "en")
    refused = decide(other, "approve", is_done=False)

    assert "<dt>초안을 쓴 사람</dt><dd>marketer, second</dd>" in page
    assert "내가 쓰거나 고친 초안이라 다른 사람이 승인해야 해요." in page
    assert "You wrote or changed this draft, so somebody else has to approve it." in english
    assert 'value="approve"' not in page
    assert 'value="decline"' in page
    assert "초안을 쓰거나 고친 사람은 그 초안을 승인할 수 없어요." in refused
    assert find_rule(made).version is None
