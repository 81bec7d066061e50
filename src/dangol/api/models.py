"""Answers once given, so that a repeat is answered by them and changes nothing."""

from django.db import models

from dangol.core.storage.fields import IdField


class Answer(models.Model):
    """What a request under an idempotency key was answered; the effect is in the same commit."""

    pk = models.CompositePrimaryKey("key_id", "name")
    # The API key that asked: two programs may choose the same name.
    key_id = IdField()
    name = models.CharField(max_length=255)
    request_hash = models.BinaryField(max_length=32)
    asked_at = models.DateTimeField()
    # Empty while the request is being carried out, which nobody else ever sees.
    status = models.SmallIntegerField(null=True)
    body = models.BinaryField(null=True)

    class Meta:
        db_table = "dg_api_answer"
        indexes = (models.Index(fields=["asked_at"], name="dg_api_answer_asked"),)
