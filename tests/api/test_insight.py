"""Insight over the API: lists of the nightly models page by page, look-alikes, and what customers cost."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dangol.core.access.rights import Right
from dangol.core.people.selectors import shop
from dangol.core.segments.told_results import tell_results
from dangol.core.storage.ids import show_id
from dangol.core.tasks.models import Job
from dangol.rooms.personalization.likeness import find_alike
from dangol.rooms.personalization.lists import keep_lists
from dangol.rooms.personalization.models import Assumption
from dangol.rooms.personalization.refresh import refresh_all
from dangol.rooms.personalization.selectors import latest_run
from tests.api.conftest import Caller, key_with
from tests.core.segments.shop import catch_up, come, inside, make_segment
from tests.rooms.personalization.test_refresh import NIGHT, START, bring_history

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def all_pages(api: Caller, path: str, limit: int) -> list[dict[str, Any]]:
    """Return what stands on all pages of a list."""
    found, cursor = [], ""
    while cursor is not None:
        page = api.get(
            f"{path}{'&' if '?' in path else '?'}limit={limit}{f'&cursor={cursor}' if cursor else ''}"
        )
        assert page.status == 200, page.data
        found += page.data["data"]
        cursor = page.data["next_cursor"]
    return found


def test_at_risk__pages__name_everybody_once_the_most_likely_first(api: Caller) -> None:
    people = come(*"ABCDEFG")
    risks = ["0.500", "0.999", "1.000", "0.500", "0.020", "0.500", "0.750"]
    results = {
        "churn.risk": dict(zip(people, map(Decimal, risks), strict=True)),
        "churn.because": {people[1]: ("lateness", "alive")},
    }
    tell_results(results, source="churn v1", at=NIGHT, due_at=NIGHT)  # type: ignore[arg-type]

    found = all_pages(api, "/insight/at-risk", 2)

    assert [one["risk"] for one in found] == [1.0, 0.999, 0.75, 0.5, 0.5, 0.5, 0.02]
    assert {one["member_id"] for one in found} == {show_id(one) for one in people}
    assert found[1]["because"] == ["lateness", "alive"]
    assert api.get("/insight/at-risk?cursor=nonsense").status == 400


def test_offers__kept_lists__are_gone_through_by_member(api: Caller) -> None:
    people = come("A", "B", "C")
    habit = {"product": show_id(people[0]), "times": 3, "last_day": "2026-03-01", "usual_days": 9.5}
    again = {one: [habit | {"repeat_rate": 0.4}] for one in people}
    fresh = {people[1]: [{"product": show_id(people[2]), "because": [show_id(people[0])]}]}
    keep_lists("buy_again", again, as_of=date(2026, 3, 9), version="v1")
    keep_lists("discover", fresh, as_of=date(2026, 3, 9), version="v2")

    found = all_pages(api, "/insight/offers", 2)
    (liked,) = all_pages(api, "/insight/offers?model=discover", 2)
    of_one = api.get(f"/members/{show_id(people[1])}/insight").data

    by_member = {one["member_id"]: one for one in found}
    assert [one["member_id"] for one in found] == sorted(show_id(one) for one in people)
    assert found[0]["offers"] == [
        {
            "product_id": habit["product"],
            "times": 3,
            "last_day": "2026-03-01",
            "usual_days": 9.5,
            "because": [],
        }
    ]
    assert liked["offers"][0]["because"] == [show_id(people[0])]
    assert (of_one["buy_again"], of_one["discover"]) == (by_member[show_id(people[1])], liked)
    assert api.get("/insight/offers?model=everything").status == 422


def test_insight__a_year_of_purchases__models_results_and_look_alikes(api: Caller) -> None:
    owners = bring_history(300, seed=4)
    as_of = START + timedelta(days=364)
    refresh_all(shop(), as_of=as_of, at=NIGHT)
    often = {"type": "trait", "trait": "rfm.frequency", "op": "at_least", "value": 5}
    make_segment("often", often, at=NIGHT)
    catch_up(NIGHT)

    models = {one["model"]: one for one in api.get("/insight/models").data["data"]}
    results = api.get(f"/members/{show_id(owners[0])}/insight").data["results"]
    asked = api.post("/segments/often/alike")

    assert {"rfm", "lifetime", "churn", "buy_again", "discover"} <= models.keys()
    assert models["rfm"]["refusal"] is None
    assert models["buy_again"]["refusal"]["code"]
    assert {one["name"] for one in results} >= {"rfm.segment", "lifetime.value_12m"}
    assert {one["version"] for one in results if one["name"].startswith("rfm.")} == {models["rfm"]["version"]}
    assert asked.status == 201
    assert Job.objects.get(pk=bytes.fromhex(asked.data["job_id"].replace("-", ""))).name.endswith(
        "find_alike"
    )
    assert api.get("/segments/often/alike").data == {"data": [], "next_cursor": None}
    find_alike(shop(), "often", as_of=as_of, at=NIGHT)
    run = latest_run("lookalike", about="often")
    assert run is not None
    alike = all_pages(api, "/segments/often/alike", 100)
    assert len(alike) == run.customers > 0
    scores = [one["score"] for one in alike]
    assert scores == sorted(scores, reverse=True)
    assert not {one["member_id"] for one in alike} & {show_id(one) for one in inside("often")}


def test_costs__said_over_the_api__are_laid_on_who_came(api: Caller) -> None:
    assert api.get("/insight/costs").data["whole"] is None
    bring_history(60, seed=4)
    refresh_all(shop(), as_of=START + timedelta(days=364), at=NIGHT)
    for said in (
        {"kind": "margin", "amount": 2_500},
        {"kind": "margin", "amount": 4_000, "scope": "원두"},
        {"kind": "point_worth", "amount": 100},
        {"kind": "spent_share", "amount": 9_000},
        {"kind": "acquisition", "amount": 60_000, "month": "2025-03", "scope": "search"},
        {"kind": "retention", "amount": 6_000, "month": "2026-02"},
    ):
        assert api.post("/insight/assumptions", said).status == 200, said

    held, sheet = api.get("/insight/assumptions").data, api.get("/insight/costs").data

    assert held == {
        "point_worth_minor": 100, "margin_bp": 2_500, "margins": [{"category": "원두", "margin_bp": 4_000}],
        "spent_share_bp": 9_000,
        "costs": [
            {"kind": "acquisition", "month": "2025-03", "channel": "search", "amount_minor": 60_000},
            {"kind": "retention", "month": "2026-02", "channel": "", "amount_minor": 6_000},
        ],
    }  # fmt: skip
    whole = sheet["whole"]
    assert (whole["customers"], whole["margin_bp"], sheet["currency"]) == (60, 2_500, "KRW")
    assert whole["margin_minor"] == round(whole["revenue_minor"] / 4 / 60)
    first = sheet["quarters"][-1]
    assert (first["quarter"], first["acquisition_minor"]) == ("2025-Q1", 60_000 // first["acquired"])
    # Bought for some ten thousand won in the month they came in, of which a quarter is margin.
    assert isinstance(first["payback_months"], int)
    taken = api.post("/insight/assumptions", {"kind": "margin", "scope": "원두"})
    assert taken.data["margins"] == []


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "margin", "amount": 10_001}, {"kind": "margin", "amount": 1, "month": "2026-01"},
        {"kind": "acquisition", "amount": 1}, {"kind": "acquisition", "amount": 1, "month": "2026-13"},
        {"kind": "rent", "amount": 1}, {"kind": "retention", "amount": -1, "month": "2026-01"},
        {"kind": "point_worth", "amount": 1, "scope": "x"}, {"amount": 1},
        {"kind": "margin", "amount": 1, "scope": "x" * 41},
    ],
)  # fmt: skip
def test_assumptions__what_cannot_be__is_refused(api: Caller, said: dict[str, Any]) -> None:
    answer = api.post("/insight/assumptions", said)

    assert answer.status in (400, 422), answer.data
    assert not Assumption.objects.exists()


def test_insight__a_key_without_the_right__is_refused(shop: None) -> None:
    stranger = Caller(key_with(Right.MEMBERS_READ))
    reader = Caller(key_with(Right.REPORTS_READ))

    for path in (
        "/insight/models",
        "/insight/costs",
        "/insight/assumptions",
        "/insight/at-risk",
        "/insight/offers",
    ):
        assert stranger.get(path).status == 403, path
    assert reader.get("/insight/costs").status == 200
    assert reader.post("/insight/assumptions", {"kind": "margin", "amount": 1}).status == 403
    assert reader.post("/insight/refresh").status == 403


def test_refresh__asked_twice__is_one_job(api: Caller) -> None:
    first, second = (api.post("/insight/refresh").data["job_id"] for _ in range(2))

    assert first == second
