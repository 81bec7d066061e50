"""Members by the API: enrolled, found by any of their names, changed, masked, and told of."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from dangol.api.models import Answer
from dangol.api.tasks import delete_answers
from dangol.core.access.rights import Right
from dangol.core.messaging.models import Message
from dangol.core.people.guardians import guardians_of
from dangol.core.people.models import Customer
from dangol.core.people.shops import StoreRow, upsert_stores
from dangol.core.storage.ids import parse_id
from dangol.core.storage.transactions import write_transaction
from dangol.project.clock import now
from tests.api.conftest import Caller, key_with

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
# A place without an offset, and one that no clock can show.
ODD = [
    urlsafe_b64encode(f'["{at}","01a215b7-c1dd-726d-a565-e693eb3ead0a"]'.encode()).decode()
    for at in ("2026-01-01T00:00:00", "0001-01-01T00:00:00+23:59")
]
WHOLE = {
    "external_id": "M-1", "name": "표본이름", "phone": "010-2345-6789", "email": "sample@example.com",
    "card": "1234567890", "birthday": "1990-03-14", "language": "ko", "traits": {"size": "M", "vip": True},
    "consents": [{"channel": "sms", "purpose": "marketing", "granted": True, "wording": "v1"}],
}  # fmt: skip


def test_member__enrolled__is_found_by_each_of_their_names_and_masked(api: Caller) -> None:
    made = api.post("/members", WHOLE)

    assert (made.status, made.headers["Location"]) == (201, f"/api/v1/members/{made.data['id']}")
    names = [
        "external:M-1",
        "phone:01023456789",
        "phone:+821023456789",
        "email:SAMPLE@example.com",
        "card:1234567890",
    ]
    assert {api.get(f"/members/{name}").data["id"] for name in [*names, made.data["id"]]} == {made.data["id"]}
    shown = made.data
    assert (shown["name"], shown["phone"], shown["email"], shown["card"], shown["birthday"]) == (
        "표**름", "010-2345-**89", "sa***@example.com", "******7890", "1990-**-**",
    )  # fmt: skip
    assert shown["traits"] == {"size": "M", "vip": True}
    assert shown["kind"] == "member"
    events = [one["name"] for one in api.get("/members/external:M-1/timeline").data["data"]]
    assert set(events) == {"customer.joined", "customer.updated", "consent.granted"}


def test_member__with_an_identity_somebody_has__is_refused_and_nothing_is_left(api: Caller) -> None:
    api.post("/members", WHOLE)

    for body in ({"external_id": "M-1"}, {"external_id": "M-2", "phone": "010-2345-6789"}):
        refused = api.post("/members", body)
        assert (refused.status, refused.data["code"]) == (409, "people.identity_taken")
    assert Customer.objects.count() == 1
    assert api.get("/members/external:M-2").status == 404


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({}, 422, "value.empty", "identities"),
        ({"phone": "010"}, 422, "value.not_a_phone", "phone"),
        ({"email": "nobody"}, 422, "value.not_an_email", "email"),
        ({"card": "4111111111111111"}, 422, "value.payment_card", "card"),
        ({"external_id": "M", "birthday": "1850-01-01"}, 422, "value.day_out_of_range", "birthday"),
        ({"external_id": "M", "home_store": "S9"}, 404, "people.unknown_store", "home_store"),
        ({"external_id": "M", "consents": [{"channel": "fax", "purpose": "x", "granted": True}]},
         422, "request.invalid", "consents.0.channel"),
        ({"external_id": "M", "joined_at": "2026-01-01T00:00:00"}, 422, "request.invalid", "joined_at"),
        ({"external_id": "M", "is_superuser": True}, 422, "request.invalid", "is_superuser"),
        ({"external_id": "M", "name": "x" * 300}, 422, "request.invalid", "name"),
    ],
)  # fmt: skip
def test_member__that_cannot_be__is_refused_by_field(
    api: Caller, body: dict[str, Any], status: int, code: str, param: str
) -> None:
    refused = api.post("/members", body)

    assert (refused.status, refused.data["code"], refused.data["param"]) == (status, code, param)
    assert not Customer.objects.exists()


def test_member__under_fourteen__needs_a_guardian_who_is_kept(api: Caller) -> None:
    child = {"external_id": "M-3", "birthday": f"{now().year - 10}-01-01"}

    refused = api.post("/members", child)
    assert (refused.status, refused.data["code"], refused.data["param"]) == (
        422,
        "people.guardian_needed",
        "guardian",
    )
    assert not Customer.objects.exists()

    made = api.post("/members", child | {"guardian": {"name": "보호자", "phone": "010-1111-2222"}})
    assert made.status == 201
    [guardian] = guardians_of([parse_id(made.data["id"])]).values()
    assert (guardian.name, guardian.source) == ("보호자", "api")


def test_member__birthday_below_fourteen_told_later__needs_a_guardian_who_is_kept(api: Caller) -> None:
    owner = api.post("/members", {"external_id": "M-3"}).data["id"]
    child = {"name": "어린이", "birthday": f"{now().year - 10}-01-01"}

    refused = api.send("PATCH", f"/members/{owner}", child)

    assert (refused.status, refused.data["code"], refused.data["param"]) == (
        422,
        "people.guardian_needed",
        "guardian",
    )
    shown = api.get(f"/members/{owner}").data
    assert (shown["name"], shown["birthday"]) == (None, None)

    consented = child | {"guardian": {"name": "보호자", "phone": "010-1111-2222"}}
    made = api.send("PATCH", f"/members/{owner}", consented)
    assert made.status == 200
    [guardian] = guardians_of([parse_id(owner)]).values()
    assert (guardian.name, guardian.source) == ("보호자", "api")
    assert api.send("PATCH", f"/members/{owner}", child).status == 200


def test_member__changed__keeps_what_is_not_named(api: Caller) -> None:
    api.post("/members", WHOLE)
    with write_transaction():
        upsert_stores([StoreRow("S1", "본점")], recorded_at=now())

    changed = api.send(
        "PATCH",
        "/members/external:M-1",
        {"phone": "010-9999-0000", "home_store": "S1", "traits": {"size": None}},
    )

    assert changed.status == 200
    assert (changed.data["home_store"], changed.data["traits"]) == ("S1", {"vip": True})
    assert changed.data["email"] == "sa***@example.com"
    assert not Message.objects.exists()
    assert api.get("/members/phone:01099990000").data["id"] == changed.data["id"]
    assert api.get("/members/phone:01023456789").status == 404


def test_member__e_mail_changed__is_told_to_the_address_before(api: Caller) -> None:
    api.post("/members", WHOLE)

    assert api.send("PATCH", "/members/external:M-1", {"email": "other@example.com"}).status == 200

    assert Message.objects.get().template == "address_changed"


@pytest.mark.parametrize(
    "reference",
    [
        "x",
        "external:",
        "phone:zero",
        "anonymous:abc",
        "email:a@b",
        "01a215b7-c1dd-726d-a565-e693eb3ead0a",
        "%00",
        "external:" + "x" * 200,
    ],
)
def test_member__nobody_is_meant__is_404_in_every_way(api: Caller, reference: str) -> None:
    for path in ("", "/points", "/points/history", "/tier", "/timeline", "/consents"):
        assert api.get(f"/members/{reference}{path}").data["code"] == "members.unknown"


def test_members__listed__come_page_by_page_each_once(api: Caller) -> None:
    made = [api.post("/members", {"external_id": f"M-{number}"}).data["id"] for number in range(7)]

    pages, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/members?limit=3&cursor={cursor}").data
        pages.append([one["id"] for one in page["data"]])
        cursor = page["next_cursor"]

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [one for page in pages for one in page] == made[::-1]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x"])
def test_members__page_of_a_size_there_is_not__is_refused(api: Caller, query: str) -> None:
    assert api.get(f"/members?{query}").data["param"] == "limit"


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "bnVsbA", "WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsICJ4Il0", *ODD, "A" * 600, "%ff"]
)
def test_members__cursor_that_is_none__is_refused(api: Caller, cursor: str) -> None:
    assert api.get(f"/members?cursor={cursor}").data["code"] == "request.invalid_cursor"


def test_consents__given_and_taken_back__latest_holds_and_all_is_kept(api: Caller) -> None:
    api.post("/members", WHOLE)

    told = api.post(
        "/members/external:M-1/consents", {"channel": "sms", "purpose": "marketing", "granted": False}
    )

    assert told.status == 201
    assert [one["granted"] for one in told.data["history"]] == [True, False]
    assert [one["granted"] for one in told.data["current"]] == [False]
    assert told.data["current"][0]["source"] == "api"


def test_rights__of_a_key__are_needed_one_by_one(api: Caller) -> None:
    api.post("/members", WHOLE)
    reader = Caller(key_with(Right.MEMBERS_READ))

    assert reader.get("/members/external:M-1").status == 200
    assert reader.post("/members", {"external_id": "M-2"}).status == 403
    assert reader.get("/members/external:M-1/points").status == 403
    assert reader.get("/members/external:M-1/timeline").status == 403


def test_answers__of_a_month_ago__are_deleted_and_others_kept(api: Caller) -> None:
    api.post("/members", {"external_id": "M-1"}, key="old")
    boundary = now()
    api.post("/members", {"external_id": "M-2"}, key="new")

    assert delete_answers(before=boundary) == 1
    assert [one.name for one in Answer.objects.all()] == ["new"]
