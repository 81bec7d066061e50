"""Traits, segments with their versions, who is in which, and when each customer is looked at next."""

from django.db import models

from dangol.core.storage.append_only import AppendOnly
from dangol.core.storage.fields import IdField


class Trait(models.Model):
    """A value somebody or something told of a customer: an app, or a report with the day it is of.

    What can be read from elsewhere (the tier, a consent) is never copied here: see catalog.py. It stays under
    the id it was told of; a person is read under all of theirs (traits.py).
    """

    pk = models.CompositePrimaryKey("customer_id", "name")
    customer_id = IdField()
    name = models.CharField(max_length=64)
    # JSON; its kind is the trait's. `null` where it was taken away, as of `at`.
    value = models.TextField()
    # As of when it holds.
    at = models.DateTimeField()
    # Who says so: an app's name, or a report's with its version.
    source = models.CharField(max_length=64)

    class Meta:
        db_table = "dg_trait"
        indexes = (models.Index(fields=["name", "customer_id"], name="dg_trait_by_name"),)


class TraitName(models.Model):
    """A trait that has been told of somebody, and of which kind it is, for good."""

    name = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=8)
    first_at = models.DateTimeField()
    # What an app called it that told it first: another name that reads the same is not taken for it.
    told = models.CharField(max_length=100, default="", db_default="")
    # When it was told last, to the day; None before that was noted.
    last_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_trait_name"


class Segment(models.Model):
    """A saved condition under a name. Its condition is that of its newest version."""

    id = IdField(primary_key=True)
    slug = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    about = models.CharField(max_length=300, blank=True)
    version = models.IntegerField()
    # Another one after each change, of its words too: who writes says which they have seen.
    revision = models.IntegerField(default=1, db_default=1)
    created_at = models.DateTimeField()
    # Since when its condition is what it is: who was looked at before has to be looked at again.
    changed_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_segment"


class SegmentVersion(models.Model):
    """What a segment's condition was from then on, and who wrote it."""

    pk = models.CompositePrimaryKey("segment_id", "number")
    segment_id = IdField()
    number = models.IntegerField()
    # domain.conditions, as JSON; and of which types the traits were that it asks about.
    condition = models.TextField()
    types = models.TextField()
    made_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150)

    class Meta:
        db_table = "dg_segment_version"
        constraints = (AppendOnly(name="dg_segment_version_append_only"),)


class Member(models.Model):
    """That a customer is in a segment, since when, and what brought them in."""

    pk = models.CompositePrimaryKey("customer_id", "segment_id")
    customer_id = IdField()
    segment_id = IdField()
    since = models.DateTimeField()
    version = models.IntegerField()
    # The event that brought them in; None where time did, or a new condition.
    event_id = IdField(null=True)

    class Meta:
        db_table = "dg_segment_member"
        indexes = (
            models.Index(fields=["segment_id", "since", "customer_id"], name="dg_segment_member_since"),
        )


class Watch(models.Model):
    """When a customer is to be looked at next: at once, where something happened, else when a window ends.

    One row a customer and one index: nobody is looked at because time has passed, only because it is due.
    """

    customer_id = IdField(primary_key=True)
    due_at = models.DateTimeField(null=True)
    # The first event since the last look; None where it is time that makes it due.
    event_id = IdField(null=True)
    # The instant of the last look: none later goes back before it.
    seen_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_segment_watch"
        indexes = (
            models.Index(
                fields=["due_at"], name="dg_segment_watch_due", condition=models.Q(due_at__isnull=False)
            ),
            models.Index(fields=["seen_at"], name="dg_segment_watch_seen"),
        )
