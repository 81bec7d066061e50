"""What the ledger does when something happened."""

from collections import defaultdict
from collections.abc import Sequence

from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.events.services import lock_customers
from dangol.core.ledger.events import GiftSent
from dangol.core.ledger.following import FOLLOWED, follow_customers
from dangol.core.ledger.models import Transfer
from dangol.core.ledger.services import Order, apply
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.points import NEVER, GiftIn


def receive_gifts(events: Sequence[Recorded]) -> None:
    """Book the receivers' side of gifts that were sent, dated at the sending: points never lapse on the way.

    The key is the sending transfer's, so that a gift is received once however often its event comes.
    """
    receivers: dict[Id, Id] = dict(
        select_matching(
            Transfer,
            ("id", "subject_id"),
            ("customer_id", "id"),
            [(event.customer_id, event.subject_id) for event in events],
        )
    )
    # All at once, and so in sorted order, though they are booked currency by currency.
    lock_customers(receivers.values())
    orders: dict[str, list[Order]] = defaultdict(list)
    for event in events:
        gift, sent_id = event.payload, event.subject_id
        assert isinstance(gift, GiftSent)
        assert sent_id is not None
        parts = tuple((points, expires_at or NEVER) for points, expires_at in gift.parts)
        command = GiftIn(gift_key(sent_id), event.occurred_at, parts, gift.reason, sent_id)
        orders[gift.currency].append(Order(receivers[sent_id], command))
    recorded_at = max(event.recorded_at for event in events)
    for currency, own in orders.items():
        for result in apply(own, currency, recorded_at=recorded_at):
            if result.refusal:
                raise result.refusal


def gift_key(sent_id: Id) -> str:
    """Return the key under which a gift that was sent is received."""
    return f"gift:{sent_id.hex()}"


RECEIVE_GIFTS = Consumer("ledger.receive_gifts", frozenset({GiftSent.event}), receive_gifts)
FOLLOW_CUSTOMERS = Consumer("ledger.follow_customers", FOLLOWED, follow_customers)
