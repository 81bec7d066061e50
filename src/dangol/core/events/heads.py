"""A customer's head: the row that is the lock of all that belongs to the customer, and its numbering."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from dangol.core.events.models import CustomerHead
from dangol.core.storage.columns import table, vendor_of
from dangol.core.storage.ids import Id, id_after
from dangol.core.storage.plans import Overtaken, current_plan
from dangol.core.storage.rows import insert_missing, select_matching, sorted_ids, update_rows
from dangol.core.storage.transactions import remembered, require_write_transaction, savepoints

# A customer's last sequence number, and the id above which the next event's has to be.
Place: TypeAlias = tuple[int, Id | None]
_HEAD = ("customer_id", "last_seq", "last_event_id")
# Who waits for a row that has moved on meanwhile queues for it anew, and who came later may be quicker. At an
# advisory lock nobody is overtaken, and the row is free by then, unless it is held by who did not queue.
_IN_TURN = "(SELECT pg_advisory_xact_lock(%s::bigint) IS NOT NULL)"


class _LockedHeads:
    """The heads this transaction has locked, where its own events have left them.

    Nobody else can move them until it ends. What was locked or moved inside of a savepoint is known only
    there: a rollback to it would undo the one and the other.
    """

    def __init__(self) -> None:
        self._known: dict[Id, tuple[Place, tuple[str, ...]]] = {}
        self._has_asked = False

    def may_queue(self, customer_ids: Sequence[Id]) -> bool:
        """Say whether to queue for these customers, whom a transaction asks for now.

        Only for one, as tills do, of whom several may serve the same member, and before any other: who holds
        rows already would queue behind who waits for one of them. And the server keeps few such locks in all.
        """
        is_first, self._has_asked = not self._has_asked, True
        return is_first and len(customer_ids) == 1 and vendor_of(CustomerHead) == "postgresql"

    def find(self, customer_ids: Iterable[Id]) -> dict[Id, Place]:
        """Return those of these customers' places that are known for certain."""
        inside = savepoints()
        found = {}
        for customer_id in customer_ids:
            place, since = self._known.get(customer_id, (None, ()))
            if place is not None and inside[: len(since)] == since:
                found[customer_id] = place
        return found

    def note(self, heads: Mapping[Id, Place]) -> None:
        """Remember where these customers, who are locked, stand now."""
        inside = savepoints()
        self._known |= {customer_id: (place, inside) for customer_id, place in heads.items()}

    def forget(self, customer_ids: Iterable[Id]) -> None:
        """Look these customers' places up again the next time."""
        for customer_id in customer_ids:
            self._known.pop(customer_id, None)


def lock_customers(customer_ids: Iterable[Id]) -> dict[Id, Place]:
    """Lock all that belongs to these customers until the transaction ends, in sorted order.

    Lock before looking: two tills may serve the same customer at once. Returns where each customer stands.
    Of those this transaction has locked already it knows it without asking.
    """
    require_write_transaction()
    ordered = sorted_ids(customer_ids)
    if plan := current_plan():
        return plan.guard(PlannedHeads).look_at(ordered)
    locked = remembered(_LockedHeads)
    heads = locked.find(ordered)
    if unseen := [customer_id for customer_id in ordered if customer_id not in heads]:
        fresh = _lock(unseen, in_turn=locked.may_queue(unseen))
        locked.note(fresh)
        heads |= fresh
    return heads


def _lock(ordered: Sequence[Id], *, in_turn: bool) -> dict[Id, Place]:
    heads = _read_heads(ordered, in_turn=in_turn)
    if missing := [(key, 0) for key in ordered if key not in heads]:
        made = insert_missing(CustomerHead, ["customer_id", "last_seq"], missing)
        if made < len(missing):  # somebody else made one meanwhile, and may have moved it on
            return _read_heads(ordered)
        heads |= {key: (0, None) for key, _ in missing}
    return heads


def passing_locked(customer: str) -> tuple[str, str]:
    """Return a join and an end for a SELECT that locks whom it finds and passes over whom others have locked.

    `customer` names its column of them. Several at the same work, each a transaction, then share it instead
    of waiting for one another. Nothing on SQLite, which has one writer.
    """
    if vendor_of(CustomerHead) != "postgresql":
        return "", ""
    return (
        f" JOIN {table(CustomerHead)} AS head ON head.customer_id = {customer}",
        " FOR UPDATE OF head SKIP LOCKED",
    )


def touch_customers(customer_ids: Iterable[Id]) -> None:
    """Say that something of these customers has changed of which no event tells.

    Their heads move on, so that nothing planned on what was before is carried out.
    """
    heads = lock_customers(customer_ids)
    move_heads({customer_id: (seq, id_after(last_id)) for customer_id, (seq, last_id) in heads.items()})


def places_of(customer_ids: Iterable[Id]) -> dict[Id, Place]:
    """Return where each of these customers stands, without a lock.

    Whoever reads on from here and writes later finds under the lock, by another place, that something has
    happened in between.
    """
    ordered = sorted_ids(customer_ids)
    return dict.fromkeys(ordered, (0, None)) | _read_heads(ordered, lock=False)


def _read_heads(customer_ids: Sequence[Id], *, lock: bool = True, in_turn: bool = False) -> dict[Id, Place]:
    # Any number will do: who shares the last eight bytes of an id waits for the other in vain, no more.
    turn = [int.from_bytes(customer_ids[0][-8:], "big", signed=True)] if in_turn else []
    found = select_matching(
        CustomerHead,
        _HEAD,
        ["customer_id"],
        [(customer_id,) for customer_id in customer_ids],
        where=_IN_TURN if in_turn else "",
        params=turn,
        order_by=["customer_id"],
        lock=lock,
    )
    return {customer_id: (seq, event_id) for customer_id, seq, event_id in found}


def move_heads(heads: Mapping[Id, Place]) -> None:
    """Write where these customers, who are locked, stand now."""
    if plan := current_plan():
        plan.guard(PlannedHeads).move(heads)
    rows = [(customer_id, *place) for customer_id, place in heads.items()]
    update_rows(CustomerHead, ["customer_id"], ["last_seq", "last_event_id"], rows)
    if not plan:
        remembered(_LockedHeads).note(heads)


class PlannedHeads:
    """Where customers stood when a plan was made, and where its own events leave them.

    All that belongs to a customer changes under the customer's lock and moves the head, so a head that
    stands where it stood says that nothing the plan has read of this customer has changed.
    """

    def __init__(self) -> None:
        self._found: dict[Id, Place] = {}
        self._now: dict[Id, Place] = {}

    def look_at(self, customer_ids: Sequence[Id]) -> dict[Id, Place]:
        """Return where these customers stand, with what the plan has told of them."""
        if unseen := [customer_id for customer_id in customer_ids if customer_id not in self._now]:
            found: dict[Id, Place] = dict.fromkeys(unseen, (0, None))
            found |= _read_heads(unseen)
            self._found |= found
            self._now |= found
        return {customer_id: self._now[customer_id] for customer_id in customer_ids}

    def move(self, heads: Mapping[Id, Place]) -> None:
        """Note where the plan's events leave these customers."""
        self._now.update(heads)

    def confirm(self) -> None:
        """Lock the customers; raises Overtaken where one of them has moved on."""
        if lock_customers(self._found) != self._found:
            raise Overtaken
        remembered(_LockedHeads).forget(self._found)  # the plan moves them on
