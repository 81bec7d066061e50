"""Endpoints and their secrets, what is to be sent to them, and what came of each try."""

from django.db import models

from dangol.core.storage.fields import IdField
from dangol.domain.webhooks import EndpointState


class Signature(models.TextChoices):
    """How messages to an endpoint are signed."""

    # A secret that both sides know.
    HMAC = "v1"
    # A key pair: the receiver knows the public half only, and can sign nothing itself.
    ED25519 = "v1a"


class DeliveryState(models.TextChoices):
    """Where a delivery stands."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    # All tries are used up, or the endpoint was disabled; it may be replayed.
    FAILED = "failed"


class Endpoint(models.Model):
    """An address that is told what happens."""

    id = IdField(primary_key=True)
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=200, default="")
    # Names of events with a space between; empty: all of them.
    events = models.TextField(default="")
    signature = models.CharField(max_length=3, choices=Signature)
    state = models.CharField(max_length=8, default=EndpointState.ACTIVE.value)
    failing_since = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    # It has asked for a rest (Retry-After).
    resting_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "dg_webhook_endpoint"


class EndpointChange(models.Model):
    """That an endpoint's state changed, when, and why; for its page, and for telling the owner."""

    id = IdField(primary_key=True)
    endpoint_id = IdField()
    from_state = models.CharField(max_length=8)
    to_state = models.CharField(max_length=8)
    cause = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        db_table = "dg_webhook_change"
        indexes = (models.Index(fields=["endpoint_id", "id"], name="dg_webhook_change_endpoint"),)


class Secret(models.Model):
    """What an endpoint's messages are signed with, wrapped by a master key. Never in the clear."""

    id = IdField(primary_key=True)
    endpoint_id = IdField()
    master = models.CharField(max_length=32)
    wrapped = models.BinaryField()
    # For a key pair: the half that may be shown at any time.
    public_key = models.CharField(max_length=64, default="")
    created_at = models.DateTimeField()
    # Null for the present one; an earlier one signs beside it until then.
    ends_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_webhook_secret"
        indexes = (
            models.Index(fields=["endpoint_id"], name="dg_webhook_secret_endpoint"),
            models.Index(fields=["master", "id"], name="dg_webhook_secret_master"),
        )


class Message(models.Model):
    """What is sent, word for word the same at each try and to each endpoint. Its id is the event's."""

    id = IdField(primary_key=True)
    name = models.CharField(max_length=64)
    body = models.TextField()
    # Made up to try an endpoint, not something that happened.
    is_test = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "dg_webhook_message"
        indexes = (
            models.Index(fields=["created_at"], name="dg_webhook_message_created"),
            models.Index(fields=["id"], name="dg_webhook_message_test", condition=models.Q(is_test=True)),
        )


class Delivery(models.Model):
    """One message on its way to one endpoint."""

    pk = models.CompositePrimaryKey("endpoint_id", "message_id")
    endpoint_id = IdField()
    message_id = IdField()
    name = models.CharField(max_length=64)
    is_test = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=DeliveryState)
    # When a sender may take it: the time of its next try, the end of the lease while it is being sent, and
    # never once it is over. So one index finds all that is due.
    due_at = models.DateTimeField(null=True)
    # Made anew as a sender takes it: only its holder may say what came of it.
    claim = IdField(null=True)
    # Failures of the present round, which a replay begins anew, and tries of all rounds.
    tries = models.IntegerField(default=0)
    attempts = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_webhook_delivery"
        indexes = (
            models.Index(
                fields=["endpoint_id", "due_at", "message_id"],
                name="dg_webhook_delivery_due",
                condition=models.Q(due_at__isnull=False),
            ),
            models.Index(fields=["endpoint_id", "created_at"], name="dg_webhook_delivery_created"),
            models.Index(fields=["endpoint_id", "state", "message_id"], name="dg_webhook_delivery_state"),
        )


class Attempt(models.Model):
    """One try to deliver, and what came of it."""

    pk = models.CompositePrimaryKey("endpoint_id", "message_id", "number")
    endpoint_id = IdField()
    message_id = IdField()
    number = models.IntegerField()
    at = models.DateTimeField()
    duration_ms = models.IntegerField()
    # Null where no answer came.
    status = models.IntegerField(null=True)
    # Empty for a success; else the kind of failure (`transport.Failure`).
    failure = models.CharField(max_length=24, default="")
    # The first 1,000 characters.
    answer = models.CharField(max_length=1000, default="")
    is_test = models.BooleanField(default=False)

    class Meta:
        db_table = "dg_webhook_attempt"
        indexes = (
            models.Index(fields=["endpoint_id", "at"], name="dg_webhook_attempt_endpoint"),
            models.Index(fields=["at"], name="dg_webhook_attempt_at"),
        )


class Received(models.Model):
    """That a message of an outside source was taken in. Kept for good, so that none is taken in twice."""

    pk = models.CompositePrimaryKey("source", "message")
    source = models.CharField(max_length=64)
    message = models.CharField(max_length=255)
    # Made anew by each taking in: it tells whose row it is.
    receipt = IdField()
    received_at = models.DateTimeField()

    class Meta:
        db_table = "dg_webhook_received"
