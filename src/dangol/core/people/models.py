"""Customers, their identities and consents; stores; staff; the shop itself; and the key store.

A column named `…_sealed` holds text sealed under the person's own key (sealing.py); a column named
`…_hash` or `token` holds a keyed hash (blind_index.py). No personal field stands anywhere in the clear.
"""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Coalesce

from dangol.core.storage.append_only import AppendOnly
from dangol.core.storage.constraints import SqlForeignKey
from dangol.core.storage.fields import IdField


class Shop(models.Model):
    """The business this instance belongs to: exactly one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=100)
    zone = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    # ISO 3166: how a phone number without a country code is read.
    region = models.CharField(max_length=2)
    language = models.CharField(max_length=10)
    # Set where the data is a sample moved forward in time by whole weeks; empty for a real shop.
    sample_shift_weeks = models.IntegerField(null=True)
    # The brand's own color, `#rrggbb`; empty: the house's.
    color = models.CharField(max_length=7, default="", db_default="")
    # What kind of shop it is (café, clinic, …), as its owner said; empty: never said.
    kind = models.CharField(max_length=16, default="", db_default="")

    class Meta:
        db_table = "dg_shop"
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="dg_shop_only_one"),)


class Setup(models.Model):
    """How far the first setup on the pages has come: one row, made with a new instance.

    A shop without it (an older one, a sample) has nothing left to set up.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    state = models.CharField(max_length=8)
    # The steps that were gone through, comma separated, in their order.
    steps = models.CharField(max_length=100)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "dg_setup"
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="dg_setup_only_one"),)


class Store(models.Model):
    """A place where the shop sells. An empty zone is the shop's own."""

    id = IdField(primary_key=True)
    number = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=100)
    zone = models.CharField(max_length=64)
    address = models.CharField(max_length=300)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "dg_store"


class Staff(AbstractUser):
    """Someone who works here and signs in. Customers are not users."""

    class Meta:
        db_table = "dg_staff"


class Customer(models.Model):
    """Anyone the shop knows: a guest (one order, no name), a customer, or a member of the program."""

    customer_id = IdField(primary_key=True)
    kind = models.CharField(max_length=8)
    joined_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    language = models.CharField(max_length=10)
    home_store_id = IdField(null=True)
    name_sealed = models.BinaryField(null=True)
    birthday_sealed = models.BinaryField(null=True)
    # What people declared about themselves, as one JSON object: age band, household size, …
    traits_sealed = models.BinaryField(null=True)

    class Meta:
        db_table = "dg_customer"
        indexes = (
            models.Index(fields=["kind", "joined_at", "customer_id"], name="dg_customer_joined"),
            # Who joined before we knew is listed by when they were first seen. The two instants stand at its
            # end so that PostgreSQL need not look at the table for what it computes of them.
            models.Index(
                "kind",
                Coalesce("joined_at", "created_at"),
                "customer_id",
                "joined_at",
                "created_at",
                name="dg_customer_told",
            ),
            models.Index(fields=["kind", "home_store_id", "customer_id"], name="dg_customer_home"),
        )


class Absence(models.Model):
    """From when until when somebody who had been a member was none; without an end they still are none."""

    pk = models.CompositePrimaryKey("customer_id", "left_at")
    customer_id = IdField()
    left_at = models.DateTimeField()
    back_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_absence"


class Identity(models.Model):
    """Whom a value names: a lookup table by kind and value, unique across all customers."""

    pk = models.CompositePrimaryKey("kind", "value_hash")
    kind = models.CharField(max_length=10)
    value_hash = models.BinaryField(max_length=16)
    customer_id = IdField()
    value_sealed = models.BinaryField()
    added_at = models.DateTimeField()
    # Where it was told (till, api, import, staff); empty where nobody said.
    source = models.CharField(max_length=16, db_default="")
    # When its owner last proved that it is theirs; None for never.
    verified_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_identity"
        indexes = (models.Index(fields=["customer_id"], name="dg_identity_customer"),)


class SearchToken(models.Model):
    """By what else a customer is found: parts of the name, last four digits. A lookup table by token."""

    pk = models.CompositePrimaryKey("kind", "token", "customer_id")
    kind = models.CharField(max_length=10)
    token = models.BinaryField(max_length=16)
    customer_id = IdField()

    class Meta:
        db_table = "dg_search_token"
        indexes = (models.Index(fields=["customer_id", "kind"], name="dg_search_token_customer"),)


class Consent(models.Model):
    """That someone agreed, or took it back. A fact is never changed; the latest one counts."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    channel = models.CharField(max_length=10)
    purpose = models.CharField(max_length=32)
    granted = models.BooleanField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    # Where it was given (till, website, import) and which version of the wording was shown.
    source = models.CharField(max_length=64)
    wording = models.CharField(max_length=64)
    key = models.CharField(max_length=64)

    class Meta:
        db_table = "dg_consent"
        constraints = (
            AppendOnly(name="dg_consent_append_only"),
            models.UniqueConstraint(fields=["customer_id", "key"], name="dg_consent_key"),
            SqlForeignKey(
                fields=["customer_id"],
                to="dg_people.Customer",
                to_fields=["customer_id"],
                name="dg_consent_customer",
            ),
        )
        indexes = (
            models.Index(fields=["customer_id", "channel", "purpose", "at"], name="dg_consent_current"),
        )


class PersonKey(models.Model):
    """A person's data key, wrapped by a master key. A destroyed one stays as a tombstone without a key."""

    customer_id = IdField(primary_key=True)
    master = models.CharField(max_length=32)
    wrapped = models.BinaryField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_key_person"
        indexes = (models.Index(fields=["master", "customer_id"], name="dg_key_person_master"),)


class SharedKey(models.Model):
    """A key that belongs to nobody in particular (the blind index), wrapped by a master key."""

    name = models.CharField(max_length=16, primary_key=True)
    master = models.CharField(max_length=32)
    wrapped = models.BinaryField()

    class Meta:
        db_table = "dg_key_shared"


class Merge(models.Model):
    """That two customers are one person: `customer_id` was absorbed, `kept_id` goes on. Undone, it stays.

    What the kept one was before is noted, so that it can be that again.
    """

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    kept_id = IdField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150)
    reason = models.CharField(max_length=300)
    absorbed_kind = models.CharField(max_length=8)
    kept_kind = models.CharField(max_length=8)
    kept_joined_at = models.DateTimeField(null=True)
    # Names of the fields the absorbed one filled, comma separated; traits as `traits.key`.
    filled = models.TextField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=150)
    undone_reason = models.CharField(max_length=300)

    class Meta:
        db_table = "dg_merge"
        constraints = (
            # Should a lock ever be forgotten: nobody is absorbed by two.
            models.UniqueConstraint(
                fields=["customer_id"], condition=models.Q(undone_at__isnull=True), name="dg_merge_current"
            ),
        )
        indexes = (models.Index(fields=["kept_id"], name="dg_merge_kept"),)


class MergedIdentity(models.Model):
    """An identity that went to the kept customer with a merge, so that it can go back."""

    pk = models.CompositePrimaryKey("customer_id", "merge_id", "kind", "value_hash")
    customer_id = IdField()
    merge_id = IdField()
    kind = models.CharField(max_length=10)
    value_hash = models.BinaryField(max_length=16)

    class Meta:
        db_table = "dg_merged_identity"


class Note(models.Model):
    """A version of what one of the staff has noted about somebody; the highest number is what it says now."""

    pk = models.CompositePrimaryKey("customer_id", "id", "number")
    customer_id = IdField()
    id = IdField()
    number = models.SmallIntegerField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150)
    text_sealed = models.BinaryField()

    class Meta:
        db_table = "dg_note"


class Guardian(models.Model):
    """Who consented for somebody under 14 when they joined; name and phone lie under that person's key."""

    customer_id = IdField(primary_key=True)
    confirmed_at = models.DateTimeField()
    # Where it was made sure that it is the guardian: `till`, `api`.
    source = models.CharField(max_length=64)
    name_sealed = models.BinaryField()
    phone_sealed = models.BinaryField()

    class Meta:
        db_table = "dg_guardian"


class Erasure(models.Model):
    """That a person is to be forgotten, and has been. It holds nothing of them but the opaque id."""

    customer_id = IdField(primary_key=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150)
    reason = models.CharField(max_length=300)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dg_erasure"
        indexes = (
            models.Index(
                fields=["at"], name="dg_erasure_waiting", condition=models.Q(finished_at__isnull=True)
            ),
        )


class ErasedIdentity(models.Model):
    """A tombstone: a value that named somebody who was erased, as a hash of a use of its own. A lookup table.

    It names no customer: that it was somebody's is all it says.
    """

    pk = models.CompositePrimaryKey("kind", "value_hash")
    kind = models.CharField(max_length=10)
    value_hash = models.BinaryField(max_length=16)
    erased_at = models.DateTimeField()

    class Meta:
        db_table = "dg_erased_identity"


class LegalHold(models.Model):
    """That nothing about somebody may be destroyed, until it is released or, exclusive, `until`."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150)
    reason = models.CharField(max_length=300)
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=150)
    released_reason = models.CharField(max_length=300)

    class Meta:
        db_table = "dg_legal_hold"


class RetentionRun(models.Model):
    """What a run of the retention table has removed of one class of records."""

    pk = models.CompositePrimaryKey("at", "record_class")
    at = models.DateTimeField()
    record_class = models.CharField(max_length=40)
    before = models.DateTimeField()
    removed = models.IntegerField()

    class Meta:
        db_table = "dg_retention_run"
