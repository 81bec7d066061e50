"""What holds money (a gift card, a member's credit), its lots, and each movement, which is only added to.

Amounts are minor units. A card's money is its bearer's: no row of it needs a person.
"""

from django.db import models
from django.db.models import F, Q

from dangol.core.people.actors import LONGEST, LONGEST_REASON
from dangol.core.storage.append_only import AppendOnly
from dangol.core.storage.fields import IdField
from dangol.domain.coupon_codes import LONGEST_CODE
from dangol.domain.stored_value import Holding, Kind

LONGEST_MARK, LONGEST_NAME, TAIL = 120, 80, 4


class ValueAccount(models.Model):
    """What holds money. `balance` is the sum of its movements; whoever changes it locks this row first.

    `customer_id` owns the credit, or holds the card; a card without one is whoever's has its code.
    """

    id = IdField(primary_key=True)
    holding = models.CharField(max_length=6, choices=[(one.value, one.value) for one in Holding])
    customer_id = IdField(null=True)
    currency = models.CharField(max_length=3)
    balance = models.BigIntegerField(default=0)

    class Meta:
        db_table = "dg_value_account"
        constraints = (
            # Should a lock ever be forgotten, the second of two who spend the same money stops here.
            models.CheckConstraint(condition=Q(balance__gte=0), name="dg_value_account_covered"),
            models.UniqueConstraint(
                fields=["customer_id", "currency"],
                name="dg_value_account_credit",
                condition=Q(holding=Holding.CREDIT.value),
            ),
            models.CheckConstraint(
                condition=Q(holding=Holding.CARD.value) | Q(customer_id__isnull=False),
                name="dg_value_account_owned",
            ),
        )
        indexes = (
            models.Index(
                fields=["customer_id"], name="dg_value_account_owner", condition=Q(customer_id__isnull=False)
            ),
        )


class ValueLot(models.Model):
    """Money put in together. What is `left` may be spent, what has `lapsed` may be claimed."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = IdField()
    id = IdField()
    minor = models.BigIntegerField()
    left = models.BigIntegerField()
    lapsed = models.BigIntegerField(default=0)
    # What was paid for it; nothing for what was given.
    price_minor = models.BigIntegerField()
    opened_at = models.DateTimeField()
    # Exclusive. Empty: it never lapses.
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_value_lot"
        constraints = (
            models.CheckConstraint(
                condition=Q(left__gte=0, lapsed__gte=0, left__lte=F("minor") - F("lapsed")),
                name="dg_value_lot_left",
            ),
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="dg_value_lot_price"),
        )
        indexes = (models.Index(fields=["expires_at"], name="dg_value_lot_due", condition=Q(left__gt=0)),)


class ValueMove(models.Model):
    """Money that went in (positive) or out of an account at one instant, with who did it and why."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = IdField()
    id = IdField()
    kind = models.CharField(max_length=9, choices=[(one.value, one.value) for one in Kind])
    minor = models.BigIntegerField()
    # What was handed out in cash for it.
    paid_out_minor = models.BigIntegerField(default=0)
    key = models.CharField(max_length=LONGEST_MARK)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    # Whom it is about: whose credit it is, or who paid with the card.
    customer_id = IdField(null=True)
    sale_id = IdField(null=True)
    # The movement of the same account that this one gives back of.
    of_id = IdField(null=True)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=LONGEST["key"])
    actor_name = models.CharField(max_length=LONGEST["name"], blank=True)
    store_id = IdField(null=True)

    class Meta:
        db_table = "dg_value_move"
        constraints = (
            models.UniqueConstraint(fields=["account_id", "key"], name="dg_value_move_key"),
            models.CheckConstraint(condition=~Q(minor=0), name="dg_value_move_minor"),
            AppendOnly(name="dg_value_move_append_only"),
        )
        indexes = (
            models.Index(fields=["sale_id"], name="dg_value_move_sale", condition=Q(sale_id__isnull=False)),
            models.Index(
                fields=["customer_id", "at"],
                name="dg_value_move_person",
                condition=Q(customer_id__isnull=False),
            ),
            # What is owed at an instant is a sum over those before it.
            models.Index(fields=["at"], name="dg_value_move_at"),
        )


class ValuePart(models.Model):
    """How much of a movement went into a lot, or negative out of it."""

    pk = models.CompositePrimaryKey("account_id", "move_id", "number")
    account_id = IdField()
    move_id = IdField()
    number = models.SmallIntegerField()
    lot_id = IdField()
    minor = models.BigIntegerField()

    class Meta:
        db_table = "dg_value_part"
        constraints = (
            models.CheckConstraint(condition=~Q(minor=0), name="dg_value_part_minor"),
            AppendOnly(name="dg_value_part_append_only"),
        )


class CardState(models.TextChoices):
    """Where a card stands: made but not sold yet, in use, or shut."""

    MADE = "made"
    ACTIVE = "active"
    BLOCKED = "blocked"


class GiftCardBatch(models.Model):
    """Cards made together, to be printed or handed out: so many of one amount."""

    id = IdField(primary_key=True)
    name = models.CharField(max_length=LONGEST_NAME)
    pattern = models.CharField(max_length=LONGEST_CODE)
    card_count = models.IntegerField()
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    # Given for nothing: nobody has paid for them, and nothing is paid out for them.
    is_given = models.BooleanField()
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        db_table = "dg_gift_card_batch"
        constraints = (
            models.CheckConstraint(condition=Q(card_count__gt=0), name="dg_gift_card_batch_count"),
        )


class GiftCard(models.Model):
    """A card; its id is its account's. The code is found by its hash, and kept sealed to be shown again."""

    id = IdField(primary_key=True)
    batch_id = IdField(null=True)
    code_hash = models.BinaryField(max_length=16, unique=True)
    sealed = models.BinaryField()
    # The last characters, by which people tell cards apart.
    tail = models.CharField(max_length=TAIL)
    state = models.CharField(max_length=7, choices=CardState)
    # What it is to hold once it is activated.
    minor = models.BigIntegerField()
    is_given = models.BooleanField()
    # What was on it right after it was last loaded: of this so much must be used before cash is paid out.
    face_minor = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_gift_card"
        indexes = (
            models.Index(fields=["tail"], name="dg_gift_card_tail"),
            models.Index(
                fields=["batch_id", "id"], name="dg_gift_card_of_batch", condition=Q(batch_id__isnull=False)
            ),
        )


class Act(models.TextChoices):
    """What somebody did with a card, besides its money."""

    MADE = "made"
    SHOWN = "shown"
    BLOCKED = "blocked"
    OPENED = "opened"
    CLAIMED = "claimed"
    LET_GO = "let_go"


class GiftCardAct(models.Model):
    """What somebody did with a card, and why; only added to."""

    id = IdField(primary_key=True)
    card_id = IdField()
    act = models.CharField(max_length=8, choices=Act)
    at = models.DateTimeField()
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=LONGEST["key"])
    actor_name = models.CharField(max_length=LONGEST["name"], blank=True)

    class Meta:
        db_table = "dg_gift_card_act"
        indexes = (models.Index(fields=["card_id", "id"], name="dg_gift_card_act_card"),)
        constraints = (AppendOnly(name="dg_gift_card_act_kept"),)


class StoredValueSettings(models.Model):
    """How the shop answers for cards and credit (settings.StoredValueContent): one row, or the defaults."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    content = models.JSONField()
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "dg_stored_value_settings"
        constraints = (models.CheckConstraint(condition=Q(id=1), name="dg_stored_value_settings_one"),)


class StoredValueVersion(models.Model):
    """How the shop answered from a change on, until the next one. It is never changed."""

    number = models.IntegerField(primary_key=True)
    content = models.JSONField()
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "dg_stored_value_version"
