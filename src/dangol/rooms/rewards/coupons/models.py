"""Batches of codes, the codes, whom one was handed to, and which sale used one."""

from django.db import models
from django.db.models import F, Q

from dangol.core.storage.append_only import AppendOnly
from dangol.core.storage.fields import IdField
from dangol.domain.coupon_codes import LONGEST_CODE


class BatchKind(models.TextChoices):
    """Where a batch's codes come from."""

    # One code that everybody knows.
    GENERIC = "generic"
    # Drawn here from a pattern.
    UNIQUE = "unique"
    # Somebody else's, from a file.
    IMPORTED = "imported"


class CouponBatch(models.Model):
    """Codes that open one promotion, made together. `active_to` is exclusive."""

    id = IdField(primary_key=True)
    # Promotions stand above coupons, which only carry whose codes they are.
    promotion_id = IdField()
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=BatchKind)
    # Empty where codes are not drawn.
    pattern = models.CharField(max_length=LONGEST_CODE, blank=True)
    prefix = models.CharField(max_length=LONGEST_CODE, blank=True)
    # How many codes it is to have, and how many it has.
    code_count = models.IntegerField()
    made_count = models.IntegerField(default=0)
    # How often each may be used; empty: as often as its promotion allows.
    uses_per_code = models.IntegerField(null=True)
    active_from = models.DateTimeField(null=True)
    active_to = models.DateTimeField(null=True)
    is_blocked = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        db_table = "dg_coupon_batch"
        indexes = (models.Index(fields=["promotion_id", "id"], name="dg_coupon_batch_promotion"),)
        constraints = (
            models.CheckConstraint(condition=Q(uses_per_code__gt=0), name="dg_coupon_batch_uses"),
            models.CheckConstraint(condition=Q(made_count__lte=F("code_count")), name="dg_coupon_batch_made"),
        )


class CouponCode(models.Model):
    """A code. A lookup table by what is compared of it (`coupon_codes.normalize`).

    `used_count` is kept where there is a limit only: a code that everybody may use would else be one row for
    which all tills wait. Its uses are counted among `CouponUse`.
    """

    key = models.CharField(max_length=LONGEST_CODE, primary_key=True)
    # As it is printed.
    shown = models.CharField(max_length=LONGEST_CODE)
    batch_id = IdField()
    # Who alone may use it.
    customer_id = IdField(null=True)
    uses_limit = models.IntegerField(null=True)
    used_count = models.IntegerField(default=0)
    is_blocked = models.BooleanField(default=False)

    class Meta:
        db_table = "dg_coupon_code"
        indexes = (
            models.Index(fields=["batch_id", "key"], name="dg_coupon_code_batch"),
            models.Index(
                fields=["batch_id", "key"],
                name="dg_coupon_code_free",
                condition=Q(customer_id__isnull=True, used_count=0, is_blocked=False),
            ),
            models.Index(
                fields=["customer_id"],
                name="dg_coupon_code_holder",
                condition=Q(customer_id__isnull=False),
            ),
            models.Index(fields=["batch_id"], name="dg_coupon_code_spent", condition=Q(used_count__gt=0)),
            models.Index(fields=["batch_id"], name="dg_coupon_code_shut", condition=Q(is_blocked=True)),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(used_count__gte=0)
                & (Q(uses_limit__isnull=True) | Q(used_count__lte=F("uses_limit"))),
                name="dg_coupon_code_used",
            ),
        )


class CouponUse(models.Model):
    """A sale's use of a code; the sale has it once. `given_back_at`: the sale no longer uses it."""

    pk = models.CompositePrimaryKey("customer_id", "sale_id", "key")
    customer_id = IdField()
    sale_id = IdField()
    key = models.CharField(max_length=LONGEST_CODE)
    used_at = models.DateTimeField()
    given_back_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_coupon_use"
        indexes = (models.Index(fields=["key"], name="dg_coupon_use_code"),)


class CouponIssue(models.Model):
    """A code handed to a customer; `issue_key` names the occasion, for which they get one code.

    `taken_back_at`: what the code came with is undone, and the code was blocked for it.
    """

    pk = models.CompositePrimaryKey("customer_id", "issue_key")
    customer_id = IdField()
    issue_key = models.CharField(max_length=120)
    batch_id = IdField()
    code_key = models.CharField(max_length=LONGEST_CODE)
    issued_at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_coupon_issue"
        indexes = (models.Index(fields=["batch_id", "code_key"], name="dg_coupon_issue_code"),)


class Act(models.TextChoices):
    """What somebody did with codes."""

    BLOCKED = "blocked"
    OPENED = "opened"
    BOUND = "bound"
    HANDED_OUT = "handed_out"
    IMPORTED = "imported"


class CouponAct(models.Model):
    """What staff or a program did with a code, or with all of a batch (`key` empty); only added to."""

    id = IdField(primary_key=True)
    batch_id = IdField()
    key = models.CharField(max_length=LONGEST_CODE, blank=True)
    act = models.CharField(max_length=10, choices=Act)
    # How many codes, where it is about several of a batch.
    count = models.IntegerField(null=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "dg_coupon_act"
        indexes = (models.Index(fields=["batch_id", "key", "id"], name="dg_coupon_act_code"),)
        constraints = (AppendOnly(name="dg_coupon_act_kept"),)


class CouponFile(models.Model):
    """A file of somebody else's codes that was looked at and is not taken in yet; gone after a day."""

    id = IdField(primary_key=True)
    batch_id = IdField()
    name = models.CharField(max_length=80)
    # Its text, by zlib.
    content = models.BinaryField()
    brought_at = models.DateTimeField()

    class Meta:
        db_table = "dg_coupon_file"
        indexes = (models.Index(fields=["brought_at"], name="dg_coupon_file_age"),)
