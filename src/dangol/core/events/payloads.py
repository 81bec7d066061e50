"""Typed payloads: one class for each name an event can have.

A room declares its events in its own `events.py`. Names are `thing.past_verb`; a payload holds ids,
amounts and words of the shop's own catalog, never personal data: events go to the lake and to webhooks.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, TypeVar

import msgspec

from dangol.domain.conditions import Kind, Value, properties_of


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """What an event carries. A subclass is declared with `@named("thing.past_verb")`.

    Conditions ask for an event by the name it is `known_as`, and see its `properties_seen`.
    """

    event: ClassVar[str]

    @classmethod
    def property_kinds(cls) -> Mapping[str, Kind]:
        """Return of which kinds the properties of such events are, as far as the class can tell."""
        fields = msgspec.inspect.type_info(cls)
        assert isinstance(fields, msgspec.inspect.StructType)
        kinds = {one.name: _kind_of(one.type) for one in fields.fields}
        return {name: kind for name, kind in kinds.items() if kind is not None}

    @property
    def known_as(self) -> str:
        """The name conditions ask for: the event's own, but for what an app has tracked."""
        return self.event

    @classmethod
    def may_be(cls, names: frozenset[str]) -> bool:
        """Say whether an event of this class may be known as one of these."""
        return cls.event in names

    @classmethod
    def hints(cls, names: frozenset[str]) -> list[str]:
        """Return texts of which the payload of an event known as one of these has one; none: any may be."""
        return []

    def properties_seen(self) -> Mapping[str, Value]:
        """Return what conditions can ask about: its plain fields, unless a subclass knows better."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return properties_of({name: value for name, value in fields.items() if value != ""})


def _kind_of(declared: msgspec.inspect.Type) -> Kind | None:
    """Return the kind of a field by its type; None for what conditions do not see."""
    match declared:
        case msgspec.inspect.UnionType(types=types):
            kinds = [_kind_of(one) for one in types if not isinstance(one, msgspec.inspect.NoneType)]
            return kinds[0] if len(kinds) == 1 else None
        case msgspec.inspect.VarTupleType(item_type=msgspec.inspect.StrType()):
            return Kind.LIST
        case msgspec.inspect.ListType(item_type=msgspec.inspect.StrType()):
            return Kind.LIST
    return _KINDS.get(type(declared))


_KINDS: Mapping[type[msgspec.inspect.Type], Kind] = {
    msgspec.inspect.StrType: Kind.TEXT,
    msgspec.inspect.IntType: Kind.NUMBER,
    msgspec.inspect.DecimalType: Kind.NUMBER,
    msgspec.inspect.BoolType: Kind.FLAG,
    msgspec.inspect.DateTimeType: Kind.INSTANT,
    msgspec.inspect.DateType: Kind.DATE,
}
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


def encode_text(value: object) -> str:
    """Return a value as it stands in a payload's text."""
    return _encoder.encode(value).decode()


def decode(name: str, text: str) -> Payload:
    """Return the payload of an event called `name`; raises KeyError for a name nobody declared."""
    decoder = _decoders.get(name)
    if decoder is None:
        decoder = _decoders[name] = msgspec.json.Decoder(PAYLOADS[name])
    return decoder.decode(text)
