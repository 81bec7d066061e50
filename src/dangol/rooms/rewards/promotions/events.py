"""What the checkout tells the timeline."""

from dangol.core.events.payloads import Payload, named


class UsedPromotion(Payload, frozen=True):
    """A promotion in a sale: what it took off, in minor units, and the points it gave."""

    promotion: str
    version: int
    minor: int
    points: int


@named("sale.committed")
class SaleCommitted(Payload, frozen=True):
    """A sale became an order, with these promotions. The event's subject is the sale."""

    order: str
    currency: str
    net_minor: int
    discount_minor: int
    tender_points: int
    promotions: list[UsedPromotion]


@named("sale.canceled")
class SaleCanceled(Payload, frozen=True):
    """A sale was let go: what it held is free again. `was_committed`: it had been an order."""

    was_committed: bool


@named("sale.returned")
class SaleReturned(Payload, frozen=True):
    """Something of a sale came back: money and points given back, points taken back."""

    number: str
    currency: str
    money_minor: int
    points_back: int
    points_taken: int
