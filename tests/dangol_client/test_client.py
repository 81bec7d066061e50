"""The client against a served shop: every operation of the API's description, and every field of it."""

import ast
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_type_hints

import httpx
import msgspec
import pytest

import dangol_client
from dangol_client import (
    Amount,
    Approval,
    ConsentDraft,
    Dangol,
    EventDraft,
    LevelDraft,
    LineDraft,
    NotFound,
    Product,
    Refused,
    ReturnLineDraft,
    Store,
    Transfer,
    Unreadable,
    new_key,
)
from dangol_client.answers import Order
from dangol_client.sending import Patience, Wire
from tests.dangol_client.insight_calls import ask_models
from tests.dangol_client.rewarding import reward
from tests.dangol_client.segment_calls import ask_about_members
from tests.house_rules import ROOT
from tests.served import Served

SOURCE = Path(dangol_client.__file__).parent
DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs/reference/openapi.json").read_text())
# Operations the client leaves out, each with its reason.
_PAGES = "programs are drafted, tried and published on pages"
_PROGRAM = "/api/v1/programs/{program}"
_MEMBER = "/api/v1/members/{member}"
LEFT_OUT: dict[tuple[str, str], str] = dict.fromkeys(
    [
        ("GET", f"{_PROGRAM}/draft"),
        ("POST", f"{_PROGRAM}/draft"),
        ("POST", f"{_PROGRAM}/draft/discard"),
        ("GET", f"{_PROGRAM}/draft/diff"),
        ("POST", f"{_PROGRAM}/draft/publish"),
        ("POST", f"{_PROGRAM}/rules"),
        ("POST", f"{_PROGRAM}/rules/{{rule}}/end"),
        ("POST", f"{_PROGRAM}/simulations"),
        ("GET", "/api/v1/simulations/{simulation}"),
        ("POST", "/api/v1/simulations/{simulation}/cancel"),
    ],
    _PAGES,
) | dict.fromkeys(
    [
        ("DELETE", _MEMBER),
        ("GET", f"{_MEMBER}/export"),
        ("POST", f"{_MEMBER}/merge"),
        ("POST", "/api/v1/members/{absorbed}/unmerge"),
    ],
    "people are merged, handed out and forgotten on pages",
)
# What only those answer with.
ANSWERS_LEFT_OUT = {
    "DraftView", "DifferenceView", "SimulationView", "MergeView", "UnmergeView", "ErasedView",
}  # fmt: skip
# The client's name of an answer, where it is not the API's without `View`.
NAMES = {
    "LineView": "HistoryLine",
}
# A page is an iterator, not a type.
NOT_TYPES = re.compile(r".*(Page|List)$")
ALLOWED = {"httpx", "msgspec", "dangol_client"}
# Work that has failed for good.
DEAD_JOB = """
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Job, State
from dangol.core.tasks.services import enqueue
from dangol.project.clock import now
with write_transaction():
    job = enqueue("tasks.delete_finished", {"at": now()}, run_at=now())
    Job.objects.filter(pk=job).update(state=State.DEAD, finished_at=now(), claimable_at=None)
"""
LATTE = [LineDraft("LATTE", 4_500)]


def operations() -> set[tuple[str, str]]:
    return {
        (method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods
    } - LEFT_OUT.keys()


def operation_of(method: str, path: str) -> tuple[str, str]:
    """Return the operation of the description that a request was for."""
    found = [
        (method, template)
        for template in DOCUMENT["paths"]
        if method.lower() in DOCUMENT["paths"][template]
        and re.fullmatch(re.sub(r"\{[a-z_]+\}", "[^/]+", template), path)
    ]
    assert len(found) == 1, f"{method} {path} is not of the API"
    return found[0]


@pytest.fixture
def heard() -> list[httpx.Request]:
    return []


@pytest.fixture
def dangol(served: Served, heard: list[httpx.Request]) -> Iterator[Dangol]:
    """A client that remembers what it has sent."""
    with httpx.Client(event_hooks={"request": [heard.append]}) as http:
        yield Dangol(served.url, served.live_key, http=http)


def confirm_claimed(dangol: Dangol, claimed: Order) -> None:
    """Tell how far an order has come that was just claimed."""
    assert dangol.orders.get("api:2") == claimed
    assert claimed.confirmed_at is None
    assert dangol.orders.tell_milestone("api:2", "confirmed").confirmed_at is not None
    assert dangol.orders.tell_milestone("api:2", "delivered").delivered_at is not None


def test_client__each_operation_of_the_api__is_called_and_answered(
    served: Served, dangol: Dangol, heard: list[httpx.Request]
) -> None:
    mina = dangol.members.create(
        external_id="tour-1", email="tour-1@example.com", birthday=date(1990, 2, 28),
        traits={"vip": True}, consents=[ConsentDraft("email", "marketing", True, wording="w1")],
    )  # fmt: skip
    dangol.members.create(external_id="tour-2")
    assert (mina.external_id, mina.kind) == ("tour-1", "member")
    assert dangol.members.change("external:tour-1", traits={"vip": None, "size": 3}).traits == {"size": 3}
    assert dangol.members.get(mina.id).traits == {"size": 3}
    assert [one.channel for one in dangol.members.consents(mina.id).current] == ["email"]
    given = dangol.members.give_consent(mina.id, ConsentDraft("email", "marketing", False))
    assert [one.granted for one in given.history] == [True, False]

    assert dangol.products.store([Product("LATTE", "라테"), Product("TEA")]) == 2
    assert dangol.stores.store([Store("S1", "본점")]) == 1
    assert next(dangol.stores.each()).name == "본점"
    assert [one.number for one in dangol.products.each(page_size=1)][:2] == ["LATTE", "TEA"]

    order = dangol.orders.place(
        "1", LATTE, member="external:tour-1", store="S1", discounts=[Amount("coupon", 500)]
    )
    assert (order.net_minor, order.earned[0].points) == (4_000, 40)
    back = dangol.orders.return_goods("api:1", "r1", [ReturnLineDraft("LATTE", 4_500, line=1)])
    assert back.earned[0].points == 0
    guest = dangol.orders.place("2", LATTE)
    claimed = dangol.orders.claim(guest.id, "external:tour-2")
    confirm_claimed(dangol, claimed)
    assert claimed.earned[0].points == 45

    moved = dangol.points.adjust("external:tour-2", 100, "사과")
    assert isinstance(moved, Transfer)
    assert moved.points == 100
    asked = dangol.points.adjust("external:tour-2", 1_000_000, "사과")
    assert isinstance(asked, Approval)
    assert dangol.approvals.get(asked.id) == asked == next(dangol.approvals.each(state="waiting"))
    assert dangol.points.spend("external:tour-2", 45, "쿠키").balance.available == 100
    with pytest.raises(Refused, match=r"member\.confirmation_unavailable"):
        dangol.points.ask_confirmation("external:tour-2", 45)
    assert dangol.points.gift("external:tour-2", mina.id, 10).balance.available == 90
    assert dangol.points.get("external:tour-2").available == 90
    lines = list(dangol.points.history("external:tour-2", page_size=1))
    assert lines[0].balance == 90
    assert any(line.why and line.why.parts for line in lines)
    assert dangol.members.tier(mina.id).tier.level == 0
    names = [event.name for event in dangol.members.timeline(mina.id, page_size=2)]
    assert "order.placed" in names
    assert {one.external_id for one in dangol.members.each(page_size=1)} >= {"tour-1", "tour-2"}

    ask_about_members(dangol, mina.id)
    ask_models(served, dangol, mina.id)
    reward(dangol, mina.id)
    publish_all(dangol)
    connect_programs(dangol)
    served.run_python(DEAD_JOB)
    job = next(dangol.jobs.each(state="dead", page_size=1))
    assert dangol.jobs.get(job.id) == job
    assert dangol.jobs.retry(job.id).state == "waiting"
    assert {operation_of(one.method, one.url.path) for one in heard} == operations()


def connect_programs(dangol: Dangol) -> None:
    """Tell an endpoint of what happens, and give another program a key."""
    made = dangol.webhooks.create("https://hooks.example.com/in", events=["order.placed"])
    webhook = made.webhook.id
    assert made.secret.startswith("whsec_")
    assert dangol.webhooks.change(webhook, description="창고").description == "창고"
    assert dangol.webhooks.get(webhook) == next(dangol.webhooks.each())
    assert dangol.webhooks.rotate(webhook, overlap_hours=0).secret != made.secret
    assert dangol.webhooks.disable(webhook).state == "disabled"
    assert dangol.webhooks.enable(webhook).state == "active"
    sent = dangol.webhooks.test(webhook)
    assert next(dangol.webhooks.deliveries(webhook, event="webhook.tested")).id == sent.id
    assert dangol.webhooks.delivery(webhook, sent.id).delivery.event == "webhook.tested"
    assert dangol.webhooks.replay_one(webhook, sent.id).id == sent.id
    since = datetime.now(UTC) - timedelta(hours=1)
    assert dangol.webhooks.replay(webhook, since=since, everything=True) <= 1
    assert dangol.webhooks.delete(webhook).id == webhook

    told = [EventDraft("e-1", "/tour", "com.example.visited", subject="external:tour-1", data={"room": 3})]
    assert [dangol.events.send(told).new for _ in range(2)] == [1, 0]
    first = dangol.events.read(kind="customer.joined", page_size=1)
    assert dangol.events.get(first.data[0].id) == first.data[0]
    joined = [one.id for one in dangol.events.each(kind="customer.joined", page_size=2)]
    assert joined[0] == first.data[0].id
    assert len(joined) == len(set(joined)) > 1

    key = dangol.keys.create("계산대", ["members.read"], days=30)
    assert key.secret.startswith("dg_live_")
    assert dangol.keys.get(key.key.id).name == "계산대"
    fresh = dangol.keys.rotate(key.key.id)
    assert dangol.keys.revoke(fresh.key.id).revoked_at
    assert fresh.key.id in {one.id for one in dangol.keys.each()}


def publish_all(dangol: Dangol) -> None:
    """Supersede all that a program consists of, from tomorrow on."""
    program, _community = dangol.programs.each()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    rule = program.rules[0]
    levels = [LevelDraft(one.key, one.name, one.threshold) for one in program.tiers]
    after = dangol.programs.publish_rule(
        program.id, rule.id, name="두 배", rate_points=2, rate_minor=rule.rate_minor,
        multipliers={"gold": (3, 2)}, active_from=tomorrow,
    )  # fmt: skip
    assert [one.version for one in after.rules if one.id == rule.id] == [1, 2]
    terms = dangol.programs.publish_terms(
        program.id, expiry="rolling_days", expiry_count=30, most_per_order=5_000, active_from=tomorrow
    )
    assert terms.most_per_order == 5_000
    dangol.programs.publish_tiers(
        program.id, levels, measure=program.measure, window=program.window,
        window_size=program.window_size, active_from=tomorrow,
    )  # fmt: skip
    assert dangol.programs.get(program.id).id == program.id


def view_of(name: str) -> str:
    """Return the client's name of an answer."""
    return NAMES.get(name, name.removesuffix("View"))


def answered_schemas() -> dict[str, dict[str, Any]]:
    schemas: dict[str, dict[str, Any]] = DOCUMENT["components"]["schemas"]
    return {
        name: schema
        for name, schema in schemas.items()
        if (name.endswith("View") or name == "Counted") and not NOT_TYPES.fullmatch(name)
        and name not in ANSWERS_LEFT_OUT
    }  # fmt: skip


@pytest.mark.parametrize("name", answered_schemas())
def test_answer__fields_and_types_of_the_description__are_those_of_the_client(name: str) -> None:
    kind = getattr(dangol_client, view_of(name))
    known = answered_schemas()[name]["properties"]
    hints = get_type_hints(kind)

    assert list(hints) == list(known)
    for field, schema in known.items():
        assert fits(schema, hints[field]), f"{name}.{field}: {hints[field]} is not {schema}"


def fits(schema: dict[str, Any], kind: Any) -> bool:
    """Say whether a type of the client is what the description says, as far as null, text and numbers go."""
    choices = schema.get("anyOf", [schema])
    types = {one.get("type", "object") for one in choices}
    text = str(kind)
    expected = {
        "null": "None" in text, "integer": "int" in text, "boolean": "bool" in text,
        "string": "str" in text or "datetime" in text, "array": "list" in text or "tuple" in text,
    }  # fmt: skip
    return all(expected.get(one, True) for one in types) and ("null" in types) == text.endswith("None")


@pytest.mark.parametrize("path", sorted(SOURCE.glob("*.py")), ids=lambda path: str(path.name))
def test_client_module__imports__are_its_own_and_two_libraries(path: Path) -> None:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {one.name.split(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])

    assert found - set(sys.stdlib_module_names) <= ALLOWED


def test_at__instant_with_a_test_key__is_when_it_happens(served: Served) -> None:
    with served.open(live=False) as dangol:
        dangol.members.create(external_id="later")
        dangol.orders.place("later", LATTE, member="external:later")
        lot = dangol.points.get("external:later").lots[0]
        assert lot.expires_at is not None

        assert dangol.at(lot.expires_at).points.get("external:later").available == 0
    with served.open() as dangol, pytest.raises(Refused, match=r"clock\."):
        list(dangol.at(datetime.now(UTC)).stores.each())


def test_dry_run__of_an_order__answers_and_leaves_nothing(dangol: Dangol) -> None:
    dangol.members.create(external_id="dry-1")
    tried = dangol.orders.place("dry", LATTE, member="external:dry-1", dry_run=True)

    assert tried.earned[0].points == 45
    with pytest.raises(NotFound):
        dangol.orders.get("api:dry")


def test_key_of_the_caller__sent_by_another_client__is_answered_by_the_first(
    served: Served, dangol: Dangol
) -> None:
    dangol.members.create(external_id="till")
    key = new_key()
    first = dangol.orders.place("till-1", LATTE, member="external:till", idempotency_key=key)
    with served.open() as after_a_crash:
        again = after_a_crash.orders.place("till-1", LATTE, member="external:till", idempotency_key=key)
        with pytest.raises(Refused, match=r"idempotency\.other_request"):
            after_a_crash.orders.place("till-2", LATTE, member="external:till", idempotency_key=key)

    assert again == first


def test_refusal__of_a_field__says_which_one_and_in_both_languages(dangol: Dangol) -> None:
    with pytest.raises(Refused) as refused:
        dangol.orders.place("bad", [LineDraft("LATTE", -1)])

    said = refused.value
    assert (said.status, said.code, said.param) == (422, "request.invalid", "lines.0.list_minor")
    assert said.message.keys() == {"ko", "en"}
    assert said.request_id
    assert said.idempotency_key
    assert said.errors[0]["code"] == "field.too_small"


def test_refusal__by_a_rule__carries_the_facts(dangol: Dangol) -> None:
    dangol.members.create(external_id="poor")
    with pytest.raises(Refused) as refused:
        dangol.points.spend("external:poor", 10, "쿠키")

    assert refused.value.code == "points.insufficient"
    assert refused.value.data["available"] == 0


@pytest.mark.parametrize("member", ["", ".", "..", "a/b", "external:a/../../x"])
def test_member__that_no_address_can_carry__is_never_sent(
    dangol: Dangol, heard: list[httpx.Request], member: str
) -> None:
    with pytest.raises(ValueError, match="member"):
        dangol.members.get(member)
    assert heard == []


@pytest.mark.parametrize("member", ["external:한글 %?#&", "phone:+82 10-1234-5678", "x" * 300])
def test_member__of_any_signs__is_one_name(dangol: Dangol, member: str) -> None:
    with pytest.raises(NotFound, match=r"members\.unknown"):
        dangol.members.get(member)


@pytest.mark.parametrize("key", ["", "a b", "한글", "x" * 256, "a\n"])
def test_idempotency_key__that_is_none__is_never_sent(
    dangol: Dangol, heard: list[httpx.Request], key: str
) -> None:
    with pytest.raises(ValueError, match="idempotency_key"):
        dangol.stores.store([Store("S9")], idempotency_key=key)
    assert heard == []


@pytest.mark.parametrize(
    ("url", "key"),
    [("ftp://shop", "k"), ("shop:8000", "k"), ("http://", "k"), ("http://shop", ""), ("http://shop", "k\n")],
)
def test_dangol__address_or_key_that_is_none__is_refused(url: str, key: str) -> None:
    with pytest.raises(ValueError, match=r"url|key"):
        Dangol(url, key)


def test_answer__that_this_client_does_not_know__is_told_as_such(served: Served) -> None:
    class Stranger(msgspec.Struct):
        nothing_of_this: int

    with httpx.Client() as http:
        headers = {"Authorization": f"Bearer {served.live_key}"}
        wire = Wire(http, f"{served.url}/api/v1", headers, Patience())
        with pytest.raises(Unreadable, match=r"client\.unreadable"):
            wire.read("/stores", Stranger)
