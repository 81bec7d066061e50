"""Texts that come in by the tracking API and are none that a database keeps as they are."""

from typing import Any

import pytest

from dangol.core.behavior.models import Entry
from dangol.core.events.models import Event
from tests.api.test_tracking import basic, post, track, write_key
from tests.core.behavior.sending import details, payloads

__all__ = ["write_key"]
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (rb"\ud83d", "\ufffd"),
        (rb"\udE00", "\ufffd"),
        (rb"a\ud83db", "a\ufffdb"),
        (rb"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (rb"\ud83d\ude00", "\U0001f600"),
        (rb"\\ud83d", "\\ud83d"),
        (rb"\\\ud83d", "\\\ufffd"),
        (rb"\uac00\u0022", "\uac00\u0022"),
    ],
)
def test_text__cut_in_the_middle_of_an_emoji__is_kept_with_a_sign_for_the_half(
    write_key: str, sent: bytes, kept: str
) -> None:
    event = b'{"type": "track", "event": "%b", "anonymousId": "a-1", "messageId": "m-1"}' % sent

    told = post("batch", b'{"batch": [%b]}' % event, **basic(write_key))

    assert told.status == 200
    assert [one.name for one in payloads("behavior.tracked")] == [kept]


@pytest.mark.parametrize(
    "body",
    [
        {"event": "\0", "userId": "\0", "properties": {"\0": ["\0", {"\0": "\0"}]}, "context": {"ip": "\0"}},
        {"event": "Clicked", "anonymousId": "a\0", "messageId": "m\0"},
        {"type": "identify", "userId": "u-1", "traits": {"email": "a\0@b.kr", "name": "\0", "plan\0": "\0"}},
        {"type": "alias", "userId": "u-1", "previousId": "\0"},
        {"event": "Order Completed", "userId": "u-1", "properties": {"order_id": "\0", "total": 3_000}},
    ],
)
def test_event__with_a_nul_in_its_texts__is_kept(write_key: str, body: dict[str, Any]) -> None:
    told = post("batch", {"batch": [track() | body]}, **basic(write_key))

    assert told.status == 200
    assert Entry.objects.count() == 1


def test_tracking__what_does_not_fit_and_is_personal__is_told_without_it(write_key: str) -> None:
    mail, long = "kim@example.com", "x" * 95 + "kim@example.com"
    shopping = {"order_id": "1", "products": [{"sku": "A", "price": 1}]}
    batch = [
        track(type=mail), track(type=long), track(type="x" * 300), track(event=long),
        track(event="Order Completed", properties=shopping | {"currency": mail}),
        track(event="Order Completed", properties=shopping | {"discount": mail}),
        track(event="Order Completed", properties=shopping | {"order_id": mail}),
        track(properties={mail: 1}), track(properties={"deep": {"x" * 99: [[[[[[mail]]]]]]}}),
    ]  # fmt: skip

    told = [one | {"messageId": f"{place} {mail}"} for place, one in enumerate(batch)]
    assert post("batch", {"batch": told}, **basic(write_key)).status == 200

    first, second, third, *_ = details()
    assert [one.data for one in first.problems] == [{"type": "…"}]
    assert first.problems == second.problems
    assert third.problems[0].data == {"type": "x" * 200}
    kept = list(Event.objects.values_list("payload", flat=True))
    for row in Entry.objects.values_list("name", "message", "problem", "details"):
        kept += row
    assert len(kept) == 5 * len(batch)
    assert not any("kim" in text or "exam" in text for text in kept)
