"""What staff and programs do to a person, done and written down in the access log together.

The doors (pages, the API, the command line) call these; the services of `people` do the work, and keep the
actor and the reason with what they change.
"""

from datetime import datetime

from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.access.own_account import require_not_own
from dangol.core.people import erasures, held, holds, merges
from dangol.core.people.actors import Actor
from dangol.core.people.lookup import Key
from dangol.core.people.merges import MergePlan
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.transactions import write_transaction


def merge_customers(keep: Id, absorb: Id, *, actor: Actor, reason: str, at: datetime) -> MergePlan:
    """Merge two customers (`people.merges.merge_customers`), with an entry for each of them.

    Raises OwnAccount for whoever is one of the two: they would have the points of both.
    """
    with write_transaction():
        require_not_own([keep, absorb], actor=actor)
        plan = merges.merge_customers(keep, absorb, actor=actor, reason=reason, at=at)
        _note(Access.MERGE, (keep, absorb), plan.filled, actor=actor, reason=reason, at=at)
    return plan


def undo_merge(absorbed_id: Id, *, actor: Actor, reason: str, at: datetime) -> Id:
    """Undo a merge (`people.merges.undo_merge`), with an entry for each of the two; returns the kept one."""
    with write_transaction():
        kept_id = merges.undo_merge(absorbed_id, actor=actor, reason=reason, at=at)
        _note(Access.UNMERGE, (kept_id, absorbed_id), (), actor=actor, reason=reason, at=at)
    return kept_id


def erase_customer(customer_id: Id, *, actor: Actor, reason: str, at: datetime) -> list[Id]:
    """Erase a person (`people.erasures.erase_customer`), with an entry for each of their ids.

    The entries are written when it is done: of an erasure that is refused there is none, and one that was
    cut off keeps its actor and reason in its own row.
    """
    ids = erasures.erase_customer(customer_id, actor=actor, reason=reason, at=at)
    _note(Access.ERASE, ids, (), actor=actor, reason=reason, at=at)
    return ids


def place_hold(
    customer_id: Id, *, actor: Actor, reason: str, at: datetime, until: datetime | None = None
) -> Id:
    """Put a person under a legal hold (`people.holds.place_hold`), with an entry; returns the hold's id."""
    with write_transaction():
        hold_id = holds.place_hold(customer_id, actor=actor, reason=reason, at=at, until=until)
        _note(Access.HOLD, (customer_id,), (show_id(hold_id),), actor=actor, reason=reason, at=at)
    return hold_id


def release_hold(customer_id: Id, hold_id: Id, *, actor: Actor, reason: str, at: datetime) -> None:
    """Release a legal hold (`people.holds.release_hold`), with an entry."""
    with write_transaction():
        holds.release_hold(customer_id, hold_id, actor=actor, reason=reason, at=at)
        _note(Access.RELEASE, (customer_id,), (show_id(hold_id),), actor=actor, reason=reason, at=at)


def add_identity(
    customer_id: Id, kind: str, value: str, *, source: str, actor: Actor, reason: str, at: datetime
) -> None:
    """Let a value name a person, too (`people.held.add_identity`), with an entry that says its kind."""
    with write_transaction():
        if held.add_identity(customer_id, kind, value, source=source, recorded_at=at):
            _note(Access.ADD_IDENTITY, (customer_id,), (kind,), actor=actor, reason=reason, at=at)


def change_identity(
    customer_id: Id, key: Key, value: str, *, source: str, actor: Actor, reason: str, at: datetime
) -> None:
    """Put a value in another's place (`people.held.change_identity`), with an entry that says its kind."""
    with write_transaction():
        if held.change_identity(customer_id, key, value, source=source, recorded_at=at):
            _note(Access.CHANGE_IDENTITY, (customer_id,), (key[0],), actor=actor, reason=reason, at=at)


def remove_identity(
    customer_id: Id, key: Key, *, actor: Actor, reason: str, at: datetime, even_last: bool = False
) -> None:
    """Take a value away from a person (`people.held.remove_identity`), with an entry that says its kind."""
    with write_transaction():
        held.remove_identity(customer_id, key, recorded_at=at, even_last=even_last)
        _note(Access.REMOVE_IDENTITY, (customer_id,), (key[0],), actor=actor, reason=reason, at=at)


def _note(
    action: Access,
    customer_ids: list[Id] | tuple[Id, ...],
    seen: tuple[str, ...],
    *,
    actor: Actor,
    reason: str,
    at: datetime,
) -> None:
    record_access([AccessDraft(action, actor, reason, one, seen) for one in customer_ids], at=at)
