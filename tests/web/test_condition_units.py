"""Amounts of a cart and times of day in a promotion's condition: typed and told as money and as a clock."""

from typing import Any

import pytest
from django.test import Client

from dangol.rooms.rewards.promotions.editing import find_promotion
from dangol.rooms.rewards.stamps.selectors import list_programs
from tests.web.forms import read_form
from tests.web.promotions import address, draft
from tests.web.stamps import tell_stamps
from tests.web.story import Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
EVENING: dict[str, Any] = {"type": "trait", "trait": "time.minute", "op": "at_least", "value": 1_110}
BIG: dict[str, Any] = {"type": "trait", "trait": "cart.total_minor", "op": "at_least", "value": 12_050}
BOTH: dict[str, Any] = {"type": "all", "of": [EVENING, BIG]}


def test_promotion__opened__shows_a_clock_and_money(clerk: Client, story: Story) -> None:
    page = clerk.get(address(draft(condition=BOTH), "/edit")).content.decode()

    assert 'value="18:30"' in page
    assert 'type="time"' in page
    assert 'value="120.50"' in page
    assert 'value="1110"' not in page


def test_promotion__told__says_a_clock_and_money(clerk: Client, story: Story) -> None:
    page = clerk.get(address(draft(condition=BOTH))).content.decode()

    assert "18:30" in page
    assert "$120.50" in page
    assert "12,050" not in page


def test_promotion__saved_as_it_was_opened__says_the_same(clerk: Client, story: Story) -> None:
    made = draft(condition=BOTH)
    form = read_form(clerk.get(address(made, "/edit")).content.decode(), "promotion")

    clerk.post(address(made, "/edit"), form | {"do": ["save"]})

    assert find_promotion(made).content.condition == BOTH


@pytest.mark.parametrize(
    ("trait", "value", "told"),
    [("time.minute", "25:00", "예: 18:30"), ("cart.total_minor", "12.345", "예: 12,000")],
)
def test_promotion__value_that_is_none__is_told_at_its_input(
    clerk: Client, story: Story, trait: str, value: str, told: str
) -> None:
    made = draft(condition=BOTH)
    form = read_form(clerk.get(address(made, "/edit")).content.decode(), "promotion")
    number = next(name.partition(".")[0] for name, held in form.items() if held == [trait])

    answer = clerk.post(address(made, "/edit"), form | {f"{number}.value": [value], "do": ["save"]})

    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert find_promotion(made).content.condition == BOTH


def test_promotion__stamps__name_a_card_from_a_list(clerk: Client, story: Story) -> None:
    tell_stamps(story)
    card = list_programs()[0]
    made = draft(benefits=[{"kind": "stamps", "card": card.key, "count": 1}])

    form = clerk.get(address(made, "/edit")).content.decode()
    page = clerk.get(address(made)).content.decode()

    assert f'<option value="{card.key}" selected>{card.names["ko"]}</option>' in form
    assert f"‘{card.names['ko']}’ 도장 1개" in page
