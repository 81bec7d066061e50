"""Orders, returns, points, tiers and rules by the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.commerce.models import Order
from dangol.core.ledger import invariants
from dangol.core.ledger.verify import verify
from dangol.core.people.leaving import leave_members
from dangol.core.people.models import Customer
from dangol.core.people.services import join_members
from dangol.core.storage.ids import parse_id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards import verify as rewards
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
OLD = "2020-01-01T00:00:00Z"
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
RULE = {"name": "x", "rate_points": 1, "rate_minor": 1}
TIERS: dict[str, Any] = {
    "levels": [{"key": "a", "name": "A", "threshold": 1}], "measure": "spend", "window": "lifetime",
}  # fmt: skip


@pytest.fixture
def member(api: Caller) -> str:
    return str(api.post("/members", {"external_id": "M-1"}).data["id"])


def an_order(buyer: str | None, number: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "number": number, "source": "pos", "member": buyer,
        "lines": [
            {"product": "P1", "quantity_milli": 2_000, "list_minor": 12_000, "net_minor": 10_000},
            {"product": "P2", "list_minor": 5_000},
        ],
    } | more  # fmt: skip


def publish_limit(api: Caller, name: str) -> tuple[int | None, int | None]:
    """Let the program's terms have a limit of 100 points; returns it as it was before, and as it is now."""
    (program,) = api.get("/programs").data["data"]
    path = f"/programs/{program['id']}/terms/versions"
    for most in (0, 10**9 + 1):
        refused = api.post(path, {"expiry": "never", name: most})
        assert (refused.status, refused.data["code"]) == (422, "request.invalid")
    return program[name], api.post(path, {"expiry": "never", name: 100}).data[name]


def test_order__of_a_member__earns_and_says_why(api: Caller, member: str) -> None:
    made = api.post("/orders", an_order(member))

    assert made.status == 201
    assert (made.data["list_minor"], made.data["discount_minor"], made.data["net_minor"]) == (
        17_000,
        2_000,
        15_000,
    )
    (earned,) = made.data["earned"]
    (why,) = earned["whys"]
    (part,) = why["parts"]
    assert (earned["points"], why["tier"]) == (150, "member")
    assert part["base_minor"] * part["rate_points"] // part["rate_minor"] == part["points"] == 150
    assert api.get(f"/orders/{made.data['id']}").data == made.data
    assert api.get("/orders/pos:1").data == made.data
    (line,) = api.get(f"/members/{member}/points/history").data["data"]
    assert (line["change"], line["balance"], line["why"]["parts"]) == (150, 150, why["parts"])


def test_order__in_a_currency_no_program_counts__says_so(api: Caller, member: str) -> None:
    made = api.post("/orders", an_order(member, currency="JPY"))

    assert (made.data["earned"], made.data["not_judged"]) == ([], "other_currency")
    assert api.get("/orders/pos:1").data == made.data
    assert api.post("/orders", an_order(member, "2")).data["not_judged"] is None


@pytest.mark.parametrize("lines", [1, 10])
def test_order__of_a_known_member__takes_ten_statements(api: Caller, member: str, lines: int) -> None:
    for number in ("1", "2"):
        api.post("/orders", an_order(member, number))
    line = {"product": "P1", "list_minor": 5_000}

    with CaptureQueriesContext(connection) as captured:
        made = api.post("/orders", an_order(member, "3", lines=[line] * lines))

    assert made.data["earned"][0]["points"] == 50 * lines
    # PostgreSQL: BEGIN; the request's key; whom and what; the customer's lock; the number; the member;
    # all writes; the answer's reading and its keeping; COMMIT.
    assert len(captured) == (10 if connection.vendor == "postgresql" else 39)


def test_order__of_who_left__is_theirs_earns_nothing_and_says_why(api: Caller, member: str) -> None:
    owner = parse_id(member)
    api.post("/orders", an_order(member, "before"))
    with write_transaction():
        leave_members([owner], source="phone", recorded_at=datetime.now(UTC))

    made = api.post("/orders", an_order(member, "away"))
    with write_transaction():
        join_members([owner], recorded_at=datetime.now(UTC))
    again = api.post("/orders", an_order(member, "again"))

    assert (made.status, made.data["member_id"]) == (201, member)
    (earned,) = made.data["earned"]
    (why,) = earned["whys"]
    assert (earned["points"], why["zero"], why["parts"]) == (0, "left", [])
    assert api.get(f"/orders/{made.data['id']}").data == made.data
    assert [one["points"] for one in again.data["earned"]] == [150]
    assert api.get(f"/members/{member}").data["kind"] == "member"


def test_order__told_again_under_another_key__is_answered_as_it_stands(api: Caller, member: str) -> None:
    first = api.post("/orders", an_order(member, placed_at="2026-01-05T10:00:00+09:00"))
    again = api.post("/orders", an_order(member, placed_at="2026-01-05T01:00:00Z"))
    other = api.post("/orders", an_order(member, placed_at="2026-01-05T02:00:00Z"))

    assert again.data == first.data
    assert (other.status, other.data["code"]) == (409, "order.number_taken")
    assert Order.objects.count() == 1


def test_order__of_a_guest__earns_when_it_is_claimed_and_only_once(api: Caller, member: str) -> None:
    placed = an_order(None, placed_at="2026-01-05T10:00:00+09:00")
    made = api.post("/orders", placed)
    api.post("/orders", placed)
    other = api.post("/members", {"external_id": "M-2"}).data["id"]

    claimed = api.post("/orders/pos:1/claim", {"member": member})
    taken = api.post("/orders/pos:1/claim", {"member": other})

    assert made.data["earned"] == []
    assert Customer.objects.count() == 3  # one guest, whoever told of it twice
    assert claimed.data["earned"][0]["points"] == 150
    assert (taken.status, taken.data["code"]) == (409, "order.already_claimed")


def test_return__of_a_line__takes_its_points_back(api: Caller, member: str) -> None:
    api.post("/orders", an_order(member))

    back = api.post(
        "/orders/pos:1/returns", {"number": "R1", "lines": [{"product": "P2", "net_minor": 5_000, "line": 2}]}
    )

    assert back.status == 201
    assert back.data["earned"][0]["points"] == 100
    assert back.data["lines"][0]["order_line"] == 2
    assert api.get(f"/members/{member}/points").data["available"] == 100
    assert [one["number"] for one in api.get("/orders/pos:1").data["returns"]] == ["R1"]
    assert all(finding.is_kept for finding in verify([*invariants.checks(), *rewards.checks()]))


@pytest.mark.parametrize("window", ["rolling", "calendar", "lifetime"])
@pytest.mark.parametrize("at", ["1900-01-01T00:00:00Z", "1899-12-31T15:00:00-09:00", OLD])
def test_order__and_its_return_of_the_last_century__are_judged(
    api: Caller, member: str, window: str, at: str
) -> None:
    (program,) = api.get("/programs").data["data"]
    sizes: dict[str, Any] = {"lifetime": {}, "rolling": {"window_size": 365}, "calendar": {"window_size": 12}}
    levels = [{name: tier[name] for name in TIERS["levels"][0]} for tier in program["tiers"]]
    tiers = {**TIERS, "levels": levels, "window": window, **sizes[window]}
    assert api.post(f"/programs/{program['id']}/tiers/versions", tiers).status == 201
    line = {"product": "P2", "net_minor": 5_000, "line": 2}

    sold = api.post("/orders", {**an_order(member), "placed_at": at})
    back = api.post("/orders/pos:1/returns", {"number": "R1", "returned_at": at, "lines": [line]})

    assert (sold.status, back.status) == (201, 201)
    assert api.get(f"/members/{member}/tier").status == 200
    assert all(finding.is_kept for finding in verify([*invariants.checks(), *rewards.checks()]))


@pytest.mark.parametrize(
    ("more", "status", "code", "param"),
    [
        ({"member": "external:nobody"}, 404, "order.unknown_buyer", None),
        ({"member": "nobody"}, 404, "members.unknown", None),
        ({"placed_at": TOMORROW}, 409, "order.in_the_future", "placed_at"),
        ({"discounts": [{"kind": "coupon", "amount_minor": 15_001}]}, 409, "order.off_too_much", "discounts"),
        ({"placed_at": "1899-12-31T23:59:59Z"}, 422, "request.invalid", "placed_at"),
        ({"placed_at": "0001-01-01T00:00:00Z"}, 422, "request.invalid", "placed_at"),
        ({"placed_at": "9000-01-01T00:00:00Z"}, 422, "request.invalid", "placed_at"),
        ({"placed_at": "9999-12-31T23:59:59-12:00"}, 422, "request.invalid", "placed_at"),
        ({"lines": []}, 422, "request.invalid", "lines"),
        ({"lines": [{"product": "P", "list_minor": -1}]}, 422, "request.invalid", "lines.0.list_minor"),
        ({"lines": [{"product": "P", "list_minor": 1, "net_minor": 2}]}, 422, "request.invalid", "lines.0"),
        ({"lines": [{"product": "P", "list_minor": 10**13}]}, 422, "request.invalid", "lines.0.list_minor"),
        ({"source": "A b"}, 422, "request.invalid", "source"),
        ({"number": ""}, 422, "request.invalid", "number"),
        ({"currency": "won"}, 422, "request.invalid", "currency"),
    ],
)  # fmt: skip
def test_order__that_cannot_be__is_refused_and_nothing_is_left(
    api: Caller, member: str, more: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    refused = api.post("/orders", an_order(member, **more))

    assert (refused.status, refused.data["code"], refused.data["param"]) == (status, code, param)
    assert not Order.objects.exists()


@pytest.mark.parametrize("reference", ["x", "pos:9", "01a215b7-c1dd-726d-a565-e693eb3ead0a", ":", "pos:"])
def test_order__that_is_not_there__is_404(api: Caller, reference: str) -> None:
    assert api.get(f"/orders/{reference}").data["code"] == "order.unknown"
    back = {"number": "R1", "lines": [{"product": "P", "net_minor": 1}]}
    assert api.post(f"/orders/{reference}/returns", back).data["code"] == "order.unknown"


def test_points__spent_adjusted_and_given__balance_and_history_agree(api: Caller, member: str) -> None:
    other = api.post("/members", {"external_id": "M-2"}).data["id"]
    path = f"/members/{member}/points"
    api.post(f"{path}/adjust", {"points": 1_000, "reason": "개업", "expires_at": "2100-01-01T00:00:00Z"})
    api.post(f"{path}/spend", {"points": 300, "reason": "커피"})
    api.post(f"{path}/adjust", {"points": -100, "reason": "잘못 준 것"})
    given = api.post(f"{path}/gift", {"points": 50, "to": "external:M-2"})

    points = api.get(path).data
    assert points["available"] == given.data["balance"]["available"] == 550
    assert points["next_expiry"] == {"points": 550, "expires_at": "2100-01-01T00:00:00.000Z"}
    lines = api.get(f"{path}/history?limit=2").data
    rest = api.get(f"{path}/history?limit=2&cursor={lines['next_cursor']}").data
    balances = [line["balance"] for line in [*lines["data"], *rest["data"]]]
    assert balances == [550, 600, 700, 1_000]
    assert rest["next_cursor"] is None
    assert api.post(f"{path}/gift", {"points": 1, "to": member}).data["code"] == "points.self_gift"
    assert api.post(f"{path}/gift", {"points": 1, "to": "phone:x"}).data["code"] == "members.unknown"
    assert api.get(f"/members/{other}/points").status == 200


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("spend", {"points": 1, "reason": "x"}, "points.insufficient"),
        ("spend", {"points": 0, "reason": "x"}, "request.invalid"),
        ("spend", {"points": 10**9, "reason": "x"}, "request.invalid"),
        ("spend", {"points": "5", "reason": "x"}, "request.invalid"),
        ("spend", {"points": 5}, "request.invalid"),
        ("adjust", {"points": 0, "reason": "x"}, "points.invalid"),
        ("adjust", {"points": -1, "reason": "x"}, "points.insufficient"),
        ("adjust", {"points": 1, "reason": "x", "expires_at": OLD}, "points.expiry_in_the_past"),
    ],
)  # fmt: skip
def test_points__moved_as_they_cannot_be__is_refused(
    api: Caller, member: str, path: str, body: dict[str, Any], code: str
) -> None:
    assert api.post(f"/members/{member}/points/{path}", body).data["code"] == code
    assert api.get(f"/members/{member}/points/history").data["data"] == []


def test_rule__published__counts_for_the_next_order_and_not_for_the_last(api: Caller, member: str) -> None:
    (program,) = api.get("/programs").data["data"]
    (rule,) = program["rules"]
    path = f"/programs/{program['id']}/rules/{rule['id']}/versions"
    api.post("/orders", an_order(member, "1"))

    made = api.post(
        path, {"name": "두 배", "rate_points": 2, "rate_minor": 100, "multipliers": {"gold": [3, 2]}}
    )
    after = api.post("/orders", an_order(member, "2"))

    assert made.status == 201
    assert [one["version"] for one in made.data["rules"]] == [1, 2]
    assert after.data["earned"][0]["points"] == 300
    assert api.get("/orders/pos:1").data["earned"][0]["points"] == 150


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("rules/{rule}/versions", RULE | {"multipliers": {"no": [1, 1]}}, "rewards.invalid_rule"),
        ("rules/{rule}/versions", RULE | {"active_from": OLD}, "rewards.starts_in_the_past"),
        ("rules/nothing/versions", RULE, "rewards.unknown_rule"),
        ("tiers/versions", TIERS, "rewards.invalid_rule"),
        ("terms/versions", {"expiry": "rolling_days"}, "rewards.invalid_rule"),
        ("terms/versions", {"expiry": "some_day"}, "request.invalid"),
    ],
)  # fmt: skip
def test_rules__that_make_no_sense__are_refused(
    api: Caller, path: str, body: dict[str, Any], code: str
) -> None:
    (program,) = api.get("/programs").data["data"]
    rule = program["rules"][0]["id"]

    assert api.post(f"/programs/{program['id']}/{path.format(rule=rule)}", body).data["code"] == code
    assert api.get(f"/programs/{program['id']}").data == program


def test_rule__with_terms_of_its_own__its_points_are_a_lot_and_the_why_says_of_which_rule(
    api: Caller, member: str
) -> None:
    (program,) = api.get("/programs").data["data"]
    rule, lasting = program["rules"][0], program["tiers"][0]
    levels = [{key: value for key, value in one.items() if key != "level"} for one in program["tiers"]]
    own = {"pending_days": 3, "expiry": "rolling_days", "expiry_count": 30}

    published = api.post(f"/programs/{program['id']}/rules/{rule['id']}/versions", RULE | own)
    api.post(
        f"/programs/{program['id']}/tiers/versions",
        {
            "levels": [levels[0] | {"extra_months": 2}, *levels[1:]], "measure": "spend",
            "window": "rolling", "window_size": 365,
        },
    )  # fmt: skip
    made = api.post("/orders", an_order(member))

    newest = published.data["rules"][-1]
    assert {name: newest[name] for name in own} == own
    assert (rule["pending_days"], rule["expiry"], lasting["extra_months"]) == (None, None, 0)
    assert api.get("/programs").data["data"][0]["tiers"][0]["extra_months"] == 2
    (why,) = made.data["earned"][0]["whys"]
    (portion,) = why["portions"]
    assert (portion["rule_id"], portion["rule_version"]) == (rule["id"], 2)
    assert portion["points"] == why["points"]
    (lot,) = api.get(f"/members/{member}/points").data["lots"]
    assert (lot["id"], lot["expires_at"]) == (portion["lot"], portion["expires_at"])
    assert lot["pending"]


def test_terms__by_inactivity__published_and_each_purchase_moves_the_end(api: Caller, member: str) -> None:
    (program,) = api.get("/programs").data["data"]
    path = f"/programs/{program['id']}/terms/versions"
    idle = {"expiry": "inactivity", "expiry_count": 12, "activities": ["purchase", "redemption"]}
    assert api.post(path, idle | {"activities": []}).data["code"] == "rewards.invalid_rule"
    assert api.post(path, idle | {"activities": ["sleep"]}).data["code"] == "request.invalid"

    published = api.post(path, idle)
    api.post("/orders", an_order(member))
    api.post("/orders", an_order(member, "2"))

    assert {name: published.data[name] for name in idle} == idle
    first, second = api.get(f"/members/{member}/points").data["lots"]
    assert first["expires_at"] == second["expires_at"] is not None


def test_terms__most_of_one_purchase__cuts_it_and_its_return_with_the_arithmetic(
    api: Caller, member: str
) -> None:
    before, made = publish_limit(api, "most_per_order")
    cart = {"member": member, "lines": [{"product": "P1", "unit_minor": 15_000}]}
    expected = api.post("/checkout/evaluate", cart).data["earning"]

    order = api.post("/orders", an_order(member)).data
    line = {"product": "P1", "quantity_milli": 1_000, "net_minor": 5_000}
    api.post("/orders/pos:1/returns", {"number": "R1", "lines": [line]})

    assert (before, made) == (None, 100)
    assert (expected["points"], expected["cut"]) == (100, {"would_be": 150, "most": 100})
    (why,) = order["earned"][0]["whys"]
    (part,) = why["parts"]
    assert (why["points"], why["cut"]) == (100, {"would_be": 150, "most": 100})
    assert (part["points"], part["share_points"], part["whole_points"]) == (100, 100, 150)
    lines = api.get(f"/members/{member}/points/history").data["data"]
    assert lines[0]["why"]["points"] == -34  # 100 of 150 are left: 66 of the 100
    (left,) = lines[0]["why"]["parts"]
    assert (left["points"], left["share_points"], left["whole_points"]) == (66, 100, 150)


def test_terms_and_tiers__published__hold_from_now_on(api: Caller, member: str) -> None:
    (program,) = api.get("/programs").data["data"]
    levels = [{**level, "threshold": level["threshold"] // 100} for level in program["tiers"]]
    for level in levels:
        del level["level"]

    terms = {"pending_days": 7, "opens_on": "2099-03-01", "expiry": "never"}
    api.post(f"/programs/{program['id']}/terms/versions", terms)
    tiers = {"levels": levels, "measure": "spend", "window": "rolling", "window_size": 365}
    made = api.post(f"/programs/{program['id']}/tiers/versions", tiers)
    api.post("/orders", an_order(member))

    assert (made.data["pending_days"], made.data["opens_on"]) == (7, "2099-03-01")
    points = api.get(f"/members/{member}/points").data
    assert (points["available"], points["pending"]) == (0, 150)
    assert points["lots"][0]["release_at"].startswith("2099-02-28T15:00:00")
    assert api.get(f"/members/{member}/tier").data["tier"]["key"] == "gold"


def test_catalog__told__is_listed_and_counts_for_rules(api: Caller) -> None:
    products = [{"number": f"P{number}", "name": "빵", "category": "먹거리 > 빵"} for number in range(3)]

    assert api.post("/products", {"products": products}).data == {"count": 3}
    assert api.post("/stores", {"stores": [{"number": "S1", "name": "본점"}]}).data == {"count": 1}
    assert (
        api.post("/stores", {"stores": [{"number": "S2", "zone": "Mars/Base"}]}).data["code"]
        == "value.not_a_zone"
    )
    first = api.get("/products?limit=2").data
    second = api.get(f"/products?limit=2&cursor={first['next_cursor']}").data
    assert [one["number"] for one in first["data"] + second["data"]] == ["P0", "P1", "P2"]
    assert api.get("/stores").data["data"] == [{"number": "S1", "name": "본점", "zone": "", "address": ""}]
