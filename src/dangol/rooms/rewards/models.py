"""Programs, their rules, and where each member stands. Rules are never edited, only superseded."""

from django.db import models

from dangol.core.storage.fields import IdField
from dangol.core.storage.stamps import Stamped
from dangol.rooms.rewards.tables import TrialRow

_STAMP = "dg_program_stamp"


class ProgramStamp(models.Model):
    """One row, renewed by the database itself whenever a program, its rules, terms or tiers change."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    stamp = IdField()

    class Meta:
        db_table = _STAMP


class Program(models.Model):
    """A scheme by which regulars are rewarded: one kind of points, one money currency, one zone."""

    id = IdField(primary_key=True)
    name = models.CharField(max_length=60)
    points_currency = models.CharField(max_length=12)
    money_currency = models.CharField(max_length=3)
    zone = models.CharField(max_length=60)
    recorded_at = models.DateTimeField()
    # From when on it judges every order; empty: ever.
    counts_from = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_program"
        constraints = (Stamped(stamp=_STAMP, name="dg_program_stamped"),)


class Terms(models.Model):
    """How long points wait and last, and the most one earns or has, from `active_from` to the next one."""

    pk = models.CompositePrimaryKey("program_id", "version")
    program_id = IdField()
    version = models.IntegerField()
    active_from = models.DateTimeField(null=True)
    pending_days = models.IntegerField(default=0)
    expiry = models.CharField(max_length=16)
    expiry_count = models.IntegerField(default=0)
    # The day before which no points open, however long they wait; empty: none.
    opens_on = models.DateField(null=True)
    # What one purchase earns by the rules at most; empty: any number.
    most_per_order = models.IntegerField(null=True)
    # Above what no purchase lifts a member's points, waiting ones among them; empty: there is no such.
    most_held = models.IntegerField(null=True)
    # What keeps points that lapse by inactivity: kinds of domain.idling.Activity, commas between them.
    activities = models.CharField(max_length=60, blank=True, default="", db_default="")
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "dg_program_terms"
        constraints = (Stamped(stamp=_STAMP, name="dg_program_terms_stamped"),)


class EarningRule(models.Model):
    """A version of a rule: `rate_points` for each `rate_minor` minor units of what it counts."""

    pk = models.CompositePrimaryKey("id", "version")
    id = IdField()
    version = models.IntegerField()
    program_id = IdField()
    name = models.CharField(max_length=80)
    rate_points = models.IntegerField()
    rate_minor = models.IntegerField()
    category = models.CharField(max_length=250, blank=True)
    # {"gold": [3, 2]}: members of that tier earn three halves as many.
    multipliers = models.JSONField(default=dict)
    rounding = models.CharField(max_length=10)
    active_from = models.DateTimeField(null=True)
    active_to = models.DateTimeField(null=True)
    # How long the rule's points wait and last; empty: as the program's terms have it.
    pending_days = models.IntegerField(null=True)
    expiry = models.CharField(max_length=16, null=True)
    expiry_count = models.IntegerField(default=0, db_default=0)
    # How far an order has to come for the points to open, `pending_days` later at the latest; empty: time
    # alone opens them.
    awaits = models.CharField(max_length=12, blank=True, default="", db_default="")
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "dg_earning_rule"
        constraints = (
            models.CheckConstraint(condition=models.Q(rate_points__gt=0), name="dg_rule_points"),
            models.CheckConstraint(condition=models.Q(rate_minor__gt=0), name="dg_rule_minor"),
            Stamped(stamp=_STAMP, name="dg_earning_rule_stamped"),
        )


class TierRules(models.Model):
    """A version of a program's tiers, in force from `active_from` (empty: ever) until the next one."""

    pk = models.CompositePrimaryKey("program_id", "version")
    program_id = IdField()
    version = models.IntegerField()
    active_from = models.DateTimeField(null=True)
    measure = models.CharField(max_length=10)
    window = models.CharField(max_length=10)
    window_size = models.IntegerField(default=0)
    grace_days = models.IntegerField(default=0)
    downgrade = models.CharField(max_length=10)
    # [{"key": "gold", "name": "골드", "threshold": 100000, "extra_months": 6}, …], the lowest first; where
    # two things count, with "also_threshold".
    levels = models.JSONField()
    # The second thing that counts, if any, and whether a level asks "all" or "any" of them.
    also = models.CharField(max_length=10, blank=True, default="", db_default="")
    join = models.CharField(max_length=3, default="all", db_default="all")
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "dg_tier_rules"
        constraints = (Stamped(stamp=_STAMP, name="dg_tier_rules_stamped"),)


class SecondLook(models.Model):
    """A version of tiers that may lift members as it begins: the worker's walk past them all.

    It goes by their ids, and the row is deleted at its end.
    """

    pk = models.CompositePrimaryKey("program_id", "version")
    program_id = IdField()
    version = models.IntegerField()
    begins_at = models.DateTimeField()
    # The last member looked at; none yet where it is empty.
    last_id = IdField(null=True)

    class Meta:
        db_table = "dg_second_look"


class ProgramDraft(models.Model):
    """The next version of a program as somebody is writing it; nothing is judged by it."""

    id = IdField(primary_key=True)
    # One draft a program: two people see each other's.
    program_id = IdField(unique=True)
    # contents.ProgramContent: the whole program as it is to be.
    content = models.JSONField()
    # What the program's versions were when the draft was begun.
    base = models.CharField(max_length=64)
    # Goes up by one with each change, so that nobody writes over what they have not seen.
    revision = models.IntegerField()
    begun_by = models.CharField(max_length=150)
    begun_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "dg_program_draft"


class ProgramVersion(models.Model):
    """A publication: what the program was before it and after it, and who let it hold from when."""

    pk = models.CompositePrimaryKey("program_id", "number")
    program_id = IdField()
    # The program as it was made is number 1 and has no row.
    number = models.IntegerField()
    active_from = models.DateTimeField()
    recorded_at = models.DateTimeField()
    drafted_by = models.CharField(max_length=150, blank=True)
    published_by = models.CharField(max_length=150, blank=True)
    # The number of the publication this one takes back.
    undoes = models.IntegerField(null=True)
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        db_table = "dg_program_version"


class Simulation(TrialRow):
    """A replay of past orders by a draft, or by the program as published, and what came of it."""

    program_id = IdField()
    # The draft as it was when this was asked; empty: the program as published.
    content = models.JSONField(null=True)
    # What the shop says its points are worth: so many minor units for so many points.
    worth_points = models.IntegerField(null=True)
    worth_minor = models.BigIntegerField(null=True)
    asked_by = models.CharField(max_length=150, blank=True)
    # The instant its run began.
    ran_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_simulation"
        indexes = (models.Index(fields=["program_id", "asked_at"], name="dg_simulation_program"),)


class Membership(models.Model):
    """Where a member stands in a program, as far as their history has been judged."""

    pk = models.CompositePrimaryKey("customer_id", "program_id")
    customer_id = IdField()
    program_id = IdField()
    level = models.SmallIntegerField(default=0)
    since = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    in_grace = models.BooleanField(default=False)
    judged_to = models.DateTimeField(null=True)
    next_review_at = models.DateTimeField(null=True)
    order_count = models.IntegerField(default=0)
    spend_minor = models.BigIntegerField(default=0)
    first_order_at = models.DateTimeField(null=True)
    last_order_at = models.DateTimeField(null=True)
    # A late order has corrected what was decided before: points no longer stand line by line at the
    # instant at which they would have counted, so where points make the tier the timeline is read anew.
    is_rejudged = models.BooleanField(default=False)
    # Set where this member has become part of another: the standing is then as it was when they did.
    merged_into = IdField(null=True)
    # Whether others have become part of this member: only then are theirs looked for.
    has_merged = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "dg_membership"
        indexes = (
            models.Index(fields=["program_id", "last_order_at", "customer_id"], name="dg_membership_visited"),
            models.Index(fields=["program_id", "spend_minor", "customer_id"], name="dg_membership_spent"),
            models.Index(fields=["program_id", "level"], name="dg_membership_tier"),
            # Who has a tier and never came: no day of theirs is in the index above.
            models.Index(
                fields=["program_id", "level", "customer_id"],
                name="dg_membership_unseen",
                condition=models.Q(last_order_at__isnull=True),
            ),
            models.Index(
                fields=["program_id", "next_review_at"],
                name="dg_membership_due",
                condition=models.Q(next_review_at__isnull=False),
            ),
        )


class TierChange(models.Model):
    """A move or a review of a standing, with the figures it was decided on."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    program_id = IdField()
    tiers_version = models.IntegerField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    from_level = models.SmallIntegerField()
    to_level = models.SmallIntegerField()
    cause = models.CharField(max_length=10)
    value = models.BigIntegerField()
    threshold = models.BigIntegerField()
    window_from = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    # Of the second measure, where two things counted.
    also_value = models.BigIntegerField(null=True)
    also_threshold = models.BigIntegerField(null=True)
    # Set when a late order showed that it would have come otherwise.
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_tier_change"
        indexes = (
            # The latest of all members', for the overview.
            models.Index(
                fields=["at"], name="dg_tier_change_at", condition=models.Q(superseded_at__isnull=True)
            ),
        )


class Accrual(models.Model):
    """A judgement of an order: the why of a points line, or of none.

    `number` counts what a program decided about the order: the purchase first, then returns and
    corrections, each `about_id` the order or the return. `points` is what this judgement added
    (negative: took); its parts say how the order's points stand after it. A return that belongs to no
    order stands alone, under its own id.
    """

    pk = models.CompositePrimaryKey("customer_id", "order_id", "program_id", "number")
    customer_id = IdField()
    order_id = IdField()
    program_id = IdField()
    number = models.SmallIntegerField()
    about_id = IdField()
    is_return = models.BooleanField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    tier = models.CharField(max_length=20)
    net_minor = models.BigIntegerField()
    points = models.BigIntegerField()
    zero = models.CharField(max_length=20, blank=True)
    transfer_id = IdField(null=True)
    lot_id = IdField(null=True)
    # Set where the order was undone: it counts towards no tier, as if it had never been.
    is_undone = models.BooleanField(default=False, db_default=False)
    # What it moved is told by its portions: several lots, or one under a rule's own terms.
    is_split = models.BooleanField(default=False, db_default=False)
    # What of `points` it has not moved, as `most_held` was reached; of a return, what was not there to take.
    not_given = models.BigIntegerField(default=0, db_default=0)
    most_held = models.IntegerField(null=True)

    class Meta:
        db_table = "dg_accrual"


class AccrualPart(models.Model):
    """What one rule pays for an order: its version and every figure of its arithmetic."""

    pk = models.CompositePrimaryKey("customer_id", "order_id", "program_id", "accrual_number", "number")
    customer_id = IdField()
    order_id = IdField()
    program_id = IdField()
    accrual_number = models.SmallIntegerField()
    number = models.SmallIntegerField()
    rule_id = IdField()
    rule_version = models.IntegerField()
    base_minor = models.BigIntegerField()
    rate_points = models.IntegerField()
    rate_minor = models.IntegerField()
    multiplier_num = models.IntegerField()
    multiplier_den = models.IntegerField()
    rounding = models.CharField(max_length=10)
    points = models.BigIntegerField()
    # Where the purchase was cut: what the rule would have paid for the whole of it, and what it paid.
    whole_points = models.BigIntegerField(null=True)
    share_points = models.BigIntegerField(null=True)

    class Meta:
        db_table = "dg_accrual_part"


class AccrualPortion(models.Model):
    """What a judgement has moved under terms of their own: the lot, and the rule and version it is of.

    A judgement all of whose points are under the program's terms has none: its own lot holds them all. Else
    its portions come to its points. Without a rule, a portion is of all that the program's terms hold for.
    """

    pk = models.CompositePrimaryKey("customer_id", "order_id", "program_id", "accrual_number", "number")
    customer_id = IdField()
    order_id = IdField()
    program_id = IdField()
    accrual_number = models.SmallIntegerField()
    number = models.SmallIntegerField()
    rule_id = IdField(null=True)
    rule_version = models.IntegerField(null=True)
    points = models.BigIntegerField()
    transfer_id = IdField()
    lot_id = IdField()

    class Meta:
        db_table = "dg_accrual_portion"
        constraints = (
            models.CheckConstraint(condition=~models.Q(points=0), name="dg_accrual_portion_points"),
        )
