"""Store credit by programs: at once up to the limit of a day, above it when a person has let it happen."""

from datetime import UTC, datetime

import pytest

from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.models import Store
from dangol.core.storage.ids import new_id, parse_id
from dangol.rooms.rewards.stored_value.credit import decide_credit
from dangol.rooms.rewards.stored_value.models import ValueMove
from tests.api.conftest import Caller, key_with

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
MANAGER = Actor(ActorKind.STAFF, "manager", "점장")
CREDIT = "/members/external:M-1/credit"


@pytest.fixture
def member(api: Caller) -> str:
    return str(api.post("/members", {"external_id": "M-1"}).data["id"])


def has(api: Caller) -> int:
    return sum(one["minor"] for one in api.get(CREDIT).data["data"])


def test_credit__above_the_limit_of_a_day__waits_and_moves_when_a_person_approves(
    api: Caller, member: str
) -> None:
    other = Caller(key_with())
    assert api.post(CREDIT, {"minor": 100_000, "reason": "사과"}).status == 201
    much = {"minor": 10**12, "reason": "사과"}

    waits = other.post(CREDIT, much, key="a1")
    taken = api.post(f"{CREDIT}/take", {"minor": 60_000, "reason": "잘못"})

    assert (waits.status, waits.data["state"]) == (202, "waiting")
    assert waits.headers["Location"] == f"/api/v1/approvals/{waits.data['id']}"
    assert other.post(CREDIT, much, key="a1").raw == waits.raw
    assert taken.status == 202
    assert has(api) == 100_000
    decide_credit(parse_id(taken.data["id"]), approves=True, actor=MANAGER, reason="", at=datetime.now(UTC))
    assert has(api) == 40_000


def test_request__for_credit__tells_money_and_no_points(api: Caller, member: str) -> None:
    asked = api.post(CREDIT, {"minor": 200_000, "reason": "사과"}).data["id"]

    told = api.get(f"/approvals/{asked}").data

    assert (told["kind"], told["member_id"]) == ("store_credit.by_hand", member)
    assert (told["points"], told["credit_minor"], told["currency"]) == (0, 200_000, "KRW")
    points = api.post("/members/external:M-1/points/adjust", {"points": 1, "reason": "사과"})
    assert points.status == 201
    assert api.get("/approvals").data["data"][0]["credit_minor"] is None


def test_credit__for_a_store__is_told_with_its_movement_also_once_it_was_approved(
    api: Caller, member: str
) -> None:
    store = Store.objects.create(id=new_id(), number="S1", updated_at=datetime.now(UTC))
    given = {"minor": 5_000, "reason": "사과", "store": "S1"}
    first = api.post(CREDIT, given, key="k1")
    waits = api.post(CREDIT, {**given, "minor": 200_000})

    assert api.post(CREDIT, given, key="k1").raw == first.raw
    decide_credit(parse_id(waits.data["id"]), approves=True, actor=MANAGER, reason="", at=datetime.now(UTC))
    assert [bytes(one.store_id or b"") for one in ValueMove.objects.all()] == [store.id] * 2
    assert api.post(CREDIT, {**given, "store": "?"}).data["code"] == "people.unknown_store"
