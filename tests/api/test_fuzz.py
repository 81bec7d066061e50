"""Fuzz: requests made up from the API's own description are answered as it says, whatever is in them."""

from random import Random
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from pytest_django.fixtures import Settings as DjangoSettings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dangol.api.limits import forget_turns
from tests.api.conftest import Caller, key_with, open_shop
from tests.house_rules import ROOT
from tests.sizes import SIZE, drawn
from tests.snapshots import Kept

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DOCUMENT = schemathesis.openapi.from_path(ROOT / "docs/reference/openapi.json")
OPERATIONS = {one.ok().label: one.ok() for one in DOCUMENT.get_all_operations() if isinstance(one, Ok)}
# Requests that break the description in one place or another, and change little; then those that keep to it.
MODES = (GenerationMode.NEGATIVE, GenerationMode.POSITIVE)
TRIES = settings(
    max_examples=-(-SIZE.api_cases // (len(OPERATIONS) * len(MODES))),
    deadline=None, database=None, phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
Known = dict[str, list[str]]
Operation = APIOperation[Any, Any, Any, Any]


def _tell_known() -> tuple[str, Known]:
    """Open a shop; return a key to it, and what a request may name there."""
    open_shop()
    api = Caller(key_with())
    return api.secret, make_known(api)


_kept_known = Kept(_tell_known)


@pytest.fixture
def known(transactional_db: None, settings: DjangoSettings) -> tuple[str, Known]:
    """A key to a shop, and what a request may name there: told once, then put back as it was."""
    settings.ADJUST_LIMIT = settings.STEP_UP_POINTS = 10**9  # so that there is much to be moved
    return _kept_known()


def make_known(api: Caller) -> Known:
    """Make two members with points, orders, a product, a stamp card and whatever else has an id."""
    members = [api.post("/members", {"external_id": f"M-{number}"}).data["id"] for number in (1, 2)]
    for member in members:
        api.post(f"/members/{member}/points/adjust", {"points": 10**8, "reason": "시작"})
    line = {"product": "P1", "list_minor": 9_000}
    order = api.post("/orders", {"number": "1", "member": members[0], "lines": [line]}).data["id"]
    guests = [api.post("/orders", {"number": f"g{one}", "lines": [line]}).data["id"] for one in range(9)]
    (program,) = api.get("/programs").data["data"]
    webhook = api.post("/webhooks", {"url": "https://hooks.example.com/"}).data["webhook"]["id"]
    delivery = api.post(f"/webhooks/{webhook}/test", {}).data["id"]
    # Another key than the one that asks, which would be revoked on the way.
    key = api.post("/keys", {"name": "다른", "scopes": ["members.read"]}).data["key"]["id"]
    stamped = {"key": "k", "name_ko": "카드", "size": 3, "gives": "points", "points": 10}
    card = api.post("/stamp-programs", stamped).data["id"]
    stamps = {"program": card, "count": 2, "reason": "직접"}
    stamp = api.post(f"/members/{members[0]}/stamps", stamps).data["id"]
    promise = {"kind": "points", "amount": 10}
    brought = {"name_ko": "친구", "friend": promise, "earned_by": "joining"}
    scheme = api.post("/referral-programs", brought).data["id"]
    code = api.post(f"/members/{members[0]}/referral/code").data["code"]
    referral = api.post(f"/members/{members[1]}/referral/friend", {"code": code}).data["id"]
    deed_rule = api.post("/event-rules", {"content": {"name": "리뷰", "event": "R", "points": 1}}).data["id"]
    window = {"since": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}
    trial = api.post(f"/event-rules/{deed_rule}/trials", window).data["id"]
    sold = api.post("/gift-cards", {"minor": 10_000}).data
    batch = api.post("/gift-card-batches", {"name": "설", "minor": 10_000, "count": 3}).data["id"]
    ahead = api.get(f"/gift-cards?batch={batch}").data["data"][0]["id"]
    named = [*members, "external:M-1", "external:M-2"]
    return {
        "member": named, "to": named, "order": [order, "api:1", *guests], "product": ["P1"],
        "program": [program["id"], card], "card": [card], "stamp": [stamp],
        "scheme": [scheme], "referral": [referral], "code": [code, sold["code"]],
        "gift_card": [sold["card"]["id"], ahead], "gift_batch": [batch],
        "rule": [program["rules"][0]["id"]], "deed_rule": [deed_rule], "trial": [trial],
        "webhook": [webhook], "delivery": [delivery], "key": [key],
        "approval": [one["id"] for one in api.get("/approvals").data["data"]],
        "event": [one["id"] for one in api.get(f"/members/{members[0]}/timeline").data["data"]],
    }  # fmt: skip


@pytest.mark.parametrize("label", drawn(list(OPERATIONS), one_in=4))
def test_operation__asked_anything__answers_as_described(known: tuple[str, Known], label: str) -> None:
    for mode in MODES:
        ask_anything(*known, OPERATIONS[label], mode)


def ask_anything(secret: str, known: Known, operation: Operation, mode: GenerationMode) -> None:
    """Ask an operation for what is made up in a mode, and check each answer."""
    application, headers = get_wsgi_application(), {"Authorization": f"Bearer {secret}"}

    @TRIES
    @given(case=operation.as_strategy(generation_mode=mode), dice=st.randoms(use_true_random=False))
    def ask(case: Case[Any], dice: Random) -> None:
        forget_turns()
        case.headers.pop("Dangol-Clock", None)  # a key to the shop itself may not send it
        for fields in (case.path_parameters, case.body):
            aim(fields, known, dice)
        case.validate_response(case.call(app=application, headers=headers), checks=CHECKS)

    ask()


def aim(fields: Any, known: Known, dice: Random) -> None:
    """Let most requests name what is there, wherever they name something."""
    for part in fields if isinstance(fields, list) else ():
        aim(part, known, dice)
    for name, value in fields.items() if isinstance(fields, dict) else ():
        if name in known and isinstance(value, str) and dice.random() < 0.8:
            fields[name] = dice.choice(known[name])
        else:
            aim(value, known, dice)
