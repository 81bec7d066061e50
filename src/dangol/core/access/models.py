"""API keys; what staff may do and who said so; their doings at the door; who looked at whom;
what a second person has to let happen.
"""

from django.db import models

from dangol.core.storage.append_only import AppendOnly
from dangol.core.storage.constraints import SqlForeignKey
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


def _staff_key(name: str, field: str = "staff") -> SqlForeignKey:
    return SqlForeignKey(fields=[field], to="dg_people.Staff", to_fields=["id"], name=name)


class StaffRole(models.Model):
    """The role a member of staff has now: what their grants come to. Without a store: of all stores."""

    staff = models.OneToOneField(
        "dg_people.Staff", models.PROTECT, primary_key=True, db_constraint=False, related_name="post"
    )
    role = models.CharField(max_length=10)
    store_id = IdField(null=True)
    suspended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_access_role"
        constraints = (_staff_key("dg_access_role_staff"),)


class StaffMembership(models.Model):
    """That someone who works here is a member, as a code sent to the member has shown; kept for good."""

    pk = models.CompositePrimaryKey("staff_id", "member_id")
    staff = models.ForeignKey(
        "dg_people.Staff", models.PROTECT, db_constraint=False, db_index=False, related_name="memberships"
    )
    # A customer's id, as a plain value.
    member_id = IdField()
    linked_at = models.DateTimeField()

    class Meta:
        db_table = "dg_access_membership"
        constraints = (_staff_key("dg_access_membership_staff"),)


class Grant(models.Model):
    """That someone was given a role, had it changed, suspended or restored, and by whom. Never changed."""

    id = IdField(primary_key=True)
    staff = models.ForeignKey("dg_people.Staff", models.PROTECT, db_constraint=False, related_name="grants")
    act = models.CharField(max_length=10)
    role = models.CharField(max_length=10)
    store_id = IdField(null=True)
    at = models.DateTimeField()
    # None: a command on the machine itself.
    by = models.ForeignKey(
        "dg_people.Staff", models.PROTECT, null=True, db_constraint=False, related_name="grants_given"
    )
    reason = models.CharField(max_length=300)

    class Meta:
        db_table = "dg_access_grant"
        constraints = (
            AppendOnly(name="dg_access_grant_append_only"),
            _staff_key("dg_access_grant_staff"),
            _staff_key("dg_access_grant_by", "by"),
        )


class StaffSession(models.Model):
    """A browser that is signed in, until it is ended; Django's own session names it by its id."""

    id = IdField(primary_key=True)
    staff = models.ForeignKey("dg_people.Staff", models.PROTECT, db_constraint=False, related_name="sessions")
    opened_at = models.DateTimeField()
    # Kept to the minute: every request would else be a write.
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=45)
    browser = models.CharField(max_length=200)
    how = models.CharField(max_length=40)

    class Meta:
        db_table = "dg_access_session"
        constraints = (_staff_key("dg_access_session_staff"),)
        indexes = (models.Index(fields=["ended_at", "seen_at"], name="dg_access_session_over"),)


class StaffLink(models.Model):
    """A link that lets someone choose a password, once. Its secret is stored as a hash only."""

    id = IdField(primary_key=True)
    secret_hash = models.BinaryField(max_length=32, unique=True)
    staff = models.ForeignKey("dg_people.Staff", models.PROTECT, db_constraint=False, related_name="links")
    purpose = models.CharField(max_length=10)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # When it was used, or a newer one took its place.
    spent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_access_link"
        constraints = (_staff_key("dg_access_link_staff"),)


class SignIn(models.Model):
    """Something that happened at the door: who came in or failed to, from where, how, and who went."""

    id = IdField(primary_key=True)
    at = models.DateTimeField()
    # None: nobody is called what was typed; that may have been a password, so it is not kept.
    staff = models.ForeignKey(
        "dg_people.Staff", models.PROTECT, null=True, db_constraint=False, related_name="sign_ins"
    )
    outcome = models.CharField(max_length=10)
    how = models.CharField(max_length=40)
    address = models.CharField(max_length=45)
    browser = models.CharField(max_length=200)

    class Meta:
        db_table = "dg_access_sign_in"
        constraints = (_staff_key("dg_access_sign_in_staff"),)
        indexes = (
            models.Index(fields=["staff", "at"], name="dg_access_sign_in_of"),
            models.Index(fields=["at"], name="dg_access_sign_in_at"),
        )


class Attempts(models.Model):
    """How often signing in has failed of late, for an account or an address, which is kept as a hash."""

    pk = models.CompositePrimaryKey("kind", "subject_hash")
    kind = models.CharField(max_length=8)
    subject_hash = models.BinaryField(max_length=32)
    count = models.IntegerField()
    last_at = models.DateTimeField()
    open_at = models.DateTimeField()

    class Meta:
        db_table = "dg_access_attempts"
        indexes = (models.Index(fields=["last_at"], name="dg_access_attempts_last"),)


class CacheEntry(models.Model):
    """What all web processes must know alike and may forget: the table behind Django's cache."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "dg_access_cache"


_PRUNED = (
    "EXISTS (SELECT 1 FROM dg_access_checkpoint AS c WHERE c.number >= "
    "(SELECT l.number FROM dg_access_entry_link AS l WHERE l.entry_id = OLD.id))"
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
        db_table = "dg_access_entry_link"
        constraints = (AppendOnly(name="dg_access_entry_link_append_only", unless=_LINK_PRUNED),)


class AccessCheckpoint(models.Model):
    """Where the chain begins: the last link that was pruned. Its one row is the chain's lock."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)
    digest = models.BinaryField(max_length=32)
    pruned_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_access_checkpoint"
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="dg_access_checkpoint_one"),)


class AccessCheck(models.Model):
    """How far the log's chain has been computed again, by whose wish, and what was found. One row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    # The link up to which it is proved, its hash, and how many were looked at.
    number = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    checked = models.BigIntegerField()
    # What was found to be wrong, as JSON: what, and the number of the link.
    faults = models.TextField()
    waiting = models.IntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    # Who asked; empty for the one that runs each night.
    asked_by = models.CharField(max_length=150)

    class Meta:
        db_table = "dg_access_check"
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="dg_access_check_one"),)


class Approval(models.Model):
    """Something done by hand, and who let it happen: at once where it was small, else a second person."""

    id = IdField(primary_key=True)
    kind = models.CharField(max_length=32)
    subject_id = IdField()
    # What is to be done, as JSON that its own app reads. No personal data.
    payload = models.TextField()
    # What limits compare: for points, how many.
    size = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150)
    state = models.CharField(max_length=10)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=150)
    decided_name = models.CharField(max_length=150)
    decided_reason = models.CharField(max_length=300)

    class Meta:
        db_table = "dg_access_approval"
        indexes = (
            models.Index(fields=["state", "asked_at"], name="dg_access_approval_waiting"),
            models.Index(fields=["subject_id", "actor", "asked_at"], name="dg_access_approval_asked"),
        )
