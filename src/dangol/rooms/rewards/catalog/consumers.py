"""What the catalog does when somebody was erased."""

from collections.abc import Sequence

from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.events.services import lock_customers
from dangol.core.people.actors import HOUSE
from dangol.domain.redeeming import RedemptionState, RewardKind
from dangol.rooms.rewards.catalog.models import Redemption
from dangol.rooms.rewards.catalog.services import By, cancel_locked


def close_vouchers(events: Sequence[Recorded]) -> None:
    """Take back what people who were erased never picked up: others may have it. Their points are forfeited.

    What is closed already stays as it is, so once or twice comes to the same.
    """
    gone = {event.customer_id: event.recorded_at for event in events}
    lock_customers(gone)
    rows = Redemption.objects.filter(
        customer_id__in=list(gone), state=RedemptionState.ISSUED.value, kind=RewardKind.ITEM.value
    )
    for row in rows.order_by("customer_id", "id"):
        cancel_locked(row, By(HOUSE, gone[row.customer_id]), reason="erased", gives_points=False)


CLOSE_VOUCHERS = Consumer("rewards.close_vouchers", frozenset({"customer.erased"}), close_vouchers)
