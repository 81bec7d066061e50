"""Event rules over the API: written, published, asked of a member; who may, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest

from dangol.core.access.errors import OwnDraft
from dangol.core.access.rights import Right
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.storage.ids import new_id, parse_id, show_id
from dangol.project.clock import now
from dangol.rooms.rewards.event_rules.approving import decide_publication, publish_or_ask
from dangol.rooms.rewards.promotions.checkout import unpack_checkout, write_checkout
from tests.api.conftest import Caller, key_with
from tests.rooms.rewards.event_rules.shop import REVIEW, happen, let_by, rule_for_refused, tracked

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
CONTENT: dict[str, Any] = {
    "name": "리뷰", "event": REVIEW, "points": 100, "caps": {"day": 1},
    "rate": {"property": "photos", "points": 10}, "most_points": 150,
}  # fmt: skip


def publish(api: Caller, **content: Any) -> str:
    """Publish a rule; returns its id."""
    made = api.post("/event-rules", {"content": CONTENT | content}).data
    published = api.post(f"/event-rules/{made['id']}/publish", {"revision": 1})
    assert (published.status, published.data["state"]) == (200, "live")
    return str(made["id"])


def test_rule__that_gave__tells_the_sum_on_the_line_and_why_not_of_the_member(api: Caller) -> None:
    member = api.post("/members", {"external_id": "A"}).data["id"]
    rule = publish(api)
    for photos in (2, 3):
        happen(parse_id(member), tracked(REVIEW, now(), photos=photos), now())
    let_by()

    (line,) = api.get(f"/members/{member}/points/history").data["data"]
    (award,) = api.get(f"/event-rules/{rule}/awards").data["data"]
    (standing,) = api.get(f"/members/{member}/event-rules").data["data"]

    assert line["award"] == award
    assert (award["version"], award["fixed"], award["number"], award["rated"], award["points"]) == (
        1, 100, 2.0, 20, 120,
    )  # fmt: skip
    assert (standing["times"], standing["left"], standing["now"]) == (1, 0, "day")
    assert [(one["why"], one["times"]) for one in standing["refusals"]] == [("day", 1)]
    assert api.get(f"/members/{member}/event-rules/awards").data["data"] == [award]
    figures = api.get(f"/event-rules/{rule}/figures").data
    assert figures == {"times": 1, "points": 120, "people": 1, "taken_back": 0, "whys": {"day": 1}}


def test_awards__page_by_page__come_all_the_latest_first(api: Caller) -> None:
    member = api.post("/members", {"external_id": "A"}).data["id"]
    rule = publish(api, caps={})
    for minutes in (3, 2, 1):
        at = now() + timedelta(minutes=minutes)
        happen(parse_id(member), tracked(REVIEW, at, photos=minutes), at)
    let_by()

    first = api.get(f"/event-rules/{rule}/awards?limit=2").data
    rest = api.get(f"/event-rules/{rule}/awards?limit=2&cursor={first['next_cursor']}").data

    assert sorted(one["number"] for one in first["data"] + rest["data"]) == [1.0, 2.0, 3.0]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"points": -1}, "event_rules.invalid"),
        ({"event": "points.earned"}, "event_rules.invalid"),
        ({"condition": {"type": "member", "segment": "nobody"}}, "segments.unknown"),
    ],
)
def test_publish__what_makes_no_sense__is_refused(api: Caller, content: dict[str, Any], code: str) -> None:
    made = api.post("/event-rules", {"content": CONTENT | content}).data["id"]

    answer = api.post(f"/event-rules/{made}/publish", {"revision": 1})

    assert 400 <= answer.status < 500
    assert answer.data["code"] == code
    assert api.get(f"/event-rules/{made}").data["state"] == "draft"


def test_rule__for_an_event_refused_since__is_told_as_such(api: Caller) -> None:
    publish(api)
    api.post("/members", {"external_id": "A"})
    refused = show_id(rule_for_refused("reward.canceled", now()))

    assert {one["id"]: one["refused"] for one in api.get("/event-rules").data["data"]}[refused]
    assert sorted(one["refused"] for one in api.get("/event-rules").data["data"]) == [False, True]
    assert api.get(f"/event-rules/{refused}").data["refused"]


def test_rights__who_only_writes__does_not_publish(api: Caller) -> None:
    made = api.post("/event-rules", {"content": CONTENT}).data["id"]
    writer = Caller(key_with(Right.PROGRAMS_READ, Right.PROGRAMS_WRITE))

    assert writer.send("PUT", f"/event-rules/{made}/draft", {"content": CONTENT, "revision": 1}).status == 200
    assert writer.post(f"/event-rules/{made}/publish", {"revision": 2}).status == 403
    assert Caller(key_with(Right.MEMBERS_READ)).get("/event-rules").status == 403


def test_publish__where_another_has_to_approve__answers_202_and_waits(api: Caller) -> None:
    write_checkout(unpack_checkout({"approve_always": True}), changed_by="owner", at=now())
    made = api.post("/event-rules", {"content": CONTENT}).data["id"]
    body = {"revision": 1, "reason": "가을 행사예요"}

    answers = [api.post(f"/event-rules/{made}/publish", body) for _ in range(2)]

    assert [one.status for one in answers] == [202, 202]
    (asked,) = {one.data["id"] for one in answers}
    found = api.get(f"/approvals/{asked}").data
    assert (found["kind"], found["event_rule_id"], found["state"], found["reason"], found["members"]) == (
        "event_rules.publish", made, "waiting", "가을 행사예요", 0,
    )  # fmt: skip
    assert api.get(f"/event-rules/{made}").data["state"] == "draft"

    owner = Actor(ActorKind.STAFF, "second")
    decide_publication(parse_id(asked), approves=True, actor=owner, reason="", at=now())

    assert api.get(f"/approvals/{asked}").data["state"] == "approved"
    assert api.get(f"/event-rules/{made}").data["version"]["published_by"] == "second"


def test_publish__draft_written_by_ones_own_key__is_not_approved_by_oneself(api: Caller) -> None:
    made = api.post("/event-rules", {"content": CONTENT}).data["id"]
    api.send("PUT", f"/event-rules/{made}/draft", {"content": CONTENT | {"points": 9_000}, "revision": 1})
    marketer, owner = (Actor(ActorKind.STAFF, name) for name in ("marketer", "owner"))
    asked = publish_or_ask(
        parse_id(made), revision=2, form=new_id(), actor=marketer, reason="가을", at=now(), alone=False
    ).approval
    assert asked

    with pytest.raises(OwnDraft):
        decide_publication(asked.id, approves=True, actor=owner, reason="", at=now())

    assert api.get(f"/approvals/{show_id(asked.id)}").data["state"] == "waiting"
