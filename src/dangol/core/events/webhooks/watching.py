"""Who is told that it stands otherwise with an endpoint: floors above, in the transaction of the change."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from typing import NamedTuple

from django.conf import settings

from dangol.core.storage.ids import Id
from dangol.domain.webhooks import Cause, EndpointState


class StateChange(NamedTuple):
    """That an endpoint came to another state, and why. `host` is all that is told of its address."""

    id: Id
    endpoint_id: Id
    host: str
    description: str
    state: EndpointState
    cause: Cause
    at: datetime


Watcher = Callable[[StateChange], None]


@lru_cache(maxsize=1)
def watchers() -> tuple[Watcher, ...]:
    """Return who is told, as project/watchers.py lists them."""
    return tuple(import_module(settings.ENDPOINT_WATCHERS).WATCHERS)
