"""Points by hand on the pages: a look ahead, a second person for what is large, and the way back."""

import re

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from dangol.core.access.approvals import ApprovalState, Ask, count_waiting, note_request
from dangol.core.access.models import Approval
from dangol.core.access.rights import Role
from dangol.core.ledger.by_hand import KIND
from dangol.core.ledger.models import Transfer
from dangol.core.ledger.selectors import balances_of
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import write_transaction
from tests.web.staff import sign_in
from tests.web.story import CURRENCY, NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def agent(story: Story) -> Client:
    return sign_in(Client(headers={"accept-language": "ko"}), "agent", Role.AGENT)


def has(customer_id: Id) -> int:
    """Return what a member can spend."""
    return balances_of([customer_id], CURRENCY)[customer_id].available


def form_in(page: str) -> str:
    """Return the name of the form on a page."""
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found
    return found[1]


def fill(client: Client, member: Id, **fields: str) -> dict[str, str]:
    """Open the form and fill it in."""
    page = client.get(f"/members/{show_id(member)}/adjust").content.decode()
    return {"form": form_in(page), "way": "give", "points": "500", "reason": "사과", "last_day": ""} | fields


def test_adjust__looked_at_first__moves_nothing_and_then_once(agent: Client, story: Story) -> None:
    before, path = has(story.regular), f"/members/{show_id(story.regular)}/adjust"
    given = fill(agent, story.regular, points="1,200P", last_day="2026-12-31")

    page = agent.post(path, given).content.decode()

    assert "이렇게 돼요" in page
    assert "+1,200P" in page
    assert "<dd>2026년 12월 31일 (목)</dd>" in page
    assert f"{before + 1_200:,}P" in page
    assert has(story.regular) == before
    assert not Approval.objects.exists()
    for _ in range(2):
        answer = agent.post(path, given | {"sure": "1"})
        assert answer["Location"].endswith("?tab=points")
    assert has(story.regular) == before + 1_200
    assert Approval.objects.get().actor == "agent"
    assert "사과" in agent.get(answer["Location"]).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("points", "-5", "숫자로 적어 주세요"),
        ("points", "0", "숫자로 적어 주세요"),
        ("points", "٣", "숫자로 적어 주세요"),
        ("points", "9" * 30, "숫자로 적어 주세요"),
        ("last_day", "2026-11-21", "오늘이거나 그 뒤인 날"),
        ("last_day", "9999-12-31", "오늘이거나 그 뒤인 날"),
        ("last_day", "soon", "오늘이거나 그 뒤인 날"),
        ("reason", "  ", "이유를 한 줄로"),
    ],
)
def test_adjust__odd_field__says_which_and_keeps_the_rest(
    agent: Client, story: Story, field: str, value: str, words: str
) -> None:
    before = Transfer.objects.count()
    given = fill(agent, story.regular) | {field: value, "sure": "1"}

    answer = agent.post(f"/members/{show_id(story.regular)}/adjust", given)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert all(kept in page for name, kept in given.items() if name != field and name in ("points", "reason"))
    assert Transfer.objects.count() == before


def test_adjust__more_than_there_is__is_refused_in_words(agent: Client, story: Story) -> None:
    given = fill(agent, story.regular, way="take", points="9,999")

    answer = agent.post(f"/members/{show_id(story.regular)}/adjust", given)

    assert answer.status_code == 422
    assert "쓸 수 있는 포인트가 모자라요" in answer.content.decode()


def test_adjust__large__waits_is_counted_in_the_menu_and_done_by_another(
    agent: Client, clerk: Client, story: Story
) -> None:
    before, path = has(story.regular), f"/members/{show_id(story.regular)}/adjust"
    given = fill(agent, story.regular, points="10,001")
    assert "승인 요청하기" in agent.post(path, given).content.decode()

    answer = agent.post(path, given | {"sure": "1"})

    assert "승인을 기다려요" in agent.get(answer["Location"]).content.decode()
    assert has(story.regular) == before
    assert agent.get("/approvals").status_code == 403
    assert "건이 기다려요" in clerk.get("/").content.decode()
    request = Approval.objects.get()
    decided = f"/approvals/{show_id(request.id)}"
    assert "+10,001P" in clerk.get("/approvals").content.decode()
    assert clerk.post(decided, {"choice": "decline"}).status_code == 422
    assert clerk.post(decided, {"choice": "approve"}).status_code == 302
    assert has(story.regular) == before + 10_001
    again = clerk.post(decided, {"choice": "approve"})
    assert (again.status_code, has(story.regular)) == (422, before + 10_001)
    assert "이미 결정한 요청이에요" in again.content.decode()


def test_adjust__large_by_an_owner__is_not_theirs_to_approve(clerk: Client, story: Story) -> None:
    given = fill(clerk, story.regular, points="10001", sure="1")
    clerk.post(f"/members/{show_id(story.regular)}/adjust", given)
    request = Approval.objects.get()

    assert "내가 요청한 일이라" in clerk.get("/approvals").content.decode()
    answer = clerk.post(f"/approvals/{show_id(request.id)}", {"choice": "approve"})

    assert answer.status_code == 422
    assert "스스로 요청한 일은" in answer.content.decode()
    assert Approval.objects.get().state == ApprovalState.WAITING


def test_limit__set_by_the_instance__is_what_counts(agent: Client, story: Story, settings: Settings) -> None:
    settings.ADJUST_LIMIT = 100
    agent.post(
        f"/members/{show_id(story.regular)}/adjust", fill(agent, story.regular, points="101", sure="1")
    )

    assert Approval.objects.get().state == ApprovalState.WAITING


def test_undo__of_a_spend_on_the_list__gives_back_and_is_offered_once(agent: Client, story: Story) -> None:
    before = has(story.regular)
    spent = Transfer.objects.get(customer_id=story.regular, key="spend-1")
    page, undo = f"/members/{show_id(story.regular)}?tab=points", f"/points/{show_id(spent.id)}/undo"
    assert undo in agent.get(page).content.decode()
    path = f"/members/{show_id(story.regular)}{undo}"
    form = form_in(agent.get(path).content.decode())
    assert agent.post(path, {"form": form, "reason": " "}).status_code == 422

    for _ in range(2):
        assert agent.post(path, {"form": form, "reason": "잘못 눌렀어요"}).status_code == 302

    assert has(story.regular) == before + 20
    assert undo not in agent.get(page).content.decode()
    assert agent.post(path, {"form": show_id(new_id()), "reason": "한 번 더"}).status_code == 422


def test_undo__of_what_an_order_earned__is_not_found(agent: Client, story: Story) -> None:
    earned = Transfer.objects.filter(customer_id=story.regular, kind="earn").first()
    assert earned

    assert agent.get(f"/members/{show_id(story.regular)}/points/{show_id(earned.id)}/undo").status_code == 404


def test_adjust__form_without_a_name__is_not_found(agent: Client, story: Story) -> None:
    given = fill(agent, story.regular, form="x", sure="1")

    assert agent.post(f"/members/{show_id(story.regular)}/adjust", given).status_code == 404


@pytest.mark.parametrize(("kind", "payload"), [("coupon.issue", "{}"), (KIND, "[]"), (KIND, "no json")])
def test_approvals__kind_not_known__is_shown_as_that_and_only_declined(
    clerk: Client, story: Story, kind: str, payload: str
) -> None:
    asked = Ask(new_id(), kind, story.regular, payload, 5, "표본")
    with write_transaction():
        note_request(asked, actor=Actor(ActorKind.STAFF, "somebody"), at=NOW, waits=True)

    page = clerk.get("/approvals").content.decode()
    decide = f"/approvals/{show_id(asked.id)}"
    approved = clerk.post(decide, {"choice": "approve"})

    assert f"이 버전이 모르는 요청 ({kind})" in page
    assert 'value="approve"' not in page
    assert approved.status_code == 422
    assert "승인할 수 없어요" in approved.content.decode()
    assert count_waiting(at=NOW) == 1
    assert clerk.post(decide, {"choice": "decline", "reason": "모르는 요청"}).status_code == 302
    assert count_waiting(at=NOW) == 0
