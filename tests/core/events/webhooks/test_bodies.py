"""What leaves: ids and amounts, never a person's words."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from dangol.core.commerce.events import OrderPlaced, SoldLine
from dangol.core.events.payloads import PAYLOADS, Payload, decode, named
from dangol.core.events.records import Recorded
from dangol.core.events.webhooks.bodies import (
    EXAMPLE,
    LEFT_OUT,
    LONGEST_BYTES,
    TOLD,
    body_of,
    example_body,
    thin,
)
from dangol.core.ledger.events import GiftSent, PointsAdjusted, PointsEarned
from dangol.core.storage.ids import new_id, random_id, show_id

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OURS = {name: kind for name, kind in PAYLOADS.items() if kind.__module__.startswith("dangol.")}


@named("window.painted")
class WindowPainted(Payload, frozen=True):
    """Only for these tests: an event whose author has thought of no webhook."""

    panes: int
    painter: str
    helpers: list[str]
    notes: tuple[str, ...] = ()


def text_fields(kind: Any) -> set[str]:
    """Return the names under which a payload, or what its lists hold, carries text."""
    found: set[str] = set()
    for name, hint in get_type_hints(kind).items():
        parts = [hint, *get_args(hint), *(inner for one in get_args(hint) for inner in get_args(one))]
        if str in parts and name != "event":
            found.add(name)
        for part in parts:
            if isinstance(part, type) and (hasattr(part, "_fields") or issubclass(part, msgspec.Struct)):
                found |= text_fields(part)
    return found


def recorded(payload: Payload) -> Recorded:
    return Recorded(new_id(), random_id(), 7, payload.event, new_id(), AT, AT, payload)


@pytest.mark.parametrize("name", OURS)
def test_payload__text_it_carries__is_told_or_left_out_by_a_decision(name: str) -> None:
    undecided = text_fields(OURS[name]) - TOLD - LEFT_OUT

    assert not undecided, f"may it leave by a webhook? Name {undecided} in bodies.TOLD or bodies.LEFT_OUT"


def test_told_and_left_out__of_names__hold_nothing_twice_and_nothing_that_is_nowhere() -> None:
    carried = {name for kind in OURS.values() for name in text_fields(kind)}

    assert not TOLD & LEFT_OUT
    assert not (TOLD | LEFT_OUT) - carried


def test_thin__text_nobody_decided_on__stays_here() -> None:
    assert thin(WindowPainted(panes=4, painter="김하늘", helpers=["이바다"], notes=("비밀",))) == {"panes": 4}


def test_body_of__points_adjusted__without_the_typed_reason() -> None:
    event = recorded(PointsAdjusted(currency="points", points=5, reason="김하늘 님", about=None, taken=True))

    body = body_of(event)

    assert "김하늘" not in body
    assert json.loads(body) == {
        "type": "points.adjusted",
        "timestamp": "2026-03-02T09:00:00Z",
        "data": {
            "customer_id": show_id(event.customer_id), "customer_seq": 7,
            "subject_id": show_id(event.subject_id or b""), "currency": "points", "points": 5, "about": None,
            "taken": True,
        },
    }  # fmt: skip


def test_body_of__earned_and_gift__instants_and_parts() -> None:
    earned = PointsEarned(
        currency="points", points=9, reason="", about="x", release_at=AT, expires_at=AT + timedelta(days=1)
    )
    gift = GiftSent(currency="points", points=9, reason="", about=None, parts=[(4, AT), (5, None)])

    assert json.loads(body_of(recorded(earned)))["data"]["expires_at"] == "2026-03-03T09:00:00Z"
    assert json.loads(body_of(recorded(gift)))["data"]["parts"] == [[4, "2026-03-02T09:00:00Z"], [5, None]]


def order(lines: int) -> OrderPlaced:
    line = SoldLine(product="P-1", category="bakery/bread", quantity_milli=1_000, net_minor=4_500)
    return OrderPlaced(
        source="till", number="N-1", channel="store", store="S", currency="KRW", net_minor=4_500,
        discount_minor=0, earns=True, is_guest=False, lines=[line] * lines,
    )  # fmt: skip


def test_body_of__large_order__stays_below_twenty_kilobytes_and_says_so() -> None:
    small, large = body_of(recorded(order(2))), body_of(recorded(order(5_000)))

    assert len(json.loads(small)["data"]["lines"]) == 2
    data = json.loads(large)["data"]
    assert (data["lines_count"], data["truncated"], "lines" in data) == (5_000, True, False)
    assert len(large.encode()) <= LONGEST_BYTES


@pytest.mark.parametrize("name", [*OURS, EXAMPLE])
def test_example_body__of_every_event__has_the_real_ones_fields_and_is_marked(name: str) -> None:
    told = json.loads(example_body(name, at=AT, customer_id=random_id(), subject_id=new_id()))

    assert (told["type"], told["test"]) == (name, True)
    if name != EXAMPLE:
        kind = OURS[name]
        fields = set(kind.__struct_fields__) - LEFT_OUT
        assert set(told["data"]) == {"customer_id", "customer_seq", "subject_id"} | fields
        # The product itself could read what is made up; on the timeline a line is an array.
        data = told["data"]
        if "lines" in data:
            data["lines"] = [list(line.values()) for line in data["lines"]]
        left_out: dict[str, Any] = {
            "reason": "",
            "message": "",
            "properties": {},
            "tail": "7QXA",
            "context": {},
            "traits": {},
        }
        assert left_out.keys() == LEFT_OUT
        decode(name, json.dumps(left_out | data))
