"""What conditions can ask of events: properties of the kinds their classes tell."""

from datetime import UTC, datetime

import pytest

from dangol.core.commerce.events import OrderPlaced, OrderReturned, ReturnedLine, SoldLine
from dangol.core.events.payloads import PAYLOADS, Payload
from dangol.core.ledger.events import PointsEarned
from dangol.core.people.events import CustomerUpdated
from dangol.domain.conditions import Kind
from dangol.domain.conditions.values import of_kind

AT = datetime(2026, 3, 2, tzinfo=UTC)
TOLD: list[Payload] = [
    OrderPlaced(
        source="till", number="1", channel="store", store="S1", currency="KRW", net_minor=4_500,
        discount_minor=500, earns=True, is_guest=False, lines=[SoldLine("L1", "drinks > tea", 1_000, 4_500)],
    ),
    OrderReturned(
        source="till", number="r", currency="USD", net_minor=450,
        lines=[ReturnedLine("L1", "drinks", 1_000, 450, None, None)],
    ),
    PointsEarned(
        currency="points", points=45, reason="order", about="order", release_at=AT, expires_at=None
    ),
    CustomerUpdated(fields=("name",)),
]  # fmt: skip


@pytest.mark.parametrize("told", TOLD, ids=lambda told: told.event)
def test_property_kinds__of_an_event__are_those_of_its_properties(told: Payload) -> None:
    kinds = told.property_kinds()

    properties = told.properties_seen()

    assert properties
    assert {name: of_kind(value, kinds[name]) for name, value in properties.items()} == properties


@pytest.mark.parametrize("name", sorted(PAYLOADS))
def test_property_kinds__of_every_event__can_be_told(name: str) -> None:
    assert set(PAYLOADS[name].property_kinds().values()) <= set(Kind)
