"""The journal of cards and credit as a page and as files: a month at a time, and entries for the books."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.rooms.rewards.stored_value.cards import CardDraft, sell_card
from dangol.rooms.rewards.stored_value.credit import give_credit
from dangol.rooms.rewards.stored_value.lapsing import lapse_due
from tests.web.gift_cards import BY
from tests.web.staff import sign_in
from tests.web.story import NOW, Story
from tests.web.test_insight import read
from tests.web.test_insight_journal import lines_of
from tests.web.test_stored_owed import CSV as OWED

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
PAGE = "/insight/liability/stored-value"
DAY = timedelta(days=1)


@pytest.fixture
def some_weeks(story: Story) -> Story:
    """Cards sold for less and given, one that has lapsed, credit given; over the change of a month."""
    sell_card(CardDraft(5_000, "USD", 4_500, reason="opening"), by=BY._replace(at=NOW - 40 * DAY))
    sell_card(CardDraft(1_000, "USD", expires_at=NOW - 10 * DAY), by=BY._replace(at=NOW - 40 * DAY))
    sell_card(CardDraft(2_500, "USD", is_given=True, reason="event"), by=BY)
    give_credit(story.regular, 1_250, "USD", key="sorry", reason="sorry", by=BY)
    lapse_due(as_of=NOW)
    return story


def test_journal__nothing_yet__says_so(clerk: Client, story: Story) -> None:
    assert "아직 상품권도 예치금도 없어요" in read(clerk, PAGE)
    assert lines_of(clerk, f"{PAGE}/journal.csv") == []
    assert lines_of(clerk, f"{PAGE}/entries.csv") == []


def test_journal__a_month__shows_its_days_and_leads_on(clerk: Client, some_weeks: Story) -> None:
    page = read(clerk, PAGE)
    earlier = read(clerk, f"{PAGE}?of=card-USD&month={NOW - 40 * DAY:%Y-%m}")

    assert "$75.00이 잔액을 모두 더한 것과 꼭 맞아요." in page
    assert 'rel="prev"' in page
    assert 'rel="next"' not in page
    assert "팔고 충전한 것" in earlier
    assert "$60.00" in earlier
    assert "환불금을 담은 것" not in earlier


def test_journal__of_credit__is_its_own(clerk: Client, some_weeks: Story) -> None:
    page = read(clerk, f"{PAGE}?of=credit-USD")
    assert "$12.50이 잔액을 모두 더한 것과 꼭 맞아요." in page
    assert "$75.00" not in page


@pytest.mark.parametrize("query", ["of=x", "month=1900-01", "month=9999-12", "of=credit-KRW&month=x"])
def test_journal__what_cannot_be_asked__shows_the_shops_own(
    clerk: Client, some_weeks: Story, query: str
) -> None:
    assert "$75.00이 잔액을" in read(clerk, f"{PAGE}?{query}")


def test_files__every_day__tie_out_with_what_is_owed(clerk: Client, some_weeks: Story) -> None:
    days = lines_of(clerk, f"{PAGE}/journal.csv")

    for line in days:
        owed = {one["어디에"]: one for one in lines_of(clerk, f"{OWED}?owed={line['날짜']}")}
        held = owed.get(line["어디에"], defaultdict(lambda: "0.00"))
        assert (line["남은 것"], line["그 가운데 받은 돈"], line["청구할 수 있는 것"]) == (
            held["모두"], held["받은 돈"], held["청구할 수 있는 것"],
        )  # fmt: skip
    assert {one["어디에"] for one in days} == {"상품권", "예치금"}


def test_entries__debits_and_credits__leave_what_is_owed(clerk: Client, some_weeks: Story) -> None:
    accounts: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines_of(clerk, f"{PAGE}/entries.csv"):
        accounts[line["대변"]] += Decimal(line["금액"])
        accounts[line["차변"]] -= Decimal(line["금액"])

    assert accounts == {
        "현금": Decimal("-55.00"),
        "상품권 할인액": Decimal("-5.00"),
        "계약 부채(상품권)": Decimal("50.00"),
        "미지급금(유효기간이 지난 상품권)": Decimal("10.00"),
        "판촉 부채(상품권)": Decimal("25.00"),
        "판촉 부채(예치금)": Decimal("12.50"),
        "판매 촉진비": Decimal("-37.50"),
    }


def test_journal__a_store__is_not_told(client: Client, story: Story) -> None:
    seller = sign_in(client, "seller", Role.STORE)
    for path in (PAGE, f"{PAGE}/journal.csv", f"{PAGE}/entries.csv"):
        assert seller.get(path).status_code == 403
