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


class PersonRequest(models.Model):
    """What a person has asked for by their rights, until when, and how it was answered."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    kind = models.CharField(max_length=12)
    came_on = models.DateField()
    due_at = models.DateTimeField()
    noted_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, default="")
    ended_by = models.CharField(max_length=150, default="")
    ended_name = models.CharField(max_length=150, default="")
    answer = models.CharField(max_length=300, default="")
    # What fulfilled it: an entry of the access log, or an event.
    act_id = IdField(null=True)

    class Meta:
        db_table = "dg_duty_request"
        indexes = (
            models.Index(
                fields=["due_at"], name="dg_duty_request_open", condition=models.Q(ended_at__isnull=True)
            ),
            models.Index(
                fields=["ended_at"], name="dg_duty_request_over", condition=models.Q(ended_at__isnull=False)
            ),
        )


class IncidentStep(models.Model):
    """What was known of a leak, and what was done about it, at a moment; the highest number holds now."""

    pk = models.CompositePrimaryKey("incident_id", "number")
    incident_id = IdField()
    number = models.SmallIntegerField()
    at = models.DateTimeField()
    act = models.CharField(max_length=8)
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150)
    known_at = models.DateTimeField()
    # In the words in which people are told: never a person's own data.
    what = models.CharField(max_length=500)
    fields = models.CharField(max_length=500)
    people = models.IntegerField(null=True)
    is_sensitive = models.BooleanField()
    is_attack = models.BooleanField()
    advice = models.CharField(max_length=500)
    measures = models.CharField(max_length=500)
    contact = models.CharField(max_length=500)

    class Meta:
        db_table = "dg_duty_incident_step"
        constraints = (AppendOnly(name="dg_duty_incident_append_only"),)
        indexes = (models.Index(fields=["number", "at"], name="dg_duty_incident_first"),)


class Notice(models.Model):
    """That a person was told something unasked, or could not be for want of an address. Never changed."""

    pk = models.CompositePrimaryKey("customer_id", "kind", "year")
    customer_id = IdField()
    kind = models.CharField(max_length=8)
    # The shop's calendar year in which they were told: once in each.
    year = models.SmallIntegerField()
    at = models.DateTimeField()
    by_mail = models.BooleanField()

    class Meta:
        db_table = "dg_duty_notice"
        constraints = (AppendOnly(name="dg_duty_notice_append_only"),)


class NoticeSweep(models.Model):
    """How far the telling of a kind has come, and for whom there was an address but no mail server."""

    kind = models.CharField(max_length=8, primary_key=True)
    # The last customer that was looked at; none between two sweeps.
    after = IdField(null=True)
    counting = models.IntegerField(default=0)
    waiting = models.IntegerField(default=0)
    since = models.DateTimeField(null=True)
    swept_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_duty_notice_sweep"
