"""The pages of people's requests: noted on a member, listed by due day, answered with what was done."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.duties.models import PersonRequest
from dangol.core.storage.ids import show_id
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_request__noted_done_and_answered__is_over(clerk: Client, story: Story) -> None:
    member = f"/members/{show_id(story.customers['1502'])}"
    noted = clerk.post(f"{member}/requests", {"kind": "access", "came_on": "2026-11-21"}, follow=True)
    assert noted.redirect_chain == [("/requests", HTTPStatus.FOUND)]
    assert f'href="{member}/export"' in noted.content.decode()
    assert "김하늘" not in noted.content.decode(), "names are masked here, too"
    address = f"/requests/{show_id(story.customers['1502'])}/{show_id(PersonRequest.objects.get().id)}"

    early = clerk.post(address, {"choice": "done", "words": "mailed"})
    assert early.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "그 일을 한 기록이 없어요" in early.content.decode()
    assert (
        clerk.post(f"{member}/export", {"reason": "본인 요청", "form": "json"}).status_code == HTTPStatus.OK
    )
    done = clerk.post(address, {"choice": "done", "words": "메일로 보냄"}, follow=True).content.decode()

    assert "기다리는 요청이 없어요" in done
    assert "메일로 보냄" in done


def test_request__overdue__stands_on_the_overview_and_in_the_queue(clerk: Client, story: Story) -> None:
    came = (NOW - timedelta(days=20)).date().isoformat()
    clerk.post(f"/members/{show_id(story.regular)}/requests", {"kind": "deletion", "came_on": came})

    assert "답하지 않은 본인 요청이 1개 있어요" in clerk.get("/").content.decode()
    assert "기한이 지났어요" in clerk.get("/requests").content.decode()


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"kind": "x", "came_on": "2026-11-21"},
        {"kind": "access", "came_on": "x"},
        {"kind": "access", "came_on": "9999-12-31"},
    ],
)
def test_request__that_cannot_be__is_refused_in_words(
    clerk: Client, story: Story, given: dict[str, str]
) -> None:
    answer = clerk.post(f"/members/{show_id(story.regular)}/requests", given)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not PersonRequest.objects.exists()


def test_queue__of_someone_without_the_right__is_closed(client: Client, story: Story) -> None:
    assert sign_in(client, "seller", Role.STORE).get("/requests").status_code == HTTPStatus.FORBIDDEN
