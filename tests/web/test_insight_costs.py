"""What customers cost beside what they are worth: worked by hand, and said to be unknown where it is."""

import csv
from datetime import date
from fractions import Fraction
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.commerce.models import CustomerDay
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import random_id
from dangol.core.storage.rows import insert_rows
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.personalization.assumptions import Assumptions, Cost
from dangol.rooms.personalization.models import Assumption
from dangol.rooms.personalization.refresh import refresh_all
from dangol.rooms.personalization.selectors import ReportView
from dangol.web.reads.costs import CostPage, read_costs
from tests.web.staff import sign_in
from tests.web.story import NOW, open_shop, start_program
from tests.web.test_insight import read

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
PAGE, MONEY, SAY = "/insight/value?show=costs", "/insight/money", "/insight/money/say"
TODAY = date(2026, 5, 31)
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
# As in docs/algorithms/value.md: what was spent to win in January and February, and to keep thereafter.
COSTS = [
    Cost("acquisition", JANUARY, "", 3_000),
    Cost("acquisition", JANUARY, "search", 1_000),
    Cost("acquisition", FEBRUARY, "", 3_000),
    Cost("retention", FEBRUARY, "", 800),
    Cost("retention", MARCH, "", 600),
]
NOBODY_S = [Cost("acquisition", MARCH, "", 70), Cost("retention", JANUARY, "", 30)]
LATER = Cost("retention", date(2026, 6, 1), "", 10**6)


def cell(cohort: date, segment: str, customers: int, *, has_values: bool = True) -> dict[str, Any]:
    """Return a cell of customers who spent 200 or 400 and ten points each, and will spend 1,000."""
    values = [1_000 * customers, 800 * customers, 1_300 * customers] if has_values else [None] * 3
    names = ("value_minor", "value_low_minor", "value_high_minor")
    return {
        "cohort": cohort.isoformat(), "segment": segment, "customers": customers,
        "revenue": 300 * customers, "squares": 100_000.0 * customers, "points": 10 * customers,
        **dict(zip(names, values, strict=True)),
    }  # fmt: skip


def page(costs: list[Cost], *, has_values: bool = True, margin: Fraction | None = Fraction(1, 4)) -> CostPage:
    """Return what sixty customers come to: forty of January, twenty of February, fifteen of the club."""
    sizes = [
        (JANUARY, "all", 40),
        (FEBRUARY, "all", 20),
        (JANUARY, "saved:club", 10),
        (FEBRUARY, "saved:club", 5),
    ]
    rows = [cell(*one, has_values=has_values) for one in sizes]
    found = read_costs(ReportView(TODAY, NOW, rows), Assumptions(Fraction(1), margin, costs))
    assert found is not None
    return found


def test_read_costs__a_quarter__is_what_paper_and_pencil_find() -> None:
    """7,000 to win 60 are 116.67; 1,400 to keep them 23.33; of 75 and 250 of margin that leaves 2.5 times."""
    found = page([*COSTS, *NOBODY_S, LATER])

    (row,) = found.quarters
    assert row.quarter == (2026, 1)
    assert (row.customers, row.revenue_minor, row.acquired) == (60, 18_000, 60)
    # The deviation of sixty twos and fours is 100.84, its error 13.02.
    assert (row.margin_minor, row.margin_low_minor, row.margin_high_minor) == (75, 69, 81)
    assert (row.points_minor, row.acquisition_minor, row.retention_minor) == (10, 117, 23)
    assert row.kept_minor == -75, "75 - 10 - 23.33 - 116.67"
    assert (row.to_come_minor, row.to_come_low_minor, row.to_come_high_minor) == (250, 200, 325)
    assert row.worth_minor == 292, "75 - 10 - 23.33 + 250"
    assert (row.ratio, row.ratio_between, row.repaid) == ("2.5", "2.1 – 3.1", "35.7%")
    assert found.whole == row._replace(quarter=None)
    assert found.unassigned_minor == 100


def test_read_costs__some_of_each_month__bear_their_part_and_have_no_interval() -> None:
    """Ten of January at 100 and 30, five of February at 150 and 10: the club costs what all do."""
    (club,) = page(COSTS).saved

    assert (club.name, club.customers, club.acquisition_minor, club.retention_minor) == ("club", 15, 117, 23)
    assert (club.margin_minor, club.margin_low_minor, club.to_come_low_minor) == (75, None, None)
    assert (club.ratio, club.ratio_between) == ("2.5", "")


def test_read_costs__a_month_without_a_cost__is_not_taken_for_free() -> None:
    row = page(COSTS[:2]).whole

    assert (row.acquisition_minor, row.acquired) == (100, 40)
    assert row.retention_minor is None


def test_read_costs__no_model_or_no_margin__leaves_open_what_it_does_not_know() -> None:
    untold, bare = page(COSTS, has_values=False).whole, page(COSTS, margin=None).whole

    assert (untold.margin_minor, untold.to_come_minor, untold.worth_minor, untold.ratio) == (
        75,
        None,
        None,
        "",
    )
    assert untold.repaid == "35.7%"
    assert (bare.margin_minor, bare.kept_minor, bare.ratio, bare.repaid) == (None, None, "", "")
    assert (bare.acquisition_minor, bare.points_minor) == (117, 10)


@pytest.fixture
def quarter(still_clock: Any) -> None:
    """A shop in dollars with the sixty customers, of whom the night has told."""
    open_shop()
    start_program()
    rows = [
        (random_id(), JANUARY if one < 40 else FEBRUARY, "USD", 1, 200 + 200 * (one % 2)) for one in range(60)
    ]
    with write_transaction():
        insert_rows(CustomerDay, ("customer_id", "day", "currency", "orders", "amount_minor"), rows)
    refresh_all(shop(), as_of=TODAY, at=NOW)


def say_all(client: Client) -> None:
    """Enter margin, worth and costs by the forms."""
    forms = [{"margin": "25"}, {"worth": "1.00"}]
    forms += [
        {
            "kind": one.kind,
            "month": f"{one.month:%Y-%m}",
            "scope": one.scope,
            "amount": f"{one.amount_minor / 100}",
        }
        for one in COSTS
    ]
    for form in forms:
        assert client.post(SAY, form)["Location"] == f"{MONEY}?saved=1", form


def test_page__nothing_entered__says_what_it_does_not_know(clerk: Client, quarter: None) -> None:
    found = read(clerk, PAGE)

    for words in (
        "이익률을 아직 적지 않아서",
        "획득 비용을 아직 적지 않았어요",
        "유지 비용을 아직 적지",
        "값과 비용 적기",
        "$180.00",
    ):
        assert words in found, words
    assert "앞으로의 가치는 아직 말할 수 없어요" in found


def test_page__all_entered__shows_the_quarter_as_reckoned(clerk: Client, quarter: None) -> None:
    say_all(clerk)

    found = read(clerk, PAGE)

    for words in ("2026년 1분기", "$0.75", "$0.69 – $0.81", "$1.17", "$0.23", "−$0.65", "44.3%"):
        assert words in found, words
    assert "아직 적지 않았어요" not in found
    assert "search" in read(clerk, MONEY)


def test_csv__everybody_and_each_group__has_the_same_figures(clerk: Client, quarter: None) -> None:
    say_all(clerk)

    answer = clerk.get("/insight/value.csv")

    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    lines = list(csv.DictReader(StringIO(text)))
    assert [(one["무리"], one["이름"]) for one in lines[:2]] == [("all", ""), ("cohort", "2026-Q1")]
    assert {one["무리"] for one in lines[2:]} == {"rfm"}
    assert sum(int(one["고객"]) for one in lines[2:]) == 60
    assert (lines[1]["매출"], lines[1]["획득, 한 명에"], lines[1]["앞으로, 한 명에"]) == (
        "180.00",
        "1.17",
        "",
    )


def test_page__nobody_bought_and_won__has_no_decimals(clerk: Client, new_shop: None) -> None:
    refresh_all(shop(), as_of=TODAY, at=NOW)
    assert "아직 구매가 없어요" in read(clerk, PAGE)
    with write_transaction():
        row = (random_id(), JANUARY, "KRW", 1, 4_500)
        insert_rows(CustomerDay, ("customer_id", "day", "currency", "orders", "amount_minor"), [row])
    refresh_all(shop(), as_of=TODAY, at=NOW)
    clerk.post(SAY, {"margin": "33.33"})

    found = read(clerk, PAGE)

    assert "₩4,500" in found
    assert "₩1,500" in found


def test_rights__who_reads_reports__sees_costs_and_others_do_not(quarter: None) -> None:
    for role in Role:
        client = sign_in(Client(headers={"accept-language": "ko"}), f"the-{role}", role)
        expected = 403 if role is Role.STORE else 200
        for address in (PAGE, "/insight/value.csv"):
            assert client.get(address).status_code == expected, (role, address)
        if role is Role.ANALYST:
            assert "값과 비용 적기" not in read(client, PAGE)
            assert client.post(SAY, {"margin": "9"}).status_code == 403


@pytest.mark.parametrize(
    "form",
    [
        {"margin": "101"}, {"margin": "-1"}, {"margin": "1.234"}, {"margin": "x"},
        {"kind": "acquisition", "month": "2026-13", "amount": "1"},
        {"kind": "acquisition", "month": "", "amount": "1"},
        {"kind": "rent", "month": "2026-01", "amount": "1"},
        {"kind": "retention", "month": "2026-01", "amount": "-1"},
        {"kind": "retention", "month": "2026-01", "amount": "1", "scope": "x" * 41},
    ],
)  # fmt: skip
def test_money__what_cannot_be__is_refused(clerk: Client, quarter: None, form: dict[str, str]) -> None:
    assert clerk.post(SAY, form).status_code == 422
    assert not Assumption.objects.exists()


def test_money__a_cost_changed_and_taken_back__the_latest_holds(clerk: Client, quarter: None) -> None:
    for amount in ("5", "7.5", ""):
        clerk.post(SAY, {"kind": "retention", "month": "2026-02", "scope": "mail", "amount": amount})

    amounts = Assumption.objects.order_by("id").values_list("amount", "scope", "month")
    assert list(amounts) == [(500, "mail", FEBRUARY), (750, "mail", FEBRUARY), (None, "mail", FEBRUARY)]
    assert "유지 비용을 아직 적지 않았어요" in read(clerk, PAGE)


def test_page__in_english__has_no_korean(quarter: None) -> None:
    client = sign_in(Client(headers={"accept-language": "en"}))
    say_all(client)

    for address in (PAGE, MONEY):
        found = read(client, address).partition("<main")[2]
        assert not any("가" <= sign <= "힣" for sign in found), address
