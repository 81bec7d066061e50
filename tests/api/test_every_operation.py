"""Every operation of the API's description: the right it needs, and the key that names a write for good."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from dangol.api.limits import forget_turns
from dangol.core.access.rights import Right
from tests.api.conftest import Answered, Caller, key_with
from tests.api.rewarding_rows import DEED, REFERRALS, STAMP_CARD, STRANGER
from tests.api.test_strangers import DOCUMENT, OTHER_KIND, TABLE, fill

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
NOBODY = "0198c1d2-0000-7000-8000-00000000dead"
# What each place of an address names, where nothing is there.
NAMELESS = dict.fromkeys(OTHER_KIND, NOBODY) | {"currency": "points"}
BOUGHT = {"type": "did", "event": "order.placed"}
# What makes or sets something without naming anybody. A new operation of the kind has to be added.
BODIES: dict[str, Any] = {
    "POST /members": {"external_id": "A"},
    "POST /products": {"products": [{"number": "P1"}]},
    "POST /stores": {"stores": [{"number": "S1"}]},
    "POST /programs": {"name": "둘째", "points_currency": "miles", "points_name": "마일"},
    "PUT /wallets/{currency}": {"name": "마일"},
    "POST /segments": {"slug": "buyers", "name": "산 사람", "condition": BOUGHT},
    "POST /segments/rebuild": {},
    "POST /insight/refresh": {},
    "POST /insight/assumptions": {"kind": "margin", "amount": 3_000},
    "POST /webhooks": {"url": "https://hooks.example.com/"},
    "PUT /checkout-settings": {"content": {}},
    "POST /promotions": {"content": {"name": "할인"}},
    "POST /keys": {"name": "다른", "scopes": ["members.read"]},
    "POST /rewards": {"name_ko": "컵", "price": 10},
    "POST /stamp-programs": {"key": "k", **STAMP_CARD},
    "POST /gift-card-batches": {"name": "설", "minor": 10_000, "count": 1},
    "PUT /stored-value-settings": {"content": {}},
    "POST /event-rules": {"content": DEED},
    "PUT /household-settings": {"content": {"is_open": True}},
    "POST /referral-programs": REFERRALS,
    "POST /coupon-batches": {
        "promotion_id": NOBODY, "name": "봄", "kind": "unique", "pattern": "####-####-####", "count": 1,
    },
}  # fmt: skip
# What is asked by a POST though it writes nothing, and what is named by itself: events, who is forgotten.
WITHOUT_A_KEY = {
    "POST /segments/preview", "POST /checkout/evaluate", "POST /gift-cards/look-up", "POST /events",
    "DELETE /members/{member}",
}  # fmt: skip


class Operation(NamedTuple):
    """An operation as it is described, and the right it needs."""

    label: str
    right: str
    is_write: bool

    @property
    def method(self) -> str:
        return self.label.split(" ")[0]


def operations() -> Iterator[Operation]:
    for path, methods in DOCUMENT["paths"].items():
        for method, told in methods.items():
            label = f"{method.upper()} {path.removeprefix('/api/v1')}"
            named = {each["name"] for each in told["parameters"]}
            yield Operation(label, told["x-right"], "Idempotency-Key" in named)


OPERATIONS = list(operations())
# What is there no more once it is deleted is asked for last.
WRITES = sorted((one for one in OPERATIONS if one.is_write), key=lambda one: one.method == "DELETE")


@pytest.fixture
def ids(api: Caller) -> dict[str, str]:
    """What is there to be named, and a key that is not the one that asks."""
    other = api.post("/keys", {"name": "다른", "scopes": ["members.read"]}).data["key"]["id"]
    return NAMELESS | fill(api).ids | {"key": other}


def send(api: Caller, one: Operation, ids: dict[str, str], **headers: str) -> Answered:
    """Ask for an operation with the things its address and its body name."""
    row = TABLE[one.label]
    body = BODIES.get(one.label) if row is None else row.body
    content = None if body is None else json.dumps(body).replace(STRANGER, ids["member"])
    address = one.label.split(" ")[1].format_map(ids) + (row.query if row else "")
    forget_turns()
    return api.send(one.method, address, content, **headers)


def test_every_operation__key_with_all_other_rights__is_403_and_names_the_right(shop: None) -> None:
    keys = {right: Caller(key_with(*set(Right) - {right})) for right in Right}
    refused = {
        one.label: send(keys[Right(one.right)], one, NAMELESS, Idempotency_Key=str(uuid4()))
        for one in OPERATIONS
    }

    told = {label: (answer.status, answer.data.get("data")) for label, answer in refused.items()}
    assert told == {one.label: (403, {"right": one.right}) for one in OPERATIONS}


def test_every_write__as_described__takes_a_key() -> None:
    keyless = {one.label for one in OPERATIONS if one.method != "GET" and not one.is_write}

    assert keyless == WITHOUT_A_KEY


def test_every_post__without_a_key__is_told_to_bring_one(api: Caller, ids: dict[str, str]) -> None:
    answers = {one.label: send(api, one, ids).data for one in WRITES if one.method == "POST"}

    taken = {label: got for label, got in answers.items() if got.get("code") != "idempotency.key_missing"}
    assert not taken


def test_every_write__sent_again__is_answered_byte_for_byte_as_before(
    api: Caller, ids: dict[str, str]
) -> None:
    told, expected = {}, {}
    for one in WRITES:
        key = str(uuid4())
        first, again = (send(api, one, ids, Idempotency_Key=key) for _ in range(2))
        expected[one.label] = first.status, first.raw, "true"
        told[one.label] = again.status, again.raw, again.headers.get("Idempotent-Replayed")

    assert told == expected
