"""One-time codes and links, sessions, and how often somebody has asked. Every secret is stored as a hash."""

from django.db import models

from dangol.core.storage.fields import IdField


class MemberCode(models.Model):
    """The one code a person may have open. It is good in the browser that asked for it (`challenge`) only."""

    customer_id = IdField(primary_key=True)
    challenge = IdField()
    code_hash = models.BinaryField(max_length=16)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries_left = models.IntegerField()

    class Meta:
        db_table = "dg_member_code"
        indexes = (models.Index(fields=["challenge"], name="dg_member_code_challenge"),)


class MemberLink(models.Model):
    """A link shown at the counter, which opens a member's pages once. A lookup table by its hash."""

    token_hash = models.BinaryField(primary_key=True, max_length=32)
    customer_id = IdField()
    staff = models.CharField(max_length=150)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "dg_member_link"
        indexes = (models.Index(fields=["customer_id"], name="dg_member_link_customer"),)


class MemberSession(models.Model):
    """A browser in which a member is signed in. A lookup table by the hash of its cookie."""

    token_hash = models.BinaryField(primary_key=True, max_length=32)
    customer_id = IdField()
    # How they came in: a code, or a link at the counter.
    how = models.CharField(max_length=8)
    opened_at = models.DateTimeField()
    # Kept to the hour: every page would else be a write.
    seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # When a code last showed that it is still they.
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_member_session"
        indexes = (
            models.Index(fields=["customer_id"], name="dg_member_session_customer"),
            models.Index(fields=["expires_at"], name="dg_member_session_over"),
        )


class Pace(models.Model):
    """How far ahead of its steady pace somebody has asked for something, counted for all processes at once.

    `subject_hash` is a keyed hash of who or what is counted; `due_ms` the instant, in milliseconds since
    1970, at which the steady pace would reach the last time they asked.
    """

    pk = models.CompositePrimaryKey("kind", "subject_hash")
    kind = models.CharField(max_length=16)
    subject_hash = models.BinaryField(max_length=16)
    due_ms = models.BigIntegerField()

    class Meta:
        db_table = "dg_member_pace"
        indexes = (models.Index(fields=["due_ms"], name="dg_member_pace_due"),)
