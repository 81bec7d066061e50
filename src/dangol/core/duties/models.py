"""What was signed, reviewed, asked for and told, and by whom."""

from django.db import models

from dangol.core.storage.append_only import AppendOnly
from dangol.core.storage.fields import IdField


class SignedHead(models.Model):
    """The access log's head at an instant, signed: a copy of the document lies elsewhere. Never changed."""

    id = IdField(primary_key=True)
    # What it was made for, so that a job that is run again makes none twice.
    due_at = models.DateTimeField(unique=True)
    at = models.DateTimeField()
    number = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    document = models.TextField()

    class Meta:
        db_table = "dg_duty_head"
        constraints = (AppendOnly(name="dg_duty_head_append_only"),)


class LogReview(models.Model):
    """That somebody has read the access log of a month, and what they saw. Never changed, never twice."""

    # The month's first day in the shop.
    month = models.DateField(primary_key=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150)
    note = models.CharField(max_length=300)
    # What was shown when it was signed, as JSON, and the chain's head of that moment.
    found = models.TextField()
    head_number = models.BigIntegerField()
    head_digest = models.BinaryField(max_length=32)

    class Meta:
        db_table = "dg_duty_review"
        constraints = (AppendOnly(name="dg_duty_review_append_only"),)
