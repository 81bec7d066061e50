"""Points that wait for their order go along: merged, parted, claimed by a member, moved to the right one."""

from typing import Any

import pytest

from dangol.core.commerce.acts import Why, move_for_reason
from dangol.core.commerce.claims import claim_guest_order
from dangol.core.commerce.milestones import Reached, note_reached
from dangol.core.commerce.models import OrderMilestone, Product
from dangol.core.commerce.moving import move_order
from dangol.core.commerce.services import place_orders
from dangol.core.events.reader import Reader
from dangol.core.events.sequencer import number_waiting
from dangol.core.ledger.consumers import FOLLOW_CUSTOMERS
from dangol.core.ledger.selectors import Balance
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.merges import merge_customers, undo_merge
from dangol.core.people.services import make_guests
from dangol.core.storage.ids import new_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.milestones import Milestone
from dangol.project.clock import now
from tests.core.ledger.shop import let_worker_by
from tests.rooms.rewards.shop import BREAD, Bought, product_id
from tests.rooms.rewards.waiting import DAY, HAD, KEPT, MARCH, broken, open_shop, opened

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
BY_HAND: dict[str, Any] = {"actor": Actor(ActorKind.STAFF, "agent-1"), "reason": "same person"}


@pytest.mark.parametrize("worker_is_by", [True, False])
def test_confirmed__buyer_has_become_part_of_another__opens_with_that_one(worker_is_by: bool) -> None:
    shop = open_shop()
    kept, absorbed = shop.telling.customer_ids
    shop.buy("a", who=1)
    merge_customers(kept, absorbed, at=MARCH + 2 * DAY, **BY_HAND)
    if worker_is_by:
        let_worker_by(FOLLOW_CUSTOMERS)

    shop.come("a", MARCH + DAY, told_at=MARCH + 3 * DAY)
    let_worker_by(FOLLOW_CUSTOMERS)

    assert (shop.balance(), shop.balance(1)) == (Balance(100, 0, 0), Balance(0, 0, 0))
    assert broken() == set()


def test_confirmed__points_are_on_their_way_to_another__open_as_they_arrive() -> None:
    shop = open_shop()
    kept, absorbed = shop.telling.customer_ids
    shop.buy("a", who=1)
    merge_customers(kept, absorbed, at=MARCH + 2 * DAY, **BY_HAND)
    while number_waiting():
        pass
    sending = Reader(FOLLOW_CUSTOMERS, now)
    sending.advance()
    sending.flush()
    assert (shop.balance(), shop.balance(1)) == (Balance(0, 0, 0), Balance(0, 0, 0))

    shop.come("a", MARCH + 3 * DAY)
    let_worker_by(FOLLOW_CUSTOMERS)

    assert (shop.balance(), shop.balance(1)) == (Balance(100, 0, 0), Balance(0, 0, 0))
    assert broken() == set()


def test_confirmed__two_are_parted_and_the_points_are_not_back_yet__open_where_they_are() -> None:
    shop = open_shop()
    kept, absorbed = shop.telling.customer_ids
    shop.buy("a", who=1)
    merge_customers(kept, absorbed, at=MARCH + 2 * DAY, **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)
    undo_merge(absorbed, at=MARCH + 3 * DAY, **BY_HAND)

    shop.come("a", MARCH + 4 * DAY)
    assert (shop.balance(), broken()) == (Balance(100, 0, 0), set())
    let_worker_by(FOLLOW_CUSTOMERS)

    assert (shop.balance(), shop.balance(1)) == (Balance(0, 0, 0), Balance(100, 0, 0))
    assert broken() == set()


@pytest.mark.parametrize("worker_is_by", [True, False])
def test_confirmed__merged_in_two_steps__open_with_the_last(worker_is_by: bool) -> None:
    shop = open_shop(customers=3)
    last, middle, first = shop.telling.customer_ids
    shop.buy("a", who=2)
    merge_customers(middle, first, at=MARCH + 2 * DAY, **BY_HAND)
    if worker_is_by:
        let_worker_by(FOLLOW_CUSTOMERS)
    merge_customers(last, middle, at=MARCH + 3 * DAY, **BY_HAND)

    shop.come("a", MARCH + 4 * DAY)
    let_worker_by(FOLLOW_CUSTOMERS)

    assert [shop.balance(who) for who in range(3)] == [Balance(100, 0, 0), Balance(0, 0, 0), Balance(0, 0, 0)]
    assert broken() == set()


def test_verify__points_wait_for_what_has_come__are_found() -> None:
    shop = open_shop(KEPT, HAD)
    shop.buy("a", ice=5_000)
    shop.come("a", MARCH + DAY, Milestone.DELIVERED)
    assert broken() == set()

    told = {"milestone": "confirmed", "at": MARCH + 2 * DAY, "recorded_at": MARCH + 2 * DAY}
    order = shop.order("a")
    OrderMilestone.objects.create(customer_id=order.customer_id, order_id=order.id, **told)

    assert broken() == {"lot.awaited"}


def test_unmerged__points_have_opened_meanwhile__go_back_open() -> None:
    shop = open_shop()
    kept, absorbed = shop.telling.customer_ids
    shop.buy("a", who=1)
    merge_customers(kept, absorbed, at=MARCH + 2 * DAY, **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)
    shop.come("a", MARCH + 3 * DAY)

    undo_merge(absorbed, at=MARCH + 5 * DAY, **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)

    assert (shop.balance(), shop.balance(1)) == (Balance(0, 0, 0), Balance(100, 0, 0))
    assert broken() == set()


def test_unmerged__points_wait_still__open_with_who_bought() -> None:
    shop = open_shop()
    kept, absorbed = shop.telling.customer_ids
    shop.buy("a", who=1)
    merge_customers(kept, absorbed, at=MARCH + 2 * DAY, **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)
    undo_merge(absorbed, at=MARCH + 5 * DAY, **BY_HAND)
    let_worker_by(FOLLOW_CUSTOMERS)
    assert shop.balance(1) == Balance(0, 100, 0)

    shop.come("a", MARCH + 6 * DAY)

    assert (shop.balance(), shop.balance(1)) == (Balance(0, 0, 0), Balance(100, 0, 0))
    assert broken() == set()


def test_claimed__a_guest_had_confirmed__the_members_points_open_at_once() -> None:
    shop = open_shop()
    with write_transaction():
        [guest] = make_guests(1, recorded_at=MARCH)
        order = shop.telling.order(Bought(0, "a", MARCH, {BREAD: 10_000}))
        place_orders([order._replace(customer_id=guest, is_guest=True)], recorded_at=MARCH)
    shop.come("a", MARCH + DAY)

    claim_guest_order(
        source="t", number="a", customer_id=shop.telling.customer_ids[0], recorded_at=MARCH + 2 * DAY
    )

    assert shop.balance() == Balance(100, 0, 0)
    assert opened() == [(MARCH + DAY, 100)]
    assert broken() == set()


def test_moved__had_been_confirmed__is_with_the_right_member_too() -> None:
    shop = open_shop()
    Product.objects.create(id=product_id(BREAD), number=BREAD, category=BREAD, updated_at=MARCH)
    shop.buy("a")
    shop.come("a", MARCH + DAY)

    with write_transaction():
        move_order(shop.order("a"), to=shop.telling.customer_ids[1], at=MARCH + 2 * DAY)

    assert (shop.balance(), shop.balance(1)) == (Balance(0, 0, 0), Balance(100, 0, 0))
    assert broken() == set()


def test_confirmed__by_the_number_of_an_order_that_was_moved__reaches_the_one_that_stands() -> None:
    shop = open_shop(customers=3)
    Product.objects.create(id=product_id(BREAD), number=BREAD, category=BREAD, updated_at=MARCH)
    shop.buy("a")
    why = Why(new_id(), BY_HAND["actor"], "of another")
    made = move_for_reason(shop.order("a"), why, to=shop.telling.customer_ids[1], at=MARCH + DAY)
    again = why._replace(form=new_id())
    stands = move_for_reason(made, again, to=shop.telling.customer_ids[2], at=MARCH + 2 * DAY)

    assert shop.come("a", MARCH + 3 * DAY) is True

    assert [shop.balance(who).available for who in range(3)] == [0, 0, 100]
    assert OrderMilestone.objects.get().order_id == stands.id
    assert shop.come("a", MARCH + 4 * DAY) is False
    assert broken() == set()


def test_confirmed__claimed_since_it_was_looked_for__is_the_members() -> None:
    shop = open_shop()
    with write_transaction():
        [guest] = make_guests(1, recorded_at=MARCH)
        order = shop.telling.order(Bought(0, "a", MARCH, {BREAD: 10_000}))
        place_orders([order._replace(customer_id=guest, is_guest=True)], recorded_at=MARCH)
    found, [member, _] = shop.order("a"), shop.telling.customer_ids
    claim_guest_order(source="t", number="a", customer_id=member, recorded_at=MARCH + DAY)

    told = Reached(found.customer_id, found.id, "t", "a", Milestone.CONFIRMED, MARCH + 2 * DAY)
    with write_transaction():
        note_reached([told], recorded_at=MARCH + 2 * DAY)

    assert OrderMilestone.objects.get().customer_id == member
    assert shop.balance() == Balance(100, 0, 0)
    assert broken() == set()
