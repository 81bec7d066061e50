"""Traits over the API: told with their kinds, read back, and asked about."""

import unicodedata
from typing import Any

import pytest

from dangol.core.segments.models import Trait
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def tell(api: Caller, traits: dict[str, Any], **more: Any) -> Any:
    return api.send("PUT", "/members/external:A/traits", {"traits": traits} | more)


@pytest.fixture
def member(api: Caller) -> str:
    made: str = api.post("/members", {"external_id": "A"}).data["id"]
    return made


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("pro", "text"),
        (3, "number"),
        (2.5, "number"),
        (True, "flag"),
        (["a", "b"], "list"),
        ("2027-01-01", "date"),
        ("2027-01-01T00:00:00+00:00", "instant"),
    ],
)
def test_traits__of_each_kind__read_back_as_told(api: Caller, member: str, value: Any, kind: str) -> None:
    kinds = {"kinds": {"app.it": kind}} if kind in ("date", "instant") else {}

    told = tell(api, {"app.it": value}, **kinds)

    assert told.status == 200
    (one,) = api.get(f"/members/{member}/traits").data["traits"]
    assert (one["name"], one["value"], one["source"]) == ("app.it", value, "api")
    assert {"name": "app.it", "kind": kind, "order": []} in api.get("/traits").data["data"]
    # The second time its kind is known.
    assert tell(api, {"app.it": value}).status == 200


def test_traits__name_of_another_script__reads_back_in_one_form(api: Caller, member: str) -> None:
    parted = unicodedata.normalize("NFD", "app.가입일")

    assert tell(api, {parted: "2027-01-01", "app.단계": "상"}, kinds={parted: "date"}).status == 200

    told = api.get(f"/members/{member}/traits").data["traits"]
    assert [(one["name"], one["value"]) for one in told] == [
        ("app.가입일", "2027-01-01"), ("app.단계", "상"),
    ]  # fmt: skip
    assert {"name": "app.가입일", "kind": "date", "order": []} in api.get("/traits").data["data"]
    condition = {"type": "trait", "trait": "app.단계", "op": "equals", "value": "상"}
    assert api.post("/segments/preview", {"condition": condition}).data["sample"]


def test_traits__null__takes_one_away(api: Caller, member: str) -> None:
    tell(api, {"app.a": 1, "app.b": 2})

    left = tell(api, {"app.a": None}).data["traits"]

    assert [one["name"] for one in left] == ["app.b"]


@pytest.mark.parametrize(
    ("traits", "more", "status", "code", "param"),
    [
        ({"app.ok": 1, "No Name": 1}, {}, 400, "traits.bad_name", "traits.No Name"),
        ({"app.ok": 1, "customer.language": "ko"}, {}, 400, "traits.provided", "traits.customer.language"),
        ({"app.ok": 1, "rfm.segment": 5}, {}, 400, "traits.provided", "traits.rfm.segment"),
        ({"app.ok": 1, "app.mail": "kim@example.com"}, {}, 400, "traits.personal", "traits.app.mail"),
        ({"app.ok": 1, "app.id": 9003141234567}, {}, 400, "traits.personal", "traits.app.id"),
        ({"app.ok": 1, "app.tags": ["a", "01012345678"]}, {}, 400, "traits.personal", "traits.app.tags"),
        ({"app.ok": 1, "app.day": "soon"}, {"kinds": {"app.day": "date"}}, 400, "traits.bad_value",
         "traits.app.day"),
        ({"app.ok": 1, "app.big": 10**16}, {}, 400, "traits.bad_value", "traits.app.big"),
        ({"app.ok": 1, "app.known": "text"}, {}, 409, "traits.other_kind", "traits.app.known"),
        ({}, {}, 422, "request.invalid", "traits"),
        ({"app.ok": {"a": 1}}, {}, 422, "request.invalid", None),
        ({"app.ok": 1}, {"at": "2026-01-01"}, 422, "request.invalid", "at"),
    ],
)  # fmt: skip
def test_traits__one_of_them_wrong__all_are_refused(
    api: Caller, member: str, traits: Any, more: Any, status: int, code: str, param: str | None
) -> None:
    tell(api, {"app.known": 1})

    refused = tell(api, traits, **more)

    assert (refused.status, refused.data["code"]) == (status, code)
    assert param is None or refused.data["param"] == param
    assert list(Trait.objects.values_list("name", flat=True)) == ["app.known"]


def test_traits__as_of_an_earlier_instant__change_nothing(api: Caller, member: str) -> None:
    tell(api, {"app.plan": "pro"}, at="2026-02-01T00:00:00Z")

    tell(api, {"app.plan": "free"}, at="2026-01-01T00:00:00Z")

    assert api.get(f"/members/{member}/traits").data["traits"][0]["value"] == "pro"
