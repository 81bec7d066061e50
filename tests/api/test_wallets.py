"""Several kinds of points over the API: each is asked for, given, spent and sent by its own name."""

from typing import Any

import pytest

from dangol.core.ledger import invariants
from dangol.core.ledger.verify import verify
from dangol.rooms.rewards import verify as rewards
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
RULE = {"name": "모든 구매", "rate_points": 1, "rate_minor": 1_000}
COMMUNITY = {"name": "커뮤니티", "points_currency": "community", "points_name": "커뮤니티 포인트"}


@pytest.fixture
def member(api: Caller) -> str:
    """A member of a shop with two kinds of points."""
    assert api.post("/programs", {**COMMUNITY, "rules": [RULE]}).status == 201
    return str(api.post("/members", {"external_id": "A"}).data["id"])


def buy(api: Caller, number: str, minor: int) -> Any:
    """Let A buy something and return the order's answer."""
    line = {"product": "LATTE", "list_minor": minor}
    return api.post("/orders", {"number": number, "member": "external:A", "lines": [line]}).data


def kept(api: Caller) -> bool:
    """Say whether all that is proven of the ledger and of the programs holds."""
    return all(one.is_kept for one in verify([*invariants.checks(), *rewards.checks()]))


def test_program__made_beside_the_first__has_a_wallet_of_its_own(api: Caller, member: str) -> None:
    programs = api.get("/programs").data["data"]
    wallets = api.get("/wallets").data["data"]

    assert [one["points_currency"] for one in programs] == ["points", "community"]
    assert [(one["currency"], one["name"], one["is_first"]) for one in wallets] == [
        ("points", "points", True), ("community", "커뮤니티 포인트", False),
    ]  # fmt: skip
    assert wallets[1]["program_id"] == programs[1]["id"]
    held = api.get(f"/members/{member}/wallets").data["data"]
    assert [(one["currency"], one["available"], one["pending"]) for one in held] == [
        ("points", 0, 0), ("community", 0, 0),
    ]  # fmt: skip


def test_program__of_points_that_another_pays__is_refused_and_leaves_nothing(
    api: Caller, member: str
) -> None:
    again = api.post("/programs", {**COMMUNITY, "name": "다른 이름"})

    assert (again.status, again.data["code"]) == (409, "rewards.points_taken")
    assert len(api.get("/programs").data["data"]) == 2


@pytest.mark.parametrize("code", ["", "Community", "1st", "a-b", "thirteen_long", "커뮤니티"])
def test_program__code_that_no_file_could_name__is_refused(api: Caller, code: str) -> None:
    answer = api.post("/programs", {**COMMUNITY, "points_currency": code})

    assert answer.status == 422
    assert len(api.get("/programs").data["data"]) == 1


def test_points__of_a_kind__move_in_that_wallet_alone(api: Caller, member: str) -> None:
    friend = api.post("/members", {"external_id": "B"}).data["id"]
    path = f"/members/{member}/points"
    api.post(f"{path}/adjust", {"points": 500, "reason": "시작"})

    given = api.post(f"{path}/adjust", {"points": 100, "reason": "글", "currency": "community"})
    spent = api.post(f"{path}/spend", {"points": 30, "reason": "배지", "currency": "community"})
    sent = api.post(f"{path}/gift", {"points": 20, "to": friend, "currency": "community"})

    assert (given.status, spent.status, sent.status) == (201, 201, 201)
    assert sent.data["balance"]["currency"] == "community"
    assert api.get(f"{path}?currency=community").data["available"] == 50
    assert api.get(path).data["available"] == 500
    kinds = [one["kind"] for one in api.get(f"{path}/history?currency=community").data["data"]]
    assert kinds == ["gift_out", "spend", "adjust"]
    assert [one["points"] for one in api.get(f"{path}/history").data["data"]] == [500]
    assert kept(api)


def test_points__of_the_other_wallet__are_not_there_to_be_spent(api: Caller, member: str) -> None:
    api.post(f"/members/{member}/points/adjust", {"points": 500, "reason": "시작"})

    spent = api.post(
        f"/members/{member}/points/spend", {"points": 1, "reason": "배지", "currency": "community"}
    )

    assert (spent.status, spent.data["code"]) == (409, "points.insufficient")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "points?currency=miles", None),
        ("GET", "points/history?currency=miles", None),
        ("POST", "points/spend", {"points": 1, "reason": "컵"}),
        ("POST", "points/adjust", {"points": 1, "reason": "시작"}),
        ("POST", "points/gift", {"points": 1, "to": "external:A"}),
    ],
)
def test_points__of_a_kind_nobody_pays__are_refused_with_those_there_are(
    api: Caller, member: str, method: str, path: str, body: dict[str, Any] | None
) -> None:
    path = f"/members/{member}/{path}"

    answer = api.get(path) if body is None else api.post(path, {**body, "currency": "miles"})

    assert (answer.status, answer.data["code"], answer.data["param"]) == (
        422, "points.unknown_wallet", "currency",
    )  # fmt: skip
    assert answer.data["data"]["known"] == ["points", "community"]


def test_order__within_the_first_minute__is_judged_by_both_and_paid_by_the_first(
    api: Caller, member: str
) -> None:
    order = buy(api, "1", 10_000)

    assert [(one["currency"], one["points"]) for one in order["earned"]] == [
        ("points", 100), ("community", 0),
    ]  # fmt: skip
    assert order["earned"][1]["whys"][0]["zero"] == "no_rule"
    assert kept(api)


def test_order__before_the_second_program_was_made__needs_no_judgement_of_it(api: Caller) -> None:
    api.post("/members", {"external_id": "A"})
    buy(api, "1", 10_000)

    assert api.post("/programs", {**COMMUNITY, "rules": [RULE]}).status == 201

    assert kept(api)


def test_wallet__renamed__is_called_so_from_then_on(api: Caller, member: str) -> None:
    key = {"Idempotency-Key": "rename-1"}
    named = api.send("PUT", "/wallets/points", {"name": "단골 포인트"}, **key)

    assert (named.status, named.data["name"]) == (200, "단골 포인트")
    assert [one["name"] for one in api.get(f"/members/{member}/wallets").data["data"]] == [
        "단골 포인트", "커뮤니티 포인트",
    ]  # fmt: skip
    strange = api.send("PUT", "/wallets/miles", {"name": "x"}, **{"Idempotency-Key": "rename-2"})
    assert strange.status == 404


def test_checkout__that_takes_the_second_kind__is_paid_with_it_at_its_own_worth(
    api: Caller, member: str
) -> None:
    settings = api.get("/checkout-settings").data
    tender = {"points": 1, "minor": 5, "currency": "community"}
    content = {**settings["content"], "tender": tender}
    key = {"Idempotency-Key": "settings-1"}
    assert api.send("PUT", "/checkout-settings", {"content": content}, **key).status == 200
    for kind, points in (("points", 500), ("community", 100)):
        body = {"points": points, "reason": "시작", "currency": kind}
        api.post(f"/members/{member}/points/adjust", body)
    cart = {"member": member, "lines": [{"product": "LATTE", "unit_minor": 4_500}]}

    asked = api.post("/checkout/evaluate", {**cart, "pay_points": 100}).data
    held = api.post("/checkout/reserve", {**cart, "pay_points": 60})

    assert (asked["tender"]["currency"], asked["tender"]["minor"]) == ("community", 500)
    assert held.status == 201
    assert api.get(f"/members/{member}/points?currency=community").data["available"] == 40
    assert api.get(f"/members/{member}/points").data["available"] == 500


def test_checkout__points_that_nobody_pays__is_refused(api: Caller, member: str) -> None:
    content = api.get("/checkout-settings").data["content"]
    tender = {"points": 1, "minor": 1, "currency": "miles"}
    key = {"Idempotency-Key": "settings-2"}

    answer = api.send("PUT", "/checkout-settings", {"content": {**content, "tender": tender}}, **key)

    assert (answer.status, answer.data["code"], answer.data["param"]) == (
        422, "points.unknown_wallet", "tender.currency",
    )  # fmt: skip
