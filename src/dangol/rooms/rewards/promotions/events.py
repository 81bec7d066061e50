"""What the checkout tells the timeline."""

from collections.abc import Mapping

from dangol.core.events.payloads import Payload, named
from dangol.core.storage.ids import Id, show_id


class UsedPromotion(Payload, frozen=True):
    """A promotion in a sale: what it took off, in minor units, and the points it gave."""

    promotion: str
    version: int
    minor: int
    points: int


class StampsOfSale(Payload, frozen=True):
    """Stamps on a card: that a promotion gave, or that came back."""

    promotion: str
    card: str
    count: int


def told_stamps(counts: Mapping[tuple[Id, str], int]) -> tuple[StampsOfSale, ...]:
    """Return stamps by promotion and card as events tell of them."""
    return tuple(
        StampsOfSale(promotion=show_id(key), card=card, count=count) for (key, card), count in counts.items()
    )


@named("sale.committed")
class SaleCommitted(Payload, frozen=True):
    """A sale became an order, with these promotions and stamps. The event's subject is the sale."""

    order: str
    currency: str
    net_minor: int
    discount_minor: int
    tender_points: int
    promotions: list[UsedPromotion]
    stamps: tuple[StampsOfSale, ...] = ()


@named("sale.canceled")
class SaleCanceled(Payload, frozen=True):
    """A sale was let go: what it held is free again. `was_committed`: it had been an order."""

    was_committed: bool


@named("sale.returned")
class SaleReturned(Payload, frozen=True):
    """Something of a sale came back: money and points given back, points and stamps taken back."""

    number: str
    currency: str
    money_minor: int
    points_back: int
    points_taken: int
    stamps: tuple[StampsOfSale, ...] = ()
