"""The pages of incidents: written down, told in time, with the notice made from what is known."""

from http import HTTPStatus

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.duties.incidents import list_incidents
from dangol.core.storage.ids import new_id, show_id
from tests.web.staff import sign_in
from tests.web.story import Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
GIVEN = {
    "known_at": "2026-11-22T09:00", "people": "1,200", "what": "<b>노트북</b>을 잃었어요.",
    "fields": "이름, 전화번호",
    "advice": "모르는 전화를 받지 마세요.", "measures": "잠갔어요.", "contact": "표본 가게 000-0000",
}  # fmt: skip


def given() -> dict[str, str]:
    """Return what is sent by a form that was opened just now."""
    return GIVEN | {"form": show_id(new_id())}


def test_incident__form_sent_twice__is_one(clerk: Client, story: Story) -> None:
    opened = clerk.get("/incidents/new").context["form"]

    answers = [clerk.post("/incidents/new", GIVEN | {"form": opened})["Location"] for _ in range(2)]

    assert answers == [f"/incidents/{opened}"] * 2
    assert [one.number for one in list_incidents()] == [1]


def test_incident__written_down_told_and_closed(clerk: Client, story: Story) -> None:
    written = clerk.post("/incidents/new", given(), follow=True).content.decode()
    incident = list_incidents()[0]
    address = f"/incidents/{show_id(incident.id)}"
    assert "1. 유출된 정보\n이름, 전화번호" in written
    assert "&lt;b&gt;노트북" in written
    assert "<b>노트북" not in written
    assert "알려야 할 유출 사고가 1건 있어요" in clerk.get("/").content.decode()

    early = clerk.post(address, {"act": "closed", "seen": "1"})
    assert early.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    for seen, act in enumerate(("told", "reported", "closed"), start=1):
        assert clerk.post(address, {"act": act, "seen": str(seen)})["Location"] == address

    assert "마침" in clerk.get("/incidents").content.decode()
    assert "알려야 할 유출 사고" not in clerk.get("/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"known_at": "x"},
        {"known_at": "9999-12-31T00:00"},
        {"people": "many"},
        {"what": ""},
        {"contact": "x" * 501},
    ],
)
def test_incident__that_cannot_be__is_refused_and_what_was_typed_stays(
    clerk: Client, story: Story, wrong: dict[str, str]
) -> None:
    answer = clerk.post("/incidents/new", given() | wrong)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "잠갔어요." in answer.content.decode()
    assert list_incidents() == []


def test_incident__seen_that_is_none_or_act_that_is_none__changes_nothing(
    clerk: Client, story: Story
) -> None:
    clerk.post("/incidents/new", given())
    address = f"/incidents/{show_id(list_incidents()[0].id)}"

    assert clerk.post(address, {"act": "told", "seen": "x"}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert clerk.post(address, {"act": "recorded", "seen": "1"}).status_code == HTTPStatus.OK
    assert list_incidents()[0].number == 1


def test_incidents__of_someone_without_the_right__are_closed(client: Client, story: Story) -> None:
    assert sign_in(client, "seller", Role.AGENT).get("/incidents").status_code == HTTPStatus.FORBIDDEN
