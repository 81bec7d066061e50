"""Keys by API: no more than the maker holds, in its own space, and the secret to nobody but who asked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dangol.api.models import Answer
from dangol.core.access.keys import forget_remembered_keys, make_key
from dangol.core.access.models import ApiKey
from dangol.core.access.rights import Right
from tests.api.conftest import Caller, key_with
from tests.spaces import fresh_space

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ASKED = {"name": "계산대", "scopes": ["members.read", "orders.write"]}


def kept_bytes() -> bytes:
    """Return all that is kept of keys and answers, as whoever steals the table has it."""
    rows: list[Any] = [*Answer.objects.values_list(), *ApiKey.objects.values_list()]
    return b"\n".join(bytes(one) if isinstance(one, bytes | memoryview) else str(one).encode()
                      for row in rows for one in row)  # fmt: skip


def test_create__with_scopes_held__opens_what_they_say(api: Caller) -> None:
    made = api.post("/keys", ASKED)

    assert made.status == 201
    assert made.data["key"]["scopes"] == ASKED["scopes"]
    assert (made.data["key"]["space"], made.data["secret"][:8]) == ("live", "dg_live_")
    fresh = Caller(made.data["secret"])
    assert fresh.get("/members").status == 200
    assert fresh.get("/jobs").data["code"] == "access.missing_right"
    shown = api.get(f"/keys/{made.data['key']['id']}")
    assert shown.data["name"] == "계산대"
    assert made.data["secret"].encode() not in shown.raw + api.get("/keys").raw


def test_create__sent_again__same_answer_and_one_key_and_no_secret_at_rest(api: Caller) -> None:
    first = api.post("/keys", ASKED, key="k1")
    again = api.post("/keys", ASKED, key="k1")

    assert (again.status, again.raw) == (201, first.raw)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert ApiKey.objects.filter(name="계산대").count() == 1
    assert first.data["secret"].encode() not in kept_bytes()
    assert b"dg_live_" not in bytes(Answer.objects.get(name="k1").body or b"")


def test_kept_answer__with_another_secret_or_moved__opens_for_nobody(api: Caller) -> None:
    api.post("/keys", ASKED, key="k1")
    api.post("/keys", ASKED | {"name": "창고"}, key="k2")
    moved = Answer.objects.get(name="k1").body
    Answer.objects.filter(name="k2").update(body=moved)

    answered = api.post("/keys", ASKED | {"name": "창고"}, key="k2")

    assert answered.status == 500
    assert b"dg_live_" not in answered.raw


@pytest.mark.parametrize("dry", ["?dry_run=true"])
def test_create__dry_run__leaves_no_key(api: Caller, dry: str) -> None:
    tried = api.post(f"/keys{dry}", ASKED)

    assert tried.status == 201
    assert not ApiKey.objects.filter(name="계산대").exists()
    assert Caller(tried.data["secret"]).get("/members").data["code"] == "access.unknown_key"


def test_create__more_than_the_maker_holds__is_403_and_there_is_none(shop: None) -> None:
    poor = Caller(key_with(Right.KEYS_WRITE, Right.MEMBERS_READ))

    refused = poor.post("/keys", {"name": "더", "scopes": ["members.read", "points.adjust"]})

    assert (refused.status, refused.data["code"]) == (403, "access.missing_right")
    assert refused.data["data"]["right"] == "points.adjust"
    assert not ApiKey.objects.filter(name="더").exists()


def ending(days: int) -> tuple[Caller, Any]:
    """Return a caller whose key ends in some days, and that key."""
    at = datetime.now(UTC)
    made = make_key(
        name="짧은", space="live", scopes=frozenset(Right), created_by="owner", at=at,
        expires_at=at + timedelta(days=days),
    )  # fmt: skip
    return Caller(made.secret), made.view


@pytest.mark.parametrize(
    ("days", "status", "code"), [(30, 201, ""), (None, 201, ""), (90, 409, "access.key_outlives_maker")]
)
def test_create__by_a_key_that_ends__ends_no_later(
    shop: None, days: int | None, status: int, code: str
) -> None:
    caller, own = ending(60)

    answered = caller.post("/keys", ASKED | ({"days": days} if days else {}))

    assert (answered.status, answered.data.get("code", "")) == (status, code)
    if status == 201:
        ends = datetime.fromisoformat(answered.data["key"]["expires_at"])
        assert ends <= own.expires_at + timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"scopes": ["members.read"]}, "name"),
        ({"name": "a" * 61, "scopes": ["members.read"]}, "name"),
        ({"name": "a", "scopes": []}, "scopes"),
        ({"name": "a", "scopes": ["members.fly"]}, "scopes.0"),
        ({"name": "a", "scopes": ["members.read"], "days": 31}, "days"),
        ({"name": "a", "scopes": ["members.read"], "space": "test"}, "space"),
    ],
)
def test_create__field_that_is_wrong__is_named(api: Caller, body: dict[str, Any], param: str) -> None:
    answered = api.post("/keys", body)

    assert (answered.status, answered.data["param"]) == (422, param)


@pytest.mark.parametrize(("hours", "old"), [(24, 200), (0, 401)])
def test_rotate__own_key__new_one_opens_and_old_one_for_the_overlap(
    api: Caller, hours: int, old: int
) -> None:
    (own,) = [one for one in api.get("/keys").data["data"] if one["shown"][-4:] == api.secret[-4:]]

    made = api.post(f"/keys/{own['id']}/rotate", {"overlap_hours": hours})

    assert made.status == 201
    assert (made.data["key"]["scopes"], made.data["key"]["name"]) == (own["scopes"], own["name"])
    assert Caller(made.data["secret"]).get("/members").status == 200
    assert api.get("/members").status == old
    later = Caller(made.data["secret"]).get(f"/keys/{own['id']}").data
    if hours:
        left = datetime.fromisoformat(later["expires_at"]) - datetime.now(UTC)
        assert timedelta(hours=23) < left <= timedelta(hours=24)


def test_rotate__of_a_key_that_may_more__is_403_and_it_goes_on(api: Caller) -> None:
    strong = [one["id"] for one in api.get("/keys").data["data"]]
    poor = Caller(key_with(Right.KEYS_WRITE, Right.KEYS_READ))

    refused = poor.post(f"/keys/{strong[0]}/rotate", {})

    assert (refused.status, refused.data["code"]) == (403, "access.missing_right")
    assert api.get("/members").status == 200


def test_rotate__of_a_key_that_goes_on_by_one_that_ends__is_refused(api: Caller) -> None:
    (lasting,) = [one["id"] for one in api.get("/keys").data["data"]]
    caller, _own = ending(60)

    refused = caller.post(f"/keys/{lasting}/rotate", {})

    assert (refused.status, refused.data["code"]) == (409, "access.key_outlives_maker")


def test_revoke__a_key__opens_nothing_and_is_not_renewed(api: Caller) -> None:
    made = api.post("/keys", ASKED).data
    path = f"/keys/{made['key']['id']}"

    taken = api.post(f"{path}/revoke")

    assert taken.status == 200
    assert taken.data["revoked_at"]
    assert Caller(made["secret"]).get("/members").data["code"] == "access.key_revoked"
    assert api.post(f"{path}/rotate", {}).data["code"] == "access.key_over"


def test_revoke__of_a_key_that_may_more__is_403_and_it_goes_on(api: Caller) -> None:
    strong = [one["id"] for one in api.get("/keys").data["data"]]
    poor = Caller(key_with(Right.KEYS_WRITE))
    (own,) = [one["id"] for one in api.get("/keys").data["data"] if one["id"] not in strong]

    refused = poor.post(f"/keys/{strong[0]}/revoke")

    assert (refused.status, refused.data["code"]) == (403, "access.missing_right")
    assert api.get("/members").status == 200
    assert poor.post(f"/keys/{own}/revoke").status == 200


def test_keys__of_a_test_space__see_and_make_only_their_own(api: Caller) -> None:
    (live,) = api.get("/keys").data["data"]
    with fresh_space("keysapi") as space:
        caller = Caller(key_with(space=space))
        made = caller.post("/keys", ASKED, key="k1", Dangol_Clock="2031-01-01T00:00:00Z")
        again = caller.post("/keys", ASKED, key="k1")

        assert made.status == 201, made.data
        assert (made.data["key"]["space"], made.data["secret"][:8]) == (space, "dg_test_")
        assert made.data["key"]["created_at"] < "2031", "keys end by the real clock, and begin by it"
        assert again.raw == made.raw
        assert {one["space"] for one in caller.get("/keys").data["data"]} == {space}
        for method, path in (("GET", ""), ("POST", "/rotate"), ("POST", "/revoke")):
            strange = caller.send(method, f"/keys/{live['id']}{path}", "{}", Idempotency_Key=method + path)
            assert (strange.status, strange.data["code"]) == (404, "access.no_such_key")
        assert Caller(made.data["secret"]).get("/members").status == 200
    forget_remembered_keys()
    assert made.data["key"]["id"] not in {one["id"] for one in api.get("/keys").data["data"]}
