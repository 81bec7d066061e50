"""Rewards, what there is of them, and who has had which. What happened to a redemption is only added to."""

from django.db import models

from dangol.core.storage.append_only import AppendOnly
from dangol.core.storage.fields import IdField
from dangol.domain.coupon_codes import LONGEST_CODE as LONGEST_COUPON
from dangol.domain.redeeming import Period, RedemptionState, RewardKind

LONGEST_NAME, LONGEST_ABOUT, LONGEST_CODE, LONGEST_KEY = 60, 500, 120, 120


class Reward(models.Model):
    """What a member can take for points of a program."""

    id = IdField(primary_key=True)
    program_id = IdField()
    kind = models.CharField(max_length=8, choices=[(one.value, one.value) for one in RewardKind])
    name_ko = models.CharField(max_length=LONGEST_NAME)
    name_en = models.CharField(max_length=LONGEST_NAME, blank=True)
    about_ko = models.CharField(max_length=LONGEST_ABOUT, blank=True)
    about_en = models.CharField(max_length=LONGEST_ABOUT, blank=True)
    # In points. Empty: only those tiers that have a price of their own may have it.
    price = models.IntegerField(null=True)
    # {"gold": 400}: by the keys of the program's tiers.
    tier_prices = models.JSONField(default=dict)
    # What there is of it is counted, in its buckets; else there is always some. A pool's codes are its stock.
    is_counted = models.BooleanField(default=False)
    limit_count = models.IntegerField(null=True)
    limit_period = models.CharField(
        max_length=8, choices=[(one.value, one.value) for one in Period], default=Period.EVER.value
    )
    active_from = models.DateTimeField(null=True)
    active_to = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    # So many days after its day an item can be picked up, the last one whole. Empty: for good.
    voucher_days = models.IntegerField(null=True)
    # Whether the points of what nobody picked up in time go back.
    gives_back = models.BooleanField(default=False, db_default=False)
    # Whose codes are handed out, where it is a coupon.
    batch_id = IdField(null=True)
    # Goes up by one with each change, so that nobody writes over what they have not seen.
    revision = models.IntegerField(default=1)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "dg_reward"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(price__isnull=True) | models.Q(price__gt=0), name="dg_reward_price"
            ),
            models.CheckConstraint(
                condition=models.Q(limit_count__isnull=True) | models.Q(limit_count__gt=0),
                name="dg_reward_limit",
            ),
        )


class RewardChange(models.Model):
    """A reward as somebody has left it: how it stood from then on, and who did it."""

    pk = models.CompositePrimaryKey("reward_id", "revision")
    reward_id = IdField()
    revision = models.IntegerField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150, blank=True)
    # "made", "changed", "stock", "codes" or "archived", and the fields that it set.
    what = models.CharField(max_length=10)
    content = models.JSONField()

    class Meta:
        db_table = "dg_reward_change"
        constraints = (AppendOnly(name="dg_reward_change_append_only"),)


class RewardStock(models.Model):
    """A bucket of a reward's stock: whoever takes a piece counts it down while there is one."""

    pk = models.CompositePrimaryKey("reward_id", "number")
    reward_id = IdField()
    number = models.SmallIntegerField()
    left = models.IntegerField()

    class Meta:
        db_table = "dg_reward_stock"
        constraints = (models.CheckConstraint(condition=models.Q(left__gte=0), name="dg_reward_stock_left"),)


class RewardCode(models.Model):
    """A code of a reward's pool, and the redemption it was handed out with. It is handed out once."""

    pk = models.CompositePrimaryKey("reward_id", "id")
    reward_id = IdField()
    id = IdField()
    code = models.CharField(max_length=LONGEST_CODE)
    added_at = models.DateTimeField()
    redemption_id = IdField(null=True)

    class Meta:
        db_table = "dg_reward_code"
        constraints = (models.UniqueConstraint(fields=["reward_id", "code"], name="dg_reward_code_once"),)
        indexes = (
            models.Index(
                fields=["reward_id", "id"],
                name="dg_reward_code_free",
                condition=models.Q(redemption_id__isnull=True),
            ),
        )


class Redemption(models.Model):
    """A member's taking of a reward: what it cost, and where it stands. Merged members keep their own."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    reward_id = IdField()
    key = models.CharField(max_length=LONGEST_KEY)
    kind = models.CharField(max_length=8)
    state = models.CharField(max_length=12, choices=[(one.value, one.value) for one in RedemptionState])
    currency = models.CharField(max_length=12)
    points = models.IntegerField()
    # The spending in the ledger; empty where the reward was given for nothing.
    transfer_id = IdField(null=True)
    # The bucket its piece came from; empty where none was counted.
    bucket = models.SmallIntegerField(null=True)
    code_id = IdField(null=True)
    # The coupon's code, as coupons keep it.
    coupon_key = models.CharField(max_length=LONGEST_COUPON, blank=True, default="", db_default="")
    # Since when the member could have read the code.
    revealed_at = models.DateTimeField(null=True)
    # Until when, exclusive, it can be picked up, and whether its points go back then, as it was promised.
    lapses_at = models.DateTimeField(null=True)
    gives_back = models.BooleanField(default=False, db_default=False)
    redeemed_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "dg_reward_redemption"
        constraints = (
            models.UniqueConstraint(fields=["customer_id", "key"], name="dg_reward_redemption_key"),
            models.CheckConstraint(condition=models.Q(points__gte=0), name="dg_reward_redemption_points"),
        )
        indexes = (
            models.Index(
                fields=["customer_id", "reward_id", "redeemed_at"], name="dg_reward_redemption_limit"
            ),
            # The list of the back office, the latest first, and a voucher by its id.
            models.Index(fields=["redeemed_at", "id"], name="dg_reward_redemption_latest"),
            models.Index(fields=["id"], name="dg_reward_redemption_id"),
            models.Index(
                fields=["lapses_at"],
                name="dg_reward_redemption_due",
                condition=models.Q(state="issued", lapses_at__isnull=False),
            ),
        )


class RedemptionMove(models.Model):
    """A step of a redemption: to which state, when, by whom and where."""

    pk = models.CompositePrimaryKey("customer_id", "redemption_id", "number")
    customer_id = IdField()
    redemption_id = IdField()
    number = models.SmallIntegerField()
    state = models.CharField(max_length=12)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150, blank=True)
    store_id = IdField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "dg_reward_redemption_move"
        constraints = (AppendOnly(name="dg_reward_move_append_only"),)
