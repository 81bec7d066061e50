"""Without its key store, or when asked: pages open, a notice says why, and nothing is written."""

import pytest
from django.test import Client
from django.urls import get_resolver
from pytest_django import Settings

from dangol.core.people.data_keys import forget_cached_keys
from dangol.core.people.models import PersonKey
from dangol.core.storage.ids import show_id
from tests.sizes import drawn
from tests.web.paths import PAGES_IN, Shown, act_paths, undo_path
from tests.web.seeking import seek
from tests.web.story import Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def keyless(shown: Shown, settings: Settings) -> Shown:
    """Return the story of a shop whose key store is gone; what its pages need was made while it could be."""
    PersonKey.objects.all().delete()
    forget_cached_keys()  # as a process that has just started
    settings.READ_ONLY = "keys"
    return shown


def test_pages__key_store_gone__open_with_points_and_a_notice_but_nobody_s_name(
    keyless: Shown, clerk: Client
) -> None:
    clerk.raise_request_exception = False
    # Nobody can be named, so nobody is found by a name and nothing is done to anybody.
    adjust = f"/members/{show_id(keyless.story.regular)}/adjust"
    closed = (
        *act_paths(keyless.story),
        adjust,
        undo_path(keyless.story),
        "/till/members/",
        "/till/sales/",
        "/till/held/",
        "/messages",
    )
    paths = [
        one
        for one in ["/", "/members", *drawn(keyless.staff, one_in=PAGES_IN)]
        if "q=" not in one and "person=" not in one and not one.endswith("/undo")
    ]
    answers = {path: clerk.get(path) for path in paths if not path.startswith(closed)}

    assert {path: one.status_code for path, one in answers.items() if one.status_code != 200} == {}
    told = {path for path, one in answers.items() if "지금은 보기만 할 수 있어요." in one.content.decode()}
    assert answers.keys() - told == set()
    assert "조용해요" not in answers["/"].content.decode()
    assert "이름을 열 수 없는 회원" in "".join(one.content.decode() for one in answers.values())


def test_search__key_store_gone__is_503_in_words(keyless: Story, clerk: Client) -> None:
    clerk.raise_request_exception = False

    answer = seek(clerk, "/members", "01012345678")

    assert answer.status_code == 503
    assert "이름과 번호로 찾을 수 없어요" in answer.content.decode()


@pytest.mark.parametrize("reason", ["keys", "asked"])
def test_writes__read_only__are_refused_but_for_coming_in_and_the_language(
    story: Story, clerk: Client, settings: Settings, reason: str
) -> None:
    settings.READ_ONLY = reason

    refused = [clerk.post(path) for path in ("/", "/members", "/design")]
    language = clerk.post("/language", {"language": "en", "next": "/design"})

    assert {one.status_code for one in refused} == {503}
    assert all("보낸 내용은 저장하지 않았어요" in one.content.decode() for one in refused)
    assert language.status_code == 302
    assert clerk.post("/sign-out").status_code == 302
    assert get_resolver().resolve("/sign-in").view_name == "account_login"


def test_writes__not_read_only__are_let_through(story: Story, clerk: Client) -> None:
    assert clerk.post("/design").status_code != 503
