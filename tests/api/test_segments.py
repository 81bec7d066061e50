"""Segments over the API: saved, changed, looked into, tried out; and what is refused, at which place."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from dangol.core.access.rights import Right
from dangol.core.events.settling import settle_all
from dangol.core.segments.models import Segment
from tests.api.conftest import Answered, Caller, key_with
from tests.core.segments.shop import SEOUL

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
BOUGHT = {"type": "did", "event": "order.placed", "window": {"type": "last", "n": 30, "unit": "days"}}
NUL = {"type": "member", "segment": "a\0b"}
LINE = {"product": "P1", "list_minor": 4_500}


def catch_up() -> None:
    """Do all that is due by now."""
    settled = settle_all(clock=lambda: datetime.now(UTC), zone=SEOUL)
    assert not settled.failed_jobs


def make(api: Caller, slug: str = "buyers", condition: Any = BOUGHT) -> Answered:
    return api.post("/segments", {"slug": slug, "name": "산 사람", "condition": condition})


def join(api: Caller, number: str) -> str:
    made: str = api.post("/members", {"external_id": number}).data["id"]
    return made


def test_segment__saved_and_somebody_buys__is_in_with_the_event_that_did_it(api: Caller) -> None:
    buyer, other = join(api, "A"), join(api, "B")
    made = make(api)
    catch_up()
    api.post("/orders", {"number": "1", "member": buyer, "lines": [LINE]})
    catch_up()

    assert (made.status, made.headers["Location"]) == (201, "/api/v1/segments/buyers")
    (inside,) = api.get("/segments/buyers/members").data["data"]
    assert inside["member_id"] == buyer
    assert api.get(f"/events/{inside['event_id']}").data["name"] == "order.placed"
    assert [one["slug"] for one in api.get(f"/members/{buyer}/segments").data["data"]] == ["buyers"]
    assert api.get(f"/members/{other}/segments").data == {"data": []}
    assert api.get("/segments/buyers").data["members"] == 1


def test_why__in_and_not_in__names_the_event_and_until_when(api: Caller) -> None:
    buyer, other = join(api, "A"), join(api, "B")
    make(api)
    api.post("/orders", {"number": "1", "member": buyer, "lines": [LINE]})

    why, why_not = (api.get(f"/members/{one}/segments/buyers").data for one in (buyer, other))

    assert (why["holds"], why_not["holds"]) == (True, False)
    (reason,) = why["reasons"]
    assert (reason["path"], reason["count"], reason["events"][0]["name"]) == ("$", 1, "order.placed")
    assert reason["says"].keys() == {"ko", "en"}
    leaves_at = datetime.fromisoformat(why["changes_at"])
    assert timedelta(days=29) < leaves_at - datetime.fromisoformat(why["as_of"]) < timedelta(days=31)
    assert why_not["changes_at"] is None


@pytest.mark.parametrize(
    ("condition", "code", "param"),
    [
        ({"type": "all", "of": [BOUGHT, {"type": "trait", "trait": "no.such", "op": "is_set"}]},
         "condition.unknown_trait", "$.of[1].trait"),
        ({"type": "trait", "trait": "customer.is_member", "op": "equals", "value": 3},
         "condition.unfit_value", "$.value"),
        ({"type": "any", "of": []}, "condition.empty_group", "$.of"),
        ({"type": "did", "event": "order.placed", "evnt": 1}, "condition.malformed", "$"),
        ({}, "condition.malformed", "$"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/segments", "/segments/preview"])
def test_condition__broken__is_refused_with_the_path_of_the_bad_part(
    api: Caller, path: str, condition: Any, code: str, param: str
) -> None:
    names = {"slug": "broken", "name": "이름"} if path == "/segments" else {}

    refused = api.post(path, names | {"condition": condition})

    assert (refused.status, refused.data["code"], refused.data["param"]) == (400, code, param)
    assert refused.data["message"]["ko"]
    assert not Segment.objects.exists()


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"slug": "Buyers"}, 400, "segments.bad_slug"),
        ({"slug": "new"}, 400, "segments.bad_slug"),
        ({"slug": "buyers"}, 409, "segments.slug_taken"),
        ({"slug": "x", "condition": {"type": "member", "segment": "no-such"}}, 404, "segments.unknown"),
        ({"slug": "x", "condition": {"type": "not", "of": NUL}}, 404, "segments.unknown"),
        ({"slug": "x", "condition": [1]}, 422, "request.invalid"),
        ({"slug": "x", "color": "red"}, 422, "request.invalid"),
    ],
)
def test_create__what_cannot_be__is_refused_and_nothing_is_made(
    api: Caller, given: dict[str, Any], status: int, code: str
) -> None:
    make(api)

    refused = api.post("/segments", {"slug": "x", "name": "이름", "condition": BOUGHT} | given)

    assert (refused.status, refused.data["code"]) == (status, code)
    assert Segment.objects.count() == 1


def test_change__parts_left_out__stay_and_another_condition_is_a_version(api: Caller) -> None:
    made = make(api).data
    ever = {"type": "did", "event": "order.placed"}

    renamed = api.send("PATCH", "/segments/buyers", {"revision": 1, "name": "손님"}).data
    changed = api.send("PATCH", "/segments/buyers", {"revision": 2, "condition": ever}).data
    late = api.send("PATCH", "/segments/buyers", {"revision": 2, "name": "늦은 이름"})

    assert (renamed["name"], renamed["version"], renamed["condition"]) == ("손님", 1, made["condition"])
    assert [one["revision"] for one in (made, renamed, changed)] == [1, 2, 3]
    assert (changed["name"], changed["version"]) == ("손님", 2)
    assert "window" not in changed["condition"]
    assert (late.status, late.data["code"]) == (409, "segments.changed")
    assert late.data["data"] == {"found": 3, "expected": 2}


def test_change__two_at_once_from_one_revision__one_is_refused_and_nothing_is_lost(api: Caller) -> None:
    make(api)

    def send(**changes: object) -> int:
        try:
            return api.send("PATCH", "/segments/buyers", {"revision": 1, **changes}).status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        name, about = (pool.submit(send, **one) for one in ({"name": "손님"}, {"about": "행사"}))
        statuses = (name.result(), about.result())

    found = api.get("/segments/buyers").data
    expected = {(200, 409): ("손님", ""), (409, 200): ("산 사람", "행사")}[statuses]
    assert (found["name"], found["about"], found["revision"]) == (*expected, 2)


def test_archive__in_use_then_not__leaves_nothing(api: Caller) -> None:
    make(api)
    make(api, "users", {"type": "member", "segment": "buyers"})

    in_use = api.post("/segments/buyers/archive")
    api.post("/segments/users/archive")
    gone = api.post("/segments/buyers/archive")

    assert (in_use.status, in_use.data["code"]) == (409, "segments.in_use")
    assert gone.data["slug"] == "buyers"
    assert api.get("/segments").data == {"data": [], "next_cursor": None}
    found = api.get("/segments/buyers")
    assert (found.status, found.data["archived_at"]) == (200, gone.data["archived_at"])
    assert api.get("/segments/buyers/members").status == 404


def test_archived__more_than_a_page__each_is_listed_once(api: Caller) -> None:
    for slug in ("a", "b", "c"):
        make(api, slug)
        api.post(f"/segments/{slug}/archive")

    first = api.get("/segments?archived=true&limit=2").data
    second = api.get(f"/segments?archived=true&limit=2&cursor={first['next_cursor']}").data

    assert [one["slug"] for one in first["data"] + second["data"]] == ["c", "b", "a"]
    assert second["next_cursor"] is None


def test_restore__archived__is_listed_among_those_and_comes_back(api: Caller) -> None:
    make(api)
    archived = api.post("/segments/buyers/archive").data

    (listed,) = api.get("/segments?archived=true").data["data"]
    back = api.post("/segments/buyers/restore")
    again = api.post("/segments/buyers/restore")

    assert (listed["slug"], listed["archived_at"]) == ("buyers", archived["archived_at"])
    assert (back.status, back.data["archived_at"], back.data["revision"]) == (200, None, 3)
    assert api.get("/segments?archived=true").data == {"data": [], "next_cursor": None}
    assert (again.status, again.data["code"]) == (404, "segments.unknown")


def test_preview__some_fit__counts_them_and_saves_nothing(api: Caller) -> None:
    buyer, _other = join(api, "A"), join(api, "B")
    api.post("/orders", {"number": "1", "member": buyer, "lines": [LINE]})

    found = api.post("/segments/preview", {"condition": BOUGHT}).data

    assert found == {"matching": 1, "seen": 2, "all": 2, "share": None, "sample": [buyer]}
    assert not Segment.objects.exists()


def test_preview__more_than_ten_fit__counts_all_and_shows_ten(api: Caller) -> None:
    people = {join(api, f"M{number}") for number in range(12)}

    found = api.post("/segments/preview", {"condition": {"type": "not", "of": BOUGHT}}).data

    assert (found["matching"], found["all"], len(set(found["sample"]))) == (12, 12, 10)
    assert set(found["sample"]) < people


def test_create__sent_twice__is_made_once(api: Caller) -> None:
    body = {"slug": "buyers", "name": "산 사람", "condition": BOUGHT}

    first, again = (api.post("/segments", body, key="once") for _ in range(2))

    assert (first.status, again.status) == (201, 201)
    assert first.raw == again.raw
    assert Segment.objects.count() == 1


def test_members__more_than_a_page__each_once(api: Caller) -> None:
    wanted = {join(api, f"M{number}") for number in range(5)}
    make(api, condition={"type": "trait", "trait": "customer.is_member", "op": "equals", "value": True})
    catch_up()

    found, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/segments/buyers/members?limit=2{f'&cursor={cursor}' if cursor else ''}").data
        found += [one["member_id"] for one in page["data"]]
        cursor = page["next_cursor"]

    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize(
    "ask",
    [
        lambda api: make(api, "other"),
        lambda api: api.send("PATCH", "/segments/buyers", {"revision": 1, "name": "x"}),
        lambda api: api.post("/segments/buyers/archive"),
        lambda api: api.post("/segments/buyers/restore"),
        lambda api: api.post("/segments/rebuild"),
    ],
)
def test_segments__key_that_may_only_read__changes_nothing(
    api: Caller, ask: Callable[[Caller], Answered]
) -> None:
    make(api)

    assert ask(Caller(key_with(Right.SEGMENTS_READ))).status == 403
    assert Caller(key_with(Right.SEGMENTS_READ)).get("/segments/buyers").data["name"] == "산 사람"
