"""Members who are one person: judged as one from their merge on, and as two again when it is undone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dangol.core.commerce.services import place_orders
from dangol.core.events.models import Event
from dangol.core.events.payloads import decode
from dangol.core.ledger import invariants
from dangol.core.ledger.consumers import FOLLOW_CUSTOMERS
from dangol.core.ledger.selectors import Balance, balances_of
from dangol.core.ledger.verify import verify
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.erasures import erase_customer
from dangol.core.people.merges import merge_customers, undo_merge
from dangol.core.people.selectors import find_by_identity
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.accrual import Expiry
from dangol.domain.tiers import Measure
from dangol.rooms.rewards import verify as rewards
from dangol.rooms.rewards.events import TierChanged
from dangol.rooms.rewards.models import Accrual, Membership, TierChange
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft
from dangol.rooms.rewards.selectors import count_by_tier, standings_of
from dangol.rooms.rewards.services import advance, set_tier
from tests.core.behavior.sending import identify, send, track
from tests.core.ledger.shop import let_worker_by
from tests.rooms.rewards.shop import BREAD, BY_ORDERS, ROLLING, Bought, Brought, Telling, open_program

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
MARCH = datetime(2024, 3, 1, 15, tzinfo=UTC)
DAY = timedelta(days=1)
BY_HAND: dict[str, Any] = {"actor": Actor(ActorKind.STAFF, "agent-1"), "reason": "same person"}
RULE = (RuleDraft("Base", 1, 100, multipliers={"silver": (2, 1), "gold": (3, 1)}),)
TERMS = TermsDraft(pending_days=0, expiry=Expiry.ROLLING_MONTHS, expiry_count=12)


def open_shop(tiers: TiersDraft = ROLLING, joined: tuple[datetime, ...] = (MARCH,) * 3) -> Telling:
    """Open a shop whose silver begins at 20,000 and gold at 50,000, with three members."""
    set_shop(name="Shop", zone="America/New_York", currency="USD", region="US")
    open_program(tiers, rules=RULE, terms=TERMS)
    telling = Telling("t", customers=0)
    names = ["K", "A", "X"]
    with write_transaction():
        made = resolve_customers(
            "external", names, recorded_at=MARCH, joined_at=dict(zip(names, joined, strict=True))
        )
    telling.customer_ids = [made[name] for name in names]
    return telling


def buy(telling: Telling, who: int, number: str, day: float, amount: int) -> None:
    telling.ring_up([Bought(who, number, MARCH + day * DAY, {BREAD: amount})])


def tier(who: Id, day: float) -> str:
    return standings_of([who], as_of=MARCH + day * DAY)[who].tier.key


def points(who: Id) -> int:
    return balances_of([who], "P")[who].available


def broken() -> set[str]:
    checks = [*invariants.checks(), *rewards.checks()]
    return {one.check.name for one in verify(checks) if not one.is_kept}


def test_merge__neither_alone_is_silver__together_they_are_from_then_on() -> None:
    shop = open_shop()
    kept, absorbed, _ = shop.customer_ids
    buy(shop, 0, "k1", 1, 12_000)
    buy(shop, 1, "a1", 2, 9_000)
    assert (tier(kept, 3), tier(absorbed, 3)) == ("member", "member")

    merge_customers(kept, absorbed, at=MARCH + 3 * DAY, **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)

    assert tier(kept, 3) == "silver"
    assert points(kept) == 120 + 90  # nothing earned before is earned anew
    [move] = TierChange.objects.filter(customer_id=kept)
    assert (move.at, move.cause, move.value, move.threshold) == (MARCH + 3 * DAY, "merged", 21_000, 20_000)
    row = Membership.objects.get(customer_id=kept)
    assert (row.order_count, row.spend_minor, row.has_merged) == (2, 21_000, True)
    assert [(one.key, count) for one, count in count_by_tier()] == [("member", 0), ("silver", 1), ("gold", 0)]
    buy(shop, 0, "k2", 4, 10_000)
    assert points(kept) == 210 + 200
    assert standings_of([kept], as_of=MARCH + 4 * DAY)[kept].value == 31_000
    buy(shop, 0, "k3", 5, 19_000)
    assert tier(kept, 5) == "gold"
    assert broken() == set()


def test_merge__what_the_absorbed_one_did__counts_on_its_own_day() -> None:
    shop = open_shop()
    kept, absorbed, _ = shop.customer_ids
    buy(shop, 1, "a1", 0, 15_000)
    merge_customers(kept, absorbed, at=MARCH + 50 * DAY, **BY_HAND)

    buy(shop, 0, "k1", 70, 15_000)  # more than sixty days after the other

    assert tier(kept, 70) == "member"
    buy(shop, 0, "k2", 71, 5_000)
    assert tier(kept, 71) == "silver"


def test_merge__the_absorbed_one_stood_higher__their_tier_is_kept_for_as_long() -> None:
    shop = open_shop()
    kept, absorbed, _ = shop.customer_ids
    until = MARCH + 30 * DAY
    set_tier(absorbed, tier="gold", at=MARCH, recorded_at=MARCH, held_until=until)
    buy(shop, 0, "k1", 1, 100)

    merge_customers(kept, absorbed, at=MARCH + 3 * DAY, **BY_HAND)

    row = Membership.objects.get(customer_id=kept)
    assert (tier(kept, 3), row.held_until, row.next_review_at) == ("gold", until, until)
    frozen = Membership.objects.get(customer_id=absorbed)
    assert (frozen.merged_into, frozen.next_review_at) == (kept, None)
    advance(as_of=MARCH + 60 * DAY)
    assert tier(kept, 60) == "member"
    assert Membership.objects.get(customer_id=absorbed).level == 2


def test_merge__an_event_joins_a_browser_that_earned__its_points_move_through_the_ledger() -> None:
    kept, *_ = open_shop().customer_ids
    at = MARCH + 10 * DAY
    bought = {"products": [{"product_id": BREAD, "name": "Bread", "price": 60, "quantity": 2}]}
    send(
        track("Order Completed", anon="a-1", properties=bought | {"order_id": "b1"}),
        track("Order Completed", user="K", properties=bought | {"order_id": "k1"}),
        at=at,
    )
    browser = find_by_identity("anonymous", ["a-1"])["a-1"]
    assert (points(browser), points(kept)) == (120, 120)

    send(identify("K", "a-1"), at=at + DAY)
    let_worker_by(FOLLOW_CUSTOMERS)

    assert find_by_identity("anonymous", ["a-1"]) == {"a-1": kept}
    assert (points(browser), points(kept)) == (0, 240)
    assert broken() == set()
    undo_merge(browser, at=at + 2 * DAY, **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)
    assert (points(browser), points(kept)) == (120, 120)
    assert broken() == set()


def test_merge__a_late_order__is_judged_with_the_merge_where_it_was() -> None:
    prompt, late = open_shop(), Telling("u", customers=0)
    with write_transaction():
        made = resolve_customers("external", ["K2", "A2"], recorded_at=MARCH, join=True)
    late.customer_ids = list(made.values())
    for shop, is_late in ((prompt, False), (late, True)):
        kept, absorbed = shop.customer_ids[:2]
        if not is_late:
            buy(shop, 0, "k0", 0.5, 9_000)
        buy(shop, 0, "k1", 1, 6_000)
        buy(shop, 1, "a1", 2, 9_000)
        merge_customers(kept, absorbed, at=MARCH + 3 * DAY, **BY_HAND)
        buy(shop, 0, "k2", 4, 10_000)
        if is_late:
            buy(shop, 0, "k0", 0.5, 9_000)

    told = [
        (Membership.objects.filter(customer_id=shop.customer_ids[0]).values_list(
            "level", "since", "held_until", "order_count", "spend_minor").get(), points(shop.customer_ids[0]))
        for shop in (prompt, late)
    ]  # fmt: skip
    assert told[0] == told[1]
    assert told[0][1] == 90 + 60 + 200
    assert broken() == set()


def test_undo__judged_as_two_again_and_what_the_merge_had_earned_is_corrected() -> None:
    shop = open_shop()
    kept, absorbed, _ = shop.customer_ids
    buy(shop, 0, "k1", 1, 12_000)
    buy(shop, 1, "a1", 2, 9_000)
    standing = ("level", "since", "held_until", "spend_minor", "order_count")
    before = Membership.objects.filter(customer_id=absorbed).values(*standing).get()
    merge_customers(kept, absorbed, at=MARCH + 3 * DAY, **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)
    buy(shop, 0, "k2", 4, 10_000)  # silver through the merge: 200 instead of 100

    undo_merge(absorbed, at=MARCH + 5 * DAY, **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)

    assert (points(kept), points(absorbed)) == (120 + 100, 90)
    after = Membership.objects.get(customer_id=kept)
    # By itself the kept one has 22,000 by now, and is silver by right.
    assert (after.level, after.spend_minor, after.has_merged) == (1, 22_000, False)
    theirs = Membership.objects.filter(customer_id=absorbed)
    assert theirs.values(*standing).get() == before
    assert theirs.get().merged_into is None
    assert broken() == set()


def test_undo__nothing_bought_since__standings_are_as_they_were() -> None:
    shop = open_shop(BY_ORDERS)
    for who, count in ((0, 2), (1, 2)):
        for number in range(count):
            buy(shop, who, f"{who}-{number}", number, 100)
    before = list(
        Membership.objects.order_by("customer_id").values("customer_id", "level", "held_until", "order_count")
    )
    merge_customers(*shop.customer_ids[:2], at=MARCH + 3 * DAY, **BY_HAND)
    assert tier(shop.customer_ids[0], 3) == "silver"

    undo_merge(shop.customer_ids[1], at=MARCH + 4 * DAY, **BY_HAND)

    after = Membership.objects.order_by("customer_id").values(
        "customer_id", "level", "held_until", "order_count"
    )
    assert list(after) == before


def test_merge__chain__counts_all_three_and_each_undoing_takes_its_own_away() -> None:
    shop = open_shop()
    first, second, third = shop.customer_ids
    for who in range(3):
        buy(shop, who, f"o{who}", 1, 7_000)
    merge_customers(second, first, at=MARCH + 2 * DAY, **BY_HAND)
    assert tier(second, 2) == "member"

    merge_customers(third, second, at=MARCH + 3 * DAY, **BY_HAND)

    assert tier(third, 3) == "silver"
    assert Membership.objects.get(customer_id=third).spend_minor == 21_000
    undo_merge(second, at=MARCH + 4 * DAY, **BY_HAND)
    assert (tier(third, 4), tier(second, 4)) == ("member", "member")
    assert Membership.objects.get(customer_id=second).spend_minor == 14_000


def test_merge__tenure__the_earlier_day_of_joining_counts_from_then_on() -> None:
    levels = (
        LevelDraft("member", "Member", 0),
        LevelDraft("silver", "Silver", 100),
        LevelDraft("gold", "Gold", 9_000),
    )
    shop = open_shop(TiersDraft(levels, measure=Measure.TENURE), joined=(MARCH, MARCH - 90 * DAY, MARCH))
    kept, absorbed, _ = shop.customer_ids
    buy(shop, 0, "k1", 12, 10_000)

    merge_customers(kept, absorbed, at=MARCH + 20 * DAY, **BY_HAND)

    assert tier(kept, 20) == "silver"
    assert points(kept) == 100  # bought as a member of twelve days
    buy(shop, 0, "k2", 21, 10_000)
    assert points(kept) == 300


def test_return__of_an_absorbed_ones_order__is_paid_by_who_they_are_now() -> None:
    shop = open_shop()
    kept, absorbed, _ = shop.customer_ids
    buy(shop, 1, "a1", 2, 9_000)
    buy(shop, 0, "k1", 2, 5_000)
    merge_customers(kept, absorbed, at=MARCH + 3 * DAY, **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)
    assert points(kept) == 140

    shop.ring_up([Brought(0, "r1", MARCH + 4 * DAY, {BREAD: 9_000}, "a1")])
    let_worker_by(FOLLOW_CUSTOMERS)

    assert (points(kept), balances_of([absorbed], "P")[absorbed]) == (50, Balance())
    assert Accrual.objects.filter(customer_id=absorbed, is_return=True).get().points == -90
    assert broken() == set()


def standing_of(who: Id) -> dict[str, Any]:
    """Return where somebody stands, and by what."""
    names = ("level", "since", "held_until", "in_grace", "order_count", "spend_minor", "next_review_at")
    found: dict[str, Any] = Membership.objects.values(*names).get(customer_id=who)
    return found


def told_moves(who: Id) -> list[tuple[str, str, str]]:
    """Return the moves between tiers that somebody's timeline tells of."""
    rows = Event.objects.filter(customer_id=who, name=TierChanged.event).order_by("customer_seq")
    told = [decode(*row) for row in rows.values_list("name", "payload")]
    return [(one.from_tier, one.to_tier, one.cause) for one in told if isinstance(one, TierChanged)]


def test_undone_sale__of_an_absorbed_one__takes_the_tier_it_gave_whoever_they_are_now() -> None:
    shop = open_shop()
    kept, absorbed, _ = shop.customer_ids
    buy(shop, 1, "wrong", 1, 30_000)  # silver by this alone
    buy(shop, 0, "k1", 2, 5_000)
    merge_customers(kept, absorbed, at=MARCH + 3 * DAY, **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)
    buy(shop, 0, "k2", 4, 10_000)
    assert (tier(kept, 4), points(kept)) == ("silver", 300 + 50 + 200)

    shop.ring_up([Brought(1, "wrong-undo", MARCH + 5 * DAY, {BREAD: 30_000}, "wrong", is_undo=True)])
    let_worker_by(FOLLOW_CUSTOMERS)

    assert tier(kept, 5) == "member"
    assert points(kept) == 50 + 100
    assert (standing_of(kept)["order_count"], standing_of(kept)["spend_minor"]) == (2, 15_000)
    assert told_moves(kept)[-1] == ("silver", "member", "undone")
    assert not TierChange.objects.filter(customer_id=kept, superseded_at=None).exists()
    undo_merge(absorbed, at=MARCH + 6 * DAY, **BY_HAND)
    assert (tier(kept, 6), tier(absorbed, 6)) == ("member", "member")
    assert broken() == set()


def test_undone_sale__past_two_merges__is_as_if_it_had_never_been_for_the_last() -> None:
    told, never = open_shop(), Telling("u", customers=0)
    with write_transaction():
        made = resolve_customers(
            "external",
            ["K2", "A2", "X2"],
            recorded_at=MARCH,
            joined_at=dict.fromkeys(["K2", "A2", "X2"], MARCH),
        )
    never.customer_ids = list(made.values())
    for shop in (told, never):
        kept, absorbed, last = shop.customer_ids
        if shop is told:
            buy(shop, 1, "wrong", 1, 50_000)
        buy(shop, 1, "a1", 1.5, 15_000)
        buy(shop, 0, "k1", 2, 8_000)
        merge_customers(kept, absorbed, at=MARCH + 3 * DAY, **BY_HAND)
        merge_customers(last, kept, at=MARCH + 4 * DAY, **BY_HAND)
        buy(shop, 2, "x1", 5, 10_000)
    assert (tier(told.customer_ids[2], 5), tier(never.customer_ids[2], 5)) == ("gold", "silver")

    told.ring_up([Brought(1, "w-undo", MARCH + 6 * DAY, {BREAD: 50_000}, "wrong", is_undo=True)])
    let_worker_by(FOLLOW_CUSTOMERS)

    for mine, theirs in zip(told.customer_ids, never.customer_ids, strict=True):
        assert standing_of(mine) == standing_of(theirs)
    assert points(told.customer_ids[2]) == points(never.customer_ids[2])
    assert told_moves(told.customer_ids[2])[-1] == ("gold", "silver", "undone")
    assert broken() == set()


def test_undo__of_a_merge_whose_absorbed_ones_sale_was_undone_meanwhile__each_has_what_is_theirs() -> None:
    shop = open_shop()
    kept, absorbed, _ = shop.customer_ids
    buy(shop, 0, "k1", 1, 25_000)
    before = standing_of(kept)
    buy(shop, 1, "wrong", 1, 60_000)
    merge_customers(kept, absorbed, at=MARCH + 3 * DAY, **BY_HAND)
    assert tier(kept, 3) == "gold"
    shop.ring_up([Brought(1, "w-undo", MARCH + 5 * DAY, {BREAD: 60_000}, "wrong", is_undo=True)])
    assert tier(kept, 5) == "silver"

    undo_merge(absorbed, at=MARCH + 6 * DAY, **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)

    assert standing_of(kept) == before
    assert tier(absorbed, 6) == "member"
    assert (points(kept), points(absorbed)) == (250, 0)
    assert broken() == set()


def test_orders__the_same_file_again_after_a_merge__are_repeats() -> None:
    shop = open_shop()
    kept, absorbed, _ = shop.customer_ids
    told = Bought(1, "a1", MARCH, {BREAD: 9_000})
    shop.ring_up([told])
    merge_customers(kept, absorbed, at=MARCH + 3 * DAY, **BY_HAND)

    with write_transaction():
        same, other = place_orders(
            [shop.order(told._replace(who=0)), shop.order(told._replace(who=0, amounts={BREAD: 8_000}))],
            recorded_at=MARCH + 4 * DAY,
        )

    assert (same.repeated, same.conflict, same.customer_id) == (True, False, absorbed)
    assert (other.repeated, other.conflict) == (False, True)


def test_erase__a_member__is_in_no_tier() -> None:
    shop = open_shop()
    buy(shop, 0, "k1", 1, 60_000)
    assert {one.key: count for one, count in count_by_tier()}["gold"] == 1

    erase_customer(shop.customer_ids[0], at=MARCH + 2 * DAY, **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)

    assert sum(count for _, count in count_by_tier()) == 0
    assert points(shop.customer_ids[0]) == 0
    assert broken() == set()
