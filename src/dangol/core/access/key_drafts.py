"""What may be asked for as an API key, checked before there is one."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from dangol.core.access.keys import MissingRight, NewKey, make_key
from dangol.core.access.rights import Right
from dangol.domain.errors import DomainError

LONGEST_NAME = 60
# For how many days a key may last; one without an end is asked for by None.
LIFETIMES = (30, 90, 365)


class KeyNameUnfit(DomainError):
    """A key has a name of one line, up to `limit` characters, by which it is known in the list."""

    code = "access.key_name_unfit"


class KeyScopesMissing(DomainError):
    """A key without a scope would open nothing."""

    code = "access.key_scopes_missing"


class KeyScopeUnknown(DomainError):
    """There is no scope of this name (`scope`)."""

    code = "access.key_scope_unknown"


class KeyLifetimeUnknown(DomainError):
    """A key lasts one of `known` days, or for good."""

    code = "access.key_lifetime_unknown"


class KeyDraft(NamedTuple):
    """A key as it is asked for. `days` None: it does not end by itself."""

    name: str
    space: str
    scopes: Sequence[str]
    days: int | None


def issue_key(draft: KeyDraft, *, held: Collection[Right], by: str, at: datetime) -> NewKey:
    """Make a key as asked for, which may do nothing that its maker, who has the rights `held`, may not.

    Raises KeyNameUnfit, KeyScopesMissing, KeyScopeUnknown, KeyLifetimeUnknown, MissingRight, UnknownSpace
    or InvalidSpaceName.
    """
    name = draft.name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise KeyNameUnfit(limit=LONGEST_NAME)
    if draft.days is not None and draft.days not in LIFETIMES:
        raise KeyLifetimeUnknown(known=", ".join(map(str, LIFETIMES)))
    return make_key(
        name=name,
        space=draft.space,
        scopes=_scopes(draft.scopes, held),
        created_by=by,
        at=at,
        expires_at=at + timedelta(days=draft.days) if draft.days else None,
    )


def _scopes(asked: Sequence[str], held: Collection[Right]) -> list[Right]:
    if not asked:
        raise KeyScopesMissing()
    scopes = []
    for scope in asked:
        if scope not in set(Right):
            raise KeyScopeUnknown(scope=scope[:64])
        if scope not in held:
            raise MissingRight(right=scope)
        scopes.append(Right(scope))
    return scopes
