"""What actions have done: one row under each key, so that a repeat is answered and not done again."""

from django.db import models

from dangol.core.storage.fields import IdField


class ActionRun(models.Model):
    """An action that was carried out for a customer. `content_hash` tells a repeat from another request."""

    pk = models.CompositePrimaryKey("customer_id", "key")
    customer_id = IdField()
    key = models.CharField(max_length=100)
    action = models.CharField(max_length=60)
    content_hash = models.BinaryField(max_length=16)
    # When it took effect, and when we were told to do it.
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    payload = models.TextField()
    result = models.TextField()

    class Meta:
        db_table = "dg_action_run"
