"""Households over the API: made, joined with a yes, spent of, given back and left."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from dangol.core.access.log import Access
from dangol.core.access.models import AccessEntry
from dangol.core.ledger.verify import verify
from dangol.project.checks import all_checks
from tests.api.conftest import Answered, Caller

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def put(api: Caller, path: str, body: dict[str, Any], key: str) -> Answered:
    """Change what is at a path."""
    return api.send("PUT", path, body, **{"Idempotency-Key": key})


@pytest.fixture
def family(api: Caller) -> dict[str, str]:
    """A mother with 300 points and a child with 200, who are in a household."""
    put(api, "/household-settings", {"content": {"is_open": True}}, "open")
    ids = {}
    for name, points in (("mom", 300), ("child", 200)):
        ids[name] = api.post("/members", {"external_id": name}).data["id"]
        api.post(f"/members/{ids[name]}/points/adjust", {"points": points, "reason": "시작"})
    ids["home"] = api.post("/households", {"head": ids["mom"], "name": "우리 집"}).data["id"]
    api.post(f"/households/{ids['home']}/members", {"member": ids["child"]})
    body = {"household": ids["home"], "shares": True}
    assert api.post(f"/members/{ids['child']}/household/accept", body).status == 200
    return ids


def test_household__joined__says_who_is_in_it_and_what_there_is(api: Caller, family: dict[str, str]) -> None:
    told = api.get(f"/members/{family['child']}/household").data

    assert [(one["member_id"], one["is_head"]) for one in told["household"]["members"]] == [
        (family["mom"], True), (family["child"], False),
    ]  # fmt: skip
    assert (told["may_spend"], told["pools"]) == (True, [{"currency": "points", "usable": 500}])
    assert told["invitations"] == []


def test_spend__of_both__says_whose_points_it_took_and_once(api: Caller, family: dict[str, str]) -> None:
    path, body = f"/members/{family['child']}/household/spend", {"points": 450, "reason": "자전거"}

    made, again = api.post(path, body, key="one"), api.post(path, body, key="one")

    assert made.status == again.status == 201
    assert made.data == again.data
    assert sum(one["points"] for one in made.data["given"]) == 450
    left = [api.get(f"/members/{family[one]}/points").data["available"] for one in ("mom", "child")]
    assert sum(left) == 50
    assert [one.check.name for one in verify(all_checks()) if not one.is_kept] == []


def test_give_back__half__goes_to_both(api: Caller, family: dict[str, str]) -> None:
    spent = api.post(f"/members/{family['mom']}/household/spend", {"points": 500, "reason": "자전거"}).data
    path = f"/household-spendings/{spent['id']}/give-back"

    back = api.post(path, {"points": 250, "reason": "반품"})

    assert (back.status, back.data["points"]) == (201, 250)
    assert {one["member_id"]: one["points"] for one in back.data["given_back"]} == {
        family["mom"]: 150, family["child"]: 100,
    }  # fmt: skip
    assert api.post(path, {"points": 251, "reason": "또"}).data["code"] == "points.reversal_too_large"


def test_spend__much_at_once__is_for_the_member_themselves(
    api: Caller, family: dict[str, str], settings: Settings
) -> None:
    settings.STEP_UP_POINTS = 100
    path = f"/members/{family['child']}/household/spend"

    assert api.post(path, {"points": 60, "reason": "컵"}).status == 201
    answer = api.post(path, {"points": 40, "reason": "자전거"})

    assert (answer.status, answer.data["code"]) == (409, "member.confirmation_required")
    assert [one["points"] for one in api.get(f"/households/{family['home']}/spendings").data["data"]] == [60]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"most_members": 1}, "most_members"),
        ({"most_a_month": -1}, "most_a_month"),
        ({"sharing": "some"}, "sharing"),
        ({"unheard": 1}, "unheard"),
    ],
)
def test_settings__that_make_no_sense__are_refused_by_field(
    api: Caller, content: dict[str, Any], field: str
) -> None:
    answer = put(api, "/household-settings", {"content": content}, "bad")

    assert (answer.status, answer.data["code"], answer.data["param"]) == (
        400, "households.invalid_settings", field,
    )  # fmt: skip
    assert api.get("/household-settings").data["version"] == 0


def test_settings__changed__are_so_in_the_access_log_once(api: Caller) -> None:
    for key in ("first", "again"):
        version = api.get("/household-settings").data["version"]
        put(api, "/household-settings", {"content": {"is_open": True}, "version": version}, key)

    [entry] = AccessEntry.objects.filter(action=Access.CONFIGURE)
    assert (entry.actor_kind, entry.seen, entry.reason) == ("key", "households.settings", "v1")


def test_settings__changed_meanwhile__are_not_written_over(api: Caller) -> None:
    put(api, "/household-settings", {"content": {"is_open": True}, "version": 0}, "first")

    answer = put(api, "/household-settings", {"content": {}, "version": 0}, "second")

    assert (answer.status, answer.data["code"]) == (409, "households.settings_changed")
