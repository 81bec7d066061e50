"""Programs of stamp cards, members' cards, and each coming and going of stamps, which is only added to."""

from django.db import models
from django.db.models import F, Q

from dangol.core.storage.append_only import AppendOnly
from dangol.core.storage.fields import IdField
from dangol.domain.stamps import LIVE, CardState, GiftKind, OnReturn

LONGEST_KEY, LONGEST_NAME, LONGEST_ABOUT, LONGEST_MARK, LONGEST_REASON = 40, 60, 500, 120, 200


class StampProgram(models.Model):
    """What a card is: how many stamps it takes, how long it lasts, and what a full one gives."""

    id = IdField(primary_key=True)
    # What promotions call the card.
    key = models.CharField(max_length=LONGEST_KEY, unique=True)
    name_ko = models.CharField(max_length=LONGEST_NAME)
    name_en = models.CharField(max_length=LONGEST_NAME, blank=True)
    about_ko = models.CharField(max_length=LONGEST_ABOUT, blank=True)
    about_en = models.CharField(max_length=LONGEST_ABOUT, blank=True)
    size = models.SmallIntegerField()
    carries_over = models.BooleanField(default=True)
    valid_days = models.IntegerField(null=True)
    on_return = models.CharField(max_length=9, choices=[(one.value, one.value) for one in OnReturn])
    gives = models.CharField(max_length=6, choices=[(one.value, one.value) for one in GiftKind])
    # Of the shop's first program of points; with the other two the batch of coupons or the reward.
    points = models.IntegerField(null=True)
    target_id = IdField(null=True)
    archived_at = models.DateTimeField(null=True)
    # Goes up by one with each change, so that nobody writes over what they have not seen.
    revision = models.IntegerField(default=1)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "dg_stamp_program"
        constraints = (
            models.CheckConstraint(condition=Q(size__gt=0), name="dg_stamp_program_size"),
            models.CheckConstraint(
                condition=Q(gives=GiftKind.POINTS.value, points__gt=0, target_id__isnull=True)
                | ~Q(gives=GiftKind.POINTS.value) & Q(points__isnull=True, target_id__isnull=False),
                name="dg_stamp_program_gives",
            ),
        )


class StampProgramChange(models.Model):
    """A program as somebody has left it: how it stood from then on, and who did it."""

    pk = models.CompositePrimaryKey("program_id", "revision")
    program_id = IdField()
    revision = models.IntegerField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150, blank=True)
    # "made", "changed", "archived" or "restored", and the fields that it set.
    what = models.CharField(max_length=10)
    content = models.JSONField()

    class Meta:
        db_table = "dg_stamp_program_change"
        constraints = (AppendOnly(name="dg_stamp_program_change_append_only"),)


class StampCard(models.Model):
    """A member's card. Merged members keep theirs; whoever reads all reads under all their ids.

    A full card's reward is given once for each `turn`: a card whose reward was taken back may be full again.
    """

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    program_id = IdField()
    state = models.CharField(max_length=7, choices=[(one.value, one.value) for one in CardState])
    size = models.SmallIntegerField()
    # The sum of its places, kept so that lists need not add up.
    count = models.SmallIntegerField()
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    filled_at = models.DateTimeField(null=True)
    given_at = models.DateTimeField(null=True)
    turn = models.SmallIntegerField(default=0)
    # What was given, to whom: points of a transfer, a code, a redemption.
    gift_kind = models.CharField(max_length=6, blank=True)
    gift_points = models.IntegerField(null=True)
    gift_ref = models.CharField(max_length=64, blank=True)
    gift_owner_id = IdField(null=True)
    # The code of the refusal for which it could not be given yet.
    trouble = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = "dg_stamp_card"
        constraints = (
            models.CheckConstraint(
                condition=Q(count__gte=0, count__lte=F("size")), name="dg_stamp_card_count"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[CardState.FULL.value, CardState.GIVEN.value]) | Q(count=F("size")),
                name="dg_stamp_card_full",
            ),
        )
        indexes = (
            models.Index(
                fields=["customer_id", "program_id"],
                name="dg_stamp_card_live",
                condition=Q(state__in=[one.value for one in LIVE]),
            ),
            models.Index(
                fields=["expires_at"], name="dg_stamp_card_due", condition=Q(state=CardState.OPEN.value)
            ),
            models.Index(
                fields=["filled_at"], name="dg_stamp_card_waiting", condition=Q(state=CardState.FULL.value)
            ),
            # The figures of a program, and the list of those who wait.
            models.Index(fields=["program_id", "state"], name="dg_stamp_card_figures"),
        )


class StampMove(models.Model):
    """Stamps that came (`sale`, `hand`) or went (`return`, `undo`, `strike`), and what became of them.

    Of those that came, so many were `laid` on cards, `paid` for debt and `lapsed` above a full card; of those
    that went, `off` left cards, `unpaid` are owed again, `owed` are debt and `forgiven` nobody asks for.
    """

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    program_id = IdField()
    kind = models.CharField(max_length=6)
    count = models.IntegerField()
    laid = models.IntegerField(default=0)
    paid = models.IntegerField(default=0)
    lapsed = models.IntegerField(default=0)
    off = models.IntegerField(default=0)
    unpaid = models.IntegerField(default=0)
    owed = models.IntegerField(default=0)
    forgiven = models.IntegerField(default=0)
    # What they went from: a move of this person's.
    of_id = IdField(null=True)
    key = models.CharField(max_length=LONGEST_MARK)
    at = models.DateTimeField()
    sale_id = IdField(null=True)
    promotion_id = IdField(null=True)
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150, blank=True)
    store_id = IdField(null=True)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)

    class Meta:
        db_table = "dg_stamp_move"
        constraints = (
            models.UniqueConstraint(fields=["customer_id", "key"], name="dg_stamp_move_key"),
            models.CheckConstraint(condition=Q(count__gt=0), name="dg_stamp_move_count"),
            AppendOnly(name="dg_stamp_move_append_only"),
        )
        indexes = (
            models.Index(
                fields=["customer_id", "sale_id"],
                name="dg_stamp_move_sale",
                condition=Q(sale_id__isnull=False),
            ),
            models.Index(
                fields=["customer_id", "of_id"], name="dg_stamp_move_of", condition=Q(of_id__isnull=False)
            ),
            # What somebody owes, and all that happened with their cards, by time.
            models.Index(fields=["customer_id", "program_id", "at"], name="dg_stamp_move_owner"),
        )


class StampPlace(models.Model):
    """How many stamps of a move lie on a card."""

    pk = models.CompositePrimaryKey("customer_id", "card_id", "move_id")
    # The card's owner.
    customer_id = IdField()
    card_id = IdField()
    move_id = IdField()
    count = models.SmallIntegerField()

    class Meta:
        db_table = "dg_stamp_place"
        constraints = (models.CheckConstraint(condition=Q(count__gt=0), name="dg_stamp_place_count"),)
