"""Promotions in their versions, what is used up of their limits, and sales with their stored split."""

from django.db import models

from dangol.core.storage.fields import IdField
from dangol.core.storage.stamps import Stamped
from dangol.rooms.rewards.tables import TrialRow

_STAMP = "dg_promotion_stamp"


class PromotionStamp(models.Model):
    """One row, renewed by the database itself whenever a promotion, or how the shop answers, changes."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    stamp = IdField()

    class Meta:
        db_table = _STAMP


class Promotion(models.Model):
    """A promotion: which of its versions is in force (none before it is published), or that it rests."""

    id = IdField(primary_key=True)
    # The name of its newest content, so that lists need no content.
    name = models.CharField(max_length=80)
    version = models.IntegerField(null=True)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_promotion"
        constraints = (Stamped(stamp=_STAMP, name="dg_promotion_stamped"),)


class PromotionVersion(models.Model):
    """What a promotion said when it was published. It is never changed: sales name it."""

    pk = models.CompositePrimaryKey("promotion_id", "number")
    promotion_id = IdField()
    number = models.IntegerField()
    # contents.PromotionContent, as JSON text.
    content = models.TextField()
    # The types its condition's traits had then.
    types = models.TextField(default="{}")
    drafted_by = models.CharField(max_length=150)
    published_by = models.CharField(max_length=150)
    published_at = models.DateTimeField()

    class Meta:
        db_table = "dg_promotion_version"
        constraints = (Stamped(stamp=_STAMP, name="dg_promotion_version_stamped"),)


class PromotionDraft(models.Model):
    """The next version as somebody is writing it; no sale is judged by it, but dry runs may be."""

    promotion_id = IdField(primary_key=True)
    content = models.JSONField()
    # The version it was begun from; 0: there was none.
    base = models.IntegerField()
    # Goes up by one with each change, so that nobody writes over what they have not seen.
    revision = models.IntegerField()
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()
    # The sign-in names of everybody who has changed it since it was begun: they do not approve it.
    writers = models.JSONField(db_default=models.Value([], models.JSONField()))

    class Meta:
        db_table = "dg_promotion_draft"


class PromotionSimulation(TrialRow):
    """A promotion tried on past orders, and what came of it; it has an address of its own."""

    promotion_id = IdField()
    is_draft = models.BooleanField()

    class Meta:
        db_table = "dg_promotion_simulation"
        indexes = (models.Index(fields=["promotion_id", "asked_at"], name="dg_promotion_simulation_own"),)


class CheckoutSettings(models.Model):
    """How the shop answers what shops disagree about (contents.CheckoutContent): one row, or the defaults."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    content = models.JSONField()
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "dg_checkout_settings"
        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="dg_checkout_settings_one"),
            Stamped(stamp=_STAMP, name="dg_checkout_settings_stamped"),
        )


class CheckoutVersion(models.Model):
    """How the shop answered from a change on, until the next one. It is never changed."""

    number = models.IntegerField(primary_key=True)
    # contents.CheckoutContent
    content = models.JSONField()
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "dg_checkout_version"


class LimitBucket(models.Model):
    """A part of what a promotion may give in all; empty where it has no such limit.

    A large limit lies in several, so that its customers do not wait for one row.
    """

    pk = models.CompositePrimaryKey("promotion_id", "number")
    promotion_id = IdField()
    number = models.SmallIntegerField()
    uses_limit = models.BigIntegerField(null=True)
    uses = models.BigIntegerField(default=0)
    minor_limit = models.BigIntegerField(null=True)
    minor = models.BigIntegerField(default=0)
    units_limit = models.BigIntegerField(null=True)
    units = models.BigIntegerField(default=0)

    class Meta:
        db_table = "dg_promotion_bucket"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(uses__gte=0, minor__gte=0, units__gte=0), name="dg_promotion_bucket_used"
            ),
        )


class SaleState(models.TextChoices):
    """Where a sale stands."""

    RESERVED = "reserved"
    COMMITTED = "committed"
    CANCELED = "canceled"
    TIMED_OUT = "timed_out"


class Sale(models.Model):
    """A cart for which codes, budgets and points are held, until it becomes an order or is let go.

    Amounts are minor units of `currency`. `split` is what each unit carries (documents.Split), from which
    a return takes what it gives back.
    """

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    # Somebody unknown: the sale earns nothing until its order is claimed.
    is_guest = models.BooleanField()
    state = models.CharField(max_length=9, choices=SaleState)
    currency = models.CharField(max_length=3)
    # documents.StoredCart and documents.StoredAnswer: what was asked and what was answered.
    cart = models.JSONField()
    answer = models.JSONField()
    split = models.JSONField()
    net_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField()
    shipping_minor = models.BigIntegerField()
    tender_points = models.BigIntegerField()
    tender_minor = models.BigIntegerField()
    tender_currency = models.CharField(max_length=12, blank=True)
    # What gift cards and store credit pay; which, their own movements tell.
    stored_minor = models.BigIntegerField(default=0, db_default=0)
    # The ledger's transfer that took the points paid.
    spend_id = IdField(null=True)
    # How often it was reserved: its ledger keys name the turn, since it may be reopened.
    turn = models.SmallIntegerField(default=1)
    reserved_at = models.DateTimeField()
    reserved_until = models.DateTimeField()
    committed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    order_id = IdField(null=True)

    class Meta:
        db_table = "dg_sale"
        indexes = (
            # An address names a sale by its id alone.
            models.Index(fields=["id"], name="dg_sale_id"),
            models.Index(
                fields=["reserved_until"], name="dg_sale_due", condition=models.Q(state=SaleState.RESERVED)
            ),
            models.Index(
                fields=["customer_id", "order_id"],
                name="dg_sale_order",
                condition=models.Q(order_id__isnull=False),
            ),
        )


class Redemption(models.Model):
    """A promotion used in a sale, and what it gave.

    `points` were given by the promotion itself; `earn_id` is the ledger's transfer that gave them.
    """

    pk = models.CompositePrimaryKey("customer_id", "sale_id", "turn", "promotion_id")
    customer_id = IdField()
    sale_id = IdField()
    turn = models.SmallIntegerField()
    promotion_id = IdField()
    version = models.IntegerField()
    code = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
    minor = models.BigIntegerField()
    units = models.BigIntegerField()
    points = models.BigIntegerField(default=0)
    earn_id = IdField(null=True)
    # Set where the use was given back: it counts towards no limit any more.
    given_back_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_redemption"
        indexes = (
            models.Index(fields=["customer_id", "promotion_id", "at"], name="dg_redemption_customer"),
            models.Index(fields=["promotion_id", "at"], name="dg_redemption_promotion"),
        )


class SaleReturn(models.Model):
    """What came back of a sale, by the number the shop gave it: units, or an amount."""

    pk = models.CompositePrimaryKey("customer_id", "sale_id", "number")
    customer_id = IdField()
    sale_id = IdField()
    number = models.CharField(max_length=64)
    at = models.DateTimeField()
    content_hash = models.BinaryField(max_length=16)
    # documents.StoredReturn
    content = models.JSONField()
    return_id = IdField(null=True)

    class Meta:
        db_table = "dg_sale_return"


class ConfirmationState(models.TextChoices):
    """What the member has said to what is used of theirs."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


class SaleConfirmation(models.Model):
    """That a member was asked whether coupons or points of theirs may be used in a sale, and what they said.

    It is of one turn of the sale, whose cart does not change: what was said yes to is what is sold.
    """

    pk = models.CompositePrimaryKey("customer_id", "sale_id", "turn")
    customer_id = IdField()
    sale_id = IdField()
    turn = models.SmallIntegerField()
    state = models.CharField(max_length=9, choices=ConfirmationState, default=ConfirmationState.WAITING)
    asked_at = models.DateTimeField()
    # Exclusive: on the phone it can be answered until then.
    asked_until = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    # `phone`, or `person` before the staff named in `witness`.
    how = models.CharField(max_length=6, blank=True)
    witness = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "dg_sale_confirmation"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state=ConfirmationState.WAITING) | ~models.Q(how=""),
                name="dg_sale_confirmation_how",
            ),
            models.CheckConstraint(
                condition=~models.Q(how="person") | ~models.Q(witness=""),
                name="dg_sale_confirmation_witness",
            ),
        )


class SaleDue(models.Model):
    """What of a sale kept offline its card or credit had not enough for: to be paid in another way."""

    pk = models.CompositePrimaryKey("customer_id", "sale_id")
    customer_id = IdField()
    sale_id = IdField()
    minor = models.BigIntegerField()
    # Why the card or credit did not pay: a StoredReason.
    reason = models.CharField(max_length=40)
    store_id = IdField(null=True)
    noted_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    paid_to = models.CharField(max_length=150, blank=True)
    # When the sale was undone: nothing is missing any more.
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_sale_unpaid"
        constraints = (models.CheckConstraint(condition=models.Q(minor__gt=0), name="dg_sale_unpaid_minor"),)
        indexes = (
            models.Index(
                fields=["noted_at"],
                name="dg_sale_unpaid_open",
                condition=models.Q(paid_at__isnull=True, ended_at__isnull=True),
            ),
            models.Index(fields=["sale_id"], name="dg_sale_unpaid_sale"),
        )


class CounterSale(models.Model):
    """Who rang an order up at a counter. What was done to it later stands among the order's acts."""

    pk = models.CompositePrimaryKey("customer_id", "order_id")
    customer_id = IdField()
    order_id = IdField()
    rung_by = models.CharField(max_length=150)
    rung_at = models.DateTimeField()

    class Meta:
        db_table = "dg_counter_sale"
        # An order may have become another member's than it was rung up for.
        indexes = (models.Index(fields=["order_id"], name="dg_counter_sale_order"),)
