"""Points for many members on the pages: whom the form means, the preview, once, and what became of it."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from dangol.core.access.models import Approval
from dangol.core.access.rights import Role
from dangol.core.ledger import in_bulk
from dangol.core.ledger.models import BulkOutcome
from dangol.core.people.actors import HOUSE
from dangol.core.people.erasures import erase_customer
from dangol.core.people.leaving import leave_members
from dangol.core.people.models import Customer
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.selectors import list_jobs
from dangol.web import chosen
from tests.web.staff import sign_in
from tests.web.story import NOW, Story
from tests.web.test_by_hand import form_in, has

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
BULK = "/members/bulk/points"


@pytest.fixture
def agent(story: Story) -> Client:
    return sign_in(Client(headers={"accept-language": "ko"}), "agent", Role.AGENT)


def shown(*customer_ids: Id) -> list[str]:
    return [show_id(one) for one in customer_ids]


def filled(page: str, **fields: str) -> dict[str, Any]:
    """Return a form of the page filled in, with all that it hides."""
    hidden: dict[str, Any] = {}
    for name, value in re.findall(r'type="hidden" name="([a-z_]+)" value="([^"]*)"', page):
        if name != "csrfmiddlewaretoken":
            hidden.setdefault(name, []).append(value)
    return hidden | {"points": "100", "reason": "사과", "last_day": ""} | fields


def test_bulk__ticked__previewed_and_given_once(agent: Client, story: Story) -> None:
    people = [story.regular, story.newcomer]
    before = [has(one) if one != story.newcomer else 0 for one in people]
    page = agent.post(BULK, {"who": shown(*people)}).content.decode()
    assert "받는 회원 2명" in page
    given = filled(page)

    page = agent.post(BULK, given).content.decode()

    assert "이렇게 돼요" in page
    assert "200P" in page
    assert not Approval.objects.exists()
    sure = filled(page, sure="1")
    answers = [agent.post(BULK, sure)["Location"] for _ in range(2)]
    assert len(set(answers)) == 1
    assert [has(one) for one in people] == [had + 100 for had in before]
    page = agent.get(answers[0]).content.decode()
    assert "2명에게 모두 200P 줬어요" in page
    assert "빠져요" not in page


def test_bulk__of_the_filter__says_who_is_left_out_before_and_after(agent: Client, story: Story) -> None:
    gone, left = story.customers["1503"], story.customers["1504"]
    people = [*story.customers.values(), new_id()]
    erase_customer(gone, actor=HOUSE, reason="asked", at=NOW)
    with write_transaction():
        leave_members([left], source="till", recorded_at=NOW)

    page = agent.post(BULK, {"who": shown(*people)}).content.decode()

    assert "3명은 빠져요" in page
    for words in ("지운 회원이에요 (1)", "회원이 아니거나 탈퇴했어요 (1)", "없는 번호예요 (1)"):
        assert words in page
    page = agent.post(BULK, filled(page, points="10")).content.decode()
    answer = agent.post(BULK, filled(page, points="10", sure="1"))
    page = agent.get(answer["Location"]).content.decode()
    assert "10명에게 모두 100P 줬어요" in page
    assert "3명은 빠져요" in page


def test_bulk__filter_has_others_by_then__asks_again(agent: Client, story: Story) -> None:
    members = Customer.objects.filter(kind="member").count()
    page = agent.post(f"{BULK}?soon=0", {"which": "match"}).content.decode()
    assert f"받는 회원 {members}명" in page
    page = agent.post(BULK, filled(page, points="1")).content.decode()
    sure = filled(page, points="1", sure="1")
    with write_transaction():
        leave_members([story.newcomer], source="till", recorded_at=NOW)

    answer = agent.post(BULK, sure)

    assert answer.status_code == HTTPStatus.OK
    page = answer.content.decode()
    assert "그 사이에 조건에 맞는 회원이 바뀌었어요" in page
    assert not Approval.objects.exists()
    assert agent.post(BULK, filled(page, points="1", sure="1")).status_code == HTTPStatus.FOUND
    assert BulkOutcome.objects.get().count == members - 1


def test_bulk__page_and_too_many__by_the_form(
    agent: Client, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = agent.get("/members").content.decode()
    on_page = re.search(r'name="page" value="([^"]+)"', page)[1]  # type: ignore[index]

    page = agent.post(BULK, {"which": "page", "page": on_page}).content.decode()
    assert "받는 회원 12명" in page
    monkeypatch.setattr(chosen, "MOST", 5)
    for asked, words in (
        ({"which": "match"}, "한 번에 5명까지"),
        ({"who": ["x"] * 300}, "한 번에 200명까지"),
        ({}, "고른 회원이 없어요"),
        ({"who": ["nonsense"]}, "고른 회원이 없어요"),
    ):
        answer = agent.post(BULK, asked)
        assert answer.status_code == 422
        assert words in answer.content.decode()


def test_bulk__over_the_limit_in_sum__waits_for_another(
    agent: Client, story: Story, settings: Settings
) -> None:
    settings.ADJUST_LIMIT = 1_000
    page = agent.post(BULK, {"which": "match"}).content.decode()
    page = agent.post(BULK, filled(page)).content.decode()
    assert "승인 요청하기" in page
    where = agent.post(BULK, filled(page, sure="1"))["Location"]
    assert "승인을 기다려요" in agent.get(where).content.decode()
    owner = sign_in(Client(headers={"accept-language": "ko"}))
    page = owner.get("/approvals").content.decode()
    assert "회원 12명" in page
    assert "각각 +100P, 모두 1,200P" in page
    waiting = Approval.objects.get()

    owner.post(f"/approvals/{show_id(waiting.id)}", {"choice": "approve"})

    assert "12명에게 모두 1,200P 줬어요" in agent.get(where).content.decode()
    assert "승인함" in owner.get("/approvals").content.decode()


def test_bulk__many__runs_as_a_job_and_says_so(
    agent: Client, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_bulk, "AT_ONCE", 5)
    page = agent.post(BULK, {"which": "match"}).content.decode()
    page = agent.post(BULK, filled(page)).content.decode()
    where = agent.post(BULK, filled(page, sure="1"))["Location"]

    assert "나눠서 하고 있어요" in agent.get(where).content.decode()
    assert [one.name for one in list_jobs()] == [in_bulk.TASK]
    in_bulk.carry_out_in_bulk(Approval.objects.get(kind=in_bulk.BULK).id, at=NOW, report=lambda *_: None)
    assert "12명에게" in agent.get(where).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("points", "0", "숫자로 적어 주세요"),
        ("last_day", "2026-11-21", "오늘이거나 그 뒤인 날"),
        ("reason", "  ", "이유를 한 줄로"),
    ],
)
def test_bulk__odd_field__says_which(agent: Client, story: Story, field: str, value: str, words: str) -> None:
    page = agent.post(BULK, {"who": shown(story.regular)}).content.decode()

    answer = agent.post(BULK, filled(page) | {field: value, "sure": "1"})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Approval.objects.exists()


def test_outcome__of_another__is_not_there(agent: Client, story: Story) -> None:
    page = agent.post(BULK, {"who": shown(story.regular)}).content.decode()
    where = agent.post(BULK, filled(page, sure="1", digest=digest_in(agent, page)))["Location"]
    other = sign_in(Client(), "other", Role.AGENT)

    assert other.get(where).status_code == HTTPStatus.NOT_FOUND
    assert agent.get(f"/members/bulk/{show_id(new_id())}").status_code == HTTPStatus.NOT_FOUND
    by_hand = Approval.objects.exclude(kind=in_bulk.BULK).get()
    assert agent.get(f"/members/bulk/{show_id(by_hand.id)}").status_code == HTTPStatus.NOT_FOUND


def digest_in(client: Client, page: str) -> str:
    """Return what stands for those a preview is of."""
    preview = client.post(BULK, filled(page)).content.decode()
    return filled(preview)["digest"][0]  # type: ignore[no-any-return]


def test_bulk__one_store_s_staff__others_are_left_out_unnamed(story: Story) -> None:
    store, other = new_id(), new_id()
    Customer.objects.filter(customer_id=story.regular).update(home_store_id=store)
    Customer.objects.filter(customer_id=story.newcomer).update(home_store_id=other)
    keeper = sign_in(Client(headers={"accept-language": "ko"}), "keeper", Role.AGENT, store_id=store)

    page = keeper.post(BULK, {"who": shown(story.regular, story.newcomer)}).content.decode()

    assert "받는 회원 1명" in page
    assert "다른 매장의 회원이에요 (1)" in page
    assert f"/members/{show_id(story.newcomer)}" not in page
    assert form_in(page)
