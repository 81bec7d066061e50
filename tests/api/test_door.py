"""The door: who is let in, what is refused, and in which words."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import psycopg
import pytest
from django.db import OperationalError, connection, connections
from django.test import Client, override_settings

from dangol.api.limits import GUESSES
from dangol.core.access.keys import list_keys, make_key, revoke_key
from dangol.core.access.rights import Right
from dangol.core.storage.spaces import close_spaces
from dangol.project.clock import now
from tests.api.conftest import Caller, key_with
from tests.spaces import fresh_space

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_door__any_refusal__is_a_problem_with_its_facts_in_two_languages(api: Caller) -> None:
    refused = api.get("/members/external:nobody")

    assert (refused.status, refused.headers["Content-Type"]) == (404, "application/problem+json")
    assert refused.data["code"] == "members.unknown"
    assert refused.data["message"]["en"].startswith("There is no such member.")
    assert refused.data["message"]["ko"].startswith("그런 회원은 없어요.")
    assert refused.data["request_id"] == refused.headers["X-Request-Id"]
    assert "nobody" not in refused.raw.decode()


@pytest.mark.parametrize(("language", "begins"), [("ko-KR,en;q=0.5", "그런"), ("en", "There")])
def test_door__language_of_the_request__is_that_of_the_detail(
    api: Caller, language: str, begins: str
) -> None:
    assert api.get("/members/x", Accept_Language=language).data["detail"].startswith(begins)


def test_door__name_of_the_request__is_kept_where_it_is_one(api: Caller) -> None:
    assert api.get("/stores", X_Request_Id="till-7-0042").headers["X-Request-Id"] == "till-7-0042"
    assert api.get("/stores", X_Request_Id="a b\tc").headers["X-Request-Id"] != "a b\tc"


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer dg_live_" + "A" * 43]
)
def test_door__without_a_key_that_opens__is_401(api: Caller, authorization: str) -> None:
    refused = Caller("").send("GET", "/stores", None, Authorization=authorization)

    assert (refused.status, refused.data["code"]) == (401, "access.unknown_key")
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="dangol"'


def test_door__whoever_guesses_keys__has_to_wait(api: Caller, stopped: None) -> None:
    answers = [Caller("guess").get("/stores").status for _ in range(GUESSES.amount + 1)]

    assert answers == [401] * GUESSES.amount + [429]
    assert int(Caller("guess").get("/stores").headers["Retry-After"]) > 0


@override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1)
def test_door__guesser_behind_our_proxy__shuts_out_nobody_else(api: Caller, stopped: None) -> None:
    theirs, ours = {"X_Forwarded_For": "198.51.100.9"}, {"X_Forwarded_For": "198.51.100.7"}
    # What the guesser writes into the header stands before what the proxy adds, and counts for nothing.
    answers = [
        Caller("guess").get("/stores", X_Forwarded_For=f"203.0.113.{place}, 198.51.100.9").status
        for place in range(GUESSES.amount + 1)
    ]

    assert answers == [401] * GUESSES.amount + [429]
    assert api.get("/stores", **theirs).status == 429
    assert api.get("/stores", **ours).status == 200


def test_door__key_taken_back_or_over__is_401(shop: None) -> None:
    revoked = key_with()
    revoke_key(list_keys()[0].id, at=now())
    over = make_key(
        name="x", space="live", scopes=[], created_by="o", at=now(), expires_at=now() - timedelta(seconds=1)
    )

    assert Caller(revoked).get("/stores").data["code"] == "access.key_revoked"
    assert Caller(over.secret).get("/stores").data["code"] == "access.key_expired"


def test_door__key_without_the_right__is_403_and_says_which(shop: None) -> None:
    refused = Caller(key_with(Right.MEMBERS_READ)).get("/stores")

    assert (refused.status, refused.data["code"]) == (403, "access.missing_right")
    assert refused.data["data"] == {"right": "catalog.read"}


def test_door__address_or_method_there_is_not__says_so(api: Caller) -> None:
    missing, wrong = api.get("/nothing"), api.send("PUT", "/stores", None)

    assert (missing.status, missing.data["code"]) == (404, "request.no_such_address")
    assert (wrong.status, wrong.data["code"], wrong.headers["Allow"]) == (
        405, "request.wrong_method", "GET, POST",
    )  # fmt: skip


@pytest.mark.parametrize("body", ["{", "[1", b"\xff\xfe{}", '{"a": 1}}', "nonsense"])
def test_door__body_that_is_no_json__is_400(api: Caller, body: str | bytes) -> None:
    refused = api.post("/orders", body)

    assert (refused.status, refused.data["code"]) == (400, "request.not_json")


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1_000)
def test_door__body_that_is_too_long__is_413(api: Caller) -> None:
    refused = api.post("/orders", '{"number": "' + "x" * 1_000 + '"}')

    assert (refused.status, refused.data["code"]) == (413, "request.too_large")


def test_door__wrong_fields__are_named_by_their_place_without_their_values(api: Caller) -> None:
    body = {"number": "1", "phone": "010-1234-5678", "lines": [{"product": "P", "list_minor": 1.5}]}

    refused = api.post("/orders", body)

    assert (refused.status, refused.data["code"]) == (422, "request.invalid")
    assert {(one["param"], one["code"]) for one in refused.data["errors"]} == {
        ("phone", "field.unknown"), ("lines.0.list_minor", "field.not_whole"),
    }  # fmt: skip
    assert refused.data["errors"][0]["message"].keys() == {"ko", "en"}
    assert "010-1234" not in refused.raw.decode()


@override_settings(API_RATE="3/minute")
def test_door__key_that_asks_too_often__is_429_and_told_when(api: Caller, stopped: None) -> None:
    answers = [api.get("/stores") for _ in range(4)]

    assert [one.status for one in answers] == [200, 200, 200, 429]
    assert [one.headers["RateLimit-Remaining"] for one in answers[:3]] == ["2", "1", "0"]
    assert 0 < int(answers[3].headers["Retry-After"]) <= 60


def test_door__openapi__is_open_to_all_and_every_operation_names_its_right(shop: None) -> None:
    document = Client().get("/api/v1/openapi.json").json()

    operations = [one for path in document["paths"].values() for one in path.values()]
    assert document["openapi"] == "3.1.0"
    assert len(operations) > 20
    assert {one["x-right"] for one in operations} <= set(Right)


def test_door__no_cookie_and_no_page__of_the_pages_middleware(api: Caller) -> None:
    answer = api.get("/stores")

    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.fixture
def trial(shop: None) -> Iterator[Caller]:
    with fresh_space("trial") as space:
        yield Caller(key_with(space=space))


def test_test_key__what_it_makes__is_in_its_space_only(api: Caller, trial: Caller) -> None:
    made = trial.post("/members", {"external_id": "T-1"})

    assert made.status == 201
    assert trial.get("/members/external:T-1").status == 200
    assert api.get("/members/external:T-1").status == 404
    assert api.get(f"/members/{made.data['id']}").status == 404


def test_clock__moved_ahead_with_a_request__points_lapse_and_the_tier_with_them(trial: Caller) -> None:
    trial.post("/members", {"external_id": "T-1"})
    trial.post(
        "/orders",
        {"number": "1", "member": "external:T-1", "lines": [{"product": "P", "list_minor": 400_000}]},
    )
    here = trial.get("/members/external:T-1/points").data
    tier = trial.get("/members/external:T-1/tier").data["tier"]["key"]
    later = (datetime.now(UTC) + timedelta(days=800)).isoformat()

    there = trial.get("/members/external:T-1/points", Dangol_Clock=later).data

    assert (here["available"], tier) == (4_000, "silver")
    assert (there["available"], there["lots"]) == (0, [])
    assert trial.get("/members/external:T-1/tier").data["tier"]["key"] == "member"
    kinds = [line["kind"] for line in trial.get("/members/external:T-1/points/history").data["data"]]
    assert kinds == ["expire", "earn"]


def test_clock__moved_by_several_at_once__each_is_answered_as_of_then(trial: Caller) -> None:
    trial.post("/members", {"external_id": "T-1"})
    order = {"number": "1", "member": "external:T-1", "lines": [{"product": "P", "list_minor": 400_000}]}
    trial.post("/orders", order)
    later = (datetime.now(UTC) + timedelta(days=800)).isoformat()
    start = Barrier(4)

    def ask(_: int) -> tuple[int, int]:
        caller = Caller(trial.secret)
        start.wait()
        try:
            found = caller.get("/members/external:T-1/points", Dangol_Clock=later)
            return found.status, found.data["available"]
        finally:
            close_spaces()
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))

    assert answers == [(200, 0)] * 4


def test_clock__set_back_or_of_the_shop_or_no_instant__is_refused(api: Caller, trial: Caller) -> None:
    ahead = datetime.now(UTC) + timedelta(days=10)
    assert trial.get("/stores", Dangol_Clock=ahead.isoformat()).status == 200

    back = trial.get("/stores", Dangol_Clock=(ahead - timedelta(days=1)).isoformat())
    assert (back.status, back.data["code"]) == (409, "clock.backwards")
    assert trial.get("/stores", Dangol_Clock="2027-01-01").data["code"] == "request.not_an_instant"
    assert api.get("/stores", Dangol_Clock=ahead.isoformat()).data["code"] == "clock.of_the_shop"


def test_gift_in_a_test_space__without_a_worker__has_arrived(trial: Caller) -> None:
    for name in ("A", "B"):
        trial.post("/members", {"external_id": name})
    trial.post("/members/external:A/points/adjust", {"points": 500, "reason": "시험"})

    given = trial.post("/members/external:A/points/gift", {"points": 200, "to": "external:B"})

    assert given.data["balance"]["available"] == 300
    assert trial.get("/members/external:B/points").data["available"] == 200


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/products", {"products": [{"number": "P1", "name": "a\0"}]}, "products.0.name"),
        ("/stores", {"stores": [{"number": "S\0"}]}, "stores.0.number"),
        ("/members", {"external_id": "M-1", "traits": {"size\0": 1}}, "traits"),
        ("/members", {"external_id": "M-1", "traits": {"size": "\0"}}, "traits"),
        ("/orders", {"number": "\0", "lines": [{"product": "P1", "list_minor": 1}]}, "number"),
    ],
)
def test_door__text_with_a_nul__is_refused_by_its_field(
    api: Caller, path: str, body: dict[str, object], param: str
) -> None:
    refused = api.post(path, body)

    assert (refused.status, refused.data["param"]) == (422, param)
    assert refused.data["errors"][0]["code"] == "field.has_nul"


@pytest.mark.parametrize(
    ("method", "path", "param"),
    [
        ("DELETE", "/members/external:M-1?reason=%00a", "reason"),
        ("GET", "/members?cursor=%00", "cursor"),
        ("GET", "/members?a%00=1", "a?"),
    ],
)
def test_door__query_with_a_nul__is_refused_by_its_field(
    api: Caller, method: str, path: str, param: str
) -> None:
    api.post("/members", {"external_id": "M-1"})

    refused = api.send(method, path, None)

    assert (refused.status, refused.data["param"]) == (422, param)
    assert refused.data["errors"][0]["code"] == "field.has_nul"
    assert api.get("/members/external:M-1").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/members/external:M-1%00", "/members/%00/points", "/orders/api:%00", "/orders/%00", "/segments/%00",
        "/segments/a%00/members", "/approvals/%00", "/jobs/%00", "/webhooks/%00", "/keys/%00", "/%00",
    ],
)  # fmt: skip
def test_door__path_with_a_nul__leads_nowhere(api: Caller, path: str) -> None:
    assert api.get(path).status in (404, 405)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is a file, and has no session to end")
def test_door__session_with_the_database_ended__is_503_and_the_retry_is_answered(api: Caller) -> None:
    assert api.post("/members", {"external_id": "M-1"}).status == 201
    end_session()

    refused = api.post("/stores", {"stores": [{"number": "S1"}]}, key="k1")
    connections.close_all()  # as the end of a request does outside of tests

    assert (refused.status, refused.data["code"]) == (503, "request.not_now")
    assert refused.headers["Retry-After"] == "5"
    assert api.post("/stores", {"stores": [{"number": "S1"}]}, key="k1").data == {"count": 1}


def test_door__database_that_is_full__is_503(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_up(*given: object, **named: object) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("dangol.api.catalog.upsert_stores", fill_up)

    assert api.post("/stores", {"stores": [{"number": "S1"}]}).data["code"] == "request.not_now"


def end_session() -> None:
    """End this thread's session with the database, as a restart of the server does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
