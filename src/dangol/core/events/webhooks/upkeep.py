"""What is kept of webhooks, and for how long: 30 days of messages, deliveries and tries."""

from datetime import datetime, timedelta

from django.db.models import Q

from dangol.core.events.webhooks.models import Attempt, Delivery, Endpoint, EndpointChange, Message
from dangol.core.events.webhooks.sealed_secrets import delete_ended
from dangol.core.storage.rows import delete_rows
from dangol.core.storage.transactions import write_transaction

KEEP = timedelta(days=30)
KEEP_CHANGES = timedelta(days=365)
DELETED_AT_ONCE = 5_000


def delete_old(*, as_of: datetime, limit: int = DELETED_AT_ONCE) -> int:
    """Delete up to `limit` rows of each kind that are older than 30 days; returns how many.

    What is still on its way stays, unless its endpoint is gone, and a message stays as long as a delivery
    of it does. Changes of endpoints' states are kept for a year; secrets that have ended are not kept.
    """
    before = as_of - KEEP
    deleted = delete_ended(before=as_of)
    with write_transaction():
        tries = Attempt.objects.filter(at__lt=before).order_by("at")
        old_tries = list(tries.values_list("endpoint_id", "message_id", "number")[:limit])
        deleted += delete_rows(Attempt, ("endpoint_id", "message_id", "number"), old_tries)
        gone = ~Q(endpoint_id__in=Endpoint.objects.values("pk"))
        over = Delivery.objects.filter(gone | Q(created_at__lt=before, due_at=None))
        old = list(over.values_list("endpoint_id", "message_id")[:limit])
        deleted += delete_rows(Delivery, ("endpoint_id", "message_id"), old)
        messages = Message.objects.filter(created_at__lt=before)
        unused = messages.exclude(pk__in=Delivery.objects.values("message_id")).values_list("pk")
        deleted += delete_rows(Message, ("id",), list(unused[:limit]))
        EndpointChange.objects.filter(at__lt=as_of - KEEP_CHANGES).delete()
    return deleted
