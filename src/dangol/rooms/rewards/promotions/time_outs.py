"""Sales whose time is over: what they hold goes free by itself."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db.models import Q

from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.promotions import models
from dangol.rooms.rewards.promotions.models import SaleState
from dangol.rooms.rewards.promotions.sales import lock_sale, release

logger = logging.getLogger(__name__)


class SalesStuck(RuntimeError):
    """Sales whose time is over could not be let go; the log names them."""


def release_due(*, as_of: datetime, page: int = 500, report: Callable[[int], None] | None = None) -> int:
    """Let go of the sales whose time is over, the longest first; returns how many.

    They are read page by page, each once. One that cannot be let go is logged and holds up no other; where
    there was one, raises SalesStuck at the end. `report` is told after each page how many are done.
    """
    due = models.Sale.objects.filter(state=SaleState.RESERVED, reserved_until__lte=as_of)
    due = due.order_by("reserved_until", "id")
    done, stuck = 0, 0
    rest = due
    while rows := list(rest.values_list("reserved_until", "id")[:page]):
        for _, sale_id in rows:
            try:
                done += _release_if_due(sale_id, as_of)
            except Exception:
                logger.exception("the sale %s cannot be let go", show_id(sale_id))
                stuck += 1
        if report:
            report(done)
        until, last = rows[-1]
        rest = due.filter(Q(reserved_until__gt=until) | Q(reserved_until=until, id__gt=last))
    if stuck:
        raise SalesStuck(stuck)
    return done


def _release_if_due(sale_id: Id, as_of: datetime) -> bool:
    with write_transaction():
        row = lock_sale(sale_id)
        if row.state != SaleState.RESERVED or row.reserved_until > as_of:
            return False
        release(row, SaleState.TIMED_OUT, at=as_of)
    return True
