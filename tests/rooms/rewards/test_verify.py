"""Each promise between orders, judgements and ledger is found broken by its name."""

from datetime import timedelta

import pytest

from dangol.core.commerce.models import Order
from dangol.core.ledger import invariants
from dangol.core.ledger.verify import verify
from dangol.core.storage.ids import Id
from dangol.rooms.rewards import verify as rewards
from dangol.rooms.rewards.models import Accrual, AccrualPart, AccrualPortion
from tests.core.ledger.faults import tamper, tampering
from tests.rooms.rewards.shop import (
    BREAD,
    ICE,
    OPENED,
    OWN_RULES,
    OWN_TERMS,
    Bought,
    Brought,
    Telling,
    open_program,
)

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = [
    ("order.accrued", "DELETE FROM dg_accrual WHERE customer_id = :owner AND order_id = :order"),
    ("order.accrued", "UPDATE dg_accrual SET zero = '' WHERE points = 0"),
    ("accrual.transfer", "UPDATE dg_transfer SET points = 1 WHERE kind = 'earn'"),
    ("accrual.transfer", "DELETE FROM dg_transfer WHERE kind = 'earn'"),
    ("accrual.portions", "UPDATE dg_accrual_portion SET points = points + 1 WHERE order_id = :order"),
    ("accrual.portions", "DELETE FROM dg_accrual_portion WHERE order_id = :order AND rule_id IS NULL"),
    ("accrual.portions", "DELETE FROM dg_accrual_portion WHERE order_id = :order"),
    ("accrual.portions", "UPDATE dg_accrual_portion SET rule_version = 2 WHERE order_id = :order"),
    ("accrual.portions", "UPDATE dg_accrual_portion SET transfer_id = lot_id WHERE order_id = :order"),
    (
        "accrual.arithmetic",
        "UPDATE dg_accrual SET points = 999 WHERE order_id = :order AND number = 1",
    ),
    ("accrual.arithmetic", "UPDATE dg_accrual_part SET points = points + 1 WHERE order_id = :order"),
    ("accrual.arithmetic", "UPDATE dg_accrual_part SET base_minor = 9 WHERE order_id = :order"),
    ("accrual.arithmetic", "DELETE FROM dg_accrual_part WHERE order_id = :order"),
]


def broken() -> set[str]:
    return {one.check.name for one in verify([*invariants.checks(), *rewards.checks()]) if not one.is_kept}


@pytest.fixture
def order() -> tuple[Id, Id]:
    """A shop in which things were bought and brought back; an order's owner and id."""
    open_program(OWN_TERMS, rules=OWN_RULES)
    at = OPENED + timedelta(days=400)
    later = at + timedelta(days=3)
    telling = Telling("till", customers=2)
    telling.tell(
        [
            Bought(0, "1", at, {ICE: 1_050, BREAD: 999}),
            Bought(1, "2", at, {BREAD: 99}),
            Bought(1, "3", at, {BREAD: 30_000}, discount=100),
            Bought(1, "4", at + timedelta(days=1), {ICE: 777}),
            Brought(0, "r1", later, {ICE: 500}, "1"),
            Brought(0, "r2", later, {BREAD: 999}, "1"),
        ],
        recorded_at=later,
    )
    bought = Order.objects.get(number="1")
    return bought.customer_id, bought.id


@pytest.mark.usefixtures("order")
def test_verify__orders_and_returns__nothing_is_broken() -> None:
    found = {one.check.name: one.looked.checked for one in verify(rewards.checks())}

    assert broken() == set()
    assert found == {
        "order.accrued": 4,
        "accrual.transfer": Accrual.objects.exclude(points=0).count(),
        "accrual.portions": AccrualPortion.objects.count(),
        "accrual.limit": Accrual.objects.filter(points__gt=0).count(),
        "accrual.not_given": 0,
        "accrual.arithmetic": Accrual.objects.count(),
        "lot.awaited": 0,
    }
    assert AccrualPart.objects.exists()
    assert AccrualPortion.objects.filter(points__lt=0).exists()


@pytest.mark.parametrize(("name", "fault"), FAULTS)
def test_verify__one_fault_planted__is_found_by_its_name(order: tuple[Id, Id], name: str, fault: str) -> None:
    owner, order_id = order

    with tampering():
        tamper(fault, owner=owner, order=order_id)

        assert name in broken()
    assert broken() == set()
