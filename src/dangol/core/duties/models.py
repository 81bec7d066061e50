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
