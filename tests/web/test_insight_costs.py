"""The page of what customers cost beside what they are worth, its file, and the forms that say it."""

import csv
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.commerce.catalog import upsert_products
from dangol.core.commerce.drafts import ProductDraft
from dangol.core.commerce.models import CustomerDay
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import random_id
from dangol.core.storage.rows import insert_rows
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.personalization.assumptions import read_assumptions
from dangol.rooms.personalization.models import Assumption
from dangol.rooms.personalization.refresh import refresh_all
from tests.rooms.personalization.test_cost_sheet import COSTS, FEBRUARY, JANUARY
from tests.snapshots import Kept
from tests.web.staff import sign_in
from tests.web.story import NOW, open_shop, start_program
from tests.web.test_insight import read

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
PAGE, MONEY, SAY = "/insight/value?show=costs", "/insight/money", "/insight/money/say"
TODAY = date(2026, 5, 31)


def _tell_quarter() -> None:
    open_shop()
    start_program()
    rows = [
        (random_id(), JANUARY if one < 40 else FEBRUARY, "USD", 1, 200 + 200 * (one % 2)) for one in range(60)
    ]
    with write_transaction():
        insert_rows(CustomerDay, ("customer_id", "day", "currency", "orders", "amount_minor"), rows)
    refresh_all(shop(), as_of=TODAY, at=NOW)


_kept_quarter = Kept(_tell_quarter)


@pytest.fixture
def quarter(transactional_db: None, still_clock: Any) -> None:
    """A shop in dollars with the sixty customers, of whom the night has told."""
    _kept_quarter()


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


def test_money__a_margin_of_a_category__holds_for_what_was_bought_of_it(clerk: Client, quarter: None) -> None:
    with write_transaction():
        upsert_products([ProductDraft("1", "콩", "원두 > 하우스", "")], recorded_at=NOW)
    assert '<option value="원두"' in read(clerk, MONEY)

    assert clerk.post(SAY, {"margin": "40", "category": "원두"}).status_code == 302
    assert clerk.post(SAY, {"margin": "40", "category": "차"}).status_code == 422

    assert list(Assumption.objects.values_list("kind", "scope", "amount")) == [("margin", "원두", 4_000)]
    assert read_assumptions().margin is None
    assert "40%" in read(clerk, MONEY)
    clerk.post(SAY, {"margin": "", "category": "원두"})
    assert not read_assumptions().margins


def test_page__margins_by_month__say_when_winning_was_paid_back(clerk: Client, quarter: None) -> None:
    say_all(clerk)
    assert "그 달 안에" not in read(clerk, PAGE)

    clerk.post(SAY, {"kind": "acquisition", "month": "2026-02", "scope": "", "amount": "0"})
    clerk.post(SAY, {"kind": "acquisition", "month": "2026-01", "scope": "search", "amount": ""})
    clerk.post(SAY, {"kind": "acquisition", "month": "2026-01", "scope": "", "amount": "20"})

    assert "그 달 안에" in read(clerk, PAGE)


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
