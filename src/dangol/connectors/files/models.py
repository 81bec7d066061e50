"""Imports: what was read, how far it has come, and what it has left in the shop's tables."""

from django.db import models

from dangol.core.storage.fields import IdField


class ImportJob(models.Model):
    """One import of one or more files. `fingerprint` names its content: the same files are the same
    import.
    """

    class State(models.TextChoices):
        """How far an import has come."""

        NEW = "new"
        READY = "ready"
        DONE = "done"
        UNDONE = "undone"

    id = IdField(primary_key=True)
    kind = models.CharField(max_length=16)
    # JSON: name, size and SHA-256 of each file; the columns as they were understood; everything asked for.
    files = models.TextField()
    mapping = models.TextField(default="[]")
    options = models.TextField()
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State.choices, default=State.NEW)
    row_count = models.BigIntegerField(default=0)
    bad_count = models.BigIntegerField(default=0)
    # Items (orders, people, …) to carry out, and how many of them are: where a resumed import goes on.
    item_count = models.BigIntegerField(default=0)
    done_count = models.BigIntegerField(default=0)
    counts = models.TextField(default="{}")
    errors_path = models.TextField(blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    # Empty in state `undone` while not all of it is undone yet.
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_import_job"
        indexes = (models.Index(fields=["fingerprint"], name="dg_import_fingerprint"),)


class ImportBatch(models.Model):
    """What one transaction of an import has written, kept for undoing it, and the rows it refused."""

    pk = models.CompositePrimaryKey("job_id", "number")
    job_id = IdField()
    number = models.BigIntegerField()
    # Pairs of ids, 32 bytes each: whose it is, and what it is (an order, a return, a transfer).
    subjects = models.BinaryField()
    refusals = models.TextField(default="[]")

    class Meta:
        db_table = "dg_import_batch"


class Upload(models.Model):
    """A file a page was given: how it is to be read, how far it has come, and the import it became.

    The file lies in the home until the import has ended; nothing of what it holds is in this row.
    """

    class State(models.TextChoices):
        """How far it has come."""

        CHECKING = "checking"
        READY = "ready"
        # It cannot be read like this: `failure` says why, and another choice may help.
        REFUSED = "refused"
        IMPORTING = "importing"
        DONE = "done"
        UNDOING = "undoing"
        UNDONE = "undone"
        # Thrown away, or too long unused: its file is gone and nothing was imported.
        DISCARDED = "discarded"

    id = IdField(primary_key=True)
    name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    # JSON: the columns chosen by hand and the other options of a `jobs.Request`.
    asked = models.TextField(default="{}")
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHECKING)
    # The work left for the worker, whose row says how far it is.
    work_id = IdField(null=True)
    # JSON: what the last check, or the import, has counted; the code and facts of the last refusal.
    result = models.TextField(default="{}")
    failure = models.TextField(default="{}")
    import_id = IdField(null=True)
    uploaded_by = models.CharField(max_length=150)
    uploaded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_import_upload"
        indexes = (models.Index(fields=["uploaded_at"], name="dg_import_upload_at"),)
