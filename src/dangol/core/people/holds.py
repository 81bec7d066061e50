"""Legal holds: whose records may not be destroyed, by erasure or by age, and why."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from dangol.core.events.services import lock_customers
from dangol.core.people.actors import Actor, columns_of, fitting, require_reason
from dangol.core.people.models import Customer, LegalHold
from dangol.core.people.profiles import UnknownCustomer
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.rows import select_matching
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError, Malformed, NotFound


class UnderHold(DomainError):
    """The person is under a legal hold (`reason`, since `since`): nothing of theirs is destroyed."""

    code = "people.under_hold"


class HoldOver(Malformed):
    """A hold is to end (`until`) before it begins."""

    code = "people.hold_over"


class UnknownHold(NotFound):
    """The customer has no such hold that is in force (`hold`)."""

    code = "people.unknown_hold"


class HoldView(NamedTuple):
    """A legal hold. `until` is exclusive; without one it lasts until it is released."""

    id: Id
    customer_id: Id
    since: datetime
    until: datetime | None
    actor_kind: str
    actor: str
    actor_name: str
    reason: str
    released_at: datetime | None
    released_by: str
    released_reason: str

    def is_in_force(self, at: datetime) -> bool:
        """Say whether it binds at an instant."""
        return self.released_at is None and (self.until is None or at < self.until)


def place_hold(
    customer_id: Id, *, actor: Actor, reason: str, at: datetime, until: datetime | None = None
) -> Id:
    """Put a customer under a legal hold; returns its id. Several may stand side by side.

    Raises UnknownCustomer, ReasonMissing or HoldOver.
    """
    kept = require_reason(reason)
    if until is not None and until <= at:
        raise HoldOver(until=until.isoformat())
    hold_id = new_id()
    with write_transaction():
        # The same lock as an erasure's: whoever comes second sees what the first has done.
        lock_customers([customer_id])
        if not Customer.objects.filter(customer_id=customer_id).exists():
            raise UnknownCustomer(customer_id=show_id(customer_id))
        LegalHold.objects.create(
            customer_id=customer_id, id=hold_id, since=at, until=until, reason=kept, **columns_of(actor)
        )
    return hold_id


def release_hold(customer_id: Id, hold_id: Id, *, actor: Actor, reason: str, at: datetime) -> None:
    """End a hold; its row stays. Raises UnknownHold where it is not in force, or ReasonMissing."""
    kept = require_reason(reason)
    with write_transaction():
        lock_customers([customer_id])
        standing = LegalHold.objects.filter(customer_id=customer_id, id=hold_id, released_at=None)
        if not standing.update(released_at=at, released_by=fitting(actor).key, released_reason=kept):
            raise UnknownHold(hold=show_id(hold_id))


def holds_of(customer_ids: Iterable[Id]) -> list[HoldView]:
    """Return the holds of these customers, earliest first, released ones too."""
    rows = select_matching(
        LegalHold, HoldView._fields, ("customer_id",), [(one,) for one in set(customer_ids)]
    )
    return sorted((HoldView(*row) for row in rows), key=lambda one: (one.since, one.id))


def held_among(customer_ids: Iterable[Id], *, at: datetime) -> set[Id]:
    """Return which of these are under a hold at an instant; one statement."""
    return {one.customer_id for one in holds_of(customer_ids) if one.is_in_force(at)}


def refuse_if_held(customer_ids: Iterable[Id], *, at: datetime) -> None:
    """Raise UnderHold where one of these is under a hold at that instant. Lock them before."""
    for hold in holds_of(customer_ids):
        if hold.is_in_force(at):
            raise UnderHold(
                customer_id=show_id(hold.customer_id), reason=hold.reason, since=hold.since.date().isoformat()
            )
