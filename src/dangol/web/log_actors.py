"""Who is found in the access log: named in an address by a number or a key's id, never by a sign-in name."""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from dangol.core.access.keys import list_keys
from dangol.core.access.selectors import list_staff
from dangol.core.storage.ids import show_id
from dangol.core.storage.spaces import current_space


class LogActor(NamedTuple):
    """Somebody the log may name: how an address names them, how the log does, and what people call them."""

    shown: str
    key: str
    name: str


class ActorGroup(NamedTuple):
    """Those of a kind, as they are chosen from."""

    title: str
    actors: Sequence[LogActor]


def actor_groups() -> list[ActorGroup]:
    """Return who can be chosen: those who work here, also who did, and the keys of this space."""
    staff = [
        LogActor(str(one.number), one.username, f"{one.name} ({one.username})" if one.name else one.username)
        for one in list_staff()
    ]
    keys = [
        LogActor(show_id(one.id), one.shown, f"{one.name} ({one.shown})")
        for one in list_keys()
        if one.space == current_space()
    ]
    groups = [ActorGroup(_("직원"), staff), ActorGroup(_("API 키"), keys)]
    return [one for one in groups if one.actors]


def find_actor(shown: str) -> str:
    """Return how the log names whoever an address names so; empty where that is nobody."""
    return next((one.key for group in actor_groups() for one in group.actors if one.shown == shown), "")


def addresses_of_actors() -> dict[str, str]:
    """Return how an address names each of them, by how the log does."""
    return {one.key: one.shown for group in actor_groups() for one in group.actors}
