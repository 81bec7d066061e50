"""The page of API keys: made, shown once, in use, and taken back."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client

from dangol.api.caller import Needs
from dangol.api.urls import api
from dangol.core.access.keys import KeyRevoked, forget_remembered_keys, list_keys, make_key, open_key
from dangol.core.access.rights import Right, Role
from dangol.core.storage.ids import new_id, show_id
from dangol.web.scopes import GROUPS, PRESETS
from tests.web.staff import sign_in
from tests.web.story import NOW, Story
from tests.web.test_browser import Open

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ASKED = {"name": "강남점 계산대", "space": "live", "scopes": ["members.read", "orders.write"], "days": "90"}
SECRET = re.compile(r"dg_live_[\w-]{43}")


@pytest.fixture(autouse=True)
def forgetting() -> None:
    forget_remembered_keys()


def make(client: Client) -> str:
    """Make a key on the page and return its secret."""
    answer = client.post("/keys/new", ASKED)
    assert answer.status_code == HTTPStatus.OK
    assert answer["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    found = SECRET.search(answer.content.decode())
    assert found
    return found.group()


def test_keys__none__says_what_to_do(clerk: Client, story: Story) -> None:
    page = clerk.get("/keys").content.decode()

    assert "쓸 수 있는 키가 없어요" in page
    assert 'href="/keys/new"' in page


def test_make__as_asked__secret_opens_the_api_and_is_shown_once(clerk: Client, story: Story) -> None:
    secret = make(clerk)

    (key,) = list_keys()
    assert (key.name, key.space, key.created_by) == ("강남점 계산대", "live", "owner")
    assert key.expires_at == NOW + timedelta(days=90)
    answer = Client().get("/api/v1/members", headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code == HTTPStatus.OK
    for address in ("/keys", f"/keys/{show_id(key.id)}"):
        page = clerk.get(address).content.decode()
        assert secret not in page
        assert key.shown in page
        assert "회원 보기" in page


def test_make__shown__has_a_command_that_works_as_it_stands(clerk: Client, story: Story) -> None:
    page = clerk.post("/keys/new", ASKED).content.decode()

    secret = SECRET.search(page)
    assert secret
    assert "curl &quot;http://testserver/api/v1/members&quot;" in page
    assert f"Authorization: Bearer {secret.group()}&quot;" in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "키의 이름이 비었거나"),
        ({"scopes": []}, "권한을 하나도 고르지 않았어요"),
        ({"scopes": ["members.eat"]}, "‘members.eat’(이)라는 권한은 없어요"),
        ({"space": "nowhere"}, "nowhere"),
        ({"days": "31"}, "키의 유효기간을 알 수 없어요"),
        ({"days": "x"}, "키의 유효기간을 알 수 없어요"),
        ({"days": ""}, "키의 유효기간을 알 수 없어요"),
    ],
)
def test_make__odd_part__says_so_and_keeps_what_was_typed(
    clerk: Client, story: Story, changed: dict[str, object], words: str
) -> None:
    answer = clerk.post("/keys/new", ASKED | changed)

    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert words in page
    assert "강남점 계산대" in page or changed.get("name") == ""
    assert list_keys() == []


@pytest.mark.parametrize("preset", [*PRESETS, "no-such"])
def test_preset__chosen__its_scopes_are_checked_and_no_others(
    clerk: Client, story: Story, preset: str
) -> None:
    page = clerk.get(f"/keys/new?preset={preset}").content.decode()

    checked = set(re.findall(r'name="scopes" value="([^"]+)" checked', page))
    assert checked == set(PRESETS[preset][2] if preset in PRESETS else ())


def test_scopes__of_the_page__are_those_the_api_asks_for() -> None:
    asked = {
        needed.right
        for _prefix, router in api._routers
        for view in router.path_operations.values()
        for operation in view.operations
        for needed in operation.auth_callbacks
        if isinstance(needed, Needs)
    }

    offered = [right for _name, rights in GROUPS for right in rights]
    # What `GET /members/{member}?reveal=` asks for beside the right to read.
    asked.add(Right.MEMBERS_UNMASK)
    assert set(offered) == asked
    assert len(offered) == len(asked)
    assert all(set(scopes) <= asked for _name, _words, scopes in PRESETS.values())


def test_revoke__sure__opens_nothing_and_says_so(clerk: Client, story: Story) -> None:
    secret = make(clerk)
    (key,) = list_keys()
    open_key(secret, at=NOW)

    unsure = clerk.post(f"/keys/{show_id(key.id)}/revoke")
    assert unsure.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "먼저 확인해 주세요" in unsure.content.decode()
    open_key(secret, at=NOW)
    page = clerk.post(f"/keys/{show_id(key.id)}/revoke", {"sure": "1"}, follow=True).content.decode()

    assert "거둬들였어요" in page
    assert f"/keys/{show_id(key.id)}/revoke" not in page
    with pytest.raises(KeyRevoked):
        open_key(secret, at=NOW)
    assert "더는 열지 않는 키" in clerk.get("/keys").content.decode()


def test_list__key_at_its_end__stands_among_those_that_are_over(clerk: Client, story: Story) -> None:
    make_key(name="old", space="live", scopes=[Right.MEMBERS_READ], created_by="o", at=NOW, expires_at=NOW)

    page = clerk.get("/keys").content.decode()

    assert "쓸 수 있는 키가 없어요" in page
    assert "기한이 끝났어요" in page


def test_key__nobody_made__is_not_found(clerk: Client, story: Story) -> None:
    address = f"/keys/{show_id(new_id())}"

    assert clerk.get(address).status_code == HTTPStatus.NOT_FOUND
    assert clerk.post(f"{address}/revoke", {"sure": "1"}).status_code == HTTPStatus.NOT_FOUND


def test_auditor__on_the_pages__sees_and_changes_nothing(clerk: Client, story: Story) -> None:
    make(clerk)
    (key,) = list_keys()
    browser = sign_in(Client(), "auditor", Role.AUDITOR)

    assert "/keys/new" not in browser.get("/keys").content.decode()
    assert "/revoke" not in browser.get(f"/keys/{show_id(key.id)}").content.decode()
    assert browser.post("/keys/new", ASKED).status_code == HTTPStatus.FORBIDDEN


def test_name__like_markup__is_text(clerk: Client, story: Story) -> None:
    page = clerk.post("/keys/new", ASKED | {"name": "<b>x</b>"}).content.decode()

    assert "<b>x</b>" not in page
    assert "<b>x</b>" not in clerk.get("/keys").content.decode()


def test_copy__new_key__is_the_secret_itself(open_context: Open, story: Story) -> None:
    context = open_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto("/keys/new?preset=till")
    page.locator("#name").fill("till")
    page.locator("main form button.primary").press("Enter")

    copier = page.locator("[data-copies=secret]")
    copier.press("Enter")

    copier.filter(has_text="복사했어요").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#secret").inner_text()
