"""Members to whom nothing can be done: erased for good, or their key is not there. Every act says which."""

import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from dangol.core.access.acts import erase_customer
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.data_keys import forget_cached_keys
from dangol.core.people.models import PersonKey
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.web.guard import Route, routes
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
REASON = "본인이 부탁함"
# A member's page itself opens and says why nothing can be done; what they asked for is answered all the same,
# and why somebody is in a segment, where a redemption stands, or what coupons and stamps they have, says
# nothing that a key has to open.
OPEN = (
    "web:member", "web:request-answer", "web:segment-why", "web:redemption", "web:member-coupons",
    "web:member-stamps", "web:member-referral", "web:member-earning",
    "web:member-stamps", "web:member-credit",
)  # fmt: skip


def member_routes() -> Iterator[Route]:
    """Yield every address of staff that names a member."""
    return (one for one in routes() if "<id:customer_id>" in one.path and one.name not in OPEN)


def fill(route: Route, customer_id: Id) -> str:
    address = route.path.replace("<id:customer_id>", show_id(customer_id))
    for part in ("transfer_id", "hold_id", "note_id", "redemption_id", "stamp_id", "program_id"):
        address = address.replace(f"<id:{part}>", show_id(new_id()))
    assert "<" not in address, address
    return address


def ask_all(client: Client, customer_id: Id) -> dict[str, tuple[int, str]]:
    """Return what every address of a member answers, opened or sent a form."""
    told = {}
    for route in member_routes():
        answer = client.get(fill(route, customer_id))
        if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            answer = client.post(fill(route, customer_id), {"form": show_id(new_id())})
        told[route.path] = (answer.status_code, answer.content.decode())
    return told


def lose_key(customer_id: Id) -> None:
    """Take a person's key away, as an older copy of the key store would."""
    PersonKey.objects.filter(customer_id=customer_id).delete()
    forget_cached_keys()


def test_acts__key_is_missing__each_says_so_and_what_to_do(clerk: Client, story: Story) -> None:
    lose_key(story.customers["1502"])

    told = ask_all(clerk, story.customers["1502"])

    assert len(told) > 15
    assert {path: status for path, (status, _page) in told.items() if status != 503} == {}
    assert all("dangol restore --keys" in page for _status, page in told.values())


def test_pages__one_key_is_missing__lists_and_the_member_open_without_a_name(
    clerk: Client, story: Story
) -> None:
    lose_key(story.customers["1502"])

    listed = clerk.get("/members")
    page = clerk.get(f"/members/{show_id(story.customers['1502'])}")

    assert (listed.status_code, page.status_code) == (200, 200)
    assert "이름을 열 수 없는 회원" in listed.content.decode()
    assert "dangol restore --keys" in page.content.decode()
    assert "지우기와 보존" not in page.content.decode()
    assert clerk.get(f"/members/{show_id(story.regular)}/edit").status_code == HTTPStatus.OK


def test_acts__key_store_is_gone__each_that_opens_says_so(
    clerk: Client, story: Story, settings: Settings
) -> None:
    PersonKey.objects.all().delete()
    forget_cached_keys()
    settings.READ_ONLY = "keys"

    told = ask_all(clerk, story.customers["1502"])

    assert {path: status for path, (status, _page) in told.items() if status != 503} == {}


def test_acts__erased__each_says_when_and_nothing_of_who_it_was(clerk: Client, story: Story) -> None:
    erased = story.customers["1502"]
    erase_customer(erased, actor=Actor(ActorKind.STAFF, "owner"), reason=REASON, at=NOW)

    told = ask_all(clerk, erased)
    told["page"] = (410, clerk.get(f"/members/{show_id(erased)}").content.decode())

    assert {path: status for path, (status, _page) in told.items() if status != 410} == {}
    for path, (_status, page) in told.items():
        assert "2026년 11월 22일 (일)에 개인정보를 지웠어요." in page, path
        assert all(word not in page for word in ("하늘", "555-0178", REASON)), path
        assert not re.search(r"\b1502\b", page), path  # as a word: ids may have it among their digits
