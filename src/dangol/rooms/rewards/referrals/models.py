"""Referral programs with each of their revisions, members' codes, referrals with their history, and gifts."""

from django.db import models
from django.db.models import Q

from dangol.core.storage.append_only import AppendOnly
from dangol.core.storage.fields import IdField
from dangol.domain.referrals import EarnedBy, PromiseKind, Side, Stage, Verdict, WhenReturned, Why

LONGEST_NAME, LONGEST_ABOUT, LONGEST_CODE, LONGEST_REASON = 60, 500, 16, 200


class ReferralProgram(models.Model):
    """What is promised to whoever brings a friend, and to the friend. At most one takes friends at a time.

    A referral goes by the revision it was told under; what limits the program as a whole goes by this row.
    """

    id = IdField(primary_key=True)
    name_ko = models.CharField(max_length=LONGEST_NAME)
    name_en = models.CharField(max_length=LONGEST_NAME, blank=True)
    about_ko = models.CharField(max_length=LONGEST_ABOUT, blank=True)
    about_en = models.CharField(max_length=LONGEST_ABOUT, blank=True)
    earned_by = models.CharField(max_length=7, choices=[(one.value, one.value) for one in EarnedBy])
    nth = models.SmallIntegerField()
    least_minor = models.BigIntegerField()
    within_days = models.SmallIntegerField()
    wait_days = models.SmallIntegerField()
    # Within so many days of joining a friend may still tell a code.
    tell_days = models.SmallIntegerField()
    only_new = models.BooleanField()
    on_return = models.CharField(max_length=9, choices=[(one.value, one.value) for one in WhenReturned])
    # Whether the friend gets theirs at joining, whatever they buy.
    is_early = models.BooleanField()
    # What each side gets: so many points, or of a target a code (a batch) or so many stamps (a program of
    # cards); and what the shop reckons that it costs.
    referrer_gives = models.CharField(max_length=6, choices=[(one.value, one.value) for one in PromiseKind])
    referrer_amount = models.IntegerField(null=True)
    referrer_target_id = IdField(null=True)
    referrer_cost_minor = models.BigIntegerField()
    friend_gives = models.CharField(max_length=6, choices=[(one.value, one.value) for one in PromiseKind])
    friend_amount = models.IntegerField(null=True)
    friend_target_id = IdField(null=True)
    friend_cost_minor = models.BigIntegerField()
    cap_month = models.IntegerField(null=True)
    cap_year = models.IntegerField(null=True)
    cap_ever = models.IntegerField(null=True)
    # So many referrals are rewarded in all, for so much reckoned cost.
    most_count = models.IntegerField(null=True)
    budget_minor = models.BigIntegerField(null=True)
    used_count = models.IntegerField(default=0)
    used_minor = models.BigIntegerField(default=0)
    archived_at = models.DateTimeField(null=True)
    # Goes up by one with each change, so that nobody writes over what they have not seen.
    revision = models.IntegerField(default=1)
    created_at = models.DateTimeField()
    # Always 1: of those that are not archived there is one.
    place = models.SmallIntegerField(default=1)

    class Meta:
        db_table = "dg_referral_program"
        constraints = (
            models.UniqueConstraint(
                fields=["place"], condition=Q(archived_at__isnull=True), name="dg_referral_program_open"
            ),
            models.CheckConstraint(condition=Q(used_count__gte=0), name="dg_referral_program_count"),
            models.CheckConstraint(condition=Q(used_minor__gte=0), name="dg_referral_program_cost"),
        )


class ReferralProgramChange(models.Model):
    """A program as somebody has left it: how it stood from then on, whole, and who did it."""

    pk = models.CompositePrimaryKey("program_id", "revision")
    program_id = IdField()
    revision = models.IntegerField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150, blank=True)
    # "made", "changed", "archived" or "restored".
    what = models.CharField(max_length=10)
    content = models.JSONField()

    class Meta:
        db_table = "dg_referral_program_change"
        constraints = (AppendOnly(name="dg_referral_program_change_append_only"),)


class ReferralCode(models.Model):
    """Whose code it is: a lookup table across all members. One a member, made when they ask for it."""

    key = models.CharField(max_length=LONGEST_CODE, primary_key=True)
    shown = models.CharField(max_length=LONGEST_CODE)
    customer_id = IdField(unique=True)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "dg_referral_code"


class Referral(models.Model):
    """A friend who came by a member's code. Merged people keep theirs under the ids they were made under."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    # The friend; nobody is anybody's twice.
    customer_id = IdField(unique=True)
    id = IdField()
    referrer_id = IdField()
    program_id = IdField()
    revision = models.IntegerField()
    # When the friend joined, and when they told the code.
    joined_at = models.DateTimeField()
    told_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=[(one.value, one.value) for one in Stage])
    verdict = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Verdict])
    score = models.SmallIntegerField()
    # The names of the signs, comma separated, the heaviest first.
    signs = models.CharField(max_length=200, blank=True)
    why = models.CharField(max_length=11, choices=[(one.value, one.value) for one in Why], blank=True)
    # Orders of the friend's that count so far, until when more may come, and what earned it.
    count = models.IntegerField(default=0)
    deadline = models.DateTimeField()
    earned_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    order_id = IdField(null=True)
    given_at = models.DateTimeField(null=True)
    # Whether it is one of those the program may reward in all.
    is_counted = models.BooleanField(default=False)
    step_count = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "dg_referral"
        constraints = (
            models.CheckConstraint(
                condition=~Q(referrer_id=models.F("customer_id")), name="dg_referral_two_people"
            ),
        )
        indexes = (
            models.Index(fields=["id"], name="dg_referral_id"),
            models.Index(fields=["referrer_id", "told_at"], name="dg_referral_referrer"),
            models.Index(fields=["program_id", "state", "told_at"], name="dg_referral_listed"),
            models.Index(fields=["due_at"], name="dg_referral_due", condition=Q(state=Stage.EARNED.value)),
            models.Index(
                fields=["deadline"],
                name="dg_referral_lapsing",
                condition=Q(state=Stage.WAITING.value),
            ),
        )


class ReferralStep(models.Model):
    """Something that happened to a referral: a state it came to, something given or taken, a decision."""

    pk = models.CompositePrimaryKey("customer_id", "referral_id", "number")
    customer_id = IdField()
    referral_id = IdField()
    number = models.SmallIntegerField()
    at = models.DateTimeField()
    # A state, or "told", "approved", "gift", "capped", "taken_back", "kept", "trouble".
    what = models.CharField(max_length=10)
    side = models.CharField(max_length=8, blank=True)
    # Why: a sign, a cap, a reason for being void, the code of a refusal.
    cause = models.CharField(max_length=200, blank=True)
    order_id = IdField(null=True)
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150, blank=True)
    store_id = IdField(null=True)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)

    class Meta:
        db_table = "dg_referral_step"
        constraints = (AppendOnly(name="dg_referral_step_append_only"),)


class GiftState(models.TextChoices):
    """Where a gift stands. `capped`, `gone` (nobody is there to get it) and `dropped` hold nothing."""

    GIVEN = "given"
    WAITING = "waiting"
    CAPPED = "capped"
    GONE = "gone"
    DROPPED = "dropped"
    TAKEN_BACK = "taken_back"


class ReferralGift(models.Model):
    """What one of two got for a referral, or did not. A side has at most one that is not taken back."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    # Whoever it is for, as they were when it was due.
    customer_id = IdField()
    id = IdField()
    referral_id = IdField()
    program_id = IdField()
    side = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Side])
    turn = models.SmallIntegerField()
    state = models.CharField(max_length=10, choices=GiftState)
    kind = models.CharField(max_length=6, choices=[(one.value, one.value) for one in PromiseKind])
    amount = models.IntegerField(null=True)
    target_id = IdField(null=True)
    cost_minor = models.BigIntegerField()
    # The day to whose month and year it counts.
    counted_on = models.DateField()
    decided_at = models.DateTimeField()
    given_at = models.DateTimeField(null=True)
    # Who got it, as they were when it was given, and what: a transfer, a code, a move of stamps.
    owner_id = IdField(null=True)
    ref = models.CharField(max_length=64, blank=True)
    # The cap in the way, or the code of the refusal for which it waits.
    trouble = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = "dg_referral_gift"
        constraints = (
            models.UniqueConstraint(
                fields=["customer_id", "referral_id", "side", "turn"], name="dg_referral_gift_turn"
            ),
            models.UniqueConstraint(
                fields=["customer_id", "referral_id", "side"],
                condition=~Q(state__in=[GiftState.DROPPED.value, GiftState.TAKEN_BACK.value]),
                name="dg_referral_gift_live",
            ),
            models.CheckConstraint(
                condition=Q(state=GiftState.GIVEN.value, ref__gt="") | ~Q(state=GiftState.GIVEN.value),
                name="dg_referral_gift_ref",
            ),
        )
        indexes = (
            models.Index(fields=["customer_id", "program_id", "side"], name="dg_referral_gift_owner"),
            models.Index(
                fields=["decided_at"],
                name="dg_referral_gift_waiting",
                condition=Q(state=GiftState.WAITING.value),
            ),
            models.Index(fields=["program_id", "state"], name="dg_referral_gift_figures"),
        )


class ReferralMark(models.Model):
    """That somebody came with a mailbox, a device or from an address, as a keyed hash. A lookup table."""

    pk = models.CompositePrimaryKey("kind", "token", "customer_id")
    kind = models.CharField(max_length=7)
    token = models.BinaryField(max_length=16)
    customer_id = IdField()
    at = models.DateTimeField()

    class Meta:
        db_table = "dg_referral_mark"
        indexes = (
            models.Index(fields=["customer_id"], name="dg_referral_mark_owner"),
            models.Index(fields=["at"], name="dg_referral_mark_at"),
        )
