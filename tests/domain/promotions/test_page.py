"""docs/algorithms/promotions.md says what the code does."""

import dataclasses
import re
from collections.abc import Callable
from enum import StrEnum

import pytest

from dangol.domain.promotions import CART_TRAITS, Settings
from dangol.domain.promotions.carts import LineFault
from dangol.domain.promotions.catalog import CUSTOMER_TRAITS
from dangol.domain.promotions.checking import RuleFault
from dangol.domain.promotions.effects import Limit, Reason
from dangol.domain.promotions.returns import Refused
from tests.domain.promotions.worked import TABLES
from tests.house_rules import ROOT

PAGE = (ROOT / "docs/algorithms/promotions.md").read_text()
TOLD = set(re.findall(r"`([a-z_.]+)`", PAGE))


@pytest.mark.parametrize("table", TABLES, ids=lambda one: one.__name__)
def test_page__worked_numbers__are_what_the_engine_does(table: Callable[[], str]) -> None:
    assert table() in PAGE, "run `python -m tests.domain.promotions.worked` and put its table in"


@pytest.mark.parametrize("words", [Reason, Limit, LineFault, RuleFault, Refused])
def test_page__every_reason__is_told(words: type[StrEnum]) -> None:
    assert {one.value for one in words} <= TOLD


def test_page__every_setting_and_trait__is_told() -> None:
    assert {one.name for one in dataclasses.fields(Settings)} <= TOLD
    assert CART_TRAITS.keys() | CUSTOMER_TRAITS.keys() <= TOLD
