"""The event debugger's log, and who may be one person."""

from django.db import models

from dangol.core.storage.fields import IdField


class Entry(models.Model):
    """One event that came in, as the debugger shows it: kept for a bounded time, without personal data."""

    id = IdField(primary_key=True)
    received_at = models.DateTimeField()
    source = models.CharField(max_length=64)
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=100)
    message = models.CharField(max_length=100)
    # Whom it was about, as a plain value; empty for an event that named nobody.
    person_id = IdField(null=True)
    event_id = IdField(null=True)
    # The code of the first problem; empty where there is none.
    problem = models.CharField(max_length=64)
    # JSON: `entries.Details`.
    details = models.TextField()

    class Meta:
        db_table = "dg_behavior_entry"
        indexes = (
            models.Index(fields=["id"], name="dg_behavior_entry_problem", condition=~models.Q(problem="")),
        )


class MergeProposal(models.Model):
    """That two customers may be one person, which somebody has to decide: an event had ids of both."""

    pk = models.CompositePrimaryKey("customer_id", "other_id")
    customer_id = IdField()
    other_id = IdField()
    # The kind of id by which the other one was found.
    via = models.CharField(max_length=10)
    found_at = models.DateTimeField()
    # Set where somebody said that they are two.
    refused_at = models.DateTimeField(null=True)
    refused_by = models.CharField(max_length=150, default="", db_default="")

    class Meta:
        db_table = "dg_behavior_proposal"
