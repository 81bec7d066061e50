"""API keys: made, shown once, found by their hash, and taken back.

A key is 256 random bits behind a prefix that says which space it opens (`dg_live_`, `dg_test_`); a slow
hash would protect nothing, for nobody guesses one, and cost every request. All of them are kept in the live
space, which also knows the keys of test spaces.
"""

import secrets
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from django.db.models import Q

from dangol.core.access.models import ApiKey
from dangol.core.access.rights import Right
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.spaces import LIVE, UnknownSpace, in_space, space_exists
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.errors import DomainError, NotFound

# How long a process goes by what it has read: a key that was taken back opens nothing after that.
REMEMBERED = timedelta(seconds=2)
NOTED_EVERY = timedelta(minutes=1)
_MOST_REMEMBERED = 1_000
# What answers requests, and no secret: the hash of a key that has been found is not kept in the clear.
_COLUMNS = (
    "id", "shown", "name", "space", "scopes",
    "created_at", "created_by", "expires_at", "revoked_at", "used_at",
)  # fmt: skip


class UnknownKey(DomainError):
    """Nobody has been given this key, or none came with the request."""

    code = "access.unknown_key"


class KeyExpired(DomainError):
    """The key's time is over, since `expired_at`."""

    code = "access.key_expired"


class KeyRevoked(DomainError):
    """The key has been taken back."""

    code = "access.key_revoked"


class MissingRight(DomainError):
    """Whoever asks may not do this; `right` is what is missing."""

    code = "access.missing_right"


class NoSuchKey(NotFound):
    """There is no key with this id (`key`)."""

    code = "access.no_such_key"


class KeyView(NamedTuple):
    """A key as a list shows it; of its secret only the prefix and the last four signs."""

    id: Id
    shown: str
    name: str
    space: str
    scopes: frozenset[Right]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None

    def is_over(self, at: datetime) -> bool:
        """Say whether the key opens nothing any more."""
        return self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= at)

    def require(self, right: Right) -> None:
        """Raise MissingRight unless the key has this scope."""
        if right not in self.scopes:
            raise MissingRight(right=str(right))


class NewKey(NamedTuple):
    """A fresh key; its secret is seen now and never again."""

    view: KeyView
    secret: str


class _Remembered(NamedTuple):
    key: KeyView
    until: datetime


_remembered: dict[bytes, _Remembered] = {}
_guard = threading.Lock()


def make_key(
    *,
    name: str,
    space: str,
    scopes: Iterable[Right],
    created_by: str,
    at: datetime,
    expires_at: datetime | None = None,
) -> NewKey:
    """Make a key to a space. Raises UnknownSpace."""
    if not space_exists(space):
        raise UnknownSpace(space=space)
    secret = f"dg_{'live' if space == LIVE else 'test'}_{secrets.token_urlsafe(32)}"
    chosen = set(scopes)
    with in_space(LIVE), write_transaction():
        row = ApiKey.objects.create(
            id=new_id(), secret_hash=_hash(secret), shown=f"{secret[:8]}…{secret[-4:]}",
            name=name, space=space,
            scopes=",".join(right for right in Right if right in chosen),
            created_at=at, created_by=created_by, expires_at=expires_at,
        )  # fmt: skip
    return NewKey(_view(tuple(getattr(row, column) for column in _COLUMNS)), secret)


def open_key(secret: str, *, at: datetime) -> KeyView:
    """Return the key whose secret this is. Raises UnknownKey, KeyRevoked or KeyExpired.

    What was read is gone by for two seconds. That a key is in use is noted once a minute.
    """
    digest = _hash(secret)
    found = _remembered.get(digest)
    if found is None or found.until <= at or found.until - REMEMBERED > at:
        found = _Remembered(_read_key(digest, at), at + REMEMBERED)
        with _guard:
            if len(_remembered) >= _MOST_REMEMBERED:
                _remembered.clear()
            _remembered[digest] = found
    key = found.key
    if key.revoked_at is not None:
        raise KeyRevoked()
    if key.expires_at is not None and key.expires_at <= at:
        raise KeyExpired(expired_at=key.expires_at.isoformat())
    return key


def _read_key(digest: bytes, at: datetime) -> KeyView:
    with in_space(LIVE):
        row = ApiKey.objects.filter(secret_hash=digest).values_list(*_COLUMNS).first()
        if row is None:
            raise UnknownKey()
        key = _view(row)
        if key.used_at is None or at - key.used_at >= NOTED_EVERY:
            with write_transaction():
                ApiKey.objects.filter(pk=key.id).update(used_at=at)
    return key


def list_keys() -> list[KeyView]:
    """Return all keys, the newest first."""
    with in_space(LIVE):
        return [_view(row) for row in ApiKey.objects.order_by("-created_at", "-id").values_list(*_COLUMNS)]


def makers_of(shown: Iterable[str]) -> dict[str, set[str]]:
    """Return by `shown`, as records name a key, who answers for such keys, those taken back among them.

    `shown` is no name: should two keys look alike, both their makers are told. One statement.
    """
    makers: dict[str, set[str]] = {}
    with in_space(LIVE):
        rows = list(ApiKey.objects.filter(shown__in=set(shown)).values_list("shown", "created_by"))
    for one, person in rows:
        makers.setdefault(one, set()).add(person)
    return makers


def find_key(key_id: Id, *, space: str) -> KeyView:
    """Return a key to a space; raises NoSuchKey, also for one to another space."""
    with in_space(LIVE):
        row = ApiKey.objects.filter(pk=key_id, space=space).values_list(*_COLUMNS).first()
    if row is None:
        raise NoSuchKey(key=show_id(key_id))
    return _view(row)


def end_key(key_id: Id, *, at: datetime) -> None:
    """Let a key open nothing from an instant on, if it does not end before. Joins the write transaction."""
    require_write_transaction()
    later = Q(expires_at=None) | Q(expires_at__gt=at)
    ApiKey.objects.filter(later, pk=key_id).update(expires_at=at)
    forget_remembered_keys()


def lock_key(key_id: Id, *, space: str) -> KeyView:
    """Return a key as nobody else changes it until the write transaction ends; raises NoSuchKey."""
    require_write_transaction()
    keys = ApiKey.objects.select_for_update().filter(pk=key_id, space=space)
    row = keys.values_list(*_COLUMNS).first()
    if row is None:
        raise NoSuchKey(key=show_id(key_id))
    return _view(row)


def revoke_key(key_id: Id, *, at: datetime) -> None:
    """Take a key back: within two seconds it opens nothing. Raises NoSuchKey; again changes nothing."""
    with in_space(LIVE), write_transaction():
        keys = ApiKey.objects.filter(pk=key_id)
        if not keys.filter(revoked_at=None).update(revoked_at=at) and not keys.exists():
            raise NoSuchKey(key=show_id(key_id))
    forget_remembered_keys()


def forget_remembered_keys() -> None:
    """Forget what this process has read of keys: some have changed."""
    with _guard:
        _remembered.clear()


def _hash(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _view(row: Sequence[Any]) -> KeyView:
    key = KeyView(*row)
    return key._replace(scopes=frozenset(Right(scope) for scope in row[4].split(",") if scope))
