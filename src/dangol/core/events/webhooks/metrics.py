"""What is known of webhooks when a meter is read."""

from collections.abc import Iterator
from datetime import datetime

from dangol.core.events.webhooks.selectors import count_by_state, oldest_pending
from dangol.core.metrics import Reading, Told, gauges


@gauges(
    {
        "webhook_endpoints": Told(
            "gauge", ("state",), "Endpoints by how they stand.", "any failing for an hour"
        ),
        "webhook_oldest_pending_seconds": Told(
            "gauge", (), "How long the longest waiting delivery has been due for.", "more than 300"
        ),
    }
)
def read_webhooks(as_of: datetime) -> Iterator[Reading]:
    """Tell how endpoints stand, and how long the longest delivery has waited."""
    for state, count in count_by_state().items():
        yield Reading("webhook_endpoints", count, (state,))
    yield Reading("webhook_oldest_pending_seconds", oldest_pending(as_of).total_seconds())
