"""Event rules on pages: written, told back, published, tried, and shown to members and who asks why."""

import re
from typing import Any

import pytest
from django.test import Client

from dangol.core.storage.ids import Id, new_id, show_id
from dangol.rooms.rewards.event_rules import editing
from dangol.rooms.rewards.event_rules.contents import pack
from dangol.rooms.rewards.event_rules.editing import find_rule, list_rules
from dangol.web.suggested_event_rules import SUGGESTIONS, begin
from tests.rooms.rewards.event_rules.shop import rule_for_refused
from tests.web.event_rules import EVERYTHING, LIVE, REVIEW, publish_rule, tell_event_rules
from tests.web.forms import read_form
from tests.web.phones import come_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def typed(**more: str) -> dict[str, str]:
    given = {
        "form": show_id(new_id()), "revision": "0", "do": "save", "name": "리뷰", "trigger": "event",
        "event": "-", "event_name": REVIEW, "points": "1,000", "day": "2", "budget_points": "50,000",
        "is_shown": "1",
        "t1.property": "stars", "t1.op": "at_least", "t1.value": "4", "first_day": "2026-12-01",
    }  # fmt: skip
    return given | more


def test_make__form_sent_twice__is_one_draft(clerk: Client, story: Story) -> None:
    given = typed()

    answers = [clerk.post("/event-rules/new", given) for _ in range(2)]

    assert [one.status_code for one in answers] == [302, 302]
    (rule,) = list_rules()
    assert (rule.version, rule.state(NOW)) == (None, "draft")
    content = rule.content
    assert (content.event, content.points, content.caps.day, content.budget.points) == (
        REVIEW,
        1_000,
        2,
        50_000,
    )
    assert content.where == ({"property": "stars", "op": "at_least", "value": 4},)
    assert content.active_from is not None


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": ""}, "name"),
        ({"event": ""}, "event"),
        ({"event_name": ""}, "event_name"),
        ({"event_name": "points.earned"}, "event_name"),
        ({"points": "x"}, "points"),
        ({"rate_property": "photos", "rate_points": ""}, "rate_points"),
        ({"rate_property": "photos", "rate_points": "1"}, "most_points"),
        ({"day": "0"}, "day"),
        ({"t1.value": ""}, "t1.value"),
        ({"t1.value": "넷"}, "t1.value"),
        ({"pending_days": "-1"}, "pending_days"),
        ({"expiry": "rolling_days"}, "expiry_count"),
        ({"first_day": "tomorrow"}, "first_day"),
    ],
)
def test_make__field_that_makes_no_sense__is_told_and_keeps_the_rest(
    clerk: Client, story: Story, more: dict[str, str], field: str
) -> None:
    answer = clerk.post("/event-rules/new", typed(**more))
    page = answer.content.decode()

    assert answer.status_code == 422
    assert f'id="{field}.e"' in page
    assert 'value="50,000"' in page
    assert list_rules() == []


@pytest.mark.parametrize("slug", [one.slug for one in SUGGESTIONS])
def test_suggestions__each__can_be_published_as_it_comes(clerk: Client, story: Story, slug: str) -> None:
    page = clerk.get(f"/event-rules/new?try={slug}").content.decode()
    made = editing.create_rule(pack(begin(slug)), made_by="marketer", at=NOW)

    assert f'value="{begin(slug).name}"' in page
    assert editing.publish(made, revision=1, published_by="marketer", at=NOW) == 1


@pytest.mark.parametrize("slug", [one.slug for one in SUGGESTIONS])
def test_suggestions__what_members_read__leaves_the_days_to_wait_to_the_rule(slug: str) -> None:
    draft = begin(slug)

    assert not re.search(r"뒤에|이레|\d일", draft.about), "the days can be changed, and these words stay"
    assert not re.search(r"(?i)later|after|week|\d days", draft.about_en)


@pytest.mark.parametrize("content", [LIVE, EVERYTHING, {"name": "생일", "trigger": "birthday", "points": 5}])
def test_edit__opened_and_saved__says_the_same(clerk: Client, story: Story, content: dict[str, Any]) -> None:
    made = editing.create_rule(content, made_by="marketer", at=NOW)
    before = find_rule(made).content

    given = read_form(clerk.get(f"/event-rules/{show_id(made)}/edit").content.decode(), "rule")
    answer = clerk.post(f"/event-rules/{show_id(made)}/edit", given | {"do": ["save"]})

    assert answer.status_code == 302
    assert find_rule(made).content == before


def test_edit__two_at_once__the_later_is_told_what_differs(clerk: Client, story: Story) -> None:
    made = editing.create_rule(LIVE, made_by="marketer", at=NOW)
    editing.write_draft(made, {**LIVE, "points": 300}, revision=1, changed_by="박", at=NOW)

    answer = clerk.post(f"/event-rules/{show_id(made)}/edit", typed(revision="1"))
    page = answer.content.decode()

    assert answer.status_code == 422
    assert "그사이 저장된 것과 이렇게 달라요" in page
    again = clerk.post(f"/event-rules/{show_id(made)}/edit", typed(do="overwrite:2"))
    assert again.status_code == 302
    assert find_rule(made).content.points == 1_000


def test_preview__while_typing__tells_the_rule_in_words(clerk: Client, story: Story) -> None:
    answer = clerk.post(
        "/event-rules/new", typed(do="preview"), headers={"HX-Request": "true", "HX-Target": "preview"}
    )
    page = answer.content.decode()

    assert answer.status_code == 200
    assert "1,000P" in page
    assert "한 사람이 하루에 2번까지" in page
    assert "모두 50,000P까지" in page


def act(client: Client, rule_id: Id, do: str, **given: str) -> str:
    answer = client.post(f"/event-rules/{show_id(rule_id)}/{do}", given, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_life__published_paused_archived__each_is_told(clerk: Client, story: Story) -> None:
    made = editing.create_rule(LIVE, made_by="marketer", at=NOW)

    assert "발행했어요" in act(clerk, made, "publish", revision="1")
    assert find_rule(made).state(NOW) == "live"
    assert "멈췄어요" in act(clerk, made, "pause")
    assert "다시 운영해요" in act(clerk, made, "resume")
    editing.write_draft(made, {**LIVE, "points": 300}, revision=None, changed_by="박", at=NOW)
    page = clerk.get(f"/event-rules/{show_id(made)}").content.decode()
    assert "<del>" in page
    assert "300P" in page
    assert "초안을 버렸어요" in act(clerk, made, "discard")
    assert "보관했어요" in act(clerk, made, "archive")
    assert "보관에서 꺼냈어요" in act(clerk, made, "restore")
    assert find_rule(made).state(NOW) == "paused"


def test_publish__draft_somebody_changed__is_refused(clerk: Client, story: Story) -> None:
    made = editing.create_rule(LIVE, made_by="marketer", at=NOW)
    editing.write_draft(made, {**LIVE, "points": 300}, revision=1, changed_by="박", at=NOW)

    answer = clerk.post(f"/event-rules/{show_id(made)}/publish", {"revision": "1"})

    assert answer.status_code == 409
    assert find_rule(made).version is None


def test_rule__that_gave__shows_to_whom_the_sum_and_why_not(clerk: Client, story: Story) -> None:
    told = tell_event_rules(story)

    page = clerk.get(f"/event-rules/{show_id(told.live)}").content.decode()

    assert "→ 최대 150P" in page
    assert "오늘 받을 수 있는 횟수를 다 채웠어요" in page
    member = clerk.get(f"/members/{show_id(story.regular)}/earning").content.decode()
    assert "왜 못 받았나요?" in member
    assert "리뷰 포인트" in member


def test_member__points_of_a_rule__answer_why(clerk: Client, story: Story) -> None:
    tell_event_rules(story)

    page = clerk.get(f"/members/{show_id(story.regular)}?tab=points").content.decode()

    assert "‘리뷰 포인트’ 1판" in page


def test_phone__member__sees_what_else_earns_and_how_often_more(client: Client, story: Story) -> None:
    tell_event_rules(story)
    publish_rule(name="몰래", event="Secret", points=5, is_shown=False)
    nobody = {"type": "trait", "trait": "customer.order_count", "op": "at_least", "value": 10_000}
    publish_rule(name="VIP만", event="Vip", points=5, condition=nobody)
    phone = come_in(client, story.regular)

    page = phone.get("/me/earning").content.decode()

    assert "사진도 함께 올려 주세요" in page
    assert "오늘은 다 받았어요" in page
    assert "몰래" not in page
    assert "VIP만" not in page
    assert "이렇게도 쌓여요" in phone.get("/me/rewards").content.decode()


def test_try__asked_on_the_page__shows_what_would_have_come(clerk: Client, story: Story) -> None:
    told = tell_event_rules(story)

    answer = clerk.post(f"/event-rules/{show_id(told.live)}/try", {"days": "30"})

    assert answer.status_code == 302
    waiting = clerk.get(answer["Location"]).content.decode()
    assert "차례를 기다려요" in waiting
    pages = [clerk.get(f"/event-rules/trials/{show_id(one)}").content.decode() for one in told.trials]
    assert any("줬을 포인트" in page for page in pages)
    assert clerk.post(f"{answer['Location']}/cancel", follow=True).status_code == 200


def test_rule__for_an_event_refused_since__says_why_and_what_to_do(
    clerk: Client, client: Client, story: Story
) -> None:
    made = rule_for_refused("reward.canceled", NOW, name="교환 취소")

    told = [clerk.get(path).content.decode() for path in ("/event-rules", f"/event-rules/{show_id(made)}")]
    english = clerk.get(f"/event-rules/{show_id(made)}", headers={"accept-language": "en"}).content.decode()
    phone = come_in(client, story.regular).get("/me/earning").content.decode()

    assert all("주지 않음" in page for page in told)
    assert "다른 활동으로 고쳐 발행하거나 보관하세요." in told[0]
    assert "이제 아무에게도 주지 않아요" in told[1]
    assert "다른 활동으로 초안을 고쳐 발행하거나, 필요 없으면 보관하세요." in told[1]
    assert "It gives nobody points any more" in english
    assert "교환 취소" not in phone
    editing.archive(made, at=NOW)
    assert "이제 아무에게도" not in clerk.get(f"/event-rules/{show_id(made)}").content.decode()
