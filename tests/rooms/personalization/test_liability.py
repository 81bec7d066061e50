"""Points outstanding by the ledger's own entries, and what is expected of them, told by hand."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from dangol.core.ledger.models import PointCurrency
from dangol.core.ledger.services import earn_points, spend_points
from dangol.core.people.selectors import shop
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import random_id
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.rooms.personalization.liability import liability_reports
from dangol.rooms.personalization.refresh import refresh_all
from dangol.rooms.personalization.selectors import find_liability
from tests.core.commerce.shop import MORNING
from tests.rooms.personalization.points import LAST, bring_points

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture(autouse=True)
def _shop() -> None:
    set_shop(name="골목 가게", zone="Asia/Seoul", currency="KRW", region="KR")
    PointCurrency.objects.create(code="PTS", name="Points", shortfall="debt")


def test_liability__every_month_alike__expects_what_each_month_came_to() -> None:
    bring_points("PTS", ZoneInfo("Asia/Seoul"))

    (report,) = liability_reports(shop(), as_of=LAST)["liability:PTS"]

    assert report["refusal"] is None
    assert [row["outstanding"] for row in report["months"]] == [0, 0, 0, 10_000, 12_500, 17_500]
    assert [row["breakage"] for row in report["months"]] == [0, 0, 0, 10_000, 10_000, 10_000]
    assert [row["expired"] for row in report["months"]] == [10_000] * 3 + [0] * 3
    assert {row["lots"] for row in report["months"]} == {25}
    totals = report["totals"]
    assert (totals["outstanding"], totals["breakage"], totals["lots"]) == (40_000, 30_000, 150)
    assert report["expiring"] == [
        {"month": "2026-10-01", "points": 10_000}, {"month": "2026-11-01", "points": 12_500},
        {"month": "2026-12-01", "points": 17_500},
    ]  # fmt: skip
    assert [round(row["unspent"], 6) for row in report["curve"]][:4] == [1, 0.7, 0.5, 0.4]


def test_liability__what_happened_after_the_day__does_not_count() -> None:
    bring_points("PTS", ZoneInfo("Asia/Seoul"))
    before = liability_reports(shop(), as_of=LAST)
    late = random_id()
    earn_points(late, points=9, currency="PTS", key="late", at=MORNING.replace(year=2027))
    spend_points(late, points=5, currency="PTS", key="spend", at=MORNING.replace(year=2027))

    assert liability_reports(shop(), as_of=LAST) == before


def test_liability__points_that_live_longer_than_known__are_spent_further() -> None:
    """The second model tells what is spent after the months known: fewer points are left for good."""
    bring_points("PTS", ZoneInfo("Asia/Seoul"))
    (known,) = liability_reports(shop(), as_of=LAST)["liability:PTS"]
    at = MORNING.replace(month=10)
    earn_points(random_id(), points=1, currency="PTS", key="for good", at=at)

    (longer,) = liability_reports(shop(), as_of=LAST)["liability:PTS"]

    assert longer["expiring"][-1] == {"month": None, "points": 1}
    assert longer["totals"]["breakage"] < known["totals"]["breakage"]


def test_liability__nothing_spent__tells_what_is_there_and_what_is_needed() -> None:
    earn_points(random_id(), points=700, currency="PTS", key="a", at=MORNING)

    (report,) = liability_reports(shop(), as_of=MORNING.date())["liability:PTS"]

    facts = {"what": "points spent", "found": 0, "needed": 30}
    assert report["refusal"] == {"code": NotEnoughData.code, "facts": facts}
    assert report["totals"] == {"outstanding": 700, "pending": 0, "debt": 0, "lots": 1}
    assert [row["breakage"] for row in report["months"]] == [None]


def test_refresh__each_kind_of_points__has_a_report_of_its_own() -> None:
    PointCurrency.objects.create(code="STAR", name="Stars", shortfall="debt")
    earn_points(random_id(), points=7, currency="STAR", key="a", at=MORNING)

    refresh_all(shop(), as_of=date(2026, 3, 11), at=MORNING + timedelta(days=9))

    stars, points = find_liability("STAR"), find_liability("PTS")
    assert stars is not None
    assert points is not None
    assert stars.rows[0]["totals"]["outstanding"] == 7
    assert points.rows[0]["months"] == []
    assert find_liability("OTHER") is None


def test_liability__few_months__says_how_many_are_needed() -> None:
    bring_points("PTS", ZoneInfo("Asia/Seoul"))

    (report,) = liability_reports(shop(), as_of=date(2026, 7, 31))["liability:PTS"]

    assert report["refusal"]["facts"] == {"what": "lots", "found": 75, "needed": 100}
    assert report["totals"]["outstanding"] == 40_000


def test_liability__spent_in_a_month_that_is_not_over__tells_nothing_yet() -> None:
    bring_points("PTS", ZoneInfo("Asia/Seoul"))

    for as_of, found in ((date(2026, 5, 30), 0), (date(2026, 5, 31), 25)):
        (report,) = liability_reports(shop(), as_of=as_of)["liability:PTS"]
        assert report["refusal"]["facts"] == {"what": "points spent", "found": found, "needed": 30}
