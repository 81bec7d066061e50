"""Tables that several parts of the rewards have alike."""

from django.db import models

from dangol.core.storage.fields import IdField


class SimulationState(models.TextChoices):
    """Where a simulation stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELED = "canceled"


class TrialRow(models.Model):
    """A trial of the past, and what came of it; it has an address of its own."""

    id = IdField(primary_key=True)
    job_id = IdField()
    # What is tried, as it was when this was asked, as JSON.
    content = models.JSONField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=SimulationState, default=SimulationState.WAITING)
    done_count = models.BigIntegerField(default=0)
    total_count = models.BigIntegerField(null=True)
    result = models.JSONField(null=True)

    class Meta:
        abstract = True
