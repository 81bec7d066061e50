"""Stamps of sales: laid when a sale becomes an order, taken back with the units, whatever comes first."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from dangol.core.events.models import Cursor
from dangol.core.people.erasures import erase_customer
from dangol.core.people.merges import merge_customers, undo_merge
from dangol.core.storage.ids import Id, show_id
from dangol.domain.stamps import OnReturn
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.promotions.committing import undo
from dangol.rooms.rewards.promotions.returning import bring_back
from dangol.rooms.rewards.stamps import selectors
from dangol.rooms.rewards.stamps.consumers import FOLLOW
from dangol.rooms.rewards.stamps.editing import archive_program
from dangol.rooms.rewards.stamps.models import StampCard, StampMove
from tests.core.ledger.shop import let_worker_by
from tests.rooms.rewards.promotions.shop import AT, open_shop
from tests.rooms.rewards.stamps.shop import (
    CLERK,
    broken,
    coffees,
    points_of,
    program,
    sell_coffee_with_stamps,
    shown,
    stamp,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def members() -> list[Id]:
    found = open_shop("kim", "lee")
    sell_coffee_with_stamps()
    return found


def gift_points(member: Id) -> int:
    """Return how many of a member's points full cards gave."""
    return sum(one.gift_points or 0 for one in selectors.cards_of(member))


def test_sale__of_three_coffees__is_three_stamps_once(members: list[Id]) -> None:
    member, card = members[0], program()

    coffees(member, 3, "1")
    # The worker was cut off before it noted how far it had come.
    Cursor.objects.filter(consumer=FOLLOW.name).update(position=0)
    let_worker_by(FOLLOW)

    assert shown(member) == [("open", 3)]
    move = StampMove.objects.get()
    assert (move.kind, move.count, move.program_id, move.at) == ("sale", 3, card, AT)


def test_sale__of_somebody_who_has_filled_many__reads_and_writes_as_little_as_of_a_newcomer(
    members: list[Id],
) -> None:
    card = program(size=2)
    sizes = []
    for member, filled in zip(members, (1, 12), strict=True):
        stamp(member, card, 2 * filled + 1)
        updates: list[str] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any, to: Any = updates) -> Any:
            if sql.startswith(f'UPDATE "{StampCard._meta.db_table}"'):
                to.append(repr(params))
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            coffees(member, 2, show_id(member))

        assert shown(member) == [("given", 2)] * (filled + 1) + [("open", 1)]
        sizes.append([len(one) for one in updates])
    # The one that was open before; the one begun by this sale is a row of its own. Bytes are not all as long
    # when they are shown; eleven rows more would be more than twice.
    (few,), (many,) = sizes
    assert many < 1.5 * few


def test_sale__of_a_card_nobody_made_or_that_is_archived__gives_nothing(members: list[Id]) -> None:
    coffees(members[0], 3, "1")
    card = program()
    archive_program(card, actor=CLERK, at=AT)
    coffees(members[0], 3, "2")

    assert StampMove.objects.count() == 0


def test_return__units__take_the_very_stamps_they_earned(members: list[Id]) -> None:
    member = members[0]
    program()
    sale = coffees(member, 3, "1")
    coffees(member, 4, "2")

    bring_back(sale.id, number="r1", units={"latte": 2}, at=AT)
    let_worker_by(FOLLOW)
    assert shown(member) == [("open", 5)]
    bring_back(sale.id, number="r2", units={"latte": 1}, at=AT)
    let_worker_by(FOLLOW)

    assert shown(member) == [("open", 4)]
    assert [one.change for one in selectors.moves_of(member)] == [-1, -2, 4, 3]
    assert broken() == []


@pytest.mark.parametrize(
    ("on_return", "cards", "debt", "points"),
    [
        (OnReturn.TAKE_BACK, [("open", 8)], 0, 0),
        (OnReturn.KEEP, [("given", 10)], 0, 500),
        (OnReturn.DEBT, [("given", 10)], 2, 500),
    ],
)
def test_return__of_a_card_that_gave__goes_by_the_setting(
    members: list[Id], on_return: OnReturn, cards: list[tuple[str, int]], debt: int, points: int
) -> None:
    member = members[0]
    program(on_return=on_return)
    coffees(member, 8, "1")
    sale = coffees(member, 4, "2")
    assert gift_points(member) == 500

    bring_back(sale.id, number="r", units={"latte": 4}, at=AT)
    let_worker_by(FOLLOW)

    assert shown(member) == cards
    assert selectors.standings_for(member, at=AT)[0].debt == debt
    assert gift_points(member) == points
    assert broken() == []


def test_undo__order__takes_all_its_stamps_and_a_second_time_nothing(members: list[Id]) -> None:
    member = members[0]
    program()
    sale = coffees(member, 12, "1")

    undo(sale.id, at=AT)
    let_worker_by(FOLLOW)
    Cursor.objects.filter(consumer=FOLLOW.name).update(position=0)
    let_worker_by(FOLLOW)

    assert shown(member) == []
    assert points_of(member) == 0
    assert broken() == []


def test_worker__behind_by_a_sale_and_its_return__comes_to_the_same(members: list[Id]) -> None:
    member = members[0]
    program()
    held = coffees(member, 12, "1")
    Cursor.objects.filter(consumer=FOLLOW.name).update(position=0)
    bring_back(held.id, number="r", units={"latte": 5}, at=AT)

    let_worker_by(FOLLOW)

    assert shown(member) == [("open", 7)]
    assert broken() == []


def test_merge__two_open_cards__are_one_and_a_full_one_gives(members: list[Id]) -> None:
    kept, absorbed = members
    card = program()
    stamp(kept, card, 6)
    sale = coffees(absorbed, 7, "1")
    merge_customers(kept, absorbed, actor=CLERK, reason="한 사람", at=AT)

    let_worker_by(FOLLOW)

    assert shown(kept) == [("given", 10), ("open", 3)]
    assert gift_points(kept) == 500
    # What the absorbed one brings back comes off the cards of the one they are.
    bring_back(sale.id, number="r", units={"latte": 7}, at=AT)
    let_worker_by(FOLLOW)
    assert shown(kept) == [("open", 6)]
    assert gift_points(kept) == 0
    assert broken() == []


def test_unmerge__stamps_on_open_cards__go_back_to_whose_they_were(members: list[Id]) -> None:
    kept, absorbed = members
    card = program()
    stamp(kept, card, 2)
    stamp(absorbed, card, 3)
    merge_customers(kept, absorbed, actor=CLERK, reason="한 사람", at=AT)
    let_worker_by(FOLLOW)
    assert shown(kept) == [("open", 5)]

    undo_merge(absorbed, actor=CLERK, reason="아니었음", at=AT)
    let_worker_by(FOLLOW)

    assert (shown(kept), shown(absorbed)) == ([("open", 2)], [("open", 3)])
    assert broken() == []


def test_unmerge__the_absorbed_ones_card_was_older__gives_each_their_own(members: list[Id]) -> None:
    kept, absorbed = members
    card = program()
    stamp(absorbed, card, 3, by=By(CLERK, AT - timedelta(days=1)))
    stamp(kept, card, 4)
    merge_customers(kept, absorbed, actor=CLERK, reason="한 사람", at=AT)
    let_worker_by(FOLLOW)
    assert shown(kept) == [("open", 7)]
    stamp(kept, card, 1)

    undo_merge(absorbed, actor=CLERK, reason="아니었음", at=AT)
    let_worker_by(FOLLOW)

    assert (shown(kept), shown(absorbed)) == ([("open", 5)], [("open", 3)])
    assert broken() == []


def test_erased__open_cards__are_void_and_take_no_more(members: list[Id]) -> None:
    member, card = members[0], program()
    stamp(member, card, 4)
    erase_customer(member, actor=CLERK, reason="요청", at=AT)

    let_worker_by(FOLLOW)

    assert list(StampCard.objects.values_list("state", flat=True)) == ["void"]
    assert broken() == []
