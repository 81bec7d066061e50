"""Points given by programs: at once up to the limit of a day, above it when a person has let it happen."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from dangol.api.models import Answer
from dangol.core.access.approvals import ApprovalView
from dangol.core.access.models import Approval
from dangol.core.access.rights import Right
from dangol.core.ledger import invariants
from dangol.core.ledger.in_bulk import decide_points
from dangol.core.ledger.models import Transfer
from dangol.core.ledger.verify import verify
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.storage.ids import parse_id
from tests.api.conftest import Caller, key_with

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
MEMBER = "/members/external:M-1"
MANAGER = Actor(ActorKind.STAFF, "manager", "점장")


@pytest.fixture
def member(api: Caller, settings: Settings) -> str:
    settings.ADJUST_LIMIT = 100
    return str(api.post("/members", {"external_id": "M-1"}).data["id"])


def give(api: Caller, points: int, key: str | None = None) -> Any:
    return api.post(f"{MEMBER}/points/adjust", {"points": points, "reason": "사과"}, key=key)


def has(api: Caller) -> int:
    return int(api.get(f"{MEMBER}/points").data["available"])


def decide(approval: str, *, approves: bool) -> ApprovalView:
    return decide_points(
        parse_id(approval), approves=approves, actor=MANAGER, reason="확인", at=datetime.now(UTC)
    )


def test_adjust__up_to_the_limit__moves_at_once(api: Caller, member: str) -> None:
    moved = give(api, 100)

    assert (moved.status, moved.data["points"], moved.data["balance"]["available"]) == (201, 100, 100)
    (told,) = api.get("/approvals").data["data"]
    assert (told["state"], told["points"], told["member_id"], told["asked_by"]) == (
        "direct", 100, member, "시험",
    )  # fmt: skip


@pytest.mark.parametrize("points", [101, -101])
def test_adjust__above_the_limit__waits_and_moves_when_a_person_approves(
    api: Caller, member: str, points: int
) -> None:
    give(api, 100)
    waits = give(api, points, key="a1")

    assert (waits.status, waits.data["state"], waits.data["points"]) == (202, "waiting", points)
    assert waits.headers["Location"] == f"/api/v1/approvals/{waits.data['id']}"
    assert has(api) == 100
    again = give(api, points, key="a1")
    assert (again.status, again.raw) == (202, waits.raw)
    assert [one["id"] for one in api.get("/approvals?state=waiting").data["data"]] == [waits.data["id"]]
    if points > 0:
        decide(waits.data["id"], approves=True)
        assert has(api) == 100 + points
        shown = api.get(f"/approvals/{waits.data['id']}").data
        assert (shown["state"], shown["decided_by"]) == ("approved", "점장")
    else:
        decide(waits.data["id"], approves=False)
        assert has(api) == 100
        assert api.get(f"/approvals/{waits.data['id']}").data["state"] == "declined"


def test_adjust__many_small_ones_of_several_keys__are_one_large_one(api: Caller, member: str) -> None:
    other = Caller(key_with())

    assert [give(one, 40).status for one in (api, other, api, other)] == [201, 201, 202, 202]
    assert has(api) == 80


def test_adjust__eight_keys_at_once__pass_no_more_than_the_limit(api: Caller, member: str) -> None:
    callers, statuses = [Caller(key_with()) for _ in range(8)], []

    def act(caller: Caller) -> None:
        try:
            statuses.append(give(caller, 60).status)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=(one,)) for one in callers]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(statuses) == [201] + [202] * 7
    assert has(api) == 60
    assert [one.check.name for one in verify(invariants.checks()) if not one.is_kept] == []


def test_adjust__sent_again_after_the_answer_is_forgotten__moves_nothing(api: Caller, member: str) -> None:
    first = give(api, 50, key="k1")
    Answer.objects.all().delete()

    again = give(api, 50, key="k1")

    assert (again.status, again.data["id"]) == (201, first.data["id"])
    assert Transfer.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"points": 0}, "points.invalid"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "points.expiry_in_the_past"),
    ],
)
def test_adjust__that_could_never_be__is_refused_and_asks_nobody(
    api: Caller, member: str, change: dict[str, Any], code: str
) -> None:
    refused = api.post(f"{MEMBER}/points/adjust", {"points": 500, "reason": "사과"} | change)

    assert refused.data["code"] == code
    assert not Approval.objects.exists()


def test_approvals__by_pages__each_once_and_only_with_the_right(api: Caller, member: str) -> None:
    asked = [give(api, 1_000 + one).data["id"] for one in range(5)]
    seen, cursor = [], ""
    while True:
        page = api.get(f"/approvals?limit=2{cursor}").data
        seen += [one["id"] for one in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert sorted(seen) == sorted(asked)
    poor = Caller(key_with(Right.POINTS_ADJUST))
    assert give(poor, 1).status == 201
    assert poor.get("/approvals").data["code"] == "access.missing_right"
    assert poor.get(f"/approvals/{asked[0]}").status == 403


def test_approval__that_nobody_decided__is_over(api: Caller, member: str) -> None:
    asked = give(api, 1_000).data["id"]
    Approval.objects.update(asked_at=datetime(2026, 1, 1, tzinfo=UTC))

    assert api.get(f"/approvals/{asked}").data["state"] == "over"
