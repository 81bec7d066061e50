"""The page of test spaces: what is in each, and one made anew by whoever types its name."""

from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.test import Client

from dangol.api.limits import forget_turns
from dangol.core.access.keys import forget_remembered_keys
from dangol.core.access.models import AccessEntry
from dangol.core.access.rights import Role
from dangol.core.people.models import Customer
from dangol.core.people.services import resolve_customers
from dangol.core.storage.spaces import in_space
from dangol.core.storage.transactions import write_transaction
from dangol.project.clock import now
from tests.api.conftest import Caller, key_with
from tests.sizes import drawn
from tests.spaces import bare_space, fresh_space
from tests.web.staff import sign_in
from tests.web.story import NOW
from tests.web.test_browser import Open, find_violations

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def space(new_shop: None) -> Iterator[str]:
    """A test space with a member in it."""
    forget_remembered_keys()
    forget_turns()
    with fresh_space("trial") as name:
        with in_space(name), write_transaction():
            resolve_customers("external", ["A"], recorded_at=now(), join=True)
        yield name


def members_of(space: str) -> int:
    """Return how many customers there are in a space."""
    with in_space(space):
        return Customer.objects.count()


def test_spaces__page__says_what_is_in_each(clerk: Client, space: str) -> None:
    key_with(space=space)
    with bare_space("half") as half:
        page = clerk.get("/keys/spaces").content.decode()

        assert f"시험 공간 {space}" in page
        assert "<dt>회원</dt><dd>1</dd>" in page
        assert "<dt>쓸 수 있는 키</dt><dd>1</dd>" in page
        assert f"시험 공간 {half}" in page
        assert "지금은 읽을 수 없어요" in page


def test_spaces__none__says_how_to_make_one(clerk: Client, new_shop: None) -> None:
    assert "<code>dangol init --space test</code>" in clerk.get("/keys/spaces").content.decode()


def test_remake__name_typed__is_empty_on_record_and_its_key_opens_it(clerk: Client, space: str) -> None:
    api = Caller(key_with(space=space))
    assert len(api.get("/members").data["data"]) == 1

    answer = clerk.post(f"/keys/spaces/{space}/remake", {"typed": f" {space} "}, follow=True)

    assert f"시험 공간 {space}을(를) 새로 만들었어요" in answer.content.decode()
    assert members_of(space) == 0
    assert api.get("/members").data["data"] == []
    assert api.post("/members", {"external_id": "B"}).status == HTTPStatus.CREATED
    entry = AccessEntry.objects.get()
    assert (entry.action, entry.actor, entry.people, entry.at) == ("configure", "owner", 0, NOW)
    assert space in entry.reason


@pytest.mark.parametrize("typed", ["", "live", "TRIAL"])
def test_remake__another_name_typed__keeps_all_and_says_so(clerk: Client, space: str, typed: str) -> None:
    answer = clerk.post(f"/keys/spaces/{space}/remake", {"typed": typed})

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "아직 아무것도 지우지 않았어요" in answer.content.decode()
    assert members_of(space) == 1
    assert not AccessEntry.objects.exists()


@pytest.mark.parametrize("name", ["live", "nospace", "_trial"])
def test_remake__what_is_no_test_space__is_not_there(clerk: Client, space: str, name: str) -> None:
    answer = clerk.post(f"/keys/spaces/{name}/remake", {"typed": name})

    assert answer.status_code == HTTPStatus.NOT_FOUND


def test_remake__who_may_only_look__sees_no_form_and_is_refused(client: Client, space: str) -> None:
    auditor = sign_in(client, "auditor", Role.AUDITOR)

    assert "/remake" not in auditor.get("/keys/spaces").content.decode()
    answer = auditor.post(f"/keys/spaces/{space}/remake", {"typed": space})

    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert members_of(space) == 1


@pytest.mark.parametrize(("language", "width"), drawn([("ko", 390), ("en", 1440)], one_in=2))
def test_spaces__with_the_form_open__are_accessible(
    open_context: Open, space: str, language: str, width: int
) -> None:
    page = open_context(language=language, width=width).new_page()
    page.goto("/keys/spaces")
    page.locator("summary", has_text="비우고" if language == "ko" else "Empty").focus()
    page.keyboard.press("Enter")

    assert not find_violations(page)
    page.locator(f"#typed-{space}").fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()

    assert not find_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
