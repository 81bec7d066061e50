"""Drafts and simulations over HTTP: written, compared, tried on the past, published."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from dangol.core.access.rights import RIGHTS, Right, Role
from dangol.core.tasks.runner import Runner
from dangol.project.clock import now
from tests.api.conftest import Caller, key_with
from tests.api.test_orders import an_order

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
SINCE = "2026-01-01T00:00:00Z"


@pytest.fixture
def program(api: Caller) -> str:
    """The id of the shop's program."""
    return str(api.get("/programs").data["data"][0]["id"])


@pytest.fixture
def member(api: Caller) -> str:
    """The id of a new member."""
    return str(api.post("/members", {"external_id": "1"}).data["id"])


def begin(api: Caller, program: str) -> dict[str, Any]:
    """Begin a draft; returns it."""
    made = api.post(f"/programs/{program}/draft", {})
    assert made.status == 201
    draft: dict[str, Any] = made.data
    return draft


def doubled(draft: dict[str, Any]) -> dict[str, Any]:
    """Return the draft's content with twice the points."""
    content: dict[str, Any] = draft["content"]
    (rule,) = content["rules"]
    return content | {"rules": [rule | {"rate_points": 2 * rule["rate_points"]}]}


def test_draft__begun_changed_compared_published__counts_for_the_next_order(
    api: Caller, program: str, member: str
) -> None:
    api.post("/orders", an_order(member, "1"))
    draft = begin(api, program)

    changed = api.post(f"/programs/{program}/draft", {"revision": 1, "content": doubled(draft)})
    diff = api.get(f"/programs/{program}/draft/diff").data["data"]
    made = api.post(f"/programs/{program}/draft/publish", {"revision": changed.data["revision"]})
    after = api.post("/orders", an_order(member, "2"))

    assert changed.data["problems"] == []
    assert [(one["field"], one["was"], one["will_be"]) for one in diff] == [("rate", [1, 100], [2, 100])]
    assert made.status == 201
    assert [one["version"] for one in made.data["rules"]] == [1, 2]
    assert after.data["earned"][0]["points"] == 300
    assert api.get("/orders/pos:1").data["earned"][0]["points"] == 150
    assert api.get(f"/programs/{program}/draft").data["code"] == "rewards.unknown_draft"


def test_draft__that_makes_no_sense__is_kept_with_its_problems_and_not_published(
    api: Caller, program: str
) -> None:
    draft = begin(api, program)
    content = draft["content"]
    content["tiers"]["levels"][1]["threshold"] = content["tiers"]["levels"][2]["threshold"]

    kept = api.post(f"/programs/{program}/draft", {"revision": 1, "content": content})
    refused = api.post(f"/programs/{program}/draft/publish", {"revision": 2})

    assert kept.data["problems"] == [{"field": "tiers.levels", "problem": "must_climb_from_zero"}]
    assert (refused.status, refused.data["code"]) == (409, "rewards.draft_invalid")
    assert refused.data["data"]["problems"] == kept.data["problems"]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/draft", {}, "rewards.draft_exists"),
        ("/draft/publish", {"revision": 1}, "rewards.nothing_to_publish"),
        ("/draft/publish", {"revision": 9}, "rewards.draft_changed"),
        ("/draft/publish", {"revision": 1, "active_from": SINCE}, "rewards.starts_in_the_past"),
        ("/draft/publish", {}, "request.invalid"),
        ("/draft", {"revision": 1, "content": {"rules": []}}, "request.invalid"),
        ("/simulations", {"since": "2999-01-01T00:00:00Z"}, "rewards.invalid_rule"),
        ("/simulations", {"since": SINCE, "of": "dreams"}, "request.invalid"),
        ("/simulations", {"since": SINCE, "worth": {"points": 0, "minor": 1}}, "request.invalid"),
        ("/rules/nothing/end", {}, "rewards.unknown_rule"),
        ("/rules", {"name": "a\0", "rate_points": 1, "rate_minor": 1}, "request.invalid"),
        ("/rules", {"name": "a", "category": "\0", "rate_points": 1, "rate_minor": 1}, "request.invalid"),
    ],
)
def test_draft__asked_for_what_cannot_be__is_refused(
    api: Caller, program: str, path: str, body: dict[str, Any], code: str
) -> None:
    begin(api, program)

    assert api.post(f"/programs/{program}{path}", body).data["code"] == code
    assert api.get(f"/programs/{program}/draft").data["revision"] == 1


def test_draft__discarded__is_gone(api: Caller, program: str) -> None:
    begin(api, program)

    assert api.post(f"/programs/{program}/draft/discard").status == 200
    assert api.get(f"/programs/{program}/draft/diff").status == 404
    assert api.post(f"/programs/{program}/draft/discard").data["code"] == "rewards.unknown_draft"


def test_rule__added_and_ended__counts_between_only(api: Caller, program: str, member: str) -> None:
    api.post("/orders", an_order(member, "1"))
    body = {"name": "하나 더", "rate_points": 1, "rate_minor": 100}

    added = api.post(f"/programs/{program}/rules", body, key="once")
    again = api.post(f"/programs/{program}/rules", body, key="once")
    between = api.post("/orders", an_order(member, "2"))
    ended = api.post(f"/programs/{program}/rules/{added.data['id']}/end", {})
    after = api.post("/orders", an_order(member, "3"))

    assert added.raw == again.raw
    assert len(ended.data["rules"]) == 2
    assert [one.data["earned"][0]["points"] for one in (between, after)] == [300, 150]
    assert api.get("/orders/pos:1").data["earned"][0]["points"] == 150


def test_simulation__of_the_draft__tells_what_would_have_been(api: Caller, program: str, member: str) -> None:
    api.post("/orders", an_order(member, "1"))
    draft = begin(api, program)
    api.post(f"/programs/{program}/draft", {"revision": 1, "content": doubled(draft)})

    asked = api.post(
        f"/programs/{program}/simulations", {"since": SINCE, "worth": {"points": 100, "minor": 100}}
    )
    while Runner(clock=lambda: now() + timedelta(seconds=1)).run_due():
        pass
    found = api.get(f"/simulations/{asked.data['id']}").data

    assert (asked.status, asked.data["state"], found["state"]) == (202, "waiting", "done")
    assert (found["result"]["points_before"], found["result"]["points_after"]) == (150, 300)
    assert (found["worth_minor_before"], found["worth_minor_after"]) == (150, 300)
    assert found["result"]["unlike_ledger"] == 0
    assert api.post(f"/simulations/{found['id']}/cancel").data["code"] == "rewards.simulation_over"
    for nothing in ("nothing", uuid4()):
        assert api.get(f"/simulations/{nothing}").data["code"] == "rewards.unknown_simulation"


def test_publish__by_a_key_that_may_only_write__is_refused(api: Caller, program: str) -> None:
    begin(api, program)
    writer = Caller(key_with(Right.PROGRAMS_READ, Right.PROGRAMS_WRITE))

    refused = writer.post(f"/programs/{program}/draft/publish", {"revision": 1})

    assert refused.status == 403
    assert writer.get(f"/programs/{program}/draft").status == 200
    assert Right.PROGRAMS_PUBLISH not in RIGHTS[Role.MARKETER] >= {Right.PROGRAMS_WRITE}


def test_draft__most_of_one_purchase__compared_tried_and_published(
    api: Caller, program: str, member: str
) -> None:
    api.post("/orders", an_order(member, "1"))
    draft = begin(api, program)
    content = draft["content"] | {"terms": draft["content"]["terms"] | {"most_per_order": 100}}

    api.post(f"/programs/{program}/draft", {"revision": 1, "content": content})
    diff = api.get(f"/programs/{program}/draft/diff").data["data"]
    made = api.post(f"/programs/{program}/draft/publish", {"revision": 2})
    after = api.post("/orders", an_order(member, "2"))

    assert [(one["field"], one["was"], one["will_be"]) for one in diff] == [("most_per_order", None, 100)]
    assert made.data["most_per_order"] == 100
    assert after.data["earned"][0]["points"] == 100


def test_terms__without_the_most__lift_the_limit_as_their_description_says(api: Caller, program: str) -> None:
    path = f"/programs/{program}/terms/versions"
    api.post(path, {"expiry": "never", "most_per_order": 100})

    lifted = api.post(path, {"expiry": "never"}).data

    described = api.get("/openapi.json").data["paths"]["/api/v1/programs/{program}/terms/versions"]["post"]
    assert lifted["most_per_order"] is None
    assert "Without `most_per_order` there is no\nlimit any more" in described["description"]
