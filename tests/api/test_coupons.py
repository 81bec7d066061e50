"""Coupons over the API: batches made, filled and blocked, codes looked at and bound; who may."""

from typing import Any

import pytest

from dangol.core.access.rights import RIGHTS, Right, Role
from dangol.core.tasks.runner import Runner
from dangol.project.clock import now
from tests.api.conftest import Answered, Caller, key_with

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
PROMOTION = "01890a5d-ac96-774b-bcce-b302099a8057"
UNIQUE = {"kind": "unique", "pattern": "SPRING-####-####-####", "count": 3}


def make(api: Caller, **given: Any) -> Answered:
    return api.post("/coupon-batches", {"promotion_id": PROMOTION, "name": "봄", **(given or UNIQUE)})


def codes_of(api: Caller, batch: str) -> list[str]:
    return [one["coupon"] for one in api.get(f"/coupon-batches/{batch}/codes?limit=200").data["data"]]


def test_batch__made__shows_its_codes_and_how_they_stand(api: Caller) -> None:
    made = make(api)
    batch = made.data["id"]
    first, second, _ = codes_of(api, batch)
    member = api.post("/members", {"external_id": "A"}).data["id"]

    bound = api.post(f"/coupons/{first.lower()}/bind", {"member": "external:A"})
    blocked = api.post(f"/coupons/{second}/block")

    assert (made.status, made.headers["Location"]) == (201, f"/api/v1/coupon-batches/{batch}")
    assert made.data["pattern"] == UNIQUE["pattern"]
    assert (bound.data["coupon"], bound.data["member_id"]) == (first, member)
    assert blocked.data["is_blocked"]
    whole = api.get(f"/coupon-batches/{batch}").data
    stand = {"used": 0, "blocked": 1, "held": 1, "free": 1, "uses": 0, "handed_out": 0}
    assert whole["figures"] == stand
    assert api.get(f"/coupons/{first}").data == bound.data


def test_batch__large__is_there_at_once_and_filled_by_the_worker(api: Caller) -> None:
    made = make(api, **{**UNIQUE, "count": 1_500})
    while Runner(clock=now).run_due():
        pass

    assert (made.data["count"], made.data["made_count"]) == (1_500, 0)
    assert api.get(f"/coupon-batches/{made.data['id']}").data["batch"]["made_count"] == 1_500


def test_batches__page_by_page__come_all_the_latest_first(api: Caller) -> None:
    ids = [make(api).data["id"] for _ in range(3)]

    first = api.get("/coupon-batches?limit=2").data
    rest = api.get(f"/coupon-batches?limit=2&cursor={first['next_cursor']}").data

    assert [one["id"] for one in first["data"] + rest["data"]] == ids[::-1]
    assert rest["next_cursor"] is None
    assert api.get(f"/coupon-batches?promotion={ids[0]}").data["data"] == []


def test_codes__page_by_page__come_each_once(api: Caller) -> None:
    batch = make(api).data["id"]
    path = f"/coupon-batches/{batch}/codes?limit=2"

    first = api.get(path).data
    rest = api.get(f"{path}&cursor={first['next_cursor']}").data

    assert len({one["coupon"] for one in first["data"] + rest["data"]}) == 3
    assert rest["next_cursor"] is None


def test_create__same_key_again__makes_one_batch(api: Caller) -> None:
    body = {"promotion_id": PROMOTION, "name": "봄", **UNIQUE}

    first, again = (api.post("/coupon-batches", body, key="spring") for _ in range(2))

    assert first.data == again.data
    assert len(api.get("/coupon-batches").data["data"]) == 1


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({**UNIQUE, "pattern": "SPRING-####"}, 400, "coupons.guessable_pattern"),
    ({**UNIQUE, "pattern": "봄-############"}, 400, "coupons.invalid_pattern"),
    ({**UNIQUE, "count": 0}, 400, "coupons.invalid_batch"),
    ({**UNIQUE, "count": 10**7}, 422, "request.invalid"),
    ({"kind": "generic", "pattern": "A1"}, 400, "coupons.invalid_batch"),
    ({"kind": "free"}, 422, "request.invalid"),
    ({**UNIQUE, "promotion_id": "spring"}, 400, "coupons.invalid_promotion"),
]


@pytest.mark.parametrize(("given", "status", "code"), WRONG)
def test_create__that_makes_no_sense__is_refused(
    api: Caller, given: dict[str, Any], status: int, code: str
) -> None:
    answered = make(api, **given)

    assert (answered.status, answered.data["code"]) == (status, code)
    assert api.get("/coupon-batches").data["data"] == []


def test_generic__code_there_already__is_refused(api: Caller) -> None:
    make(api, kind="generic", pattern="WELCOME10")

    answered = make(api, kind="generic", pattern="welcome-1o")

    assert (answered.status, answered.data["code"]) == (409, "coupons.code_taken")


def test_import__rows_of_all_kinds__names_those_left_out(api: Caller) -> None:
    pool = make(api, kind="imported").data["id"]

    done = api.post(f"/coupon-batches/{pool}/codes", {"csv": "code\nAB-12\n!!\n"})

    assert done.data == {"added": 1, "problems": [{"row": 3, "coupon": "!!", "problem": "no_code"}]}
    drawn = make(api).data["id"]
    refused = api.post(f"/coupon-batches/{drawn}/codes", {"csv": "AB-13"})
    assert (refused.status, refused.data["code"]) == (409, "coupons.not_imported")


def test_bind__of_somebody_elses__is_refused(api: Caller) -> None:
    (code, *_) = codes_of(api, make(api).data["id"])
    for name in "AB":
        api.post("/members", {"external_id": name})
    api.post(f"/coupons/{code}/bind", {"member": "external:A"})

    refused = api.post(f"/coupons/{code}/bind", {"member": "external:B"})

    assert (refused.status, refused.data["code"]) == (409, "coupons.code_held")


def test_block__batch_and_open_again__is_shown(api: Caller) -> None:
    batch = make(api).data["id"]

    shown = [api.post(f"/coupon-batches/{batch}/{act}").data["is_blocked"] for act in ("block", "unblock")]

    assert shown == [True, False]


def test_scopes__reading_alone__writes_nothing(api: Caller) -> None:
    batch = make(api).data["id"]
    reader = Caller(key_with(Right.COUPONS_READ))

    assert reader.get("/coupon-batches").status == 200
    assert make(reader).status == 403
    assert reader.post(f"/coupon-batches/{batch}/block").status == 403


def test_rights__a_marketer_writes__an_auditor_reads() -> None:
    assert {role for role, rights in RIGHTS.items() if Right.COUPONS_WRITE in rights} == {
        Role.OWNER, Role.MARKETER,
    }  # fmt: skip
    assert Right.COUPONS_READ in RIGHTS[Role.AUDITOR]
    assert Right.COUPONS_READ not in RIGHTS[Role.STORE]
