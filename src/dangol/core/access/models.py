"""API keys."""

from django.db import models

from dangol.core.storage.fields import IdField


class ApiKey(models.Model):
    """A program's key. Its secret is stored as a hash only; `shown` is what a list shows of it.

    The keys of all spaces lie in the live one: `space` says which database a key opens.
    """

    id = IdField(primary_key=True)
    secret_hash = models.BinaryField(max_length=32, unique=True)
    shown = models.CharField(max_length=40)
    name = models.CharField(max_length=100)
    space = models.CharField(max_length=20)
    # Rights, comma separated, in the order of the list of rights.
    scopes = models.TextField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    # Kept to the minute: a key in use would else be written at each request.
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_access_key"
