"""Segments of what others keep of a customer: points, tier and consents move them as they change."""

from datetime import datetime
from typing import Any

import pytest

from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.first_program import make_first_program
from tests.core.commerce.shop import DAY, MORNING
from tests.core.segments.shop import buy, catch_up, inside, make_segment, open_shop, story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def trait(name: str, op: str, value: Any) -> dict[str, Any]:
    return {"type": "trait", "trait": name, "op": op, "value": value}


def agree(customer_id: Id, granted: bool, *, at: datetime) -> None:
    with write_transaction():
        record_consents([ConsentDraft(customer_id, "sms", "marketing", granted, at, "till")], recorded_at=at)


@pytest.fixture
def people(transactional_db: None) -> list[Id]:
    """Two customers of a shop that gives a point for 100 won, and silver for 300,000 won in a year."""
    found = open_shop("A", "B")
    make_first_program(currency="KRW", zone="Asia/Seoul", language="en", recorded_at=MORNING)
    return found


def test_segment__points_earned_and_lapsed__moves_their_customer(people: list[Id]) -> None:
    one, _other = people
    make_segment("thousands", trait("rewards.points", "at_least", 3_000))
    make_segment("poor", {"type": "not", "of": trait("rewards.points", "at_least", 3_000)})
    catch_up(MORNING)
    assert inside("poor") == set(people)

    buy(one, "1", MORNING + DAY, 300_000)
    catch_up(MORNING + DAY)
    assert (inside("thousands"), inside("poor")) == ({one}, set(people) - {one})

    catch_up(MORNING + 400 * DAY)

    assert (inside("thousands"), inside("poor")) == (set(), set(people))
    moves = [(what, slug) for what, slug, _days in story(one)]
    assert moves == [
        ("entered", "poor"), ("left", "poor"), ("entered", "thousands"), ("left", "thousands"),
        ("entered", "poor"),
    ]  # fmt: skip


def test_segment__tier_reached_and_lost__moves_its_customer(people: list[Id]) -> None:
    one, _other = people
    make_segment("silver", trait("rewards.tier", "at_least", "silver"))
    catch_up(MORNING)

    buy(one, "1", MORNING + DAY, 300_000)
    catch_up(MORNING + DAY)
    assert inside("silver") == {one}

    catch_up(MORNING + 500 * DAY)

    assert inside("silver") == set()
    assert [(what, slug) for what, slug, _days in story(one)] == [("entered", "silver"), ("left", "silver")]


def test_segment__consent_given_and_taken_back__moves_who_gave_it(people: list[Id]) -> None:
    one, other = people
    make_segment("reachable", trait("consent.sms.marketing", "equals", True))
    make_segment("refused", trait("consent.sms.marketing", "equals", False))
    make_segment("unasked", trait("consent.sms.marketing", "is_missing", None))
    agree(one, True, at=MORNING)
    catch_up(MORNING)
    assert (inside("reachable"), inside("refused"), inside("unasked")) == ({one}, set(), {other})

    agree(one, False, at=MORNING + DAY)
    catch_up(MORNING + DAY)

    assert (inside("reachable"), inside("refused"), inside("unasked")) == (set(), {one}, {other})
    assert story(one) == [
        ("entered", "reachable", 0.0), ("left", "reachable", 1.0), ("entered", "refused", 1.0),
    ]  # fmt: skip
