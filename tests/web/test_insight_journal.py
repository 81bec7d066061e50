"""The daily journal as a page and as files: what is owed ties out with the ledger, in points and in books."""

import csv
from collections import defaultdict
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.db.models import Sum
from django.test import Client

from dangol.core.ledger.models import Lot
from dangol.core.people.selectors import shop
from dangol.rooms.personalization.journals import make_journal
from dangol.rooms.personalization.refresh import refresh_all
from dangol.rooms.personalization.selectors import last_refresh_asked
from tests.rooms.personalization.points import LAST, bring_points
from tests.web.staff import sign_in
from tests.web.story import NOW, open_shop, start_program
from tests.web.test_insight import read
from tests.web.test_insight_liability import points_code

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
PAGE, SAY = "/insight/liability/journal", "/insight/money/say"


def run() -> None:
    """Do what the night after October does."""
    refresh_all(shop(), as_of=LAST, at=NOW)


@pytest.fixture
def half_a_year(still_clock: Any) -> None:
    """A shop in dollars with half a year of points."""
    open_shop()
    start_program()
    bring_points(points_code(), shop().tz)


def lines_of(client: Client, path: str) -> list[dict[str, str]]:
    """Return a CSV's lines."""
    answer = client.get(path)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(StringIO(text)))


def test_journal__before_the_first_run_and_without_points__says_so(clerk: Client, new_shop: None) -> None:
    assert "아직 한 번도 셈하지 않았어요" in read(clerk, PAGE)
    assert lines_of(clerk, f"{PAGE}.csv") == []

    run()

    assert "아직 준 포인트가 없어요" in read(clerk, PAGE)


def test_journal__no_worth_yet__is_of_points_and_ties_out(clerk: Client, half_a_year: None) -> None:
    run()
    page = read(clerk, PAGE)

    assert "40,000P가 원장과 1포인트까지 맞아요" in page
    assert "포인트의 값 적기" in page
    assert "2026년 10월" in page
    for words in ("$", "분개 CSV", 'rel="next"'):
        assert words not in page
    assert "2026년 5월" in read(clerk, f"{PAGE}?month=2026-05")
    assert "2026년 5월" in read(clerk, f"{PAGE}?month=2001-01")
    assert "2026년 10월" in read(clerk, f"{PAGE}?month=nonsense")


def test_journal__worth_said_since__is_being_made_anew_and_leads_back_here(
    clerk: Client, half_a_year: None
) -> None:
    run()
    clerk.post(SAY, {"worth": "1.00"})

    page = read(clerk, PAGE)
    led = clerk.post("/insight/refresh", {"back": "insight-journal"})

    assert "끝나면 금액이 채워져요." in page
    assert "아직 몰라서" not in page
    assert last_refresh_asked() is not None
    assert led["Location"] == PAGE


def test_journal__each_day__goes_on_from_the_day_before(clerk: Client, half_a_year: None) -> None:
    clerk.post(SAY, {"worth": "1.00"})
    clerk.post(SAY, {"spent_share": "50"})
    run()

    lines = lines_of(clerk, f"{PAGE}.csv")

    points, owed = 0, Decimal(0)
    for line in lines:
        assert (int(line["전날까지 남은 포인트"]), Decimal(line["전날까지의 부채"])) == (points, owed)
        points += int(line["준 포인트"]) - int(line["거둔 포인트"])
        points -= int(line["쓴 포인트"]) + int(line["사라진 포인트"])
        owed += Decimal(line["매출에서 미룬 돈"]) + Decimal(line["거저 준 포인트의 비용"])
        owed -= Decimal(line["반품으로 줄인 부채"]) + Decimal(line["포인트 수익"])
        assert (int(line["남은 포인트"]), Decimal(line["부채"])) == (points, owed)
    assert points == 40_000 == Lot.objects.aggregate(Sum("left"))["left__sum"]


def test_entries__debits_and_credits__are_the_journals_liability(clerk: Client, half_a_year: None) -> None:
    clerk.post(SAY, {"worth": "1.00"})
    run()

    accounts: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines_of(clerk, "/insight/liability/entries.csv"):
        accounts[line["차변"]] += Decimal(line["금액"])
        accounts[line["대변"]] -= Decimal(line["금액"])

    assert sum(accounts.values()) == 0
    last = lines_of(clerk, f"{PAGE}.csv")[-1]
    assert accounts["계약 부채"] == -Decimal(last["부채"]) == Decimal("-400.00")


def test_make_journal__as_it_was_known__leaves_out_what_was_told_later(half_a_year: None) -> None:
    now = make_journal(shop(), points_code(), as_of=LAST)
    first_told = Lot.objects.order_by("earned_at").values_list("earned_at", flat=True)[0]

    assert make_journal(shop(), points_code(), as_of=LAST, known_before=first_told) == []
    assert now[-1].closing == 40_000


def test_journal__in_english__has_no_korean(half_a_year: None) -> None:
    run()
    english = sign_in(Client(headers={"accept-language": "en"}))

    page = read(english, PAGE).partition("<main")[2]
    assert not any("가" <= sign <= "힣" for sign in page)
    assert "tie out with the ledger to the last point" in page
