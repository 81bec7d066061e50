"""Sales that are undone: a tier they gave goes with them, and all else is as if they had never been."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from dangol.core.events.models import Event
from dangol.core.events.payloads import decode
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.consumers import accrue
from dangol.rooms.rewards.events import TierChanged
from dangol.rooms.rewards.models import Accrual, Membership, TierChange
from dangol.rooms.rewards.services import advance
from tests.rooms.rewards.shop import BREAD, ROLLING, Bought, Brought, Telling, Told, open_program
from tests.rooms.rewards.test_same_result import (
    CUSTOMERS,
    NOW,
    YEAR,
    assert_same,
    by_month,
    open_programs,
    recorded_orders,
    year_of,
)
from tests.rooms.rewards.test_simulations import replay

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
WRONG, OWN = Bought(0, "wrong", YEAR, {BREAD: 30_000}), Bought(0, "own", YEAR + HOUR, {BREAD: 4_000})
UNDONE = Brought(0, "wrong-undo", YEAR + 2 * HOUR, {BREAD: 30_000}, "wrong", is_undo=True)


def told_tiers() -> list[tuple[str, str, str, int, int]]:
    """Return the moves the timeline tells of."""
    rows = (
        Event.objects.filter(name=TierChanged.event).order_by("customer_seq").values_list("name", "payload")
    )
    payloads = [decode(name, payload) for name, payload in rows]
    return [
        (one.from_tier, one.to_tier, one.cause, one.value, one.threshold)
        for one in payloads
        if isinstance(one, TierChanged)
    ]


def test_undo__sale_had_lifted__tier_goes_is_told_and_what_was_bought_since_is_put_right() -> None:
    program_id = open_program(ROLLING)
    telling = Telling("t", customers=1)
    telling.ring_up([WRONG, OWN])
    assert Membership.objects.get().level == 1

    telling.ring_up([UNDONE])

    standing = Membership.objects.get()
    assert (standing.level, standing.next_review_at) == (0, None)
    assert (standing.order_count, standing.spend_minor) == (1, 4_000)
    assert standing.first_order_at == standing.last_order_at == OWN.at
    assert told_tiers() == [
        ("member", "silver", "reached", 30_000, 20_000),
        ("silver", "member", "undone", 4_000, 20_000),
    ]
    assert Event.objects.filter(name=TierChanged.event, occurred_at=UNDONE.at).count() == 1
    # 40.00 as silver were 50 points; they are a member's 40.
    assert [row[2:5] for row in telling.outcome.whys()] == [
        ("order own", "member", 40), ("order wrong", "member", 0),
    ]  # fmt: skip
    assert not TierChange.objects.filter(superseded_at=None).exists()
    assert replay(program_id).unlike_ledger == 0


def test_brought_back__sale_had_lifted__keeps_its_tier_to_the_review() -> None:
    open_program(ROLLING)
    telling = Telling("t", customers=1)

    telling.ring_up([WRONG, OWN, UNDONE._replace(is_undo=False)])

    assert Membership.objects.get().level == 1
    assert [one[2] for one in told_tiers()] == ["reached"]


def test_undo__handed_over_again__nothing_changes() -> None:
    open_programs()
    telling = Telling("t", customers=1)
    telling.ring_up([WRONG, OWN, UNDONE])
    expected, recorded = telling.outcome.in_full(), Event.objects.count()

    with write_transaction():
        accrue(recorded_orders())

    assert_same(telling.outcome.in_full(), expected)
    assert Event.objects.count() == recorded


def test_undo__next_purchase_in_order__counts_from_what_is_left() -> None:
    open_program(ROLLING)
    telling = Telling("t", customers=1)

    telling.ring_up([WRONG, OWN, UNDONE, Bought(0, "next", YEAR + 3 * HOUR, {BREAD: 16_000})])

    assert [one[2:4] for one in told_tiers()][-1] == ("reached", 20_000)
    assert {one.order_id for one in Accrual.objects.filter(is_undone=True)} == {
        one.order_id for one in Accrual.objects.filter(is_return=True)
    }


def is_mistake(one: Bought) -> bool:
    """Say whether a purchase of the year is to be undone: some of which nothing came back."""
    return int(one.number) % 7 == 3 and int(one.number) % 5 != 0


def with_mistakes(story: Sequence[Told]) -> list[Told]:
    """Have these purchases be undone some weeks later."""
    undone = [
        Brought(one.who, f"u{one.number}", one.at + timedelta(days=41), one.amounts, one.number, is_undo=True)
        for one in story
        if isinstance(one, Bought) and is_mistake(one)
    ]
    return sorted([*story, *undone], key=lambda one: one.at)


@pytest.mark.parametrize("seed", [11, 12])
def test_year__sales_undone_in_it__same_in_one_file_and_at_the_till_and_as_if_never_made(seed: int) -> None:
    open_programs()
    plain = year_of(seed, orders=50)
    wrong = {one.number for one in plain if isinstance(one, Bought) and is_mistake(one)}
    story = with_mistakes(plain)
    right = [one for one in plain if (one.order if isinstance(one, Brought) else one.number) not in wrong]
    yearly, monthly, till, never = (Telling(name, customers=CUSTOMERS) for name in "ymtn")

    yearly.tell(story, recorded_at=NOW)
    for month in by_month(story):
        monthly.tell(month, recorded_at=NOW)
    till.ring_up(story)
    never.tell(right, recorded_at=NOW)
    advance(as_of=NOW)

    expected = yearly.outcome.as_it_stands()
    assert_same(monthly.outcome.as_it_stands(), expected)
    assert_same(till.outcome.as_it_stands(), expected)
    clean = never.outcome.as_it_stands()
    assert expected["tiers"] == clean["tiers"]
    assert [row[:-3] for row in expected["standings"]] == [row[:-3] for row in clean["standings"]]
    own = [row for row in expected["whys"] if row[2].removeprefix("order ") not in wrong]
    assert own == clean["whys"]
    assert any(one[2] == "undone" for one in told_tiers())
