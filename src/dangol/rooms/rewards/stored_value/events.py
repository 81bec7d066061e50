"""What gift cards and store credit tell the timeline of whom they are about; the subject is the movement."""

from dangol.core.events.payloads import Payload, named


@named("store_credit.moved")
class StoreCreditMoved(Payload, frozen=True):
    """A member's store credit went up or down (`minor`), for what (`kind`), and what is left."""

    kind: str
    currency: str
    minor: int
    balance_minor: int


@named("gift_card.moved")
class GiftCardMoved(Payload, frozen=True):
    """Money of a gift card moved: told to who holds it, or paid with it. `tail` are its last characters."""

    kind: str
    currency: str
    minor: int
    balance_minor: int
    tail: str
