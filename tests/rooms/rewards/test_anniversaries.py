"""Tiers that count by each member's own year, from the day they joined on."""

from datetime import UTC, datetime, timedelta

import pytest

from dangol.core.ledger import invariants
from dangol.core.ledger.verify import verify
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.tiers import Window
from dangol.rooms.rewards import verify as rewards
from dangol.rooms.rewards.programs import TiersDraft
from dangol.rooms.rewards.selectors import standings_of
from dangol.rooms.rewards.services import advance, set_tier
from tests.rooms.rewards.shop import BREAD, LEVELS, Bought, Telling, open_program

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
# Ten in the morning in New York.
APRIL = datetime(2025, 4, 10, 14, tzinfo=UTC)
DAY = timedelta(days=1)
NAMES = ("spring", "autumn")


def open_shop() -> Telling:
    """Open a shop that counts by the member's year, with one who joined in April and one in October."""
    set_shop(name="Shop", zone="America/New_York", currency="USD", region="US")
    open_program(TiersDraft(LEVELS, window=Window.JOINING, window_size=12, grace_days=10))
    telling = Telling("t", customers=0)
    with write_transaction():
        joined = dict(zip(NAMES, (APRIL, APRIL + 183 * DAY), strict=True))
        made = resolve_customers("external", list(NAMES), recorded_at=APRIL, joined_at=joined)
    telling.customer_ids = [made[name] for name in NAMES]
    return telling


def held_until(who: Id, at: datetime) -> str:
    """Return the New York day on which a standing is reviewed."""
    until = standings_of([who], as_of=at)[who].held_until
    return "" if until is None else f"{until - timedelta(hours=6):%Y-%m-%d} 24:00"


def test_anniversary__same_purchases__are_counted_by_each_members_own_year() -> None:
    shop = open_shop()
    spring, autumn = shop.customer_ids
    story = [
        Bought(who, f"{who}-{n}", APRIL + (300 + 100 * n) * DAY, {BREAD: 12_000})
        for who in (0, 1)
        for n in (0, 1)
    ]

    shop.tell(story, recorded_at=APRIL + 420 * DAY)

    # 4 February and 15 May 2026: of two years of the one who joined in April, of one of the other.
    now = APRIL + 420 * DAY
    standings = standings_of([spring, autumn], as_of=now)
    assert [standings[one].tier.key for one in (spring, autumn)] == ["member", "silver"]
    assert [standings[one].value for one in (spring, autumn)] == [12_000, 24_000]
    assert held_until(autumn, now) == "2027-10-09 24:00"


def test_anniversary__by_the_till_and_told_later__is_the_same_to_the_last_move() -> None:
    shop, now = open_shop(), APRIL + 1_500 * DAY
    other = Telling("u", customers=0)
    shop.customer_ids, other.customer_ids = shop.customer_ids[:1], shop.customer_ids[1:]
    story = [Bought(0, f"n{n}", APRIL + 40 * n * DAY, {BREAD: 9_000}) for n in range(8)]
    late = [Bought(0, f"m{n}", APRIL + (183 + 40 * n) * DAY, {BREAD: 9_000}) for n in range(8)]

    shop.ring_up(story)
    other.tell(late[4:], recorded_at=now)
    other.tell(late[:4], recorded_at=now)
    advance(as_of=now)

    moves = {telling: [tuple(row[3:7]) for row in telling.outcome.tiers()] for telling in (shop, other)}
    assert len(moves[shop]) > 3
    assert moves[shop] == moves[other]
    assert {
        one.check.name for one in verify([*invariants.checks(), *rewards.checks()]) if not one.is_kept
    } == set()


def test_set_tier__by_hand__is_held_to_the_end_of_the_members_next_year() -> None:
    shop = open_shop()
    spring, autumn = shop.customer_ids
    for who in (spring, autumn):
        set_tier(who, tier="gold", at=APRIL + 200 * DAY, recorded_at=APRIL + 200 * DAY)

    assert held_until(spring, APRIL + 201 * DAY) == "2027-04-09 24:00"
    assert held_until(autumn, APRIL + 201 * DAY) == "2027-10-09 24:00"
