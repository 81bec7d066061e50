"""A member claims what they bought as a guest: they earn on what they kept, and on nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from dangol.core.commerce.claims import claim_guest_order
from dangol.core.commerce.returns import record_sales
from dangol.core.ledger.models import Transfer
from dangol.core.people.services import make_guests
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.models import Accrual, Membership
from dangol.rooms.rewards.simulations import find_simulation, run_simulation, simulate
from tests.rooms.rewards.shop import BREAD, ICE, Bought, Brought, Telling, open_program

pytestmark = pytest.mark.django_db(transaction=True)
MARCH = datetime(2024, 3, 1, 15, tzinfo=UTC)
DAY = timedelta(days=1)


def as_guest(telling: Telling) -> None:
    """Tell of a guest who bought ice and bread and brought the ice back."""
    with write_transaction():
        [guest] = make_guests(1, recorded_at=MARCH)
        order = telling.order(Bought(0, "a", MARCH, {ICE: 1_000, BREAD: 1_000}))
        back = telling.give_back(Brought(0, "r", MARCH + DAY, {ICE: 1_000}, "a"))
        record_sales(
            [order._replace(customer_id=guest, is_guest=True)],
            [back._replace(customer_id=guest)],
            recorded_at=MARCH + DAY,
        )


def test_return__of_a_guest__means_nothing_to_the_program() -> None:
    open_program()

    as_guest(Telling("t", customers=1))

    assert not Accrual.objects.exists()
    assert not Membership.objects.exists()
    assert not Transfer.objects.exists()


def test_claim__part_of_the_order_is_back__earns_as_if_bought_and_brought_back_as_a_member() -> None:
    open_program()
    claimed, bought = Telling("t", customers=1), Telling("u", customers=1)
    as_guest(claimed)

    claim_guest_order(
        source="t", number="a", customer_id=claimed.customer_ids[0], recorded_at=MARCH + 2 * DAY
    )
    bought.ring_up(
        [
            Bought(0, "a", MARCH, {ICE: 1_000, BREAD: 1_000}),
            Brought(0, "r", MARCH + DAY, {ICE: 1_000}, "a"),
        ]
    )

    assert claimed.outcome.in_full() == bought.outcome.in_full()
    assert [row[4] for row in claimed.outcome.whys()] == [10]


def test_simulation__guest_s_order__left_out_until_it_is_claimed() -> None:
    program_id = open_program()
    telling = Telling("t", customers=1)
    as_guest(telling)
    at = MARCH + 3 * DAY

    def tried() -> tuple[int, int, dict[str, int]]:
        asked = simulate(program_id, None, since=MARCH, until=at, asked_by="", at=at)
        run_simulation(asked.id, at=at, report=lambda done, total: None)
        result = find_simulation(asked.id).result
        assert result is not None
        assert result.unlike_ledger == 0
        return result.points_before, result.points_after, result.left_out

    before = tried()
    claim_guest_order(source="t", number="a", customer_id=telling.customer_ids[0], recorded_at=at)

    assert before == (0, 0, {"guest": 1})
    assert tried() == (10, 10, {})
