"""What programs do to a person: see whole, merge and part, hand out, forget."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from dangol.core.access.log import list_entries
from dangol.core.access.rights import Right
from tests.api.conftest import Caller, key_with

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
WHOLE = {"external_id": "M-1", "name": "표본이름", "phone": "010-2345-6789", "email": "sample@example.com"}


@pytest.fixture
def member(api: Caller) -> str:
    return str(api.post("/members", WHOLE).data["id"])


def entries() -> list[tuple[Any, ...]]:
    """Return what the access log holds, latest first."""
    return [(one.action, one.actor_kind, one.seen, one.reason) for one in list_entries()]


def test_reveal__some_fields__shows_those_and_writes_those_down(api: Caller, member: str) -> None:
    shown = api.get(f"/members/{member}?reveal=phone,email&reason=delivery").data

    assert (shown["phone"], shown["email"]) == ("010-2345-6789", "sample@example.com")
    assert shown["name"] == "표**름"
    assert entries() == [("unmask", "key", ("phone", "email"), "delivery")]
    assert list_entries()[0].request


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ("reveal=phone", 400, "people.reason_missing"),
        ("reveal=password&reason=x", 422, "request.unknown_field"),
        ("reveal=phone,&reason=x", 422, "request.unknown_field"),
        (f"reveal=phone&reason={'x' * 301}", 422, "request.invalid"),
    ],
)
def test_reveal__odd_request__shows_and_writes_nothing(
    api: Caller, member: str, asked: str, status: int, code: str
) -> None:
    refused = api.get(f"/members/{member}?{asked}")

    assert (refused.status, refused.data["code"]) == (status, code)
    assert "2345-6789" not in refused.raw.decode()
    assert entries() == []


@pytest.mark.parametrize(
    ("method", "path", "missing"),
    [
        ("GET", "?reveal=phone&reason=x", Right.MEMBERS_UNMASK),
        ("GET", "/export?reason=x", Right.MEMBERS_EXPORT),
        ("DELETE", "?reason=x", Right.MEMBERS_ERASE),
        ("POST", "/merge", Right.MEMBERS_MERGE),
        ("POST", "/unmerge", Right.MEMBERS_MERGE),
    ],
)
def test_act__key_without_the_right__is_refused(
    api: Caller, member: str, method: str, path: str, missing: Right
) -> None:
    caller = Caller(key_with(*(set(Right) - {missing})))

    refused = caller.send(method, f"/members/{member}{path}", {}, Idempotency_Key="one")

    assert (refused.status, refused.data["code"]) == (403, "access.missing_right")
    assert entries() == []


def test_reveal__instance_is_read_only__shows_nothing_it_could_not_write_down(
    api: Caller, member: str, settings: Settings
) -> None:
    settings.READ_ONLY = "asked"
    for path in ("?reveal=phone&reason=x", "/export?reason=x"):
        assert api.get(f"/members/{member}{path}").data["code"] == "request.read_only"


def test_merge__dry_then_real_then_parted__reference_follows(api: Caller, member: str) -> None:
    other = api.post("/members", {"external_id": "M-2", "card": "1234567890"}).data["id"]
    body = {"absorb": "external:M-2", "reason": "same person"}

    tried = api.post(f"/members/{member}/merge?dry_run=true", body)
    assert (tried.status, tried.data["absorbed"]) == (201, other)
    assert api.get("/members/external:M-2").data["id"] == other
    assert entries() == []

    made = api.post(f"/members/{member}/merge", body, key="merge-1")
    again = api.post(f"/members/{member}/merge", body, key="merge-1")
    assert made.data == again.data == tried.data
    assert made.data["identities"] == {"external": 1, "card": 1}
    assert api.get(f"/members/{other}").data["id"] == member
    assert api.post(f"/members/{member}/merge", body).data["code"] == "people.same_customer"

    parted = api.post(f"/members/{other}/unmerge", {"reason": "were two"})
    assert parted.data == {"kept": member, "absorbed": other}
    assert api.get("/members/external:M-2").data["id"] == other
    assert [one[0] for one in entries()] == ["unmerge", "unmerge", "merge", "merge"]
    assert api.post(f"/members/{other}/unmerge", {"reason": "again"}).status == 404
    assert api.post("/members/nobody/unmerge", {"reason": "x"}).status == 404


def test_export__with_a_reason__is_the_whole_person(api: Caller, member: str) -> None:
    assert api.get(f"/members/{member}/export").status == 422

    taken = api.get("/members/external:M-1/export?reason=asked+for")

    assert taken.data["schema"] == "dangol.person/1"
    assert taken.data["customer_ids"] == [member]
    assert "sample@example.com" in taken.raw.decode()
    assert taken.headers["Cache-Control"] == "no-store"
    assert [one[0] for one in entries()] == ["takeout"]


def test_erase__for_a_reason__nobody_is_left_and_again_does_nothing_more(api: Caller, member: str) -> None:
    path = f"/members/{member}"
    assert api.send("DELETE", path, None).status == 422
    tried = api.send("DELETE", f"{path}?reason=x&dry_run=true", None)
    assert (tried.status, tried.data["code"]) == (422, "request.no_dry_run")
    assert api.get(path).data["erased"] is False

    gone = api.send("DELETE", f"{path}?reason=asked+for", None)

    assert (gone.status, gone.data) == (200, {"erased": [member]})
    assert api.get(path).data["erased"] is True
    assert api.get("/members/external:M-1").status == 404
    assert api.send("DELETE", f"{path}?reason=asked+for", None).status == 200
