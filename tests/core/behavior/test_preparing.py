"""Making events ready: whatever comes in, it is kept with its problems, and never raises."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from dangol.connectors.segment.bodies import Call
from dangol.connectors.segment.calls import read_calls
from dangol.core.behavior.messages import Message
from dangol.core.behavior.preparing import EARLIEST, Prepared, prepare
from dangol.core.behavior.services import decimal_places
from tests.core.behavior.sending import AT, SERVER, track
from tests.sizes import SIZE

# The zones furthest from UTC, in which pages may be read.
FAR_ZONES = [ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Etc/GMT+12")]
LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
INSTANTS = st.none() | st.datetimes(timezones=st.just(UTC)) | st.sampled_from([LAST, AT])
# What breaks readers of numbers, dates, addresses and telephone numbers.
TEXTS = st.text(max_size=30) | st.sampled_from(
    ["http://[", "https://a@[::1", "\ud800", "9999-12-31T23:59:59+00:00", "0001-01-01", "1e400",
     "+82 10-1234-5678", "null", "４２", "٣", "Order Completed", "kim@example.com", "\0"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
NAMES = TEXTS | st.sampled_from(
    ["order_id", "products", "price", "currency", "total", "email", "name", "birthday", "page", "path", "url",
     "referrer", "search", "locale", "firstName", "lastName", "app", "library", "product_id"]
)  # fmt: skip
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=5)


def ready(message: Message) -> Prepared:
    return prepare(message, SERVER, received_at=AT, currency="KRW", places=decimal_places)


@pytest.mark.parametrize(
    ("original", "sent", "fields"),
    [
        (LAST, AT - timedelta(days=1), ["timestamp"]),
        (LAST - timedelta(days=30), AT - timedelta(days=60), ["timestamp"]),
        (LAST.astimezone(timezone(timedelta(hours=-9))), None, ["timestamp"]),
        (AT, datetime.min.replace(tzinfo=UTC), ["sentAt"]),
        (AT, LAST, ["sentAt"]),
    ],
)
def test_prepare__instant_that_cannot_be_meant__is_a_problem_of_its_event(
    original: datetime, sent: datetime | None, fields: list[str]
) -> None:
    prepared = ready(track(anon="a-1", original_at=original, sent_at=sent))

    assert prepared.occurred_at == AT
    assert [(one.code, one.data["field"]) for one in prepared.problems] == [
        ("behavior.instant_unclear", field) for field in fields
    ]


@given(
    st.sampled_from(["track", "identify", "page", "group", "event", "wave"]),
    TEXTS, st.lists(st.tuples(st.sampled_from(["external", "anonymous", "email", "x"]), TEXTS), max_size=3),
    OBJECTS, OBJECTS, OBJECTS, INSTANTS, INSTANTS, TEXTS,
)  # fmt: skip
@settings(max_examples=3 * SIZE.examples, deadline=None)
def test_prepare__any_texts_and_instants__never_raises(
    kind: str, name: str, ids: list[tuple[str, str]], properties: dict[str, Any], traits: dict[str, Any],
    context: dict[str, Any], original: datetime | None, sent: datetime | None, message_id: str,
) -> None:  # fmt: skip
    prepared = ready(
        Message(kind, message_id, name, ids, properties, traits, context, original, sent, origin=name)
    )

    assert EARLIEST <= prepared.occurred_at <= AT
    told = prepared.message
    for at in (told.original_at, told.sent_at):  # each can be shown, wherever it is read
        assert at is None or all(at.astimezone(zone) == at for zone in FAR_ZONES)


@given(
    st.dictionaries(st.sampled_from(["timestamp", "sentAt", "originalTimestamp"]), VALUES | INSTANTS), VALUES
)
@settings(max_examples=SIZE.examples, deadline=None)
def test_prepare__any_call_that_was_read__never_raises(stamps: dict[str, Any], sent_at: Any) -> None:
    told = {name: at.isoformat() if isinstance(at, datetime) else at for name, at in stamps.items()}

    [message] = read_calls([Call("track", {"event": "A", "messageId": "m", **told}, 100)], sent_at)

    assert EARLIEST <= ready(message).occurred_at <= AT
