"""Points that wait for their order, by the API: told of a delivery or a confirmation, they open."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dangol.core.commerce.acts import Why, move_for_reason
from dangol.core.commerce.selectors import find_order
from dangol.core.events.models import Event
from dangol.core.ledger.consumers import FOLLOW_CUSTOMERS
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.merges import merge_customers
from dangol.core.storage.ids import new_id, parse_id, show_id
from tests.api.conftest import Caller, key_with
from tests.core.ledger.shop import let_worker_by
from tests.spaces import fresh_space

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
POINTS = "/members/external:M-1/points"
CONFIRMED = {"milestone": "confirmed"}


@pytest.fixture
def trial(shop: None) -> Iterator[Caller]:
    with fresh_space("trial") as space:
        yield Caller(key_with(space=space))


def let_wait(api: Caller, **more: Any) -> int:
    """Let the first rule's points wait for their order; returns the answer's status."""
    program = api.get("/programs").data["data"][0]
    rule = program["rules"][0]
    body = {"name": rule["name"], "rate_points": 1, "rate_minor": 100, "pending_days": 30} | more
    return api.post(f"/programs/{program['id']}/rules/{rule['id']}/versions", body).status


def buy(api: Caller, **more: Any) -> dict[str, Any]:
    api.post("/members", {"external_id": "M-1"})
    order = {
        "number": "1", "source": "shop", "member": "external:M-1",
        "lines": [{"product": "P1", "list_minor": 10_000}],
    } | more  # fmt: skip
    made: dict[str, Any] = api.post("/orders", order).data
    return made


def test_confirm__points_that_wait_for_it__open_and_say_what_for(api: Caller) -> None:
    assert let_wait(api, awaits="confirmed") == 201
    order = buy(api)
    before = api.get(POINTS).data
    (lot,) = before["lots"]
    assert (before["available"], before["pending"], lot["awaits"]) == (0, 100, "confirmed")
    assert (order["confirmed_at"], order["earned"][0]["whys"][0]["portions"][0]["awaits"]) == (
        None,
        "confirmed",
    )

    confirmed = api.post(f"/orders/{order['id']}/milestones", CONFIRMED)

    assert confirmed.status == 200
    assert confirmed.data == order | {
        "confirmed_at": confirmed.data["confirmed_at"], "earned": confirmed.data["earned"]
    }  # fmt: skip
    after = api.get(POINTS).data
    assert (after["available"], after["pending"]) == (100, 0)
    assert after["lots"][0]["release_at"] == confirmed.data["confirmed_at"]
    kinds = [(one["kind"], one["change"]) for one in api.get(f"{POINTS}/history").data["data"]]
    assert kinds == [("post", 100), ("earn", 0)]


def test_confirm__told_again_under_another_key__is_answered_as_it_stands(api: Caller) -> None:
    let_wait(api, awaits="confirmed")
    buy(api)
    first = api.post("/orders/shop:1/milestones", CONFIRMED)

    again = api.post("/orders/shop:1/milestones", CONFIRMED | {"at": "2026-01-01T00:00:00Z"})

    assert (again.status, again.data) == (200, first.data)
    assert len(api.get(f"{POINTS}/history").data["data"]) == 2


def test_confirm__delivered_only__opens_what_waits_for_that(api: Caller) -> None:
    let_wait(api, awaits="confirmed")
    buy(api)

    told = api.post("/orders/shop:1/milestones", {"milestone": "delivered"})

    assert told.data["delivered_at"] is not None
    assert told.data["confirmed_at"] is None
    assert api.get(POINTS).data["pending"] == 100


def test_confirm__of_an_order_that_was_moved__answers_with_the_one_that_stands(api: Caller) -> None:
    let_wait(api, awaits="confirmed")
    order = buy(api)
    other = api.post("/members", {"external_id": "M-2"}).data
    why = Why(new_id(), Actor(ActorKind.STAFF, "agent-1"), "of another")
    made = move_for_reason(find_order(order["id"]), why, to=parse_id(other["id"]), at=datetime.now(UTC))

    confirmed = api.post("/orders/shop:1/milestones", CONFIRMED)

    assert (confirmed.status, confirmed.data["id"]) == (200, show_id(made.id))
    assert confirmed.data["confirmed_at"] is not None
    assert api.get("/members/external:M-2/points").data["available"] == 100


def test_order__its_points_have_opened_with_another__says_when(api: Caller) -> None:
    let_wait(api, awaits="confirmed")
    order = buy(api)
    api.post("/members", {"external_id": "M-2"})
    ids = [parse_id(api.get(f"/members/external:{one}").data["id"]) for one in ("M-2", "M-1")]
    merge_customers(*ids, at=datetime.now(UTC), actor=Actor(ActorKind.STAFF, "agent-1"), reason="same person")
    let_worker_by(FOLLOW_CUSTOMERS)

    confirmed = api.post(f"/orders/{order['id']}/milestones", CONFIRMED).data

    (portion,) = confirmed["earned"][0]["whys"][0]["portions"]
    (here,) = api.get("/members/external:M-2/points").data["lots"]
    assert portion["release_at"] == here["release_at"]
    assert portion["release_at"] < order["earned"][0]["whys"][0]["portions"][0]["release_at"]


def test_confirm__all_has_come_back__is_refused_but_what_was_told_before_stands(api: Caller) -> None:
    let_wait(api, awaits="confirmed")
    buy(api)
    delivered = {"milestone": "delivered"}
    api.post("/orders/shop:1/milestones", delivered)
    back = {"number": "r", "lines": [{"product": "P1", "net_minor": 10_000, "line": 1}]}
    assert api.post("/orders/shop:1/returns", back).status == 201

    refused = api.post("/orders/shop:1/milestones", CONFIRMED)

    assert (refused.status, refused.data["code"]) == (409, "order.nothing_left")
    assert not Event.objects.filter(name="order.confirmed").exists()
    assert api.post("/orders/shop:1/milestones", delivered).status == 200


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/orders/shop:9/milestones", CONFIRMED, 404, "order.unknown"),
        ("/orders/shop:1/milestones", CONFIRMED | {"at": "2099-01-01T00:00:00Z"}, 409, "order.in_the_future"),
        ("/orders/shop:1/milestones", CONFIRMED | {"at": "2001-01-01T00:00:00Z"}, 409, "order.before_placed"),
        ("/orders/shop:1/milestones", {"milestone": "shipped"}, 422, "request.invalid"),
    ],
)
def test_confirm__of_what_is_not_or_cannot_be__opens_nothing(
    api: Caller, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    let_wait(api, awaits="confirmed")
    buy(api)

    refused = api.post(path, body)

    assert (refused.status, refused.data["code"]) == (status, code)
    assert api.get(POINTS).data["pending"] == 100


@pytest.mark.parametrize("days", [None, 0])
def test_rule__that_would_wait_for_ever__is_refused(api: Caller, days: int | None) -> None:
    assert let_wait(api, awaits="delivered", pending_days=days) == 409


def test_clock__moved_ahead__opens_as_of_then_and_on_the_last_day(trial: Caller) -> None:
    let_wait(trial, awaits="confirmed")
    buy(trial)
    trial.post("/orders", {"number": "2", "source": "shop", "member": "external:M-1",
                           "lines": [{"product": "P1", "list_minor": 5_000}]})  # fmt: skip
    soon = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0).isoformat()
    late = (datetime.now(UTC) + timedelta(days=32)).isoformat()

    confirmed = trial.post("/orders/shop:1/milestones", CONFIRMED, Dangol_Clock=soon)

    assert datetime.fromisoformat(confirmed.data["confirmed_at"]) >= datetime.fromisoformat(soon)
    here = trial.get(POINTS).data
    assert (here["available"], here["pending"]) == (100, 50)
    there = trial.get(POINTS, Dangol_Clock=late).data
    assert (there["available"], there["pending"]) == (150, 0)
