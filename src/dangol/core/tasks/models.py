"""Work to do now, later and again; and who is alive to do it."""

from django.db import models

from dangol.core.storage.fields import IdField


class State(models.TextChoices):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    # It has failed for good; its error is kept and a person decides.
    DEAD = "dead"


class Job(models.Model):
    """One piece of work for a worker."""

    id = IdField(primary_key=True)
    name = models.CharField(max_length=64)
    payload = models.TextField()
    # Whoever enqueues the same thing twice gets the first one back, as long as its row is kept.
    key = models.CharField(max_length=200, null=True, unique=True)
    enqueued_at = models.DateTimeField()
    run_at = models.DateTimeField()
    # When a worker may take it: its time at first, the next try's after a failure, the end of the lease
    # while it runs, and never once it is over. So one index finds all that is due.
    claimable_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    # Made anew at each claim: only its holder may finish the job.
    claim = IdField(null=True)
    # Runs that came to nothing, by an error or because the worker vanished.
    attempts = models.IntegerField(default=0)
    max_attempts = models.IntegerField()
    last_error = models.TextField(default="")
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_task_job"
        indexes = (
            models.Index(
                fields=["claimable_at", "id"],
                name="dg_task_job_claimable",
                condition=models.Q(claimable_at__isnull=False),
            ),
            models.Index(
                fields=["finished_at"],
                name="dg_task_job_finished",
                condition=models.Q(finished_at__isnull=False),
            ),
        )


class ScheduleRow(models.Model):
    """When a periodic task falls due next. Its row is the lock that makes one run of each due instant."""

    name = models.CharField(max_length=64, primary_key=True)
    # The rule and zone `next_at` was computed by; when they change, it is computed anew.
    rule = models.CharField(max_length=128)
    next_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_task_schedule"


class Heartbeat(models.Model):
    """The last sign of life of a kind of process: worker, scheduler, sequencer."""

    name = models.CharField(max_length=32, primary_key=True)
    pid = models.IntegerField()
    beat_at = models.DateTimeField()

    class Meta:
        db_table = "dg_task_heartbeat"


class SpaceClock(models.Model):
    """What time it is in a test space: one row, which only moves forward. The shop's own space has none."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField()

    class Meta:
        db_table = "dg_task_clock"
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="dg_task_clock_only_one"),)
