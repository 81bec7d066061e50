"""Segment's tracking API over HTTP: who may send, in which forms, and how it is answered."""

import base64
import gzip
import json
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings, strategies as st

from dangol.api import limits
from dangol.connectors.segment.bodies import EVENT_BYTES, MOST_EVENTS, RUDDER_BYTES, SEGMENT_BYTES
from dangol.core.access.keys import list_keys, revoke_key
from dangol.core.access.rights import Right
from dangol.core.behavior.models import Entry
from dangol.core.events.models import Event
from dangol.core.events.settling import settle_all
from dangol.core.people.models import Customer
from dangol.core.people.selectors import find_by_identity
from dangol.core.segments.models import Trait
from dangol.project.clock import now
from tests.api.conftest import key_with
from tests.core.behavior.sending import details, payloads, problems
from tests.sizes import SIZE
from tests.spaces import fresh_space

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


class Told(NamedTuple):
    status: int
    data: Any
    headers: dict[str, str]


def basic(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def post(action: str, body: Any, *, method: str = "POST", **headers: str) -> Told:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    response = Client(raise_request_exception=False).generic(
        method, f"/v1/{action}", content, content_type="application/json", headers=given
    )
    raw = response.content
    return Told(response.status_code, json.loads(raw) if raw else None, dict(response.headers))


@pytest.fixture
def write_key(shop: None) -> str:
    return key_with(Right.EVENTS_WRITE)


def track(**changed: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Clicked", "anonymousId": "a-1", "messageId": "m-1"} | changed


FORMS: list[tuple[str, dict[str, Any], str]] = [
    ("track", {"event": "Clicked", "userId": "u-1", "properties": {"plan": "gold"}}, "track"),
    ("t", {"event": "Clicked", "anonymousId": "a-1"}, "track"),
    ("page", {"name": "Home", "anonymousId": "a-1"}, "page"),
    ("p", {"name": "Home", "anonymousId": "a-1"}, "page"),
    ("screen", {"name": "Home", "anonymousId": "a-1"}, "screen"),
    ("s", {"name": "Home", "anonymousId": "a-1"}, "screen"),
    ("identify", {"userId": "u-1", "traits": {"plan": "gold"}}, "identify"),
    ("i", {"userId": "u-1"}, "identify"),
    ("group", {"userId": "u-1", "groupId": "g-1", "traits": {"size": 3}}, "group"),
    ("g", {"userId": "u-1", "groupId": "g-1"}, "group"),
    ("alias", {"userId": "u-1", "previousId": "a-1"}, "alias"),
    ("a", {"userId": "u-1", "previousId": "a-1"}, "alias"),
    ("batch", {"batch": [track()]}, "track"),
    ("b", {"batch": [track()]}, "track"),
    ("import", {"batch": [track()]}, "track"),
]


@pytest.mark.parametrize(("action", "body", "kind"), FORMS)
def test_tracking__each_call_and_its_short_form__is_taken_in(
    write_key: str, action: str, body: dict[str, Any], kind: str
) -> None:
    told = post(action, body, **basic(write_key))

    assert (told.status, told.data) == (200, {"success": True})
    assert told.headers["Content-Type"] == "application/json"
    assert Entry.objects.get().kind == kind
    assert problems() == []


def test_tracking__key_in_the_body_or_with_a_token__opens_too(write_key: str) -> None:
    assert post("track", track(writeKey=write_key)).status == 200
    assert post("track", track(messageId="2"), Authorization=f"Bearer {write_key}").status == 200
    with_token = post(
        "track", track(messageId="3", writeKey=write_key), Authorization="Bearer an-oauth-token"
    )
    assert with_token.status == 200
    assert Event.objects.count() == 3


@pytest.mark.parametrize("headers", [{}, basic("dg_live_nothing"), {"Authorization": "Basic !!"}, basic("")])
def test_tracking__without_a_key_that_opens__is_401(shop: None, headers: dict[str, str]) -> None:
    told = post("track", track(), **headers)

    assert told.status == 401
    assert told.data.keys() == {"code", "message"}
    assert told.data["code"] == "access.unknown_key"


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        ({}, "The API key is missing or wrong. Send the write key as the user of Basic auth"),
        ({"Accept-Language": "fr"}, "The API key is missing or wrong"),
        ({"Accept-Language": "en;q=0.5, ko"}, "API 키가 없거나 맞지 않아요. 쓰기 키를 Basic 인증의 사용자로"),
    ],
)
def test_tracking__without_a_key__is_told_how_these_clients_send_one(
    shop: None, headers: dict[str, str], sentence: str
) -> None:
    message = post("track", track(), **headers).data["message"]

    assert message.startswith(sentence)
    assert "Bearer" not in message


@pytest.mark.parametrize(
    ("action", "route"),
    [("track", "tracking:track"), ("t", "tracking:track"), ("import/", "tracking:batch"),
     ("kim@example.com", "tracking:unknown"), ("", "tracking:unknown")],
)  # fmt: skip
def test_tracking__each_call__is_logged_by_its_name(
    write_key: str, caplog: pytest.LogCaptureFixture, action: str, route: str
) -> None:
    with caplog.at_level("INFO", "dangol.web"):
        post(action, track(), **basic(write_key))

    [line] = [one.getMessage() for one in caplog.records if "'event': 'request'" in one.getMessage()]
    assert f"'route': '{route}'" in line
    assert "kim" not in line


def test_tracking__key_taken_back__is_401(write_key: str) -> None:
    revoke_key(list_keys()[0].id, at=now())

    assert post("track", track(), **basic(write_key)).data["code"] == "access.key_revoked"


def test_tracking__key_for_something_else__is_403_and_a_write_key_reads_nothing(write_key: str) -> None:
    reader = key_with(Right.EVENTS_READ)

    assert post("track", track(), **basic(reader)).data["code"] == "access.missing_right"
    answer = Client().get("/api/v1/events", headers={"Authorization": f"Bearer {write_key}"})
    assert answer.status_code == 403
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("action", "body", "headers", "code"),
    [
        ("track", b"{", {}, "segment.not_json"),
        ("track", b"[]", {}, "segment.not_json"),
        ("track", b"\xff", {}, "segment.not_json"),
        ("track", b"[" * 100_000, {}, "segment.not_json"),
        ("batch", {"batch": 1}, {}, "segment.not_json"),
        ("batch", {}, {}, "segment.not_json"),
        ("nothing", {}, {}, "segment.unknown_call"),
        ("track", b"not gzip", {"Content_Encoding": "gzip"}, "segment.broken_gzip"),
        ("track", gzip.compress(b"{}", mtime=0)[:-5], {"Content_Encoding": "gzip"}, "segment.broken_gzip"),
        ("track", b"{}", {"Content_Encoding": "br"}, "segment.encoding_unknown"),
        ("batch", {"batch": [{}] * (MOST_EVENTS + 1)}, {}, "segment.batch_too_long"),
        ("track", {"pad": "a" * SEGMENT_BYTES}, {}, "segment.batch_too_large"),
        ("batch", gzip.compress(b'{"batch":[]}' + b" " * 50 * 1024 * 1024, mtime=0),
         {"Content_Encoding": "gzip"}, "segment.batch_too_large"),
    ],
)  # fmt: skip
def test_tracking__body_that_cannot_be_meant__is_400(
    write_key: str, action: str, body: Any, headers: dict[str, str], code: str
) -> None:
    told = post(action, body, **basic(write_key), **headers)

    assert (told.status, told.data["code"]) == (400, code)
    assert told.data["message"]
    assert not Entry.objects.exists()


def test_tracking__gzip__is_unpacked(write_key: str) -> None:
    body = gzip.compress(json.dumps({"batch": [track()]}).encode())

    assert post("batch", body, Content_Encoding="gzip", **basic(write_key)).status == 200
    assert Event.objects.count() == 1


def test_tracking__four_megabytes_of_rudderstack__are_taken_and_of_others_not(write_key: str) -> None:
    events = [track(messageId=f"m-{n}", properties={"pad": ["a" * 1_000] * 20}) for n in range(100)]
    theirs = [one | {"channel": "server"} for one in events]
    assert SEGMENT_BYTES < len(json.dumps(theirs)) < RUDDER_BYTES

    assert post("batch", {"batch": events}, **basic(write_key)).data["code"] == "segment.batch_too_large"
    assert post("batch", {"batch": theirs}, **basic(write_key)).status == 200
    assert Event.objects.count() == 100


def test_tracking__other_method__is_405_and_a_browser_may_ask_first(write_key: str) -> None:
    assert post("track", {}, method="GET").status == 405
    asked = post("track", b"", method="OPTIONS")
    assert asked.status == 204
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]


def test_tracking__too_often__is_429_and_told_when(write_key: str, settings: Any, stopped: None) -> None:
    settings.API_RATE = "1/minute"
    limits.forget_turns()
    post("track", track(), **basic(write_key))

    told = post("track", track(messageId="m-2"), **basic(write_key))

    assert told.status == 429
    assert told.data.keys() == {"code", "message"}
    assert 1 <= int(told.headers["Retry-After"]) <= 60
    assert told.headers["X-RateLimit-Reset"] == told.headers["Retry-After"]


def test_tracking__read_only__is_503_and_nothing_is_kept(write_key: str, settings: Any) -> None:
    settings.READ_ONLY = "asked"

    told = post("track", track(), **basic(write_key))

    assert told.status == 503
    assert "Retry-After" in told.headers
    assert not Event.objects.exists()


def test_tracking__single_events_that_do_not_fit__fail_no_batch(write_key: str) -> None:
    batch = [
        track(), track(messageId="m-2", type="wave"), "text", None, track(messageId="m-3", properties="no"),
        track(messageId="m-4", properties={"pad": ["a" * 1_000] * 40}), {"type": "track", "messageId": "m-5"},
        track(messageId="m-6", timestamp="yesterday"), track(messageId="m-7", anonymousId={}, userId=17),
    ]  # fmt: skip
    assert len(json.dumps(batch[5])) > EVENT_BYTES

    assert post("batch", {"batch": batch}, **basic(write_key)).status == 200

    assert [tuple(one.code for one in entry.problems) for entry in details()] == [
        (),
        ("behavior.type_unknown",),
        ("behavior.type_unknown", "behavior.nobody_named"),
        ("behavior.type_unknown", "behavior.nobody_named"),
        ("behavior.message_unfit",),
        ("behavior.event_too_large",),
        ("behavior.message_unfit", "behavior.nobody_named"),
        ("behavior.instant_unclear",),
        ("behavior.message_unfit",),
    ]
    assert Event.objects.filter(name="behavior.tracked").count() == 6


def test_tracking__one_trait_too_many__is_named_and_the_first_300_are_kept(write_key: str) -> None:
    traits = {f"t{number:03}": number for number in range(301)}
    fits = {name: traits[name] for name in [*traits][:300]}

    assert post("identify", {"userId": "u-1", "traits": traits}, **basic(write_key)).status == 200
    assert post("identify", {"userId": "u-2", "traits": fits}, **basic(write_key)).status == 200

    told = [[(one.code, one.data) for one in entry.problems] for entry in details()]
    assert told == [[("behavior.message_unfit", {"field": "traits"})], []]
    settled = settle_all(clock=now, zone=ZoneInfo("UTC"))
    assert not settled.stuck_consumers
    for user in find_by_identity("external", ["u-1", "u-2"]).values():
        names = Trait.objects.filter(customer_id=user).values_list("name", flat=True)
        assert sorted(names) == [f"app.{name}" for name in fits]


def test_tracking__context_of_the_batch__goes_to_each_event(write_key: str) -> None:
    batch = {
        "context": {"locale": "ko-KR"},
        "batch": [track(), track(messageId="2", context={"locale": "en"})],
    }

    post("batch", batch, **basic(write_key))

    assert [one.context["locale"] for one in payloads("behavior.tracked")] == ["ko-KR", "en"]


def test_tracking__test_key__reaches_the_test_space_only(write_key: str) -> None:
    with fresh_space("trial") as space:
        test_key = key_with(Right.EVENTS_WRITE, space=space)
        assert post("track", track(), **basic(test_key)).status == 200

    assert not Event.objects.exists()


def test_tracking__external_ids_by_a_key_that_may_only_send__give_nobody_an_address(write_key: str) -> None:
    owner = key_with(Right.EVENTS_WRITE, Right.MEMBERS_WRITE)
    context = {"externalIds": [{"id": "kim@example.com", "type": "email", "collection": "users"}]}

    post("track", track(userId="u-1", context=context), **basic(write_key))
    assert find_by_identity("email", ["kim@example.com"]) == {}
    assert problems() == ["behavior.key_may_not_tell"]

    post("track", track(userId="u-1", messageId="m-2", context=context), **basic(owner))
    assert len(find_by_identity("email", ["kim@example.com"])) == 1


def test_tracking__retry_without_a_message_id__is_known_by_its_content(write_key: str) -> None:
    body = {
        "batch": [
            {"type": "track", "event": "A", "userId": "u"},
            {"type": "track", "event": "A", "userId": "u"},
        ]
    }

    post("batch", body, **basic(write_key))
    post("batch", body, **basic(write_key))

    assert Event.objects.count() == 2


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["userId", "anonymousId", "previousId", "groupId", "event", "name", "category", "messageId", "timestamp",
     "sentAt", "properties", "traits", "context", "integrations", "channel"]
)  # fmt: skip
NAMES = st.sampled_from(["Order Completed", "Order Refunded", "Product Viewed", "Clicked"])
MONEY = st.sampled_from(["1000", 1000, 10.5, "9,9", -1, None, 10**13, "x"])
SHOPPING = st.fixed_dictionaries(
    {"order_id": st.sampled_from(["1", "2", 3, None])},
    optional={"products": st.lists(st.fixed_dictionaries(
        {"sku": st.sampled_from(["A", "B", None]), "price": MONEY}, optional={"quantity": MONEY}),
        max_size=3),
        "total": MONEY, "currency": st.sampled_from(["KRW", "USD", "??"])},
)  # fmt: skip
KINDS = st.sampled_from(["track", "identify", "alias", "group", "page", "wave"])
CALLS = st.builds(
    lambda kind, fields, shop: {"type": kind, **fields, **shop},
    KINDS,
    st.dictionaries(FIELDS, JSON, max_size=6),
    st.just({}) | st.fixed_dictionaries(
        {"event": NAMES, "properties": SHOPPING, "userId": st.sampled_from(["u1", "u2", "null"])}),
)  # fmt: skip


@given(st.lists(CALLS | JSON, max_size=5), JSON)
@settings(
    max_examples=SIZE.odd_requests, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_tracking__any_body__is_never_our_fault_and_nothing_half_written(
    shop: None, calls: list[Any], sent: Any
) -> None:
    limits.forget_turns()
    key = key_with(Right.EVENTS_WRITE, Right.ORDERS_WRITE, Right.MEMBERS_WRITE)
    before = Entry.objects.count()

    told = post("batch", {"batch": calls, "sentAt": sent}, **basic(key))

    assert told.status == 200
    ids = {
        json.dumps(one.get("messageId")) for one in calls if isinstance(one, dict) and one.get("messageId")
    }
    assert Entry.objects.count() - before <= len(calls)
    assert len(ids) <= len(calls)
    # Each order on the timeline is an order, and everybody on the timeline is somebody.
    owners = set(Event.objects.values_list("customer_id", flat=True))
    assert owners <= set(Customer.objects.values_list("customer_id", flat=True))
    repeated = Entry.objects.count()
    assert post("batch", {"batch": calls, "sentAt": sent}, **basic(key)).status == 200
    assert Entry.objects.count() == repeated


@given(
    st.binary(max_size=300),
    st.sampled_from(["", "gzip", "deflate"]),
    st.sampled_from([*"tipsgab", "batch", "x"]),
)
@settings(
    max_examples=SIZE.odd_requests, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_tracking__any_bytes__are_refused_as_the_senders_fault(
    shop: None, body: bytes, encoding: str, action: str
) -> None:
    limits.forget_turns()
    key = key_with(Right.EVENTS_WRITE)

    told = post(action, body, Content_Encoding=encoding, **basic(key))

    assert told.status in (200, 400)
    assert told.status == 200 or told.data.keys() == {"code", "message"}
