"""The outbox: one row a message, one row for each time somebody tried to hand it over."""

from django.db import models

from dangol.core.storage.fields import IdField


class State(models.TextChoices):
    """Where a message stands."""

    WAITING = "waiting"
    # It was tried and will be tried again.
    FAILED = "failed"
    # Whoever carries it has taken it.
    HANDED = "handed"
    # It will not be sent: refused for good, too late, or tried too often.
    DEAD = "dead"


class Message(models.Model):
    """Something to be said to one person.

    What it says and where it goes lie in `sealed`, under the person's own key, and are emptied once it has
    been handed over. Messages to staff belong to the house (`services.HOUSE`) and are sealed under its key.
    """

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    staff = models.CharField(max_length=150)
    channel = models.CharField(max_length=10)
    template = models.CharField(max_length=32)
    language = models.CharField(max_length=10)
    sealed = models.BinaryField(null=True)
    key = models.CharField(max_length=64, null=True)
    made_at = models.DateTimeField()
    # After this nobody needs it any more, as with a code whose time is over.
    expires_at = models.DateTimeField(null=True)
    # When it may be taken: at once, at the next try, at the end of a lease; never once it is over.
    claimable_at = models.DateTimeField(null=True)
    claim = IdField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.IntegerField(default=0)
    receipt = models.CharField(max_length=200, default="")
    last_error = models.CharField(max_length=64, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_message"
        constraints = (models.UniqueConstraint(fields=["customer_id", "key"], name="dg_message_key"),)
        indexes = (
            models.Index(
                fields=["claimable_at", "id"],
                name="dg_message_claimable",
                condition=models.Q(claimable_at__isnull=False),
            ),
            models.Index(
                fields=["ended_at"], name="dg_message_ended", condition=models.Q(ended_at__isnull=False)
            ),
        )


class Attempt(models.Model):
    """One try to hand a message over, written before it is made; without an end where its sender vanished."""

    pk = models.CompositePrimaryKey("customer_id", "message_id", "number")
    customer_id = IdField()
    message_id = IdField()
    number = models.IntegerField()
    sender = models.CharField(max_length=16)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, default="")
    error = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "dg_message_attempt"


class Way(models.Model):
    """How messages of a channel leave, as the shop has set it: sealed, for it holds a password."""

    channel = models.CharField(max_length=10, primary_key=True)
    sealed = models.BinaryField()
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=150)

    class Meta:
        db_table = "dg_message_way"
