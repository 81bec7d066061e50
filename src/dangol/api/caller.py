"""Who asks: the API key, the request's name, and the instant it is answered at."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from django.http import HttpRequest
from ninja.security import HttpBearer

from dangol.core.access.keys import KeyView, UnknownKey
from dangol.core.access.rights import Right
from dangol.core.people.actors import Actor, ActorKind


@dataclass(frozen=True, slots=True)
class Caller:
    """What every operation may know of who asks."""

    key: KeyView
    request_id: str
    at: datetime


def caller_of(request: HttpRequest) -> Caller:
    """Return who asks; the door has put it there."""
    caller = request.META["dangol.caller"]
    assert isinstance(caller, Caller)
    return caller


def secret_of(request: HttpRequest) -> str:
    """Return the secret a request comes with; raises UnknownKey without one."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise UnknownKey()
    return secret.strip()


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from; behind proxies (`DANGOL_PROXIES`) the address they vouch for."""
    return str(get_adapter().get_client_ip(request)) if request.META.get("REMOTE_ADDR") else ""


def actor_of(request: HttpRequest) -> Actor:
    """Return who asks, as the records name them."""
    caller, address = caller_of(request), address_of(request)
    key = caller.key
    return Actor(ActorKind.KEY, key.shown, key.name, address, caller.request_id, behind=key.created_by)


class Needs(HttpBearer):
    """Lets a request through to an operation if its key has the right; else raises MissingRight.

    The key itself has been checked at the door.
    """

    def __init__(self, right: Right) -> None:
        super().__init__()
        self.right = right

    def __call__(self, request: HttpRequest) -> Any:
        """Return who asks."""
        caller = caller_of(request)
        caller.key.require(self.right)
        return caller

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Not asked: `__call__` does without the token."""
        raise AssertionError
