"""How far an order has come: what points of it may wait for."""

from enum import StrEnum


class Milestone(StrEnum):
    """What an order comes to after it was placed: it was delivered; its buyer keeps it."""

    DELIVERED = "delivered"
    CONFIRMED = "confirmed"

    @property
    def meets(self) -> frozenset[str]:
        """What is no longer waited for once an order has come so far: who keeps it, has it."""
        return frozenset(Milestone) if self is Milestone.CONFIRMED else frozenset({self.value})
