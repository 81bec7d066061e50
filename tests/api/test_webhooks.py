"""Webhook endpoints by API: made, changed, given new secrets, tried, and what they were sent."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from dangol.api.models import Answer
from dangol.core.access.rights import Right
from dangol.core.events.webhooks.models import Delivery, DeliveryState
from dangol.core.events.webhooks.sealed_secrets import signing_keys
from dangol.core.storage.ids import parse_id
from tests.api.conftest import Caller, key_with

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ASKED = {"url": "https://hooks.example.com/in", "events": ["order.placed"], "description": "창고"}


@pytest.fixture
def made(api: Caller) -> dict[str, Any]:
    answered = api.post("/webhooks", ASKED)
    assert answered.status == 201, answered.data
    data: dict[str, Any] = answered.data
    return data


def path_of(made: dict[str, Any], rest: str = "") -> str:
    return f"/webhooks/{made['webhook']['id']}{rest}"


def test_create__as_asked__secret_signs_and_is_never_shown_again(api: Caller, made: dict[str, Any]) -> None:
    shown = api.get(path_of(made))

    assert (shown.data["url"], shown.data["events"]) == (ASKED["url"], ["order.placed"])
    assert (shown.data["state"], shown.data["signature"], shown.data["public_key"]) == ("active", "v1", None)
    assert Webhook(made["secret"])
    everywhere = [shown.raw, api.get("/webhooks").raw, api.send("PATCH", path_of(made), {}).raw]
    assert not [raw for raw in everywhere if made["secret"].encode() in raw]


def test_create__sent_again__same_secret_and_none_at_rest(api: Caller) -> None:
    first = api.post("/webhooks", ASKED, key="w1")
    again = api.post("/webhooks", ASKED, key="w1")

    assert (again.raw, again.headers["Idempotent-Replayed"]) == (first.raw, "true")
    assert len(api.get("/webhooks").data["data"]) == 1
    assert first.data["secret"].encode() not in bytes(Answer.objects.get(name="w1").body or b"")


def test_create__of_a_pair_of_keys__secret_is_the_public_half(api: Caller) -> None:
    made = api.post("/webhooks", ASKED | {"signature": "v1a"}).data

    assert made["secret"].startswith("whpk_")
    assert made["webhook"]["public_key"] == made["secret"]


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"url": "http://hooks.example.com"}, "webhooks.url_malformed", "url"),
        ({"url": "https://10.0.0.1/"}, "webhooks.url_not_public", "url"),
        ({"url": "https://hooks.example.com:8443"}, "webhooks.url_malformed", "url"),
        ({"events": ["order.eaten"]}, "webhooks.event_unknown", "events"),
        ({"description": "a" * 201}, "request.invalid", "description"),
        ({"signature": "v2"}, "request.invalid", "signature"),
        ({"secret": "mine"}, "request.invalid", "secret"),
    ],
)
def test_create__field_that_is_wrong__is_named_and_nothing_is_made(
    api: Caller, change: dict[str, Any], code: str, param: str
) -> None:
    refused = api.post("/webhooks", ASKED | change)

    assert (refused.data["code"], refused.data["param"]) == (code, param)
    assert refused.status in (400, 422)
    assert api.get("/webhooks").data["data"] == []


def test_change__some_fields__others_stay(api: Caller, made: dict[str, Any]) -> None:
    changed = api.send("PATCH", path_of(made), {"url": "https://other.example.com/", "events": []})

    assert changed.status == 200
    assert (changed.data["url"], changed.data["events"]) == ("https://other.example.com/", [])
    assert changed.data["description"] == "창고"


@pytest.mark.parametrize(("hours", "signing"), [(24, 2), (0, 1)])
def test_rotate__with_an_overlap__both_secrets_sign(
    api: Caller, made: dict[str, Any], hours: int, signing: int
) -> None:
    fresh = api.post(path_of(made, "/rotate"), {"overlap_hours": hours}, key="r1")
    again = api.post(path_of(made, "/rotate"), {"overlap_hours": hours}, key="r1")

    assert fresh.status == 201
    assert fresh.data["secret"] != made["secret"]
    assert again.raw == fresh.raw
    endpoint_id, at = parse_id(made["webhook"]["id"]), datetime.now(UTC) + timedelta(seconds=1)
    assert len(signing_keys([endpoint_id], at=at)[endpoint_id]) == signing


def test_disable__then_enable__examples_are_refused_between(api: Caller, made: dict[str, Any]) -> None:
    assert api.post(path_of(made, "/disable")).data["state"] == "disabled"
    refused = api.post(path_of(made, "/test"), {})
    assert (refused.status, refused.data["code"]) == (409, "webhooks.endpoint_disabled")
    assert api.post(path_of(made, "/enable")).data["state"] == "active"
    assert api.post(path_of(made, "/test"), {}).status == 201


def test_test__event__is_a_delivery_that_can_be_read_and_sent_again(
    api: Caller, made: dict[str, Any]
) -> None:
    sent = api.post(path_of(made, "/test"), {"event": "order.placed"}).data
    path = path_of(made, f"/deliveries/{sent['id']}")
    report = api.get(path).data
    assert (report["delivery"], report["tries"]) == (sent, [])
    assert '"test":true' in report["body"]

    Delivery.objects.update(state=DeliveryState.FAILED, due_at=None, finished_at=datetime.now(UTC))
    assert api.get(path).data["delivery"]["state"] == "failed"
    again = api.post(f"{path}/replay")
    assert (again.status, again.data["state"]) == (200, "waiting")


def test_replay__of_a_stretch__sends_what_never_arrived_or_all(api: Caller, made: dict[str, Any]) -> None:
    ids = [api.post(path_of(made, "/test"), {}).data["id"] for _ in range(3)]
    Delivery.objects.update(state=DeliveryState.DELIVERED, due_at=None)
    Delivery.objects.filter(message_id=parse_id(ids[0])).update(state=DeliveryState.FAILED)
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()

    assert api.post(path_of(made, "/replay"), {"since": since, "until": since}).data == {"count": 0}
    assert api.post(path_of(made, "/replay"), {"since": since}).data == {"count": 1}
    assert api.post(path_of(made, "/replay"), {"since": since, "all": True}).data == {"count": 3}
    backwards = api.post(path_of(made, "/replay"), {"since": since, "until": "2020-01-01T00:00:00Z"})
    assert (backwards.status, backwards.data["param"]) == (400, "until")


def test_deliveries__by_pages_and_filters__each_once(api: Caller, made: dict[str, Any]) -> None:
    sent = [api.post(path_of(made, "/test"), {}).data["id"] for _ in range(5)]
    seen, cursor = [], ""
    while True:
        page = api.get(path_of(made, f"/deliveries?limit=2{cursor}")).data
        seen += [one["id"] for one in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert seen == sorted(sent, reverse=True)
    assert api.get(path_of(made, "/deliveries?state=failed")).data["data"] == []
    assert len(api.get(path_of(made, "/deliveries?event=webhook.tested")).data["data"]) == 5
    assert api.get(path_of(made, "/deliveries?event=order.placed")).data["data"] == []


def test_delete__an_endpoint__is_gone(api: Caller, made: dict[str, Any]) -> None:
    assert api.send("DELETE", path_of(made), None).data == {"id": made["webhook"]["id"]}
    assert api.get(path_of(made)).status == 404
    assert api.send("DELETE", path_of(made), None).status == 404


@pytest.mark.parametrize("path", ["", "/deliveries", f"/deliveries/{UUID(int=7)}"])
def test_webhooks__key_without_the_right__is_403(made: dict[str, Any], path: str) -> None:
    reader = Caller(key_with(Right.WEBHOOKS_READ))
    stranger = Caller(key_with(Right.JOBS_READ))

    assert stranger.get(path_of(made, path)).status == 403
    assert reader.get(path_of(made)).status == 200
    assert reader.post(path_of(made, "/disable")).status == 403
