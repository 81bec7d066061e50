"""References: whom and what an address means."""

from typing import Annotated

from pydantic import Field

from dangol.api.refused import UnknownMember
from dangol.core.people.identities import Kind
from dangol.core.people.naming import Name
from dangol.core.people.refused_values import RefusedValue
from dangol.core.people.selectors import find_by_identity, known_customers
from dangol.core.storage.ids import Id, parse_id

# A member by our id, or by one of theirs.
MemberRef = Annotated[
    str,
    Field(
        max_length=300,
        description="Our id, or external:…, email:…, phone:… or card:…",
        examples=["external:A-1024"],
    ),
]
NAMED_BY = (Kind.EXTERNAL, Kind.EMAIL, Kind.PHONE, Kind.CARD)


def name_member(reference: str) -> Name:
    """Return a reference as the name it is, to be found with others; raises UnknownMember for none."""
    kind, colon, value = reference.partition(":")
    try:
        return (kind, value) if colon and kind in NAMED_BY else parse_id(reference)
    except ValueError:
        raise UnknownMember() from None


def find_member(reference: str) -> Id:
    """Return whom a reference means; raises UnknownMember, also for what can name nobody.

    What was asked for is not repeated: it may be somebody's phone number.
    """
    kind, colon, value = reference.partition(":")
    try:
        if colon and kind in NAMED_BY:
            found = find_by_identity(kind, [value]).get(value)
        else:
            found = next(iter(known_customers([parse_id(reference)])), None)
    except (ValueError, RefusedValue):
        found = None
    if found is None:
        raise UnknownMember()
    return found
