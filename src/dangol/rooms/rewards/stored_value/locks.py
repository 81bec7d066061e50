"""Locking whom a movement is told to before the account it is of, in the order that everybody locks in."""

from collections.abc import Iterable

from dangol.core.events.services import lock_customers
from dangol.core.people.merged import family_of, resolve_merged
from dangol.core.storage.faults import Busy
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import require_write_transaction
from dangol.rooms.rewards.stored_value.codes import CardRef
from dangol.rooms.rewards.stored_value.models import GiftCard, ValueAccount, ValueMove
from dangol.rooms.rewards.stored_value.store import Held, lock_accounts

_MOST_LOOKS = 5


def lock_family(customer_id: Id) -> list[Id]:
    """Lock all ids of one person at once, and return them, the one who goes on first; raises Busy."""
    require_write_transaction()
    for _ in range(_MOST_LOOKS):
        family = family_of(customer_id)
        lock_customers(family)
        if family_of(customer_id) == family:
            return family
    raise Busy(seconds=1)


def lock_account(account_id: Id, *, also: Iterable[Id] = ()) -> Held | None:
    """Return an account under its lock; None where there is none. Raises Busy.

    Before it are locked whoever owns or holds it, who they have become part of since, and `also`.
    """
    require_write_transaction()
    for _ in range(_MOST_LOOKS):
        row = ValueAccount.objects.filter(id=account_id).values_list("customer_id").first()
        if row is None:
            return None
        people = _with_kept(row[0])
        lock_customers({*people, *also})
        held = lock_accounts([account_id])[account_id]
        if held.customer_id == row[0] and _with_kept(row[0]) == people:
            return held
    raise Busy(seconds=1)


def _with_kept(customer_id: Id | None) -> set[Id]:
    return {customer_id, resolve_merged([customer_id])[customer_id]} if customer_id else set()


def people_of_sale(sale_id: Id) -> set[Id]:
    """Return who owns or holds what a sale was paid with: to be locked with its customer."""
    accounts = ValueMove.objects.filter(sale_id=sale_id).values("account_id")
    return _people(ValueAccount.objects.filter(id__in=accounts).values_list("customer_id", flat=True))


def people_of_payment(cards: Iterable[CardRef], customer_id: Id | None) -> set[Id]:
    """Return who holds these cards, and all ids of whose credit pays: to be locked with a sale's customer."""
    hashes = [bytes.fromhex(ref.hash) for ref in cards]
    found: set[Id] = set()
    if hashes:
        ids = GiftCard.objects.filter(code_hash__in=hashes).values("id")
        found = _people(ValueAccount.objects.filter(id__in=ids).values_list("customer_id", flat=True))
    return found | set(family_of(customer_id)) if customer_id else found


def _people(found: Iterable[Id | None]) -> set[Id]:
    return {one for one in found if one}
