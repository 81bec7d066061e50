"""Orders undone and moved: what was earned goes with them, once."""

from datetime import UTC, datetime, timedelta

import pytest

from dangol.core.commerce.catalog import ensure_products
from dangol.core.commerce.claims import ClaimedTooLate, claim_guest_order
from dangol.core.commerce.drafts import LineDraft, OrderDraft, ReturnDraft, ReturnLineDraft
from dangol.core.commerce.milestones import NothingLeft
from dangol.core.commerce.models import Order, Return
from dangol.core.commerce.moving import PartlyReturned, SameMember, move_order, undo_order
from dangol.core.commerce.returns import record_returns
from dangol.core.commerce.selectors import find_order, read_order
from dangol.core.commerce.services import place_orders
from dangol.core.people.services import make_guests, resolve_customers
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def pair() -> tuple[Id, Id]:
    with write_transaction():
        owners = resolve_customers("external", ["A", "B"], recorded_at=NOON)
    return owners["A"], owners["B"]


def place(owner: Id, *, is_guest: bool = False) -> None:
    with write_transaction():
        product = ensure_products(["P1", "P2"], recorded_at=NOON)
        lines = [
            LineDraft(product["P1"].id, "P1", "", 3_000, 9_000, 0, 9_000),
            LineDraft(product["P2"].id, "P2", "", 1_000, 1_000, 0, 1_000),
        ]
        draft = OrderDraft(
            owner, "till", "7", NOON, "KRW", lines, discounts=(("coupon", 500),), is_guest=is_guest
        )
        place_orders([draft], recorded_at=NOON)


def bring_back(owner: Id) -> None:
    with write_transaction():
        product = ensure_products(["P1"], recorded_at=NOON)["P1"]
        line = ReturnLineDraft(product.id, "P1", "", 1_000, 3_000, 1)
        record_returns([ReturnDraft(owner, "till", "R1", NOON, "KRW", [line], "7")], recorded_at=LATER)


def test_undo_order__all_of_it__comes_back_once(pair: tuple[Id, Id]) -> None:
    place(pair[0])

    with write_transaction():
        first = undo_order(find_order("till:7"), at=LATER)
    with write_transaction():
        again = undo_order(find_order("till:7"), at=LATER)

    assert first == again
    (back,) = read_order(pair[0], find_order("till:7").id).returns
    assert (back.net_minor, back.number) == (10_000, "7-undo")


def test_undo_order__partly_back__takes_the_rest_and_then_there_is_nothing(pair: tuple[Id, Id]) -> None:
    place(pair[0])
    bring_back(pair[0])

    with write_transaction():
        undo_order(find_order("till:7"), at=LATER)

    assert sorted(Return.objects.values_list("net_minor", flat=True)) == [3_000, 7_000]
    Return.objects.filter(number="7-undo").update(number="7-other")
    with write_transaction(), pytest.raises(NothingLeft):
        undo_order(find_order("till:7"), at=LATER)


def test_move_order__to_the_right_member__is_reversed_here_and_placed_there(pair: tuple[Id, Id]) -> None:
    place(pair[0])

    with write_transaction():
        first = move_order(find_order("till:7"), to=pair[1], at=LATER)
    with write_transaction():
        again = move_order(find_order("till:7"), to=pair[1], at=LATER)

    assert first == again
    moved = read_order(pair[1], first)
    assert (moved.facts.net_minor, moved.facts.placed_at, moved.discounts) == (9_500, NOON, [("coupon", 500)])
    assert len(read_order(pair[0], find_order("till:7").id).returns) == 1
    assert Order.objects.count() == 2


def test_move_order__that_cannot_be__is_refused(pair: tuple[Id, Id]) -> None:
    place(pair[0])
    bring_back(pair[0])
    order = find_order("till:7")

    with write_transaction(), pytest.raises(SameMember):
        move_order(order, to=pair[0], at=LATER)
    with write_transaction(), pytest.raises(PartlyReturned):
        move_order(order, to=pair[1], at=LATER)


def test_claim__of_an_old_receipt__is_refused_and_of_a_fresh_one_taken(pair: tuple[Id, Id]) -> None:
    with write_transaction():
        (guest,) = make_guests(1, recorded_at=NOON)
    place(guest, is_guest=True)
    days = timedelta(days=14)

    with pytest.raises(ClaimedTooLate) as refusal:
        claim_guest_order(
            source="till", number="7", customer_id=pair[0], recorded_at=NOON + timedelta(days=15), within=days
        )
    claim_guest_order(source="till", number="7", customer_id=pair[0], recorded_at=NOON + days, within=days)

    assert refusal.value.data == {"order": "7", "days": 14}
    assert find_order("till:7").customer_id == pair[0]
