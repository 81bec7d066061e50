"""What people's events carry: never a name, an address or a number of theirs."""

from dangol.core.events.payloads import Payload, named


@named("customer.joined")
class CustomerJoined(Payload, frozen=True):
    """Someone became a member. `via` is the kind of identity they came with; empty if they were known."""

    via: str


@named("customer.left")
class CustomerLeft(Payload, frozen=True):
    """A member left the program; `source` says where: on their phone, at the till."""

    source: str


@named("customer.updated")
class CustomerUpdated(Payload, frozen=True):
    """What we know of someone has changed; `fields` says which fields, not what they hold."""

    fields: tuple[str, ...]


@named("consent.granted")
class ConsentGranted(Payload, frozen=True):
    """Someone agreed to be reached by `channel` for `purpose`, having seen that version of the wording."""

    channel: str
    purpose: str
    source: str
    wording: str


@named("consent.withdrawn")
class ConsentWithdrawn(Payload, frozen=True):
    """Someone took back their consent for `channel` and `purpose`."""

    channel: str
    purpose: str
    source: str
    wording: str


@named("customer.merged")
class CustomerMerged(Payload, frozen=True):
    """Two customers are one person. Told to both, of the same merge; `is_kept` is the one who goes on."""

    is_kept: bool


@named("customer.unmerged")
class CustomerUnmerged(Payload, frozen=True):
    """A merge was undone: they were two after all. Told to both; `is_kept` is the one who had gone on."""

    is_kept: bool


@named("customer.erased")
class CustomerErased(Payload, frozen=True):
    """Someone was forgotten: what names them is destroyed, and whoever kept a copy has to destroy it now."""
