"""Hearing what happens while a program is being written: nothing is stored, and nothing tried twice.

A listener reads the timeline from where it stands now and sends each event, in order, to one address. It
keeps no cursor, no log and no secret, so ending it in whichever way leaves nothing behind.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from dangol.core.events.selectors import events_after, read_head
from dangol.core.events.webhooks.bodies import EXAMPLE, body_of, known_names
from dangol.core.events.webhooks.errors import EventUnknown
from dangol.core.events.webhooks.selectors import examples_since
from dangol.core.events.webhooks.signing import SigningKey, sign
from dangol.core.events.webhooks.transport import Caller, Reply
from dangol.core.storage.ids import Id, show_id

READ_AT_ONCE = 100
# Two processes' clocks and commits may be this far apart.
LOOKED_BACK = timedelta(minutes=1)


class Heard(NamedTuple):
    """An event that was sent on, and the answer."""

    message: str
    name: str
    is_test: bool
    reply: Reply


@dataclass
class Listener:
    """Sends what happens from `began_at` on to `url`; `names` empty means all of it."""

    url: str
    names: frozenset[str]
    key: SigningKey
    caller: Caller
    began_at: datetime
    _position: int = field(default_factory=read_head)
    _examples: set[Id] = field(default_factory=set)

    def __post_init__(self) -> None:
        for name in self.names:
            if name != EXAMPLE and name not in known_names():
                raise EventUnknown(name=name[:64])
        self._examples = {
            message_id for message_id, _name, _body in examples_since(self.began_at - LOOKED_BACK)
        }

    def hear(self, at: datetime) -> Iterator[Heard]:
        """Send on what has happened since the last call, one by one, and yield each with its answer."""
        for position, event in events_after(self._position, limit=READ_AT_ONCE):
            self._position = position
            if not self.names or event.name in self.names:
                yield self._send(show_id(event.id), event.name, body_of(event), at, is_test=False)
        for message_id, name, body in examples_since(max(self.began_at, at) - LOOKED_BACK):
            if message_id in self._examples:
                continue
            self._examples.add(message_id)
            if not self.names or name in self.names:
                yield self._send(show_id(message_id), name, body, at, is_test=True)

    def _send(self, message: str, name: str, body: str, at: datetime, *, is_test: bool) -> Heard:
        headers = sign([self.key], message=message, at=at, body=body)
        return Heard(message, name, is_test, asyncio.run(self.caller.send(self.url, headers, body)))
