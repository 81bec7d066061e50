"""Event rules in their versions, what of their budgets is used, what they gave, and why they gave nothing."""

from django.db import models
from django.db.models import Q

from dangol.core.storage.append_only import AppendOnly
from dangol.core.storage.fields import IdField
from dangol.domain.event_rules import Trigger
from dangol.rooms.rewards.tables import TrialRow

LONGEST_NAME, LONGEST_ABOUT = 80, 300


class EventRule(models.Model):
    """A rule: which of its versions is in force (none before it is published), or that it rests.

    Its row is the lock of its budget, which is for all members together.
    """

    id = IdField(primary_key=True)
    # The name of its newest content, so that lists need no content.
    name = models.CharField(max_length=LONGEST_NAME)
    version = models.IntegerField(null=True)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField()
    # When its first version was published: nothing that happened before earns by it.
    since = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    used_times = models.IntegerField(default=0)
    used_points = models.BigIntegerField(default=0)

    class Meta:
        db_table = "dg_event_rule"
        constraints = (
            models.CheckConstraint(condition=Q(used_times__gte=0), name="dg_event_rule_times"),
            models.CheckConstraint(condition=Q(used_points__gte=0), name="dg_event_rule_points"),
        )


class EventRuleVersion(models.Model):
    """What a rule said from when it was published. It is never changed: what it gave names it."""

    pk = models.CompositePrimaryKey("rule_id", "number")
    rule_id = IdField()
    number = models.IntegerField()
    # contents.EventRuleContent, as JSON text.
    content = models.TextField()
    # The types its condition's traits had then.
    types = models.TextField(default="{}")
    drafted_by = models.CharField(max_length=150)
    published_by = models.CharField(max_length=150)
    published_at = models.DateTimeField()

    class Meta:
        db_table = "dg_event_rule_version"
        constraints = (AppendOnly(name="dg_event_rule_version_append_only"),)


class EventRuleRest(models.Model):
    """A time in which a rule rested, paused or put away: what was done or told in it earns nothing, ever.

    `until`, which is exclusive, is null while it rests; of those there is one at most.
    """

    id = IdField(primary_key=True)
    rule_id = IdField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_event_rule_rest"
        constraints = (
            models.UniqueConstraint(
                fields=["rule_id"], name="dg_event_rule_rest_open", condition=Q(until__isnull=True)
            ),
        )
        indexes = (models.Index(fields=["rule_id", "since"], name="dg_event_rule_rest_own"),)


class EventRuleDraft(models.Model):
    """The next version as somebody is writing it; nothing is given by it, but it may be tried."""

    rule_id = IdField(primary_key=True)
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
        db_table = "dg_event_rule_draft"


class EventRuleAward(models.Model):
    """Points a rule gave for a deed. Merged people keep theirs under the ids they were made under."""

    pk = models.CompositePrimaryKey("customer_id", "rule_id", "deed_id")
    # Whose deed it was, as the event has them.
    customer_id = IdField()
    rule_id = IdField()
    # The event's id; of a day of the year a hash of which, and of the year.
    deed_id = IdField()
    version = models.IntegerField()
    trigger = models.CharField(max_length=11, choices=[(one.value, one.value) for one in Trigger])
    # What the event was about, by which it is found where that is undone.
    subject_id = IdField(null=True)
    at = models.DateTimeField()
    given_at = models.DateTimeField()
    # The arithmetic: fixed points, the number in the event (a decimal as text; empty: none counts) and what
    # it came to, and what was given.
    fixed = models.IntegerField()
    number = models.CharField(max_length=24, blank=True)
    rated = models.BigIntegerField()
    points = models.IntegerField()
    # Who got them, as they were when they were given, and by which transfer.
    owner_id = IdField()
    transfer_id = IdField()
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_event_rule_award"
        constraints = (
            models.CheckConstraint(condition=Q(points__gt=0), name="dg_event_rule_award_points"),
            models.UniqueConstraint(
                fields=["customer_id", "transfer_id"], name="dg_event_rule_award_transfer"
            ),
        )
        indexes = (
            models.Index(fields=["rule_id", "given_at"], name="dg_event_rule_award_rule"),
            models.Index(fields=["owner_id", "transfer_id"], name="dg_event_rule_award_why"),
            models.Index(
                fields=["customer_id", "subject_id"], name="dg_event_rule_award_about",
                condition=Q(subject_id__isnull=False),
            ),
        )  # fmt: skip


class EventRuleRefusal(models.Model):
    """That a rule gave a member nothing, and why: of each reason how often, and the last time."""

    pk = models.CompositePrimaryKey("customer_id", "rule_id", "why")
    customer_id = IdField()
    rule_id = IdField()
    # domain.event_rules.Why
    why = models.CharField(max_length=13)
    times = models.IntegerField()
    version = models.IntegerField()
    last_deed_id = IdField()
    last_at = models.DateTimeField()
    again_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_event_rule_refusal"


class EventRuleMark(models.Model):
    """Up to which event of a customer all rules have judged: what is delivered again is not judged again."""

    customer_id = IdField(primary_key=True)
    event_id = IdField()

    class Meta:
        db_table = "dg_event_rule_mark"


class EventRuleDay(models.Model):
    """A day of which everybody's birthdays, or anniversaries, were looked at for a rule."""

    pk = models.CompositePrimaryKey("rule_id", "day")
    rule_id = IdField()
    day = models.DateField()
    done_at = models.DateTimeField()

    class Meta:
        db_table = "dg_event_rule_day"


class EventRuleTrial(TrialRow):
    """A rule tried on past events, and what came of it; it has an address of its own."""

    rule_id = IdField()
    is_draft = models.BooleanField()

    class Meta:
        db_table = "dg_event_rule_trial"
        indexes = (models.Index(fields=["rule_id", "asked_at"], name="dg_event_rule_trial_own"),)
