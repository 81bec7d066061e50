"""Gift cards and store credit over HTTP: codes told once, guesses counted, carts paid and brought back."""

from typing import Any
from uuid import uuid4

import pytest

from dangol.api.models import Answer
from dangol.core.access.rights import Right
from tests.api.conftest import Caller, key_with

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
LINE = {"product": "LATTE", "unit_minor": 4_500, "quantity": 2}


def sell(api: Caller, minor: int = 10_000, **more: object) -> dict[str, str]:
    sold = api.post("/gift-cards", {"minor": minor, **more})
    assert sold.status == 201
    return {"id": sold.data["card"]["id"], "code": sold.data["code"]}


def test_code__of_a_card__is_in_the_first_answer_and_in_nothing_that_is_kept(api: Caller) -> None:
    key = str(uuid4())
    first = api.post("/gift-cards", {"minor": 10_000}, Idempotency_Key=key)
    again = api.post("/gift-cards", {"minor": 10_000}, Idempotency_Key=key)
    code, card = first.data["code"], first.data["card"]["id"]

    assert again.data == first.data
    assert code.encode() not in b"".join(bytes(one.body or b"") for one in Answer.objects.all())
    assert code not in api.get(f"/gift-cards/{card}").raw.decode()
    assert [one["id"] for one in api.get(f"/gift-cards?tail={code[-4:]}").data["data"]] == [card]
    assert api.post("/gift-cards/look-up", {"code": code.lower().replace("-", " ")}).data["id"] == card


def test_look_up__by_a_shopper__says_one_thing_of_all_wrong_ones_and_shuts_the_door(api: Caller) -> None:
    shut = sell(api)
    api.post(f"/gift-cards/{shut['id']}/block", {"reason": "분실"})
    batch = api.post("/gift-card-batches", {"name": "설", "minor": 10_000, "count": 1}).data["id"]
    (ahead,) = api.post(f"/gift-card-batches/{batch}/codes", {"reason": "인쇄"}).data["data"]
    asked = {"typed_by": "shopper", "address": "203.0.113.9"}
    wrong = [shut["code"], ahead["code"], "GC-0000", "GC-1111", "GC-2222"]

    answers = [api.post("/gift-cards/look-up", {"code": one, **asked}) for one in wrong]

    assert {one.status for one in answers} == {404}
    assert {one.data["code"] for one in answers} == {"gift_cards.unknown"}
    good = sell(api)
    assert api.post("/gift-cards/look-up", {"code": good["code"], **asked}).status == 429
    assert api.post("/gift-cards/look-up", {"code": good["code"]}).status == 200
    cart = {"lines": [LINE], "gift_cards": ["GC-3333"], **asked}
    assert api.post("/checkout/evaluate", cart).status == 429


def test_cart__paid_with_a_card_and_credit__is_held_sold_and_brought_back_as_credit(api: Caller) -> None:
    member = api.post("/members", {"external_id": "A"}).data["id"]
    card = sell(api, 5_000)
    given = api.post(f"/members/{member}/credit", {"minor": 1_500, "reason": "사과"})
    assert (given.status, given.data["kind"]) == (201, "given")
    cart = {"member": member, "lines": [LINE], "gift_cards": [card["code"], "GC-0"], "pay_credit": "most"}

    seen = api.post("/checkout/evaluate", cart).data
    refused = api.post("/checkout/reserve", cart)
    sale = api.post("/checkout/reserve", {**cart, "gift_cards": [card["code"]]}).data

    assert (seen["due_minor"], seen["stored"]["minor"]) == (2_500, 6_500)
    assert [one["reason"] for one in seen["stored"]["refused"]] == ["unknown_gift_card"]
    assert (refused.status, refused.data["code"]) == (409, "checkout.stored_value_not_taken")
    assert sum(one["stored_minor"] for one in sale["units"]) == 6_500
    assert card["code"] not in str(sale)
    api.post(f"/checkout/{sale['id']}/commit", {"number": "1"})
    back = api.post(
        f"/checkout/{sale['id']}/returns",
        {"number": "r", "lines": [{"line": "1", "quantity": 2}], "as_credit": True},
    ).data
    assert (back["money_minor"], back["stored_back_minor"], back["credit_minor"]) == (2_500, 6_500, 2_500)
    assert api.get(f"/members/{member}/credit").data["data"][0]["minor"] == 4_000
    assert api.get(f"/gift-cards/{card['id']}").data["minor"] == 5_000
    kinds = [one["kind"] for one in api.get(f"/gift-cards/{card['id']}/moves?limit=2").data["data"]]
    assert kinds == ["back", "paid"]


def test_key__that_may_only_sell__cannot_give_credit_or_pay_out(api: Caller) -> None:
    card, member = sell(api), api.post("/members", {"external_id": "A"}).data["id"]
    till = Caller(key_with(Right.STORED_VALUE_READ, Right.STORED_VALUE_SELL))

    assert till.post(f"/gift-cards/{card['id']}/top-up", {"minor": 5_000}).status == 200
    for path, body in (
        (f"/gift-cards/{card['id']}/refund", {"reason": "환불"}),
        (f"/gift-cards/{card['id']}/block", {"reason": "분실"}),
        (f"/members/{member}/credit", {"minor": 1, "reason": "사과"}),
        ("/gift-card-batches", {"name": "설", "minor": 10_000, "count": 1}),
    ):
        assert till.post(path, body).status == 403


def test_key__that_may_only_sell__gives_nothing_away_and_a_large_batch_waits(api: Caller) -> None:
    till = Caller(key_with(Right.STORED_VALUE_READ, Right.STORED_VALUE_SELL))
    card = sell(till)
    batch = api.post("/gift-card-batches", {"name": "설", "minor": 10_000, "count": 1}).data["id"]
    (ahead,) = api.get(f"/gift-cards?batch={batch}").data["data"]
    for path, body in (
        ("/gift-cards", {"minor": 10_000, "is_given": True}),
        ("/gift-cards", {"minor": 10_000, "price_minor": 1}),
        (f"/gift-cards/{card['id']}/top-up", {"minor": 10_000, "price_minor": 1}),
        (f"/gift-cards/{ahead['id']}/activate", {"price_minor": 1}),
    ):
        assert till.post(path, {**body, "reason": "사은"}).data["code"] == "access.missing_right"
        assert api.post(path, body).data["code"] == "people.reason_missing"
    given = {"name": "개업", "minor": 500_000, "count": 5_000, "is_given": True, "reason": "개업"}

    waits = api.post("/gift-card-batches", given)

    assert (waits.status, waits.data["kind"], waits.data["points"]) == (202, "gift_cards.given", 0)
    assert (waits.data["given_minor"], waits.data["members"]) == (2_500_000_000, 0)
    assert waits.headers["Location"] == f"/api/v1/approvals/{waits.data['id']}"
    assert len(api.get("/gift-card-batches").data["data"]) == 1


def test_list__by_a_whole_code__is_refused_since_addresses_are_kept(api: Caller) -> None:
    code = sell(api)["code"]

    assert api.get(f"/gift-cards?tail={code}").status == 422
    assert api.get(f"/gift-cards?tail={code[-4:]}").data["data"]


def test_look_up__by_a_shopper_without_an_address__is_refused(api: Caller) -> None:
    code = sell(api)["code"]

    refused = api.post("/gift-cards/look-up", {"code": code, "typed_by": "shopper"})

    assert (refused.status, refused.data["code"]) == (400, "coupons.guesser_unknown")


def put_settings(api: Caller, **body: object) -> Any:
    return api.send("PUT", "/stored-value-settings", body, **{"Idempotency-Key": str(uuid4())})


def test_settings__version_that_is_not_in_force__is_refused(api: Caller) -> None:
    assert api.get("/stored-value-settings").data["version"] == 0

    first = put_settings(api, content={"valid_months": 48}, version=0)
    second = put_settings(api, content={"valid_months": 36}, version=0)

    assert (first.status, first.data["version"], first.data["content"]["valid_months"]) == (200, 1, 48)
    assert (second.status, second.data["code"]) == (409, "stored_value.settings_changed")
    assert api.get("/stored-value-settings").data == first.data


def test_settings__a_limit_loosened__waits_for_a_person(api: Caller) -> None:
    answer = put_settings(api, content={"credit_limit_minor": 10**9}, reason="봄 행사")

    assert (answer.status, answer.data["kind"], answer.data["state"]) == (
        202, "stored_value.settings", "waiting",
    )  # fmt: skip
    assert (answer.data["member_id"], answer.data["members"], answer.data["points"]) == (None, 0, 0)
    assert api.get(f"/approvals/{answer.data['id']}").data == answer.data
    assert api.get("/stored-value-settings").data["content"]["credit_limit_minor"] == 100_000
