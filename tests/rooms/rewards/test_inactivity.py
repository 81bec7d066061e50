"""Points that lapse by inactivity: what keeps them, comes late, is undone, and what a merge does."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.actions.catalog import Call
from dangol.core.ledger import invariants
from dangol.core.ledger.consumers import FOLLOW_CUSTOMERS
from dangol.core.ledger.daily import day_flows
from dangol.core.ledger.models import Account, Lot, PointActivity, Transfer
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.services import reverse_transfer, spend_points
from dangol.core.ledger.verify import verify
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.merges import merge_customers, undo_merge
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import set_shop
from dangol.core.storage.transactions import write_transaction
from dangol.domain.accrual import Expiry
from dangol.domain.liability_journal import Moved
from dangol.rooms.rewards import verify as rewards
from dangol.rooms.rewards.actions import AwardPoints, award_points
from dangol.rooms.rewards.checking import InvalidRule
from dangol.rooms.rewards.models import Program
from dangol.rooms.rewards.programs import RuleDraft, TermsDraft, supersede_terms
from dangol.rooms.rewards.services import advance
from tests.core.ledger.shop import let_worker_by
from tests.rooms.rewards.shop import BREAD, ROLLING, Bought, Brought, Telling, open_program

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ZONE = ZoneInfo("America/New_York")
DAY = timedelta(days=1)
JANUARY = datetime(2025, 1, 10, 17, tzinfo=UTC)
IDLE = TermsDraft(0, Expiry.INACTIVITY, 6, ("purchase", "redemption"))
RULE = [RuleDraft("Base", 1, 100)]
BY_HAND: dict[str, Any] = {"actor": Actor(ActorKind.STAFF, "agent-1"), "reason": "same person"}


def midnight(year: int, month: int, day: int) -> datetime:
    """Return the first instant of a day in the shop."""
    return datetime(year, month, day, tzinfo=ZONE).astimezone(UTC)


def noon(month: int, day: int, year: int = 2025) -> datetime:
    """Return noon in the shop."""
    return midnight(year, month, day) + timedelta(hours=12)


def open_shop(terms: TermsDraft = IDLE, *, customers: int = 1) -> Telling:
    """Open a shop whose points lapse after six months without a purchase or a use."""
    set_shop(name="Shop", zone=str(ZONE), currency="USD", region="US")
    open_program(ROLLING, rules=RULE, terms=terms)
    telling = Telling("t", customers=0)
    names = [f"c{number}" for number in range(customers)]
    with write_transaction():
        made = resolve_customers("external", names, recorded_at=JANUARY - DAY)
    telling.customer_ids = [made[name] for name in names]
    return telling


def buy(
    telling: Telling,
    number: str,
    at: datetime,
    amount: int = 1_000,
    *,
    who: int = 0,
    told: datetime | None = None,
) -> None:
    telling.tell([Bought(who, number, at, {BREAD: amount})], recorded_at=told or at)


def ends() -> list[tuple[int, datetime | None]]:
    """Return what is left of each lot, and when it lapses, in the order of earning."""
    return [(lot.left, lot.expires_at) for lot in Lot.objects.order_by("earned_at", "id")]


def lapses(kind: str = "expire") -> list[tuple[int, datetime]]:
    return [
        (one.points, one.occurred_at)
        for one in Transfer.objects.filter(kind=kind).order_by("occurred_at", "points")
    ]


def is_proved() -> bool:
    checks = [*invariants.checks(), *rewards.checks()]
    assert [one.check.name for one in verify(checks) if not one.is_kept] == []
    return True


def test_purchase__in_time__moves_the_end_of_all_open_lots() -> None:
    shop = open_shop()
    buy(shop, "a", JANUARY)
    assert ends() == [(10, midnight(2025, 7, 11))]

    buy(shop, "b", noon(7, 10), 500)
    advance(as_of=noon(8, 1))

    assert ends() == [(10, midnight(2026, 1, 11)), (5, midnight(2026, 1, 11))]
    assert lapses() == []
    assert is_proved()


def test_purchase__a_day_too_late__finds_the_points_gone_at_their_own_midnight() -> None:
    shop = open_shop()
    buy(shop, "a", JANUARY)

    buy(shop, "b", noon(7, 11), 500)

    assert lapses() == [(10, midnight(2025, 7, 11))]
    assert ends() == [(0, midnight(2025, 7, 11)), (5, midnight(2026, 1, 12))]
    assert is_proved()


def test_purchase__that_earns_nothing__keeps_the_points_all_the_same() -> None:
    shop = open_shop()
    buy(shop, "a", JANUARY)

    buy(shop, "b", noon(3, 5), 99)

    assert ends() == [(10, midnight(2025, 9, 6))]
    assert is_proved()


def test_return__of_goods__leaves_the_activity_that_the_purchase_was() -> None:
    shop = open_shop()
    buy(shop, "a", JANUARY)
    buy(shop, "b", noon(3, 5), 500)

    shop.tell([Brought(0, "r", noon(3, 9), {BREAD: 500}, "b")], recorded_at=noon(3, 9))

    assert ends()[0] == (10, midnight(2025, 9, 6))
    assert is_proved()


@pytest.mark.parametrize(
    ("undone", "lapsed_at"), [(noon(3, 6), midnight(2025, 7, 11)), (noon(8, 1), noon(8, 1))]
)
def test_sale__undone__keeps_points_no_longer_than_until_then(undone: datetime, lapsed_at: datetime) -> None:
    shop = open_shop()
    buy(shop, "a", JANUARY)
    buy(shop, "b", noon(3, 5), 500)

    shop.tell([Brought(0, "u", undone, {BREAD: 500}, "b", is_undo=True)], recorded_at=undone)
    advance(as_of=noon(12, 1))

    assert lapses() == [(10, lapsed_at)]
    assert is_proved()


def test_late_purchase__of_before_the_points_lapsed__brings_them_back_and_lets_them_lapse_later() -> None:
    shop = open_shop()
    buy(shop, "a", JANUARY)
    advance(as_of=noon(8, 1))
    buy(shop, "c", noon(8, 2), 700)
    assert lapses() == [(10, midnight(2025, 7, 11))]

    buy(shop, "late", noon(3, 5), 500, told=noon(8, 3))

    assert lapses("revive") == [(10, midnight(2025, 7, 11))]
    revived = Transfer.objects.get(kind="revive")
    assert revived.reverses_id == Transfer.objects.get(kind="expire").id
    assert ends() == [(10, midnight(2026, 2, 3)), (5, midnight(2026, 2, 3)), (7, midnight(2026, 2, 3))]
    assert is_proved()


def test_late_purchase__that_kept_them_only_for_a_while__they_lapse_at_the_later_day() -> None:
    shop = open_shop()
    buy(shop, "a", JANUARY)
    buy(shop, "c", noon(11, 2), 700)

    buy(shop, "late", noon(3, 5), 500, told=noon(11, 3))
    advance(as_of=noon(11, 3))

    assert lapses() == [(10, midnight(2025, 7, 11)), (5, midnight(2025, 9, 6)), (10, midnight(2025, 9, 6))]
    assert lapses("revive") == [(10, midnight(2025, 7, 11))]
    assert is_proved()


def test_use__keeps_what_is_left__and_keeps_nothing_once_it_is_given_back() -> None:
    shop = open_shop()
    owner = shop.customer_ids[0]
    buy(shop, "a", JANUARY)
    spent = spend_points(owner, points=4, currency="P", key="s", at=noon(3, 5))
    assert ends() == [(6, midnight(2025, 9, 6))]

    assert spent.transfer_id is not None
    reverse_transfer(owner, transfer_id=spent.transfer_id, points=1, key="r1", at=noon(3, 6))
    assert ends() == [(7, midnight(2025, 9, 6))]
    reverse_transfer(owner, transfer_id=spent.transfer_id, points=None, key="r2", at=noon(3, 7))

    assert ends() == [(10, midnight(2025, 7, 11))]
    assert is_proved()


def test_use__of_all_there_is__given_back_lapses_by_what_was_done_since() -> None:
    shop = open_shop()
    owner = shop.customer_ids[0]
    buy(shop, "a", JANUARY)
    spent = spend_points(owner, points=10, currency="P", key="s", at=noon(1, 20))
    buy(shop, "b", noon(3, 5), 500)

    assert spent.transfer_id is not None
    reverse_transfer(owner, transfer_id=spent.transfer_id, points=None, key="r", at=noon(3, 7))

    assert ends() == [(10, midnight(2025, 9, 6)), (5, midnight(2025, 9, 6))]
    assert is_proved()


def test_earning__is_an_activity_only_where_the_terms_say_so() -> None:
    shop = open_shop(IDLE._replace(activities=("earning",)))
    owner = shop.customer_ids[0]
    buy(shop, "a", JANUARY)
    buy(shop, "b", noon(2, 1), 99)  # bought, nothing earned
    spend_points(owner, points=1, currency="P", key="s", at=noon(2, 2))
    assert ends() == [(9, midnight(2025, 7, 11))]

    with write_transaction():
        award_points([Call(owner, "k", noon(3, 5), AwardPoints(points=3, reason="thanks"))])

    assert ends() == [(9, midnight(2025, 9, 6)), (3, midnight(2025, 9, 6))]
    assert is_proved()


def test_terms__superseded__points_keep_the_terms_of_their_day() -> None:
    shop = open_shop()
    program_id = Program.objects.get().id
    buy(shop, "a", JANUARY)
    later = TermsDraft(0, Expiry.ROLLING_MONTHS, 1)
    supersede_terms(program_id, later, at=JANUARY + DAY, recorded_at=JANUARY + DAY)

    buy(shop, "b", noon(3, 5), 500)

    assert ends() == [(10, midnight(2025, 9, 6)), (5, midnight(2025, 4, 6))]
    assert is_proved()


def test_merge__of_two_members__what_either_does_keeps_all_and_undone_each_has_their_own() -> None:
    shop = open_shop(customers=2)
    kept, absorbed = shop.customer_ids
    buy(shop, "k", JANUARY)
    buy(shop, "a", JANUARY + DAY, 2_000, who=1)
    merge_customers(kept, absorbed, at=noon(2, 1), **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)

    buy(shop, "k2", noon(3, 5), 99)

    held = Lot.objects.filter(customer_id=kept, left__gt=0).order_by("earned_at")
    assert [(lot.left, lot.expires_at) for lot in held] == [
        (10, midnight(2025, 9, 6)),
        (20, midnight(2025, 9, 6)),
    ]
    assert is_proved()
    undo_merge(absorbed, at=noon(3, 6), **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)
    assert {one: balances_of([one], "P")[one].available for one in (kept, absorbed)} == {
        kept: 10,
        absorbed: 20,
    }
    assert is_proved()


def test_merge__of_somebody_without_points__what_they_did_keeps_the_kept_ones_until_parted() -> None:
    shop = open_shop(customers=2)
    kept, absorbed = shop.customer_ids
    buy(shop, "k", JANUARY)
    buy(shop, "a", noon(3, 5), 99, who=1)
    assert ends() == [(10, midnight(2025, 7, 11))]

    merge_customers(kept, absorbed, at=noon(4, 1), **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)

    assert ends() == [(10, midnight(2025, 9, 6))]
    assert is_proved()
    undo_merge(absorbed, at=noon(4, 2), **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)
    assert ends() == [(10, midnight(2025, 7, 11))]
    assert is_proved()


def test_merge__undone_after_points_would_have_lapsed__they_lapse_when_it_is_undone() -> None:
    shop = open_shop(customers=2)
    kept, absorbed = shop.customer_ids
    buy(shop, "k", JANUARY)
    buy(shop, "a", noon(3, 5), 99, who=1)
    merge_customers(kept, absorbed, at=noon(4, 1), **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)
    advance(as_of=noon(8, 1))
    assert lapses() == []

    undo_merge(absorbed, at=noon(8, 2), **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)
    advance(as_of=noon(8, 3))

    assert [points for points, _ in lapses()] == [10]
    assert is_proved()


def test_journal__after_a_revival__each_day_still_adds_up_to_what_is_owed() -> None:
    shop = open_shop()
    buy(shop, "a", JANUARY)
    advance(as_of=noon(8, 1))
    buy(shop, "late", noon(3, 5), 500, told=noon(8, 3))

    flows = day_flows("P", before=noon(8, 4), zone=ZONE)

    by_day: dict[tuple[date, Moved], int] = {}
    for flow in flows:
        by_day[flow.day, flow.moved] = by_day.get((flow.day, flow.moved), 0) + flow.points
    assert by_day == {(date(2025, 1, 10), Moved.ISSUED): 10, (date(2025, 3, 5), Moved.ISSUED): 5}
    balances = {one.kind: one.balance for one in Account.objects.all()}
    assert balances == {"available": 15, "expired": 0, "issued": -15}
    then = day_flows("P", before=noon(8, 4), zone=ZONE, known_before=noon(8, 2))
    assert {flow.moved: flow.points for flow in then} == {Moved.ISSUED: 10, Moved.EXPIRED: 10}


@pytest.mark.parametrize("customers", [2, 40])
def test_purchases__of_a_batch__statements_do_not_grow_with_it(customers: int) -> None:
    shop = open_shop(customers=customers)
    for number in range(3):
        shop.tell(
            [
                Bought(who, f"{number}-{who}", JANUARY + number * DAY, {BREAD: 1_000})
                for who in range(customers)
            ],
            recorded_at=JANUARY + number * DAY,
        )

    with CaptureQueriesContext(connection) as one:
        shop.tell([Bought(0, "one", noon(3, 5), {BREAD: 100})], recorded_at=noon(3, 5))
    with CaptureQueriesContext(connection) as all_:
        shop.tell(
            [Bought(who, f"all-{who}", noon(3, 6), {BREAD: 100}) for who in range(1, customers)],
            recorded_at=noon(3, 6),
        )

    assert len(all_) <= len(one) + 1
    assert {end for left, end in ends() if left} == {midnight(2025, 9, 6), midnight(2025, 9, 7)}
    assert PointActivity.objects.filter(kind="purchase").count() == 4 * customers


def test_verify__an_end_moved_by_hand__is_found() -> None:
    shop = open_shop()
    buy(shop, "a", JANUARY)
    later = midnight(2027, 1, 1)
    Lot.objects.update(expires_at=later, due_at=later)

    assert {one.check.name for one in verify(invariants.checks()) if not one.is_kept} == {"lot.idle"}


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (IDLE._replace(activities=()), "activities"),
        (IDLE._replace(activities=("sleep",)), "activities"),
        (IDLE._replace(expiry_count=0), "expiry_count"),
        (IDLE._replace(expiry_count=121), "expiry_count"),
    ],
)
def test_terms__by_inactivity_that_make_no_sense__refused_at_the_field(terms: TermsDraft, field: str) -> None:
    with pytest.raises(InvalidRule) as refusal:
        open_program(ROLLING, rules=RULE, terms=terms)
    assert refusal.value.data["field"] == field


def test_rule__own_terms_by_inactivity__refused() -> None:
    with pytest.raises(InvalidRule) as refusal:
        open_program(ROLLING, rules=[RULE[0]._replace(expiry=Expiry.INACTIVITY, expiry_count=3)], terms=IDLE)
    assert refusal.value.data == {"field": "expiry", "problem": "only_for_all"}
