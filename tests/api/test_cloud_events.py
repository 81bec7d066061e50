"""CloudEvents 1.0 over HTTP, in its three modes."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dangol.api import limits
from dangol.core.access.rights import Right
from dangol.core.behavior.models import Entry
from dangol.core.events.models import Event
from tests.api.conftest import Answered, Caller, key_with
from tests.core.behavior.sending import payloads, problems
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


def event(**changed: Any) -> dict[str, Any]:
    told = {
        "specversion": "1.0", "id": "e-1", "source": "/shop/web", "type": "com.example.visited",
        "subject": "external:M-1", "time": "2026-03-01T09:00:00Z", "data": {"room": 3},
    }  # fmt: skip
    return {name: value for name, value in (told | changed).items() if value is not ...}


@pytest.fixture
def sender(shop: None) -> Caller:
    return Caller(key_with(Right.EVENTS_WRITE))


def send(sender: Caller, body: Any, media: str = STRUCTURED, **headers: str) -> Answered:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return sender.send("POST", "/events", content, Content_Type=media, **headers)


def test_events__structured_and_again__is_taken_in_once(sender: Caller) -> None:
    assert send(sender, event()).data == {"count": 1, "new": 1}
    assert send(sender, event()).data == {"count": 1, "new": 0}
    assert send(sender, event(source="/shop/app")).data == {"count": 1, "new": 1}

    first, _ = payloads("behavior.tracked")
    assert (first.kind, first.name, first.properties) == ("event", "com.example.visited", {"room": 3})
    assert first.context == {"origin": "/shop/web"}
    assert Event.objects.order_by("id")[0].occurred_at.isoformat() == "2026-03-01T09:00:00+00:00"


def test_events__batch__each_is_taken_in(sender: Caller) -> None:
    batch = [event(id=str(number)) for number in range(5)]

    assert send(sender, batch, BATCH).data == {"count": 5, "new": 5}
    assert send(sender, [], BATCH).data == {"count": 0, "new": 0}


def test_events__binary__attributes_are_headers(sender: Caller) -> None:
    headers = {
        "ce_id": "e%201", "ce_source": "/shop/web", "ce_specversion": "1.0", "ce_type": "com.example.visited",
        "ce_subject": "external:M-1",
    }  # fmt: skip
    told = send(sender, b'{"room":3}', "application/json", **headers)

    assert told.data == {"count": 1, "new": 1}
    [kept] = payloads("behavior.tracked")
    assert kept.properties == {"room": 3}
    assert kept.message.startswith("e 1 ")


def test_events__data_in_base64_or_of_another_kind__is_read_or_named(sender: Caller) -> None:
    encoded = base64.b64encode(b'{"room":3}').decode()
    send(sender, event(data=..., data_base64=encoded))
    send(sender, event(id="2", data=..., data_base64=encoded, datacontenttype="image/png"))

    assert [one.properties for one in payloads("behavior.tracked")] == [
        {"room": 3}, {"media_type": "image/png", "bytes": 10},
    ]  # fmt: skip


def test_events__id_with_an_address_in_it__is_kept_as_its_hash(sender: Caller) -> None:
    for place, text in enumerate(["kim@example.com", "x" * 50 + "kim@example.com", "x" * 61]):
        assert send(sender, event(id=text)).data == {"count": 1, "new": 1}
        assert not any("kim" in one for one in Entry.objects.values_list("message", flat=True)), place

    assert Entry.objects.count() == 3


def test_events__subject_by_our_own_id__is_that_customer(sender: Caller, api: Caller) -> None:
    member = api.post("/members", {"external_id": "M-1"}).data["id"]

    send(sender, event(subject=member))
    send(sender, event(id="2", subject="external:M-1"))

    owners = set(Event.objects.filter(name="behavior.tracked").values_list("customer_id", flat=True))
    assert len(owners) == 1


@pytest.mark.parametrize("subject", [..., "nobody", "00000000-0000-4000-8000-000000000000", "external:null"])
def test_events__subject_that_is_nobody__is_kept_in_the_debugger(sender: Caller, subject: Any) -> None:
    assert send(sender, event(subject=subject)).data == {"count": 1, "new": 1}

    assert problems()[-1] == "behavior.nobody_named"
    assert not Event.objects.filter(name="behavior.tracked").exists()


@pytest.mark.parametrize(
    ("body", "media", "code", "param"),
    [
        (event(id=...), STRUCTURED, "cloudevents.attribute_unfit", "id"),
        (event(source=""), STRUCTURED, "cloudevents.attribute_unfit", "source"),
        (event(type=7), STRUCTURED, "cloudevents.attribute_unfit", "type"),
        (event(specversion="0.3"), STRUCTURED, "cloudevents.attribute_unfit", "specversion"),
        (event(time="yesterday"), STRUCTURED, "cloudevents.attribute_unfit", "time"),
        (event(data_base64="aa=="), STRUCTURED, "cloudevents.attribute_unfit", "data_base64"),
        (event(data=..., data_base64="!"), STRUCTURED, "cloudevents.data_unreadable", "data_base64"),
        ([event(), event(id=...)], BATCH, "cloudevents.attribute_unfit", "[1].id"),
        ([event(), 7], BATCH, "cloudevents.not_json", "[1]"),
        (event(), BATCH, "cloudevents.not_json", None),
        (b"{", STRUCTURED, "cloudevents.not_json", None),
        ([event()] * 1_001, BATCH, "cloudevents.batch_too_long", None),
        (event(), "application/cloudevents+avro", "cloudevents.media_type_unknown", None),
        (event(), "application/json", "cloudevents.media_type_unknown", None),
    ],
)
def test_events__that_are_broken__refuse_all_with_the_path(
    sender: Caller, body: Any, media: str, code: str, param: str | None
) -> None:
    told = send(sender, body, media)

    assert (told.status, told.data["code"]) == (400, code)
    assert told.data["param"] == param
    assert not Entry.objects.exists()


def test_events__binary_with_datacontenttype__is_refused(sender: Caller) -> None:
    told = send(sender, b"1", "application/json", ce_id="1", ce_source="/", ce_specversion="1.0", ce_type="x",
                ce_datacontenttype="application/json")  # fmt: skip

    assert told.data["param"] == "ce-datacontenttype"


def test_events__key_that_reads_only__is_403(shop: None) -> None:
    assert send(Caller(key_with(Right.EVENTS_READ)), event()).status == 403


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
ATTRIBUTES = st.sampled_from(
    ["id", "source", "specversion", "type", "subject", "time", "data", "data_base64"]
)


@given(st.dictionaries(ATTRIBUTES, JSON, max_size=4), st.sampled_from([STRUCTURED, BATCH]), st.booleans())
@settings(
    max_examples=SIZE.odd_requests, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_events__any_attributes__are_taken_or_refused(
    shop: None, changed: Any, media: str, whole: bool
) -> None:
    limits.forget_turns()
    sender = Caller(key_with(Right.EVENTS_WRITE, Right.MEMBERS_WRITE, Right.ORDERS_WRITE))
    body = (event() if whole else {}) | changed

    told = send(sender, [body] if media == BATCH else body, media)

    assert told.status in (200, 400)
