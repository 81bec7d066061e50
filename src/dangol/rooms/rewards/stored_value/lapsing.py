"""Money whose time is over: it pays no more, and what was paid for it may still be claimed for some years."""

import logging
from collections.abc import Callable
from datetime import datetime

from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.stored_value.locks import lock_account
from dangol.rooms.rewards.stored_value.models import ValueLot
from dangol.rooms.rewards.stored_value.store import save

logger = logging.getLogger(__name__)


class ValueStuck(RuntimeError):
    """Money on accounts could not lapse; the log names them."""


def lapse_due(*, as_of: datetime, page: int = 500, report: Callable[[int], None] | None = None) -> int:
    """Let lapse what is due, account by account; returns on how many there was something.

    Each lot is dated at its own instant. One account that cannot be moved is logged and holds up no other;
    where there was one, raises ValueStuck at the end. Being killed costs nothing: what was done is no longer
    due. `report` is told after each page how many are done.
    """
    due = ValueLot.objects.filter(left__gt=0, expires_at__lte=as_of).order_by("account_id")
    rest = due.values_list("account_id", flat=True).distinct()
    done, stuck, ids = 0, 0, list(rest[:page])
    while ids:
        for account_id in ids:
            try:
                done += _lapse(account_id, as_of)
            except Exception:
                logger.exception("money on the account %s cannot lapse", show_id(account_id))
                stuck += 1
        if report:
            report(done)
        ids = list(rest.filter(account_id__gt=ids[-1])[:page])
    if stuck:
        raise ValueStuck(stuck)
    return done


def _lapse(account_id: Id, as_of: datetime) -> bool:
    with write_transaction():
        held = lock_account(account_id)
        if held is None:
            return False
        held.purse.settle(as_of)
        has_lapsed = bool(held.purse.movements)
        save([held], recorded_at=as_of)
    return has_lapsed
