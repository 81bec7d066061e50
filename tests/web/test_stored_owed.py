"""What is owed on gift cards and in store credit, on the page of what the shop owes, of any day."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.storage.ids import show_id
from dangol.rooms.rewards.stored_value.cards import CardDraft, sell_card
from dangol.rooms.rewards.stored_value.credit import give_credit
from tests.web.gift_cards import BY, tell_gift_cards
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
PAGE, CSV = "/insight/liability", "/insight/liability/stored-value.csv"


def _lines(client: Client, day: str = "") -> list[list[str]]:
    answer = client.get(CSV, {"owed": day})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(StringIO(text)))[1:]


def test_owed__cards_and_credit__paid_for_and_given_apart(clerk: Client, story: Story) -> None:
    sell_card(CardDraft(5_000, "USD"), by=BY)
    sell_card(CardDraft(2_500, "USD", is_given=True, reason="event"), by=BY)
    give_credit(story.regular, 1_250, "USD", key="sorry", reason="sorry", by=BY)

    lines = _lines(clerk, f"{NOW:%Y-%m-%d}")
    page = clerk.get(PAGE).content.decode()

    assert [line[1:] for line in lines] == [
        ["상품권", "50.00", "25.00", "75.00", "0.00", "USD"],
        ["예치금", "0.00", "12.50", "12.50", "0.00", "USD"],
    ]
    assert "<b>$75.00</b>" in page
    assert "<b>$12.50</b>" in page


def test_owed__a_day_before_anything_was_sold__is_nothing(clerk: Client, story: Story) -> None:
    tell_gift_cards(story)
    before = f"{NOW - timedelta(days=2):%Y-%m-%d}"

    assert _lines(clerk, before) == []
    page = clerk.get(PAGE, {"owed": before}).content.decode()
    assert "이날에는 상품권과 예치금에 담긴 돈이 없었어요." in page
    assert f'value="{before}"' in page


@pytest.mark.parametrize("day", ["", "x", "9999-12-31", "1999-12-31", "2026-02-30"])
def test_owed__a_day_that_cannot_be__is_today(clerk: Client, story: Story, day: str) -> None:
    tell_gift_cards(story)

    assert _lines(clerk, day) == _lines(clerk)
    assert len(_lines(clerk, day)) == 2


def test_owed__a_store__is_not_told(client: Client, story: Story) -> None:
    seller = sign_in(client, "seller", Role.STORE)

    assert seller.get(CSV).status_code == 403
    assert seller.get(PAGE).status_code == 403


def test_till__a_store_that_sells_cards__is_one_step_away(client: Client, story: Story) -> None:
    seller = sign_in(client, "seller", Role.STORE)

    for page in ("/till", f"/till/members/{show_id(story.regular)}"):
        assert 'href="/gift-cards/new"' in seller.get(page).content.decode()
    assert seller.get("/gift-cards/new").status_code == 200
