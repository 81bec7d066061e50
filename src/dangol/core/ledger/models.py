"""Accounts, transfers, entries and lots. Transfers and entries are never changed or deleted.

Points are whole numbers. All of a customer's accounts, the shop's side too, carry the customer's id, so
that a transfer touches one customer; what the shop owes in all is a sum.
"""

from django.db import models

from dangol.core.storage.append_only import AppendOnly
from dangol.core.storage.constraints import SqlForeignKey
from dangol.core.storage.fields import IdField
from dangol.domain.points import LONGEST_KEY, Account as Place, Shortfall


class PointCurrency(models.Model):
    """A kind of points: what they are called and what happens when too many were spent."""

    code = models.CharField(max_length=12, primary_key=True)
    name = models.CharField(max_length=60)
    shortfall = models.CharField(
        max_length=8, choices=[(one.value, one.value) for one in Shortfall], default=Shortfall.DEBT.value
    )

    class Meta:
        db_table = "dg_point_currency"


class Account(models.Model):
    """Where a customer's points of one currency can be. `balance` is the sum of its entries."""

    pk = models.CompositePrimaryKey("customer_id", "currency", "kind")
    customer_id = IdField()
    currency = models.CharField(max_length=12)
    kind = models.CharField(max_length=12)
    balance = models.BigIntegerField(default=0)

    class Meta:
        db_table = "dg_account"
        constraints = (
            # Should a lock ever be forgotten, the second of two spends of the same points stops here.
            models.CheckConstraint(
                condition=~models.Q(kind__in=[Place.AVAILABLE.value, Place.PENDING.value])
                | models.Q(balance__gte=0),
                name="dg_account_covered",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind=Place.DEBT.value) | models.Q(balance__lte=0), name="dg_account_debt"
            ),
        )
        indexes = (
            # Who may spend how many: by it members are listed. Only one of the two is ever other than 0.
            models.Index(
                fields=["currency", "balance", "customer_id"],
                name="dg_account_usable",
                condition=models.Q(kind__in=[Place.AVAILABLE.value, Place.DEBT.value]) & ~models.Q(balance=0),
            ),
        )


class Transfer(models.Model):
    """One movement of points. A mistake is a second transfer that names the first in `reverses_id`."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    currency = models.CharField(max_length=12)
    kind = models.CharField(max_length=12)
    points = models.BigIntegerField()
    key = models.CharField(max_length=LONGEST_KEY)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    subject_id = IdField(null=True)
    reverses_id = IdField(null=True)

    class Meta:
        db_table = "dg_transfer"
        constraints = (
            models.UniqueConstraint(fields=["customer_id", "key"], name="dg_transfer_key"),
            models.CheckConstraint(condition=models.Q(points__gt=0), name="dg_transfer_points"),
            AppendOnly(name="dg_transfer_append_only"),
        )
        indexes = (
            models.Index(
                fields=["customer_id", "reverses_id"],
                name="dg_transfer_reverses",
                condition=models.Q(reverses_id__isnull=False),
            ),
        )


class Entry(models.Model):
    """One side of a transfer: points into, or negative out of, an account; `lot_id` says which points."""

    pk = models.CompositePrimaryKey("customer_id", "transfer_id", "number")
    customer_id = IdField()
    transfer_id = IdField()
    number = models.SmallIntegerField()
    currency = models.CharField(max_length=12)
    account = models.CharField(max_length=12)
    points = models.BigIntegerField()
    lot_id = IdField(null=True)

    class Meta:
        db_table = "dg_entry"
        constraints = (
            SqlForeignKey(
                fields=["customer_id", "transfer_id"],
                to="dg_ledger.Transfer",
                to_fields=["customer_id", "id"],
                name="dg_entry_transfer",
            ),
            models.CheckConstraint(condition=~models.Q(points=0), name="dg_entry_points"),
            AppendOnly(name="dg_entry_append_only"),
        )


class Lot(models.Model):
    """Points earned together. `left`, `expired` and `reversed` follow from the entries, and are checked."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    currency = models.CharField(max_length=12)
    transfer_id = IdField()
    points = models.BigIntegerField()
    left = models.BigIntegerField()
    expired = models.BigIntegerField(default=0)
    reversed = models.BigIntegerField(default=0)
    is_pending = models.BooleanField()
    earned_at = models.DateTimeField()
    release_at = models.DateTimeField()
    # Exclusive: the first instant at which the points are gone. Empty: they never lapse.
    expires_at = models.DateTimeField(null=True)
    # The lot these points were first in, where a merge has brought them here: it may be another customer's.
    root_id = IdField(null=True)
    # How long without which activities it lapses (domain.idling); empty: `expires_at` stays as it is.
    idle = models.CharField(max_length=100, null=True)
    # How far its order has to come for it to open before `release_at`; empty: time alone opens it.
    awaits = models.CharField(max_length=12, null=True)
    # The next instant at which something becomes due for this lot; empty when nothing ever will.
    due_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_lot"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(left__gte=0, left__lte=models.F("points")), name="dg_lot_left"
            ),
            models.CheckConstraint(
                condition=models.Q(reversed__gte=0, reversed__lte=models.F("points")), name="dg_lot_reversed"
            ),
            models.CheckConstraint(condition=models.Q(expired__gte=0), name="dg_lot_expired"),
        )
        indexes = (
            models.Index(
                fields=["customer_id", "currency"],
                name="dg_lot_open",
                condition=models.Q(left__gt=0),
            ),
            # Whose, and until when: whose points lapse soon is found in it alone, past those that wait.
            models.Index(
                fields=["due_at", "is_pending", "currency", "expires_at", "customer_id"],
                name="dg_lot_due_told",
                condition=models.Q(due_at__isnull=False),
            ),
        )


class LotOpening(models.Model):
    """A lot that opens at `release_at`, sooner than the `was_at` it was made with, and what has let it.

    `awaited` has come to pass for `subject_id`, the order. The opening itself is a transfer like any other.
    """

    pk = models.CompositePrimaryKey("customer_id", "lot_id")
    customer_id = IdField()
    lot_id = IdField()
    # The lot its points were first in: itself, but for what merges have moved.
    root_id = IdField()
    awaited = models.CharField(max_length=12)
    was_at = models.DateTimeField()
    release_at = models.DateTimeField()
    subject_id = IdField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "dg_lot_opening"
        constraints = (AppendOnly(name="dg_lot_opening_append_only"),)
        indexes = (models.Index(fields=["root_id"], name="dg_lot_opening_root"),)


class PointActivity(models.Model):
    """What somebody did that keeps points which lapse by inactivity: of what, and when.

    Kept only where such points are. Undone ones stay, with the instant from which they did not count.
    """

    pk = models.CompositePrimaryKey("customer_id", "currency", "kind", "subject_id")
    customer_id = IdField()
    currency = models.CharField(max_length=12)
    kind = models.CharField(max_length=12)
    # The order, or the transfer.
    subject_id = IdField()
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_point_activity"


class BulkOutcome(models.Model):
    """What became of points given to many: how many have theirs, and who was left out with why, as JSON.

    Its id is the request's in the access floor. It names nobody but by their ids.
    """

    id = IdField(primary_key=True)
    count = models.IntegerField()
    left_out = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "dg_ledger_bulk_outcome"
