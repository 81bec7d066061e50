"""API keys by API: what a program may make for others, renew and take back, within what it holds itself.

All keys lie in the live space, so what changes them is done there, its kept answer included; a key sees and
makes only keys to its own space.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import wraps
from typing import Annotated, Literal, ParamSpec

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.caller import Needs, caller_of
from dangol.api.idempotency import once
from dangol.api.replies import Given, Instant, Reply, Shown, show
from dangol.core.access.key_drafts import LONGEST_NAME, KeyDraft, issue_key, rotate_key
from dangol.core.access.keys import KeyView, MissingRight, NewKey, NoSuchKey, find_key, list_keys, revoke_key
from dangol.core.access.rights import Right
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.core.storage.spaces import LIVE, in_space
from dangol.project.clock import now

router = Router(tags=["keys"])
P = ParamSpec("P")
MOST_HOURS = 30 * 24


class ApiKeyIn(Given):
    """A key as it is asked for. Without `days` it lasts as long as the key that asks."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    scopes: Annotated[list[Right], Field(min_length=1, max_length=len(Right))]
    days: Literal[30, 90, 365] | None = None


class KeyRotateIn(Given):
    """For how many hours the old key opens beside the new one; 0 for one that has leaked."""

    overlap_hours: Annotated[int, Field(ge=0, le=MOST_HOURS, strict=True)] = 24


class ApiKeyView(Shown):
    """A key; of its secret only the prefix and the last four signs (`shown`)."""

    id: str
    shown: str
    name: str
    space: str
    scopes: list[Right]
    created_at: Instant
    created_by: str
    expires_at: Instant | None
    revoked_at: Instant | None
    used_at: Instant | None


class NewApiKeyView(Shown):
    """A fresh key with its secret, which is kept by nobody but whoever reads this."""

    key: ApiKeyView
    secret: str


class ApiKeyList(Shown):
    """The keys to one space, the newest first."""

    data: list[ApiKeyView]


def in_live_space(operation: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Let an operation happen where the keys lie, at the time by which they end."""

    @wraps(operation)
    def answered(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request = args[0]
        assert isinstance(request, HttpRequest)
        with in_space(LIVE):
            request.META["dangol.caller"] = replace(caller_of(request), at=now())
            return operation(*args, **kwargs)

    return answered


@router.get("/keys", auth=Needs(Right.KEYS_READ), response=ApiKeyList)
def get_keys(request: HttpRequest) -> HttpResponse:
    """List the keys to the space of the key that asks."""
    space = caller_of(request).key.space
    return show(ApiKeyList(data=[_view(one) for one in list_keys() if one.space == space]))


@router.post("/keys", auth=Needs(Right.KEYS_WRITE), response={201: NewApiKeyView})
@in_live_space
@once
def create_key(request: HttpRequest, payload: ApiKeyIn) -> Reply:
    """Make a key to the same space that may do no more than the key that asks, nor for longer."""
    caller = caller_of(request)
    draft = KeyDraft(payload.name, caller.key.space, payload.scopes, payload.days)
    made = issue_key(
        draft, held=caller.key.scopes, by=_maker(caller.key), at=caller.at, until=caller.key.expires_at
    )
    return _with_secret(made)


@router.get("/keys/{key}", auth=Needs(Right.KEYS_READ), response=ApiKeyView)
def get_key(request: HttpRequest, key: Path[str]) -> HttpResponse:
    """Show a key."""
    return show(_view(_find(request, key)))


@router.post("/keys/{key}/rotate", auth=Needs(Right.KEYS_WRITE), response={201: NewApiKeyView})
@in_live_space
@once
def rotate_api_key(request: HttpRequest, key: Path[str], payload: KeyRotateIn) -> Reply:
    """Put a new key of the same name, scopes and end in a key's place; the old one opens for a while yet.

    A key may renew itself. Requests under way keep their Idempotency-Key for the old one only.
    """
    caller = caller_of(request)
    made = rotate_key(
        _id(key), space=caller.key.space, held=caller.key.scopes, by=_maker(caller.key), at=caller.at,
        overlap=timedelta(hours=payload.overlap_hours), until=caller.key.expires_at,
    )  # fmt: skip
    return _with_secret(made)


@router.post("/keys/{key}/revoke", auth=Needs(Right.KEYS_WRITE), response=ApiKeyView)
@in_live_space
@once
def revoke_api_key(request: HttpRequest, key: Path[str]) -> Reply:
    """Take a key back that may do no more than this one: within two seconds it opens nothing, for good."""
    found, own = _find(request, key), caller_of(request).key
    if more := sorted(found.scopes - own.scopes):
        raise MissingRight(right=more[0])
    revoke_key(found.id, at=caller_of(request).at)
    return Reply(_view(_find(request, key)))


def _id(reference: str) -> Id:
    try:
        return parse_id(reference)
    except ValueError:
        raise NoSuchKey(key=reference[:64]) from None


def _find(request: HttpRequest, reference: str) -> KeyView:
    return find_key(_id(reference), space=caller_of(request).key.space)


def _maker(key: KeyView) -> str:
    """Return who answers for a key that this one makes: the person who does for this one."""
    return key.created_by


def _with_secret(made: NewKey) -> Reply:
    view = NewApiKeyView(key=_view(made.view), secret=made.secret)
    return Reply(view, 201, {"Location": f"/api/v1/keys/{show_id(made.view.id)}"}, holds_secret=True)


def _view(key: KeyView) -> ApiKeyView:
    return ApiKeyView(
        id=show_id(key.id), shown=key.shown, name=key.name, space=key.space,
        scopes=[right for right in Right if right in key.scopes], created_at=key.created_at,
        created_by=key.created_by, expires_at=key.expires_at, revoked_at=key.revoked_at, used_at=key.used_at,
    )  # fmt: skip
