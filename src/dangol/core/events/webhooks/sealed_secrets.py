"""An endpoint's secrets: made, kept under the master key, changed with an overlap."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Q

from dangol.core.events.webhooks.models import Endpoint, Secret, Signature
from dangol.core.events.webhooks.signing import SigningKey, new_key, show_key
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.master_keys import key_ring
from dangol.core.storage.rows import insert_rows, select_matching, sorted_ids, update_rows
from dangol.core.storage.transactions import require_write_transaction, write_transaction

_COLUMNS = ("id", "endpoint_id", "master", "wrapped", "public_key", "created_at")


class Issued(NamedTuple):
    """A new secret, as the receiver is given it. It is shown this once: only its sealed form is kept."""

    shown: str
    secret_id: Id


def issue(endpoint_id: Id, kind: Signature, *, at: datetime) -> Issued:
    """Make a secret for an endpoint and keep it sealed. Raises NoMasterKey."""
    require_write_transaction()
    key, secret_id = new_key(kind), new_id()
    public = show_key(key) if kind is Signature.ED25519 else ""
    row = (secret_id, endpoint_id, *key_ring().wrap(key.raw, owner=secret_id), public, at)
    insert_rows(Secret, _COLUMNS, [row])
    return Issued(show_key(key), secret_id)


def end_earlier(endpoint_id: Id, *, kept: Id, ends_at: datetime) -> None:
    """Let all secrets of an endpoint but `kept` sign until `ends_at`, none longer than it would anyway."""
    require_write_transaction()
    others = Secret.objects.filter(endpoint_id=endpoint_id).exclude(pk=kept)
    others.filter(Q(ends_at=None) | Q(ends_at__gt=ends_at)).update(ends_at=ends_at)


def signing_keys(endpoint_ids: Iterable[Id], *, at: datetime) -> dict[Id, list[SigningKey]]:
    """Return what each endpoint's messages are signed with at `at`, the newest first; one statement.

    Raises UnknownMasterKey or WrappedKeyBroken where one of them cannot be opened.
    """
    names = ("endpoint_id", "id", "wrapped", "public_key", "ends_at")
    rows = select_matching(Secret, names, ["endpoint_id"], [(one,) for one in sorted_ids(endpoint_ids)])
    keys: dict[Id, list[SigningKey]] = {}
    ring = key_ring()
    for endpoint_id, secret_id, wrapped, public, ends_at in sorted(
        rows, key=lambda row: row[1], reverse=True
    ):
        if ends_at is None or at < ends_at:
            kind = Signature.ED25519 if public else Signature.HMAC
            raw = ring.unwrap(bytes(wrapped), owner=secret_id)
            keys.setdefault(endpoint_id, []).append(SigningKey(kind, raw))
    return keys


def delete_ended(*, before: datetime) -> int:
    """Delete the secrets that have signed nothing since `before`; returns how many."""
    with write_transaction():
        return Secret.objects.filter(ends_at__lt=before).delete()[0]


def count_by_master() -> Mapping[str, int]:
    """Return how many secrets each master key wraps."""
    counted = Secret.objects.order_by().values_list("master").annotate(Count("pk"))
    return dict(counted)


def rewrap(master: str, limit: int) -> int:
    """Wrap up to `limit` secrets of an earlier master key under the newest one; returns how many."""
    with write_transaction():
        ring = key_ring()
        held = Secret.objects.select_for_update().filter(master=master).order_by("pk")
        rows = [(pk, bytes(blob)) for pk, blob in held.values_list("pk", "wrapped")[:limit]]
        wrapped = [(pk, *ring.wrap(ring.unwrap(blob, owner=pk), owner=pk)) for pk, blob in rows]
        update_rows(Secret, ("id",), ("master", "wrapped"), wrapped)
    return len(rows)


def delete_of(endpoint: Endpoint) -> None:
    """Delete all secrets of an endpoint."""
    Secret.objects.filter(endpoint_id=endpoint.pk).delete()
