"""Strangers: an id that is nobody's, another kind's or another shop's means nothing, in every operation."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from dangol.core.commerce.models import Order
from dangol.core.ledger.models import Transfer
from tests.api.conftest import Caller, key_with
from tests.api.rewarding_rows import (
    DEED,
    NAMES_NOBODY,
    POINTS,
    REFERRALS,
    REWARDING,
    STAMP_CARD,
    STRANGER,
    WINDOW,
    Row,
)
from tests.house_rules import ROOT
from tests.spaces import fresh_space

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs/reference/openapi.json").read_text())
LINE = {"product": "P1", "list_minor": 4_500}
CART_LINE = {"product": "LATTE", "unit_minor": 4_500}
LEVEL = {"key": "member", "name": "회원", "threshold": 0}
RULE = {"name": "규칙", "rate_points": 1, "rate_minor": 100}
CONSENT = {"channel": "email", "purpose": "marketing", "granted": True}

# A row for each operation of the API: what is sent, or that it names nobody. A new one has to be added.
TABLE: dict[str, Row | None] = {
    "POST /members": NAMES_NOBODY,
    "GET /members": NAMES_NOBODY,
    "GET /members/{member}": Row(),
    "PATCH /members/{member}": Row({"name": "이름"}),
    "DELETE /members/{member}": Row(query="?reason=asked"),
    "GET /members/{member}/export": Row(query="?reason=asked"),
    "POST /members/{member}/merge": Row({"absorb": STRANGER, "reason": "두 번"}),
    "POST /members/{absorbed}/unmerge": Row({"reason": "두 번"}),
    "GET /members/{member}/timeline": Row(),
    "GET /members/{member}/consents": Row(),
    "POST /members/{member}/consents": Row(CONSENT),
    "GET /members/{member}/points": Row(),
    "GET /members/{member}/points/history": Row(),
    "GET /members/{member}/wallets": Row(),
    "GET /members/{member}/tier": Row(),
    "POST /members/{member}/points/spend": Row(POINTS),
    "POST /members/{member}/confirmations": Row({"points": 1}),
    "POST /members/{member}/points/adjust": Row(POINTS),
    "POST /members/{member}/points/gift": Row({"points": 1, "to": STRANGER}),
    "POST /orders": Row({"number": "9", "member": STRANGER, "lines": [LINE]}),
    "GET /orders/{order}": Row(),
    "POST /orders/{order}/claim": Row({"member": STRANGER}),
    "POST /orders/{order}/milestones": Row({"milestone": "confirmed"}),
    "POST /orders/{order}/returns": Row({"number": "r", "lines": [{"product": "P1", "net_minor": 1}]}),
    "POST /products": NAMES_NOBODY,
    "GET /products": NAMES_NOBODY,
    "POST /stores": NAMES_NOBODY,
    "GET /stores": NAMES_NOBODY,
    "GET /programs": NAMES_NOBODY,
    "POST /programs": NAMES_NOBODY,
    "GET /wallets": NAMES_NOBODY,
    "PUT /wallets/{currency}": NAMES_NOBODY,
    "GET /programs/{program}": Row(),
    "POST /programs/{program}/rules/{rule}/versions": Row(RULE),
    "POST /programs/{program}/terms/versions": Row({"expiry": "never"}),
    "POST /programs/{program}/tiers/versions": Row(
        {"levels": [LEVEL], "measure": "spend", "window": "rolling", "window_size": 365}
    ),
    "GET /programs/{program}/draft": Row(),
    "POST /programs/{program}/draft": Row({}),
    "POST /programs/{program}/draft/discard": Row(),
    "GET /programs/{program}/draft/diff": Row(),
    "POST /programs/{program}/draft/publish": Row({"revision": 1}),
    "POST /programs/{program}/rules": Row(RULE),
    "POST /programs/{program}/rules/{rule}/end": Row({}),
    "POST /programs/{program}/simulations": Row({"of": "published", "since": "2026-01-01T00:00:00Z"}),
    "GET /simulations/{simulation}": Row(),
    "POST /simulations/{simulation}/cancel": Row(),
    "GET /segments": NAMES_NOBODY,
    "POST /segments": NAMES_NOBODY,
    "POST /segments/preview": NAMES_NOBODY,
    "POST /segments/rebuild": NAMES_NOBODY,
    "GET /segments/{segment}": Row(),
    "PATCH /segments/{segment}": Row({"revision": 1, "name": "이름"}),
    "POST /segments/{segment}/archive": Row(),
    "POST /segments/{segment}/restore": Row(),
    "GET /segments/{segment}/members": Row(),
    "GET /segments/{segment}/alike": Row(),
    "POST /segments/{segment}/alike": Row(),
    "GET /insight/models": NAMES_NOBODY,
    "POST /insight/refresh": NAMES_NOBODY,
    "GET /insight/at-risk": NAMES_NOBODY,
    "GET /insight/offers": NAMES_NOBODY,
    "GET /insight/costs": NAMES_NOBODY,
    "GET /insight/assumptions": NAMES_NOBODY,
    "POST /insight/assumptions": NAMES_NOBODY,
    "GET /members/{member}/insight": Row(),
    "GET /members/{member}/segments": Row(),
    "GET /members/{member}/segments/{segment}": Row(),
    "GET /traits": NAMES_NOBODY,
    "GET /members/{member}/traits": Row(),
    "PUT /members/{member}/traits": Row({"traits": {"app.plan": "free"}}),
    "GET /jobs": NAMES_NOBODY,
    "GET /jobs/{job}": Row(),
    "POST /jobs/{job}/retry": Row(),
    "GET /events": NAMES_NOBODY,
    "POST /events": NAMES_NOBODY,
    "GET /events/{event}": Row(),
    "GET /approvals": NAMES_NOBODY,
    "GET /approvals/{approval}": Row(),
    "POST /webhooks": NAMES_NOBODY,
    "GET /webhooks": NAMES_NOBODY,
    "GET /webhooks/{webhook}": Row(),
    "PATCH /webhooks/{webhook}": Row({"description": "창고"}),
    "DELETE /webhooks/{webhook}": Row(),
    "POST /webhooks/{webhook}/rotate": Row({}),
    "POST /webhooks/{webhook}/enable": Row(),
    "POST /webhooks/{webhook}/disable": Row(),
    "POST /webhooks/{webhook}/test": Row({}),
    "POST /webhooks/{webhook}/replay": Row({"since": "2026-01-01T00:00:00Z"}),
    "GET /webhooks/{webhook}/deliveries": Row(),
    "GET /webhooks/{webhook}/deliveries/{delivery}": Row(),
    "POST /webhooks/{webhook}/deliveries/{delivery}/replay": Row(),
    "POST /checkout/evaluate": Row({"member": STRANGER, "lines": [CART_LINE]}),
    "POST /checkout/reserve": Row({"member": STRANGER, "lines": [CART_LINE]}),
    "GET /checkout/{sale}": Row(),
    "POST /checkout/{sale}/commit": Row({"number": "10"}),
    "POST /checkout/{sale}/cancel": Row(),
    "POST /checkout/{sale}/reopen": Row({}),
    "POST /checkout/{sale}/returns": Row({"number": "r", "lines": [{"line": "1"}]}),
    "GET /checkout-settings": NAMES_NOBODY,
    "GET /checkout-settings/versions": NAMES_NOBODY,
    "PUT /checkout-settings": NAMES_NOBODY,
    "POST /promotions": NAMES_NOBODY,
    "GET /promotions": NAMES_NOBODY,
    "GET /promotions/{promotion}": Row(),
    "DELETE /promotions/{promotion}": Row(),
    "GET /promotions/{promotion}/versions": Row(),
    "PUT /promotions/{promotion}/draft": Row({"content": {"name": "x"}, "revision": 1}),
    "POST /promotions/{promotion}/publish": Row({"revision": 1}),
    "POST /promotions/{promotion}/pause": Row(),
    "POST /promotions/{promotion}/resume": Row(),
    "POST /promotions/{promotion}/restore": Row(),
    "POST /keys": NAMES_NOBODY,
    "GET /keys": NAMES_NOBODY,
    "GET /keys/{key}": Row(),
    "POST /keys/{key}/rotate": Row({}),
    "POST /keys/{key}/revoke": Row(),
    **REWARDING,
}
# For each place of an address: the kind of thing it names, and another kind whose ids mean nothing there.
OTHER_KIND = {
    "member": "order", "order": "member", "program": "rule", "rule": "program", "job": "member",
    "simulation": "program", "absorbed": "order", "webhook": "member", "delivery": "webhook",
    "key": "member", "event": "member", "approval": "member", "segment": "member",
    "sale": "order", "promotion": "program", "batch": "member", "coupon": "batch",
    "reward": "member", "redemption": "reward", "card": "reward", "stamp": "card",
    "scheme": "card", "referral": "scheme", "deed_rule": "promotion", "trial": "deed_rule",
    "household": "member", "spending": "household",
    "gift_card": "gift_batch", "gift_batch": "gift_card",
}  # fmt: skip


# How the codes of the refusals begin that say so, behind their area.
MEANS_NOTHING = ("unknown", "no_such", "not_merged", "endpoint_unknown", "delivery_unknown")


class Shop(NamedTuple):
    """A caller, and the ids of what is there for it."""

    api: Caller
    ids: dict[str, str]


def fill(api: Caller) -> Shop:
    """Make a member and a guest's order in a store of a shop."""
    assert api.post("/stores", {"stores": [{"number": "S1"}]}).status == 200
    member = api.post("/members", {"external_id": "A", "home_store": "S1"}).data["id"]
    api.post(f"/members/{member}/points/adjust", {"points": 100, "reason": "시작"})
    order = api.post("/orders", {"number": "1", "store": "S1", "lines": [LINE]}).data["id"]
    (program,) = api.get("/programs").data["data"]
    rule = program["rules"][0]["id"]
    condition = {"type": "did", "event": "order.placed"}
    slug = f"buyers-{uuid4().hex[:8]}"
    api.post("/segments", {"slug": slug, "name": "산 사람", "condition": condition})
    reward = api.post("/rewards", {"name_ko": "컵", "price": 10}).data["id"]
    redeemed = api.post(f"/members/{member}/rewards/{reward}/redeem", {})
    card = api.post("/stamp-programs", {"key": f"k{uuid4().hex[:8]}", **STAMP_CARD}).data["id"]
    stamped = api.post(f"/members/{member}/stamps", {"program": card, "count": 1, "reason": "직접"})
    scheme = api.post("/referral-programs", REFERRALS).data["id"]
    code = api.post(f"/members/{member}/referral/code").data["code"]
    friend = api.post("/members", {"external_id": "B"}).data["id"]
    referral = api.post(f"/members/{friend}/referral/friend", {"code": code}).data["id"]
    deed_rule = api.post("/event-rules", {"content": DEED}).data["id"]
    trial = api.post(f"/event-rules/{deed_rule}/trials", WINDOW).data["id"]
    webhook = api.post("/webhooks", {"url": "https://hooks.example.com/"}).data["webhook"]["id"]
    drawn = {"kind": "unique", "pattern": "####-####-####", "count": 1}
    batch = api.post("/coupon-batches", {"promotion_id": str(uuid4()), "name": "쿠폰", **drawn}).data["id"]
    return Shop(
        api,
        {
            "member": member, "order": order, "program": program["id"], "rule": rule, "webhook": webhook,
            "delivery": api.post(f"/webhooks/{webhook}/test", {}).data["id"],
            "key": api.get("/keys").data["data"][0]["id"],
            "approval": api.get("/approvals").data["data"][0]["id"],
            "segment": slug,
            "sale": api.post("/checkout/reserve", {"lines": [CART_LINE]}).data["id"],
            "promotion": api.post("/promotions", {"content": {"name": "할인"}}).data["id"],
            "batch": batch,
            "coupon": api.get(f"/coupon-batches/{batch}/codes").data["data"][0]["coupon"],
            "reward": reward, "redemption": redeemed.data["id"],
            "card": card, "stamp": stamped.data["id"], "scheme": scheme, "referral": referral,
            "deed_rule": deed_rule, "trial": trial,
            **gift_cards(api),
            **household(api, member),
            "event": api.get(f"/members/{member}/timeline").data["data"][0]["id"],
        },
    )  # fmt: skip


def gift_cards(api: Caller) -> dict[str, str]:
    """Sell a gift card, and make a batch of them."""
    sold = api.post("/gift-cards", {"minor": 10_000}).data["card"]["id"]
    made = api.post("/gift-card-batches", {"name": "설", "minor": 10_000, "count": 1}).data["id"]
    return {"gift_card": sold, "gift_batch": made}


def household(api: Caller, member: str) -> dict[str, str]:
    """Let a member live in a household, and spend of it."""
    opened = {"content": {"is_open": True}}
    api.send("PUT", "/household-settings", opened, Idempotency_Key=str(uuid4()))
    made = api.post("/households", {"head": member, "name": "집"}).data["id"]
    spent = api.post(f"/members/{member}/household/spend", {"points": 1, "reason": "컵"}).data["id"]
    return {"household": made, "spending": spent}


@pytest.fixture
def own(api: Caller) -> Shop:
    return fill(api)


@pytest.fixture
def another(own: Shop) -> Iterator[Shop]:
    """Another shop with members and a store of the same names: the test space."""
    with fresh_space("strangers") as space:
        yield fill(Caller(key_with(space=space)))


def test_table__of_operations__has_a_row_for_each() -> None:
    exist = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in DOCUMENT["paths"].items()
        for method in methods
    }

    assert TABLE.keys() == exist


def test_stranger__wherever_an_operation_names_somebody__is_404(own: Shop, another: Shop) -> None:
    before = Transfer.objects.count(), Order.objects.count()
    wrong = [
        f"{label} with {stranger}: {status} {code}"
        for label, row in TABLE.items()
        if row is not NAMES_NOBODY
        for stranger, status, code in answers(label, row, own, another)
        if status != 404 or not code.split(".")[1].startswith(MEANS_NOTHING)
    ]

    assert wrong == []
    assert (Transfer.objects.count(), Order.objects.count()) == before


def answers(label: str, row: Row, own: Shop, another: Shop) -> Iterator[tuple[str, int, str]]:
    """Yield what an operation answers where one of those it names is a stranger: who, status and code."""
    method, template = label.split(" ")
    places = [name for name in OTHER_KIND if f"{{{name}}}" in template]
    body = json.dumps(row.body)
    for place in [*places, *(["member in the body"] if STRANGER in body else [])]:
        kind = place.split(" ")[0]
        for stranger in strangers(kind, own, another):
            named = own.ids | ({kind: stranger} if place in places else {})
            in_body = named["member"] if place in places else stranger
            address = template.format_map(named) + row.query
            sent = None if row.body is None else body.replace(STRANGER, in_body)
            answered = own.api.send(method, address, sent, Idempotency_Key=str(uuid4()))
            yield f"{stranger} as {place}", answered.status, (answered.data or {}).get("code", ".")


def strangers(kind: str, own: Shop, another: Shop) -> Iterator[str]:
    """Yield ids that mean nothing: nobody's, another kind's, another shop's, and none at all."""
    yield str(uuid4())
    yield own.ids[OTHER_KIND[kind]]
    if kind in another.ids:
        yield another.ids[kind]
    yield from ("x", "0", "external:nobody", "%00", "..%2f..", "api:nothing")


LISTS = [
    label.split(" ")[1] for label, row in TABLE.items() if row is NAMES_NOBODY and label.startswith("GET")
]


def test_list__of_a_shop__shows_nothing_of_another(own: Shop, another: Shop) -> None:
    assert len(LISTS) > 20
    for path in LISTS:
        shown = own.api.get(path).raw.decode()

        assert another.api.get(path).status == 200, path
        assert not [one for one in another.ids.values() if one in shown], path
