"""Whoever is erased takes along what was said to them."""

from collections.abc import Sequence

from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.messaging.services import forget_messages


def forget_erased(events: Sequence[Recorded]) -> None:
    """Delete the messages to people who were erased, sent or not."""
    forget_messages(event.customer_id for event in events)


FORGET_ERASED = Consumer("messaging.forget_erased", frozenset({"customer.erased"}), forget_erased)
