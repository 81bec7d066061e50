"""The timeline: what happened, to whom, and how far each consumer has read."""

from django.db import models

from dangol.core.storage.fields import IdField
from dangol.core.storage.heaps import Heap

# Of core/segments/events.py, which stands above: the index is used where a statement names them so.
SEGMENT_MOVES = ("segment.entered", "segment.left")


class Event(models.Model):
    """Something that happened. It is never changed, but for the position it gets after its commit."""

    # A customer's events are numbered from 1 without a gap, under the lock of the customer's head row.
    pk = models.CompositePrimaryKey("customer_id", "customer_seq")
    customer_id = IdField()
    customer_seq = models.BigIntegerField()
    id = IdField()
    name = models.CharField(max_length=64)
    # What the event is about (an order, a transfer), as a plain value: it may live on a higher floor.
    subject_id = IdField(null=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    payload = models.TextField()
    # Bit by place in project/consumers.py INLINE: who has had this event inside its own transaction.
    inline_done = models.IntegerField(default=0)
    position = models.BigIntegerField(null=True)

    class Meta:
        db_table = "dg_event"
        # A payload may be of some thousand bytes, which lie badly in the key's order.
        constraints = (Heap(name="dg_event_heap"),)
        indexes = (
            models.Index(fields=["position"], name="dg_event_position"),
            models.Index(fields=["id"], name="dg_event_id"),
            models.Index(fields=["id"], name="dg_event_waiting", condition=models.Q(position__isnull=True)),
            # When somebody was in segments is asked at each purchase; most events are others.
            models.Index(
                fields=["customer_id"], name="dg_event_stay", condition=models.Q(name__in=SEGMENT_MOVES)
            ),
        )


class CustomerHead(models.Model):
    """A customer's place on the timeline. Its row is the lock of everything that belongs to the customer."""

    customer_id = IdField(primary_key=True)
    last_seq = models.BigIntegerField(default=0)
    last_event_id = IdField(null=True)

    class Meta:
        db_table = "dg_event_customer_head"


class Head(models.Model):
    """The last position given, one row per shard: the fence that sequencers pass one at a time."""

    shard = models.IntegerField(primary_key=True)
    position = models.BigIntegerField(default=0)

    class Meta:
        db_table = "dg_event_head"


class Cursor(models.Model):
    """How far a consumer has read; moved in the same transaction as what the consumer did."""

    consumer = models.CharField(max_length=64, primary_key=True)
    position = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True)
    error = models.TextField(default="")
    failed_at = models.DateTimeField(null=True)
    # The end of a stretch being written outside the database: a writer that was killed does it again
    # to the same end, under the same file names.
    claimed = models.BigIntegerField(null=True)

    class Meta:
        db_table = "dg_event_cursor"


class LakeKey(models.Model):
    """What stands for a customer in the lake. Random, so that without this row nobody is found by it."""

    customer_id = IdField(primary_key=True)
    lake_key = IdField()

    class Meta:
        db_table = "dg_event_lake_key"
