"""Sales a till kept while its network was gone: once each, at their own instant, sealed, refused in words."""

import json
import os
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connections
from django.test import Client

from dangol.core.access.own_account import link_membership
from dangol.core.commerce.models import Order
from dangol.core.people.models import Staff
from dangol.core.people.selectors import shop
from dangol.rooms.rewards.promotions.models import CounterSale, Sale
from dangol.web.reads.till_queue import OLDEST
from tests.web.staff import sign_in
from tests.web.story import NOW, Story
from tests.web.test_till import points_of
from tests.web.till_shop import offer, percent

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
PHONE = "212-555-0178"


def seal(who: str, key: str, desk: dict[str, str]) -> dict[str, str]:
    """Seal a number as the browser does."""
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b64decode(desk["public"]))
    private = ec.generate_private_key(ec.SECP256R1())
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = private.exchange(ec.ECDH(), theirs)
    cipher = HKDF(SHA256(), 32, salt=point, info=b"dangol till queue 1").derive(shared)
    nonce = os.urandom(12)
    text = AESGCM(cipher).encrypt(nonce, who.encode(), key.encode())
    shown = {"point": point, "nonce": nonce, "text": text}
    ours = {name: desk[name] for name in ("wrapped", "holder")}
    return ours | {name: b64encode(one).decode() for name, one in shown.items()}


def kept(till: Client, who: str = PHONE, amount: str = "120.00", **more: Any) -> dict[str, Any]:
    """Return a sale as a browser sends it, made ten minutes ago."""
    key = more.pop("key", str(uuid4()))
    age = more.pop("age", timedelta(minutes=10))
    box = seal(who, more.pop("name", key), till.get("/till/queue").json())
    told = {
        "key": key, "made_at": (NOW - age).isoformat(), "amount": amount, "currency": "USD",
    }  # fmt: skip
    return told | box | more


def send(till: Client, told: dict[str, Any]) -> Any:
    return till.post("/till/queue", told, content_type="application/json")


@pytest.fixture
def till(clerk: Client, story: Story) -> Client:
    return clerk


def test_kept_sale__sent_thrice__is_one_order_of_its_own_instant_at_the_full_price(
    till: Client, story: Story
) -> None:
    offer(percent(20))
    owner = story.customers["1502"]
    before = points_of(owner)
    told = kept(till)

    answers = [send(till, told).json() for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["state"] == "sold"
    order = Order.objects.get(number=answers[0]["number"], source="till")
    assert (order.customer_id, order.net_minor, order.discount_minor) == (owner, 12_000, 0)
    assert order.placed_at == NOW - timedelta(minutes=10)
    assert points_of(owner) - before == 120
    assert CounterSale.objects.count() == 1
    assert till.get(answers[0]["receipt"]).status_code == 200


def test_kept_sale__sent_while_another_is_signed_in__is_the_sale_of_whoever_made_it(
    till: Client, story: Story, client: Client
) -> None:
    told = kept(till)
    sign_in(client, "choi")

    answer = send(client, told).json()

    sale = CounterSale.objects.get()
    assert answer["state"] == "sold"
    assert sale.rung_by == json.loads(told["holder"])["by"] != "choi"


@pytest.mark.parametrize("holder", ['{"by":"choi","store":null}', "", "{"])
def test_kept_sale__passed_off_as_another_s__is_refused(till: Client, holder: str) -> None:
    answer = send(till, kept(till) | {"holder": holder}).json()

    assert (answer["state"], answer["code"]) == ("refused", "till.not_opened")
    assert not CounterSale.objects.exists()


def test_kept_sale__sent_from_many_tabs_at_once__is_one_order(till: Client, story: Story) -> None:
    owner = story.customers["1502"]
    before, told, start = points_of(owner), kept(till), Barrier(6)
    session = till.cookies["sessionid"].value

    def race(_: int) -> Any:
        tab = Client()
        tab.cookies["sessionid"] = session
        start.wait()
        try:
            return send(tab, told).json()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(race, range(6)))

    assert {one["state"] for one in answers} == {"sold"}
    assert len({one["number"] for one in answers}) == 1
    assert points_of(owner) - before == 120
    assert Sale.objects.count() == 1


def test_kept_sale__answered_before__is_answered_so_though_the_number_is_nobody_s_now(
    till: Client, story: Story
) -> None:
    told = kept(till)
    first = send(till, told).json()

    again = send(till, told | seal("nobody", told["key"], till.get("/till/queue").json())).json()
    other = send(till, told | {"amount": "1"}).json()

    assert again == first
    assert (other["state"], other["code"]) == ("refused", "till.key_reused")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"who": "999-not-there"}, "till.nobody"),
        ({"who": "0178"}, "till.nobody"),
        ({"amount": "x"}, "till.amount"),
        ({"amount": "1.234"}, "till.amount"),
        ({"currency": "KRW"}, "till.amount"),
        ({"age": OLDEST + timedelta(minutes=1)}, "till.too_old"),
        ({"name": "another"}, "till.not_opened"),
        ({"wrapped": "AAAA"}, "till.not_opened"),
        ({"point": "AAAA"}, "till.not_opened"),
        ({"text": "!"}, "till.not_opened"),
    ],
)
def test_kept_sale__that_cannot_be__is_refused_with_a_remedy_and_goes_once_put_right(
    till: Client, story: Story, wrong: dict[str, Any], code: str
) -> None:
    told = kept(till, **wrong)

    refused = send(till, told).json()

    assert (refused["state"], refused["code"]) == ("refused", code)
    assert refused["sentence"]
    assert refused["remedy"]
    assert not Sale.objects.exists()
    assert send(till, kept(till, key=told["key"])).json()["state"] == "sold"


def test_kept_sale__of_who_works_at_the_till__is_refused(till: Client, story: Story) -> None:
    owner = story.customers["1502"]
    link_membership(Staff.objects.get(username="owner").pk, owner, at=NOW)

    refused = send(till, kept(till)).json()

    assert (refused["state"], refused["code"]) == ("refused", "access.own_account")


def test_kept_sale__while_the_shop_changes__is_busy_and_goes_when_sent_again(
    till: Client, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = kept(till)
    with monkeypatch.context() as meanwhile:
        # The page was asked while the shop still had another currency.
        meanwhile.setattr("dangol.web.frame.find_shop", lambda: shop()._replace(currency="CAD"))
        busy = send(till, told | {"currency": "CAD"})

    assert (busy.status_code, busy.json()) == (503, {"state": "busy"})
    assert not Sale.objects.exists()
    assert send(till, told).json()["state"] == "sold"


def test_kept_sale__of_a_clock_that_is_fast__is_of_now(till: Client, story: Story) -> None:
    number = send(till, kept(till, age=-timedelta(days=3))).json()["number"]

    assert Order.objects.get(number=number, source="till").placed_at == NOW


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"\xff", b'{"key": "x"}', b'{"key":' + b" " * 9_000 + b'"x"}'],
)
def test_queue__sent_what_is_no_sale__is_422(till: Client, body: bytes) -> None:
    answer = till.post("/till/queue", body, content_type="application/json")

    assert answer.status_code == 422
    assert answer.json() == {"state": "malformed"}


def test_queue__instant_without_a_zone__is_422(till: Client) -> None:
    told = kept(till, made_at="2026-11-22T18:00:00")

    assert send(till, told).status_code == 422


def test_queue__without_a_token_of_ours__is_refused(story: Story) -> None:
    strict = sign_in(Client(enforce_csrf_checks=True))
    desk = strict.get("/till/queue").json()
    told = kept(strict)

    assert send(strict, told).status_code == 403
    answer = strict.post(
        "/till/queue", told, content_type="application/json", headers={"x-csrftoken": desk["csrf"]}
    )
    assert answer.json()["state"] == "sold"


def test_worker__for_anybody__keeps_the_page_and_holds_no_data(story: Story) -> None:
    answer = Client().get("/till/worker.js")
    text = answer.content.decode()

    assert answer["Service-Worker-Allowed"] == "/till"
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    for kept_file in ("/till/offline", "/static/web/till_queue.js", "/static/web/dangol.css"):
        assert kept_file in text


def test_page__without_a_network__is_the_same_for_everybody(till: Client, story: Story) -> None:
    sign = sign_in(Client(headers={"accept-language": "ko"}), "somebody")

    assert till.get("/till/offline").content == sign.get("/till/offline").content
