"""Households with their members, and what was spent of their pools by whom and of whose points."""

from enum import StrEnum

from django.db import models
from django.db.models import Q

from dangol.core.storage.append_only import AppendOnly
from dangol.core.storage.fields import IdField
from dangol.domain.points import LONGEST_KEY

LONGEST_NAME, LONGEST_REASON = 40, 200


class State(StrEnum):
    """Where somebody stands with a household."""

    INVITED = "invited"
    JOINED = "joined"
    DECLINED = "declined"
    LEFT = "left"


class Household(models.Model):
    """Some members, one of whom is the head. It is over when nobody is left in it."""

    id = IdField(primary_key=True)
    name = models.CharField(max_length=LONGEST_NAME)
    head_id = IdField()
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_household"


class HouseholdMember(models.Model):
    """Somebody's time in a household, from the invitation on; one who comes back has another."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    household_id = IdField()
    state = models.CharField(max_length=8, choices=[(one.value, one.value) for one in State])
    # Whether the others spend their points, and they those of the others.
    shares = models.BooleanField(default=False)
    # Whether they have said so themselves, on their phone; else somebody has noted it for them.
    is_own_yes = models.BooleanField(default=False)
    invited_at = models.DateTimeField()
    # Who asked them: the kind of actor and their key.
    invited_by = models.CharField(max_length=160)
    joined_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # "left", "removed", "merged", "erased" or "declined".
    why = models.CharField(max_length=8, blank=True)

    class Meta:
        db_table = "dg_household_member"
        constraints = (
            models.UniqueConstraint(
                fields=["customer_id"], condition=Q(state=State.JOINED.value), name="dg_household_member_one"
            ),
            models.UniqueConstraint(
                fields=["customer_id", "household_id"],
                condition=Q(state__in=[State.INVITED.value, State.JOINED.value]),
                name="dg_household_member_open",
            ),
        )
        indexes = (models.Index(fields=["household_id", "state"], name="dg_household_member_of"),)


class HouseholdSpending(models.Model):
    """Points spent of a pool: by whom, how many, and for what."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    household_id = IdField()
    currency = models.CharField(max_length=12)
    points = models.BigIntegerField()
    # Of others: what a month's limit counts.
    of_others = models.BigIntegerField()
    key = models.CharField(max_length=LONGEST_KEY)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)
    subject_id = IdField(null=True)

    class Meta:
        db_table = "dg_household_spending"
        constraints = (
            models.UniqueConstraint(fields=["customer_id", "key"], name="dg_household_spending_key"),
            models.CheckConstraint(condition=Q(points__gt=0), name="dg_household_spending_points"),
            models.CheckConstraint(
                condition=Q(of_others__gte=0, of_others__lte=models.F("points")),
                name="dg_household_spending_others",
            ),
            AppendOnly(name="dg_household_spending_append_only"),
        )
        indexes = (
            models.Index(fields=["household_id", "at"], name="dg_household_spending_of"),
            models.Index(fields=["id"], name="dg_household_spending_by_id"),
        )


class HouseholdShare(models.Model):
    """What one member gave for a spending: points of theirs, by a transfer of their own."""

    pk = models.CompositePrimaryKey("customer_id", "spending_id")
    customer_id = IdField()
    spending_id = IdField()
    transfer_id = IdField()
    points = models.BigIntegerField()

    class Meta:
        db_table = "dg_household_share"
        constraints = (
            models.CheckConstraint(condition=Q(points__gt=0), name="dg_household_share_points"),
            AppendOnly(name="dg_household_share_append_only"),
        )
        indexes = (models.Index(fields=["spending_id"], name="dg_household_share_of"),)


class HouseholdSettings(models.Model):
    """How the shop answers for households (settings.HouseholdContent): one row, or the defaults."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    content = models.JSONField()
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "dg_household_settings"
        constraints = (models.CheckConstraint(condition=Q(id=1), name="dg_household_settings_one"),)


class HouseholdVersion(models.Model):
    """How the shop answered from a change on, until the next one. It is never changed."""

    number = models.IntegerField(primary_key=True)
    content = models.JSONField()
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "dg_household_version"
