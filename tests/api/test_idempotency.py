"""Once: whatever is sent again is answered as before and changes nothing."""

import threading
from typing import Any

import pytest
from django.db import connection, connections

from dangol.api import idempotency
from dangol.api.models import Answer
from dangol.core.commerce.models import Order
from dangol.core.ledger.models import Transfer
from tests.api.conftest import Answered, Caller, key_with
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
LINES = [{"product": "P1", "list_minor": 12_000}]


@pytest.fixture
def member(api: Caller) -> str:
    made = api.post("/members", {"external_id": "M-1"})
    assert made.status == 201
    return "external:M-1"


def an_order(member: str, number: str = "1", **more: Any) -> dict[str, Any]:
    return {"number": number, "member": member, "lines": LINES} | more


def test_post__sent_again__is_answered_byte_for_byte_and_happens_once(api: Caller, member: str) -> None:
    first = api.post("/orders", an_order(member), key="k1")
    again = api.post(
        "/orders",
        '{ "lines":[{"list_minor":12000,"product":"P1"}], "member":"external:M-1","number":"1"}',
        key="k1",
    )

    assert (first.status, again.status, again.raw) == (201, 201, first.raw)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Order.objects.count() == 1
    assert Transfer.objects.count() == 1


def test_post__same_key_other_request__is_422(api: Caller, member: str) -> None:
    api.post("/orders", an_order(member), key="k1")

    other = api.post("/orders", an_order(member, "2"), key="k1")
    elsewhere = api.post("/stores", {"stores": [{"number": "S1"}]}, key="k1")

    assert (other.status, other.data["code"]) == (422, "idempotency.other_request")
    assert elsewhere.status == 422
    assert Order.objects.count() == 1


def test_post__same_key_of_another_caller__is_another_request(api: Caller, member: str) -> None:
    api.post("/orders", an_order(member), key="k1")

    assert Caller(key_with()).post("/orders", an_order(member, "2"), key="k1").status == 201


def test_post__refused_by_a_rule__keeps_the_refusal_and_no_effect(api: Caller, member: str) -> None:
    spend = {"points": 50, "reason": "커피"}
    refused = api.post(f"/members/{member}/points/spend", spend, key="s1")
    api.post(f"/members/{member}/points/adjust", {"points": 100, "reason": "사과"})

    again = api.post(f"/members/{member}/points/spend", spend, key="s1")

    assert (refused.status, refused.data["code"]) == (409, "points.insufficient")
    assert (again.status, again.raw) == (409, refused.raw)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert api.get(f"/members/{member}/points").data["available"] == 100


def test_post__wrong_fields__leave_the_key_free(api: Caller, member: str) -> None:
    assert api.post("/orders", {"number": "1"}, key="k1").status == 422
    assert api.post("/orders", an_order(member), key="k1").status == 201


def test_post__that_broke__leaves_the_key_free(
    api: Caller, member: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any, **_named: Any) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr("dangol.api.orders.show_order", broken)
        failed = api.post("/orders", an_order(member), key="k1")

    assert (failed.status, failed.data["code"]) == (500, "request.failed")
    assert not Order.objects.exists()
    assert not Answer.objects.filter(name="k1").exists()
    assert api.post("/orders", an_order(member), key="k1").status == 201


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("", "idempotency.key_invalid"),
        ("x" * 256, "idempotency.key_invalid"),
        ("a b", "idempotency.key_invalid"),
    ],
)
def test_post__key_that_is_none__is_refused(api: Caller, key: str, code: str) -> None:
    assert api.post("/stores", {"stores": [{"number": "S1"}]}, key=key).data["code"] == code


def test_post__without_a_key__is_told_to_bring_one(api: Caller) -> None:
    refused = api.send("POST", "/stores", {"stores": [{"number": "S1"}]})

    assert (refused.status, refused.data["code"]) == (400, "idempotency.key_missing")


def test_post__dry__answers_and_takes_everything_back(api: Caller, member: str) -> None:
    tried = api.post("/orders?dry_run=true", an_order(member), key="k1")

    assert (tried.status, tried.headers["Dangol-Dry-Run"]) == (201, "true")
    assert tried.data["earned"][0]["points"] == 120
    assert not Order.objects.exists()
    assert api.post("/orders", an_order(member), key="k1").status == 201


def test_post__same_key_from_eight_threads__one_effect_one_answer(api: Caller, member: str) -> None:
    answers: list[Answered] = []

    def send() -> None:
        answers.append(Caller(api.secret).post("/orders", an_order(member), key="k1"))
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {one.status for one in answers} <= {201, 409}
    kept = {one.raw for one in answers if one.status == 201}
    assert len(kept) == 1
    assert {one.data["code"] for one in answers if one.status == 409} <= {"idempotency.in_flight"}
    assert (Order.objects.count(), Transfer.objects.count()) == (1, 1)


def test_post__same_key_while_the_first_is_at_work__is_409_and_replayed_after(
    api: Caller, member: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer: who comes second waits for all that the first does")
    at_work, go_on, answers = threading.Event(), threading.Event(), list[Answered]()
    keep = idempotency._keep

    def keep_late(*given: Any) -> None:
        at_work.set()
        assert go_on.wait(PATIENCE)
        keep(*given)

    monkeypatch.setattr(idempotency, "_keep", keep_late)

    def send() -> None:
        answers.append(Caller(api.secret).post("/orders", an_order(member), key="k1"))
        connections.close_all()

    first = threading.Thread(target=send)
    first.start()
    assert at_work.wait(PATIENCE)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")  # as web processes have, only shorter
        second = api.post("/orders", an_order(member), key="k1")
        cursor.execute("RESET lock_timeout")
    go_on.set()
    first.join()
    third = api.post("/orders", an_order(member), key="k1")

    assert (second.status, second.data["code"]) == (409, "idempotency.in_flight")
    assert second.headers["Retry-After"] == "1"
    assert (third.status, third.raw) == (201, answers[0].raw)
    assert third.headers["Idempotent-Replayed"] == "true"
    assert (Order.objects.count(), Transfer.objects.count()) == (1, 1)
