"""API keys, and the log of who has looked at whom."""

from django.db import models

from dangol.core.storage.append_only import AppendOnly
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


_PRUNED = (
    "EXISTS (SELECT 1 FROM dg_access_checkpoint AS c WHERE c.number >= "
    "(SELECT l.number FROM dg_access_link AS l WHERE l.entry_id = OLD.id))"
)
_LINK_PRUNED = "EXISTS (SELECT 1 FROM dg_access_checkpoint AS c WHERE c.number >= OLD.number)"


class AccessEntry(models.Model):
    """That somebody saw or took along what is known of a person: who, when, from where, whom, and what."""

    id = IdField(primary_key=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    # By what the house knows who it was: a sign-in name, what is shown of a key, a login of the machine.
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150)
    address = models.CharField(max_length=64)
    request = models.CharField(max_length=64)
    action = models.CharField(max_length=32)
    # The customer it was about; empty where it was about many at once, whom `people` counts.
    subject_id = IdField(null=True)
    people = models.IntegerField(default=1)
    # Names of fields, comma separated; never what they hold.
    seen = models.TextField()
    reason = models.CharField(max_length=300)

    class Meta:
        db_table = "dg_access_entry"
        constraints = (AppendOnly(name="dg_access_entry_append_only", unless=_PRUNED),)
        indexes = (
            models.Index(fields=["at"], name="dg_access_entry_at"),
            models.Index(fields=["subject_id", "at"], name="dg_access_entry_subject"),
            models.Index(fields=["actor", "at"], name="dg_access_entry_actor"),
        )


class AccessLink(models.Model):
    """An entry's place in the chain: the hash of the entry and of the link before it."""

    number = models.BigIntegerField(primary_key=True)
    entry_id = IdField(unique=True)
    digest = models.BinaryField(max_length=32)

    class Meta:
        db_table = "dg_access_link"
        constraints = (AppendOnly(name="dg_access_link_append_only", unless=_LINK_PRUNED),)


class AccessCheckpoint(models.Model):
    """Where the chain begins: the last link that was pruned. Its one row is the chain's lock."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)
    digest = models.BinaryField(max_length=32)
    pruned_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_access_checkpoint"
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="dg_access_checkpoint_one"),)
