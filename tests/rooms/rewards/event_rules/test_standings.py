"""How a member stands to many rules: told of each, in as many statements as of one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.domain.event_rules import Why
from dangol.rooms.rewards.event_rules.selectors import standings_of
from tests.rooms.rewards.event_rules.shop import AT, open_shop, rule

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_standings__of_many_rules__take_as_many_statements_as_of_one() -> None:
    (minji,) = open_shop("minji")
    bought = {"type": "trait", "trait": "customer.order_count", "op": "at_least", "value": 1}
    rule(condition=bought)
    with CaptureQueriesContext(connection) as one:
        standings_of(minji, at=AT)
    for number in range(10):
        rule(name=f"활동 {number}", condition=bought if number % 2 else None)

    with CaptureQueriesContext(connection) as many:
        found = standings_of(minji, at=AT)

    assert len(many) == len(one)
    assert [standing.now for standing in found] == [Why.CONDITION, None] * 5 + [Why.CONDITION]
