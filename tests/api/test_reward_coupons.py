"""Rewards that hand out a coupon, over the API: whose code it is, who reads it, and what is refused."""

from typing import Any

import pytest

from dangol.core.access.rights import Right
from tests.api.conftest import Caller, key_with
from tests.api.test_coupons import UNIQUE, make

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
BODY = {"kind": "coupon", "name_ko": "천 원 할인", "price": 10}


def money_off(api: Caller, **more: Any) -> str:
    """Make a member with points, a batch and a reward of it; returns the reward."""
    api.post("/members", {"external_id": "A"})
    api.post("/members/external:A/points/adjust", {"points": 50, "reason": "리워드"})
    made = api.post("/rewards", BODY | {"batch": make(api, **UNIQUE).data["id"]} | more)
    assert made.status == 201, made.data
    return str(made.data["id"])


def test_redeem__coupon__code_in_the_answer_and_to_who_may_read_coupons(api: Caller) -> None:
    reward = money_off(api)
    narrow = Caller(key_with(Right.POINTS_READ, Right.POINTS_SPEND, Right.REWARDS_READ))

    taken = narrow.post(f"/members/external:A/rewards/{reward}/redeem", {})

    code = taken.data["code"]
    assert (taken.status, taken.data["is_used"], bool(code)) == (201, False, True)
    seen = [caller.get("/members/external:A/rewards").data["data"][0]["code"] for caller in (api, narrow)]
    assert seen == [code, None]
    assert narrow.get("/redemptions").data["data"][0]["code"] is None
    held = api.get(f"/coupons/{code}").data
    assert held["member_id"] == taken.data["member_id"]
    assert api.get(f"/rewards/{reward}").data["left"] == 2


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"batch": None}, "batch"),
        ({"batch": "nonsense"}, "batch"),
        ({"kind": "item"}, "batch"),
        ({"stock": 5}, "stock"),
        ({"voucher_days": 5}, "voucher_days"),
        ({"kind": "item", "batch": None, "gives_back": True}, "gives_back"),
    ],
)
def test_create__fields_of_another_kind__are_refused(api: Caller, more: dict[str, Any], field: str) -> None:
    batch = make(api, **UNIQUE).data["id"]

    refused = api.post("/rewards", BODY | {"batch": batch} | more)

    assert (refused.status, refused.data["code"]) == (400, "rewards.invalid_reward")
    assert refused.data["data"]["field"] == field
