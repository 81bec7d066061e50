"""Sales whose time is over: what they hold goes free by itself."""

import logging
from datetime import datetime

from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.promotions import models
from dangol.rooms.rewards.promotions.models import SaleState
from dangol.rooms.rewards.promotions.sales import lock_sale, release

logger = logging.getLogger(__name__)


class SalesStuck(RuntimeError):
    """Sales whose time is over could not be let go; the log names them."""


def release_due(*, as_of: datetime, limit: int = 500) -> int:
    """Let go of up to `limit` sales whose time is over, the longest first; returns how many.

    Call it until it says 0. One that cannot be let go is logged and holds up no other; raises SalesStuck once
    there is nothing else to let go.
    """
    due = models.Sale.objects.filter(state=SaleState.RESERVED, reserved_until__lte=as_of)
    done, stuck = 0, set[Id]()
    for sale_id in list(due.order_by("reserved_until").values_list("id", flat=True)):
        try:
            done += _release_if_due(sale_id, as_of)
        except Exception:
            logger.exception("the sale %s cannot be let go", show_id(sale_id))
            stuck.add(sale_id)
        if done == limit:
            return done
    if stuck and not done:
        raise SalesStuck(len(stuck))
    return done


def _release_if_due(sale_id: Id, as_of: datetime) -> bool:
    with write_transaction():
        row = lock_sale(sale_id)
        if row.state != SaleState.RESERVED or row.reserved_until > as_of:
            return False
        release(row, SaleState.TIMED_OUT, at=as_of)
    return True
