"""Who works here and is a member too: nobody gives themselves points, or lets it happen.

That somebody is both is known where they have shown it by a code sent to the member (`link_membership`), or
where they sign in by an e-mail address that is a member's.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from dangol.core.access.models import StaffMembership
from dangol.core.people.actors import Actor
from dangol.core.people.identities import Kind
from dangol.core.people.merged import resolve_merged
from dangol.core.people.models import Staff
from dangol.core.people.refused_values import RefusedValue
from dangol.core.people.selectors import find_by_identity
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import insert_missing
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError


class OwnAccount(DomainError):
    """Nobody credits, adjusts, merges or approves for the member they are themselves (`person`)."""

    code = "access.own_account"


def link_membership(staff: int, customer_id: Id, *, at: datetime) -> None:
    """Note that someone who works here has shown that they are this member; what they showed before stays."""
    with write_transaction():
        insert_missing(StaffMembership, ("staff_id", "member_id", "linked_at"), [(staff, customer_id, at)])


def memberships_of(staff: int) -> set[Id]:
    """Return which members someone who works here is, as far as they have ever shown it."""
    found = StaffMembership.objects.filter(staff_id=staff).values_list("member_id", flat=True)
    return set(resolve_merged(list(found)).values())


def require_not_own(customer_ids: Iterable[Id], *, actor: Actor) -> None:
    """Refuse what a person, or a program they answer for, does for the member they are. Raises OwnAccount."""
    own = _members_of(actor.person) if actor.person else set()
    if own and own & set(resolve_merged(customer_ids).values()):
        raise OwnAccount(person=actor.person)


def members_who_are(usernames: Iterable[str]) -> set[Id]:
    """Return the members that these people who work here are themselves, as far as it is known."""
    return set().union(*(_members_of(one) for one in usernames if one))


def _members_of(username: str) -> set[Id]:
    staff = Staff.objects.filter(username=username).values_list("pk", flat=True).first()
    own = memberships_of(staff) if staff is not None else set()
    if "@" in username:
        with suppress(RefusedValue):
            own |= set(find_by_identity(Kind.EMAIL, [username]).values())
    return own
