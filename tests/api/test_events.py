"""The feed of events: all of them, once each, in order, from a place on; ids and amounts only."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.access.rights import Right
from dangol.core.events import feed
from dangol.core.events.models import Event
from dangol.core.events.sequencer import number_waiting
from dangol.core.storage.ids import parse_id
from tests.api.conftest import Caller, key_with

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
SECRET = "표본이름의 사정"


def place_order(api: Caller, number: str, member: str = "external:M-1") -> None:
    lines = [{"product": "P1", "list_minor": 12_000}]
    assert api.post("/orders", {"number": number, "member": member, "lines": lines}).status == 201


@pytest.fixture
def busy(api: Caller) -> Caller:
    """A shop in which two members have bought, and one was given points for a reason somebody typed."""
    for one in ("M-1", "M-2"):
        assert api.post("/members", {"external_id": one, "name": "표본이름"}).status == 201
        place_order(api, one, f"external:{one}")
    api.post("/members/external:M-2/points/adjust", {"points": 5, "reason": SECRET})
    number_waiting()
    return api


def read_all(api: Caller, **query: Any) -> list[dict[str, Any]]:
    """Return the events of all pages."""
    events: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = api.get(f"/events?{urlencode(query | ({'cursor': cursor} if cursor else {}))}")
        assert page.status == 200, page.data
        events += page.data["data"]
        cursor = page.data["next_cursor"]
        if cursor is None:
            return events


@pytest.mark.parametrize("limit", [1, 3, 200])
def test_events__by_pages__are_all_once_and_in_order(busy: Caller, limit: int) -> None:
    told = [parse_id(one["id"]) for one in read_all(busy, limit=limit)]

    assert told == list(Event.objects.order_by("position").values_list("id", flat=True))
    assert len(told) > 5


def test_events__read_on_from_where_it_ended__tells_only_what_is_new(busy: Caller) -> None:
    page = busy.get("/events?limit=200").data
    assert page["next_cursor"] is None
    assert busy.get(f"/events?cursor={page['resume']}").data["data"] == []

    place_order(busy, "next")
    number_waiting()

    fresh = busy.get(f"/events?cursor={page['resume']}").data["data"]
    assert "order.placed" in {one["name"] for one in fresh}
    assert not {one["id"] for one in fresh} & {one["id"] for one in page["data"]}


def test_events__of_a_kind_and_a_member__are_those(busy: Caller) -> None:
    member = busy.get("/members/external:M-2").data["id"]

    assert {one["name"] for one in read_all(busy, kind="order.placed")} == {"order.placed"}
    assert len(read_all(busy, kind="order.placed")) == 2
    of_one = read_all(busy, member="external:M-2")
    assert {one["member_id"] for one in of_one} == {member}
    assert [one["seq"] for one in of_one] == list(range(1, len(of_one) + 1))


def test_events__of_a_member_who_absorbed_another__are_those_of_both(busy: Caller) -> None:
    kept, gone = (busy.get(f"/members/external:{one}").data["id"] for one in ("M-1", "M-2"))
    assert busy.post(f"/members/{kept}/merge", {"absorb": gone, "reason": "두 번"}).status == 201
    number_waiting()

    assert {one["member_id"] for one in read_all(busy, member=gone)} == {kept, gone}


def test_events__since_an_instant__are_those_recorded_from_then_on(busy: Caller) -> None:
    now, ids = datetime.now(UTC), list(Event.objects.order_by("position").values_list("id", flat=True))
    for place, event_id in enumerate(ids):  # a day apart, two hours before now at the end
        at = now - timedelta(days=len(ids) - 1 - place, hours=2)
        Event.objects.filter(id=event_id).update(recorded_at=at)

    for days in range(len(ids) + 1):
        since = now - timedelta(days=days, hours=3)
        told = [parse_id(one["id"]) for one in read_all(busy, since=since.isoformat(), limit=2)]
        assert told == ids[-(days + 1) :]


def test_events__rare_kind__goes_on_over_empty_pages(busy: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LOOKED_THROUGH", 1)

    first = busy.get("/events?kind=points.adjusted").data

    assert (first["data"], first["next_cursor"]) == ([], first["resume"])
    assert [one["name"] for one in read_all(busy, kind="points.adjusted")] == ["points.adjusted"]


def test_events__what_somebody_typed__is_not_told(busy: Caller) -> None:
    raw = busy.get("/events?limit=200").raw.decode()

    assert SECRET not in raw
    assert "표본이름" not in raw
    assert '"points":5' in raw.replace(" ", "")


def test_event__by_its_id__is_the_one_of_the_feed(busy: Caller) -> None:
    for told in read_all(busy):
        assert busy.get(f"/events/{told['id']}").data == told


@pytest.mark.parametrize(
    ("query", "status", "code", "param"),
    [
        ("kind=order.eaten", 400, "webhooks.event_unknown", "kind"),
        ("since=yesterday", 422, "request.invalid", "since"),
        ("since=2026-01-01T00:00:00", 422, "request.invalid", "since"),
        ("cursor=x", 400, "request.invalid_cursor", None),
        ("limit=0", 422, "request.invalid", "limit"),
        ("member=external:nobody", 404, "members.unknown", None),
        (f"member={quote('phone:없음')}", 404, "members.unknown", None),
    ],
)
def test_events__odd_question__is_refused(
    busy: Caller, query: str, status: int, code: str, param: str | None
) -> None:
    refused = busy.get(f"/events?{query}")

    assert (refused.status, refused.data["code"], refused.data["param"]) == (status, code, param)


def test_events__key_without_the_right__is_403(busy: Caller) -> None:
    stranger = Caller(key_with(Right.MEMBERS_READ))

    assert stranger.get("/events").status == 403
    assert stranger.get(f"/events/{read_all(busy)[0]['id']}").status == 403


def test_events__more_of_them__take_the_same_statements(busy: Caller) -> None:
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as captured:
            busy.get("/events?limit=200")
        counts.append(len(captured))
        for number in range(5):
            place_order(busy, f"{_round}-{number}")
        number_waiting()

    assert counts[0] == counts[1]
