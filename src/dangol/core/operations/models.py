"""What was proved and when; and how many points have moved, for the meters."""

from django.db import models


class ProofName(models.TextChoices):
    """What is proved from time to time."""

    BACKUP = "backup"
    KEY_BACKUP = "key_backup"
    RESTORE_TEST = "restore_test"
    LEDGER = "ledger"
    ACCESS_LOG = "access_log"
    SEGMENTS = "segments"


class Proof(models.Model):
    """The last try of something that has to be done again and again, and the last that was good."""

    name = models.CharField(max_length=16, primary_key=True, choices=ProofName)
    at = models.DateTimeField()
    good_at = models.DateTimeField(null=True)
    # What did not hold: broken invariants, for instance. Nothing where it was good.
    broken = models.IntegerField(default=0)
    # Where it is (a backup's folder), or what went wrong.
    told = models.TextField(default="")

    class Meta:
        db_table = "dg_operations_proof"


class PointsMoved(models.Model):
    """All points that ever moved in one way, by currency: a running sum along the timeline."""

    pk = models.CompositePrimaryKey("currency", "event")
    currency = models.CharField(max_length=12)
    event = models.CharField(max_length=64)
    points = models.BigIntegerField(default=0)

    class Meta:
        db_table = "dg_operations_points_moved"
