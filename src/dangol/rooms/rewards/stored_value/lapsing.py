"""Money whose time is over: it pays no more, and what was paid for it may still be claimed for some years."""

from datetime import datetime

from dangol.core.events.services import lock_customers
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.stored_value.models import ValueAccount, ValueLot
from dangol.rooms.rewards.stored_value.store import lock_accounts, save


def lapse_due(*, as_of: datetime, limit: int = 500) -> int:
    """Let lapse what is due on up to `limit` accounts; returns how many there were. Call it until it says 0.

    Each lot is dated at its own instant. Being killed costs nothing: what was done is no longer due.
    """
    due = ValueLot.objects.filter(left__gt=0, expires_at__lte=as_of).order_by("expires_at", "account_id")
    ids = list(dict.fromkeys(due.values_list("account_id", flat=True)[:limit]))
    if not ids:
        return 0
    with write_transaction():
        owners = ValueAccount.objects.filter(id__in=ids).values_list("customer_id", flat=True)
        lock_customers(one for one in owners if one)
        accounts = lock_accounts(ids)
        for held in accounts.values():
            held.purse.settle(as_of)
        save(accounts.values(), recorded_at=as_of)
    return len(ids)
