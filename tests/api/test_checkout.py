"""The checkout over HTTP: codes, reasons in words, drafts, guesses, and what a repeat does."""

from typing import Any

import pytest

from dangol.core.access.rights import Right
from dangol.core.storage.ids import parse_id
from dangol.rooms.rewards.promotions.editing import find_promotion
from tests.api.conftest import Caller, key_with

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
LATTE = {"product": "LATTE", "unit_minor": 4_500, "quantity": 2}
CONTENT = {"name": "열에 하나", "currency": "KRW", "benefits": [{"kind": "percent", "basis_points": 1000}]}


def offer(api: Caller, **content: Any) -> str:
    """Publish a promotion; returns its id."""
    made = api.post("/promotions", {"content": CONTENT | content})
    assert made.status == 201
    published = api.post(f"/promotions/{made.data['id']}/publish", {"revision": 1})
    assert published.status == 200
    return str(made.data["id"])


def coupon(api: Caller, promotion: str, **more: Any) -> str:
    """Make a code; returns it."""
    draft = {"promotion_id": promotion, "name": "가을", "kind": "generic", "pattern": "AUTUMN26"} | more
    made = api.post("/coupon-batches", draft)
    assert made.status == 201, made.data
    return str(api.get(f"/coupon-batches/{made.data['id']}/codes").data["data"][0]["coupon"])


def test_evaluate__cart__is_answered_with_effects_and_reasons_in_words(api: Caller) -> None:
    promotion = offer(api)
    offer(api, name="십만 원부터", minimum={"minor": 100_000})

    answer = api.post("/checkout/evaluate", {"lines": [LATTE]}, Accept_Language="en").data

    assert (answer["list_minor"], answer["discount_minor"], answer["due_minor"]) == (9_000, 900, 8_100)
    assert [(one["type"], one["promotion"]) for one in answer["effects"]] == [("discount", promotion)]
    (refused,) = answer["rejections"]
    assert (refused["reason"], refused["needed"], refused["found"]) == ("minimum_not_reached", 100_000, 8_100)
    assert refused["message"] == "The minimum is not reached: 100000 is needed, there is 8100."


def test_evaluate__reasons_of_what_was_asked__leave_out_what_is_for_others(api: Caller) -> None:
    nearly = offer(api, name="십만 원부터", minimum={"minor": 100_000})
    coded = offer(api, name="쿠폰으로", needs_code=True)
    other = offer(api, name="다른 상품", target={"include": {"products": ["tea"]}})
    asked = {"lines": [LATTE], "codes": ["NOBODY99"]}

    def told(**more: Any) -> list[tuple[str, str | None]]:
        answer = api.post("/checkout/evaluate", asked | more).data
        return sorted((one["reason"], one["promotion"]) for one in answer["rejections"])

    short = [("minimum_not_reached", nearly), ("unknown_code", None)]
    assert told(reasons="asked") == short
    assert told() == sorted([*short, ("no_code", coded), ("no_target", other)])
    assert told(reasons="asked", only=[other]) == [("no_target", other), ("unknown_code", None)]


def test_evaluate__lines_nobody_can_count__are_left_out_and_the_rest_is_counted(api: Caller) -> None:
    offer(api)
    lines = [
        LATTE,
        {"product": "TEA", "unit_minor": 3_000, "quantity": -1},
        {"product": "AIR", "unit_minor": 0},
    ]

    answer = api.post("/checkout/evaluate", {"lines": lines}).data

    assert answer["left_out"] == [{"line": "2", "reason": "no_quantity"}]
    assert answer["net_minor"] == 8_100


def test_code__of_a_promotion__is_used_up_by_the_sale_and_free_again(api: Caller) -> None:
    promotion = offer(api, needs_code=True)
    code = coupon(api, promotion, uses_per_code=1)
    cart = {"lines": [LATTE], "codes": [code]}

    held = api.post("/checkout/reserve", cart).data
    other = api.post("/checkout/reserve", cart).data

    assert (held["evaluation"]["discount_minor"], held["evaluation"]["used_codes"]) == (900, [code])
    assert other["evaluation"]["discount_minor"] == 0
    assert [one["reason"] for one in other["evaluation"]["rejections"]] == ["limit_reached"]
    assert api.post("/checkout/reserve", cart | {"strict": True}).data["code"] == "checkout.codes_not_taken"
    assert api.post(f"/checkout/{held['id']}/cancel").data["state"] == "canceled"
    assert api.post("/checkout/reserve", cart).data["evaluation"]["discount_minor"] == 900


def test_codes__typed_by_a_shopper__are_told_nothing_of_and_counted(api: Caller) -> None:
    promotion = offer(api, needs_code=True)
    code = coupon(api, promotion, uses_per_code=1)
    api.post("/checkout/reserve", {"lines": [LATTE], "codes": [code]})
    guess = {"lines": [LATTE], "typed_by": "shopper", "address": "203.0.113.9"}

    used = api.post("/checkout/evaluate", guess | {"codes": [code]}).data["rejections"]
    unknown = api.post("/checkout/evaluate", guess | {"codes": ["AUTUMN99"]}).data["rejections"]

    assert (
        {one["reason"] for one in used} == {one["reason"] for one in unknown} == {"unknown_code", "no_code"}
    )
    statuses = [api.post("/checkout/reserve", guess | {"codes": [f"X{n}"]}).status for n in range(5)]
    assert statuses[-1] == 429


def test_drafts__asked_as_if_published__change_nothing_for_others(api: Caller) -> None:
    draft = api.post("/promotions", {"content": CONTENT}).data["id"]

    dry = api.post("/checkout/evaluate", {"lines": [LATTE], "drafts": [draft]}).data
    live = api.post("/checkout/evaluate", {"lines": [LATTE]}).data

    assert (dry["discount_minor"], live["discount_minor"]) == (900, 0)


def test_as_of__before_a_promotion_begins__is_refused_with_that_reason(api: Caller) -> None:
    offer(api, active_from="2027-01-01T00:00:00Z")

    now = api.post("/checkout/evaluate", {"lines": [LATTE]}).data
    then = api.post("/checkout/evaluate", {"lines": [LATTE], "as_of": "2027-01-01T00:00:00Z"}).data

    assert [one["reason"] for one in now["rejections"]] == ["not_started"]
    assert then["discount_minor"] == 900


def test_commit__sent_again__is_answered_by_the_first_and_sells_once(api: Caller) -> None:
    offer(api)
    held = api.post("/checkout/reserve", {"lines": [LATTE]}).data["id"]

    first = api.post(f"/checkout/{held}/commit", {"number": "1"}, key="a")
    again = api.post(f"/checkout/{held}/commit", {"number": "1"}, key="a")

    assert first.status == again.status == 200
    assert first.raw == again.raw
    assert again.headers["Idempotent-Replayed"] == "true"
    order = api.get(f"/orders/{first.data['order_id']}").data
    assert order["net_minor"] == 8_100


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"name": ""}, "name"),
        ({"benefits": [{"kind": "percent"}]}, "benefits[0]"),
        ({"benefits": [{"kind": "magic"}]}, "benefits[0].kind"),
        ({"benefits": [{"kind": "percent", "basis_points": 1, "colour": 1}]}, "benefits[0].colour"),
        ({"benefits": [{"kind": "percent", "basis_points": 10_001}]}, "promotion"),
        ({"limits": {"uses": 0}}, "limits.uses"),
        ({"currency": "", "limits": {"budget_minor": 1}}, "currency"),
        ({"benefits": []}, "promotion"),
    ],
)
def test_publish__what_makes_no_sense__is_refused_by_field(
    api: Caller, content: dict[str, Any], field: str
) -> None:
    made = api.post("/promotions", {"content": CONTENT | content})
    answered = api.post(f"/promotions/{made.data['id']}/publish", {"revision": 1})

    assert (answered.status, answered.data["code"]) == (400, "promotions.invalid")
    assert field in str(answered.data)
    assert api.get(f"/promotions/{made.data['id']}").data["state"] == "draft"


def test_draft__seen_before_somebody_else_changed_it__is_refused(api: Caller) -> None:
    made = api.post("/promotions", {"content": CONTENT}).data["id"]
    path = f"/promotions/{made}/draft"
    assert api.send("PUT", path, {"content": CONTENT, "revision": 1}, Idempotency_Key="1").status == 200

    late = api.send("PUT", path, {"content": CONTENT, "revision": 1}, Idempotency_Key="2")

    assert (late.status, late.data["code"]) == (409, "promotions.draft_changed")


def test_checkout__key_that_may_only_read_orders__asks_and_holds_nothing(shop: None) -> None:
    reader = Caller(key_with(Right.ORDERS_READ))

    assert reader.post("/checkout/evaluate", {"lines": [LATTE]}).status == 200
    assert reader.post("/checkout/reserve", {"lines": [LATTE]}).status == 403


def change(api: Caller, body: dict[str, Any], key: str) -> Any:
    """Change how the checkout answers."""
    return api.send("PUT", "/checkout-settings", body, **{"Idempotency-Key": key})


def test_publish__above_the_shops_limits__waits_for_a_person(api: Caller) -> None:
    change(api, {"content": {"approve_share_above": 500}}, "limits")
    made = api.post("/promotions", {"content": CONTENT}).data["id"]
    body = {"revision": 1, "reason": "가을 행사"}

    answer = api.post(f"/promotions/{made}/publish", body, key="autumn")
    again = api.post(f"/promotions/{made}/publish", body, key="autumn")

    assert (answer.status, answer.data["state"], answer.data["kind"]) == (
        202,
        "waiting",
        "promotions.publish",
    )
    assert (answer.data["promotion_id"], answer.data["member_id"], answer.data["members"]) == (made, None, 0)
    assert again.data == answer.data
    assert api.get(f"/approvals/{answer.data['id']}").data == answer.data
    assert api.get(f"/promotions/{made}").data["state"] == "draft"


def test_settings__version_that_is_not_in_force__is_refused(api: Caller) -> None:
    first = change(api, {"content": {"hold_minutes": 10}, "version": 0}, "first")
    second = change(api, {"content": {"hold_minutes": 20}, "version": 0}, "second")

    assert (first.status, first.data["version"]) == (200, 1)
    assert (second.status, second.data["code"]) == (409, "checkout.settings_changed")
    listed = api.get("/checkout-settings/versions").data["data"]
    assert [(one["version"], one["content"]["hold_minutes"]) for one in listed] == [(1, 10)]


def test_evaluate__more_points_than_any_order_earns__is_refused_before_anything_is_sold(api: Caller) -> None:
    offer(api, benefits=[{"kind": "points", "points": 999_999_999}])
    offer(api, name="더", benefits=[{"kind": "points", "points": 2}])
    member = api.post("/members", {"external_id": "A"}).data["id"]
    cart = {"member": member, "lines": [LATTE]}

    answers = [api.post(f"/checkout/{door}", cart) for door in ("evaluate", "reserve")]

    assert [(one.status, one.data["code"]) for one in answers] == [(400, "checkout.too_many_points")] * 2


def test_evaluate__price_that_is_a_slip__is_refused_also_where_a_purchase_earns_only_so_much(
    api: Caller,
) -> None:
    (program,) = api.get("/programs").data["data"]
    api.post(f"/programs/{program['id']}/terms/versions", {"expiry": "never", "most_per_order": 100})
    member = api.post("/members", {"external_id": "A"}).data["id"]

    def earned(unit_minor: int) -> Any:
        cart = {"member": member, "lines": [LATTE | {"unit_minor": unit_minor}]}
        return api.post("/checkout/evaluate", cart).data

    assert earned(10**9)["earning"]["cut"] == {"would_be": 2 * 10**7, "most": 100}
    assert earned(10**11)["code"] == "checkout.too_many_points"


def test_reserve__told_again_by_a_shopper__is_no_wrong_guess(api: Caller) -> None:
    code = coupon(api, offer(api, needs_code=True), uses_per_code=1)
    cart = {"lines": [LATTE], "codes": [code], "typed_by": "shopper", "address": "203.0.113.9"}

    answers = [api.post("/checkout/reserve", cart, key="one") for _ in range(8)]

    assert {one.status for one in answers} == {201}
    assert {one.data["id"] for one in answers} == {answers[0].data["id"]}
    other = {"lines": [LATTE], "codes": ["AUTUMN99"], "typed_by": "shopper", "address": "203.0.113.9"}
    assert api.post("/checkout/evaluate", other).status == 200


def test_return__at_the_order_after_one_of_the_sale__is_refused(api: Caller) -> None:
    held = api.post("/checkout/reserve", {"lines": [LATTE]}).data["id"]
    order = api.post(f"/checkout/{held}/commit", {"number": "1"}).data["order_id"]
    api.post(f"/checkout/{held}/returns", {"number": "r1", "lines": [{"line": "1", "quantity": 1}]})
    line = {"product": "LATTE", "quantity_milli": 1_000, "net_minor": 4_500}

    late = api.post(f"/orders/{order}/returns", {"number": "r2", "lines": [line]})

    assert (late.status, late.data["code"]) == (409, "checkout.returned_elsewhere")
    assert len(api.get(f"/orders/{order}").data["returns"]) == 1


def test_draft__written_by_a_key__is_its_makers(api: Caller) -> None:
    made = api.post("/promotions", {"content": CONTENT}).data["id"]
    api.send("PUT", f"/promotions/{made}/draft", {"content": CONTENT, "revision": 1})

    draft = find_promotion(parse_id(made)).draft

    assert draft
    assert (draft.changed_by, draft.writers, draft.revision) == ("시험", ["owner"], 2)
