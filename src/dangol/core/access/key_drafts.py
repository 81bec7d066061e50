"""What may be asked for as an API key, checked before there is one."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from dangol.core.access.keys import MissingRight, NewKey, end_key, lock_key, make_key, revoke_key
from dangol.core.access.rights import Right
from dangol.core.storage.ids import Id
from dangol.core.storage.spaces import LIVE, in_space
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError, Malformed

LONGEST_NAME = 60
# For how many days a key may last; one without an end is asked for by None.
LIFETIMES = (30, 90, 365)


class KeyNameUnfit(Malformed):
    """A key has a name of one line, up to `limit` characters, by which it is known in the list."""

    code = "access.key_name_unfit"


class KeyScopesMissing(Malformed):
    """A key without a scope would open nothing."""

    code = "access.key_scopes_missing"


class KeyScopeUnknown(Malformed):
    """There is no scope of this name (`scope`)."""

    code = "access.key_scope_unknown"


class KeyLifetimeUnknown(Malformed):
    """A key lasts one of `known` days, or for good."""

    code = "access.key_lifetime_unknown"


class KeyOutlivesMaker(DomainError):
    """A key that ends (`until`) makes or renews none that goes on after it."""

    code = "access.key_outlives_maker"


class KeyOver(DomainError):
    """The key (`shown`) opens nothing any more, so there is nothing to renew."""

    code = "access.key_over"


class KeyDraft(NamedTuple):
    """A key as it is asked for. `days` None: it does not end by itself."""

    name: str
    space: str
    scopes: Sequence[str]
    days: int | None


def issue_key(
    draft: KeyDraft, *, held: Collection[Right], by: str, at: datetime, until: datetime | None = None
) -> NewKey:
    """Make a key as asked for, which may do nothing that its maker, who has the rights `held`, may not.

    Where the maker is a key that ends (`until`), so does this one, at the latest then. Raises KeyNameUnfit,
    KeyScopesMissing, KeyScopeUnknown, KeyLifetimeUnknown, KeyOutlivesMaker, MissingRight, UnknownSpace or
    InvalidSpaceName.
    """
    name = draft.name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise KeyNameUnfit(field="name", limit=LONGEST_NAME)
    if draft.days is not None and draft.days not in LIFETIMES:
        raise KeyLifetimeUnknown(field="days", known=", ".join(map(str, LIFETIMES)))
    ends_at = at + timedelta(days=draft.days) if draft.days else until
    _require_ending(ends_at, until, "days")
    return make_key(
        name=name,
        space=draft.space,
        scopes=_scopes(draft.scopes, held),
        created_by=by,
        at=at,
        expires_at=ends_at,
    )


def rotate_key(
    key_id: Id,
    *,
    space: str,
    held: Collection[Right],
    by: str,
    at: datetime,
    overlap: timedelta,
    until: datetime | None = None,
) -> NewKey:
    """Put a new key of the same name, scopes and end in a key's place, which opens for `overlap` longer.

    Whoever renews it gets to know its secret, so they must hold all it may do, and it must end with them
    (`until`). Zero ends the old one at once, for one that has leaked. Raises NoSuchKey, KeyOver, MissingRight
    or KeyOutlivesMaker.
    """
    with in_space(LIVE), write_transaction():
        found = lock_key(key_id, space=space)
        if found.is_over(at):
            raise KeyOver(shown=found.shown)
        _require_ending(found.expires_at, until, "key")
        made = make_key(
            name=found.name, space=space, scopes=_scopes(sorted(found.scopes), held), created_by=by, at=at,
            expires_at=found.expires_at,
        )  # fmt: skip
        if overlap:
            end_key(key_id, at=at + overlap)
        else:
            revoke_key(key_id, at=at)
    return made


def _require_ending(ends_at: datetime | None, until: datetime | None, field: str) -> None:
    if until is not None and (ends_at is None or ends_at > until):
        raise KeyOutlivesMaker(field=field, until=until.isoformat())


def _scopes(asked: Sequence[str], held: Collection[Right]) -> list[Right]:
    if not asked:
        raise KeyScopesMissing(field="scopes")
    scopes = []
    for scope in asked:
        if scope not in set(Right):
            raise KeyScopeUnknown(field="scopes", scope=scope[:64])
        if scope not in held:
            raise MissingRight(right=scope)
        scopes.append(Right(scope))
    return scopes
