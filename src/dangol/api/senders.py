"""Who sends events: a key, and what its scopes let its events become."""

from django.http import HttpRequest

from dangol.api.caller import address_of
from dangol.core.access.keys import KeyView
from dangol.core.access.rights import Right
from dangol.core.behavior.messages import Sender
from dangol.core.people.actors import Actor, ActorKind


def sender_of(request: HttpRequest, key: KeyView, request_id: str, *, source: str = "") -> Sender:
    """Return a key as a sender of events.

    Message ids are unique by `source`; without one by the key's name, which stays when a key is renewed, so
    that what is sent again under the new key is known.
    """
    actor = Actor(ActorKind.KEY, key.shown, key.name, address_of(request), request_id, behind=key.created_by)
    return Sender(
        source or f"sdk:{key.name}", key.name, actor,
        may_order=Right.ORDERS_WRITE in key.scopes, may_tell=Right.MEMBERS_WRITE in key.scopes,
    )  # fmt: skip
