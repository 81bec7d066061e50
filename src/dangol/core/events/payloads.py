"""Typed payloads: one class for each name an event can have.

A room declares its events in its own `events.py`. Names are `thing.past_verb`; a payload holds ids,
amounts and words of the shop's own catalog, never personal data: events go to the lake and to webhooks.
"""

from collections.abc import Callable
from typing import ClassVar, TypeVar

import msgspec


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """What an event carries. A subclass is declared with `@named("thing.past_verb")`."""

    event: ClassVar[str]


P = TypeVar("P", bound=Payload)
PAYLOADS: dict[str, type[Payload]] = {}
_encoder = msgspec.json.Encoder()
_decoders: dict[str, msgspec.json.Decoder[Payload]] = {}


def named(event: str) -> Callable[[type[P]], type[P]]:
    """Declare the class below as the payload of events called `event`."""

    def declare(payload: type[P]) -> type[P]:
        assert event not in PAYLOADS, f"{event} is declared twice"
        payload.event = event
        PAYLOADS[event] = payload
        return payload

    return declare


def encode(payload: Payload) -> str:
    """Return the payload as JSON text."""
    return _encoder.encode(payload).decode()


def decode(name: str, text: str) -> Payload:
    """Return the payload of an event called `name`; raises KeyError for a name nobody declared."""
    decoder = _decoders.get(name)
    if decoder is None:
        decoder = _decoders[name] = msgspec.json.Decoder(PAYLOADS[name])
    return decoder.decode(text)
