"""Proving when points lapse by inactivity: from all activities, by the rules themselves."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dangol.core.ledger.activities import load_activities
from dangol.core.ledger.models import Lot
from dangol.core.ledger.verify import MOST_OFFENDERS, Check, Looked, Offender
from dangol.core.storage.ids import Id, show_id
from dangol.domain.idling import lapse_of, read_idle

_AT_ONCE = 5_000
_LOT = ("customer_id", "id", "currency", "idle", "earned_at", "release_at", "expires_at", "left")
_Row = tuple[Id, Id, str, str, datetime, datetime, datetime, int]


def idle_check() -> Check:
    """Return what holds of points that lapse by inactivity."""
    return Check("lot.idle", _("활동이 없으면 사라지는 포인트가 마지막 활동에서 셈한 때에 사라져요."), _look)


def _look() -> Looked:
    checked = 0
    offenders: list[Offender] = []
    for rows in _pages():
        by_currency: dict[str, list[_Row]] = defaultdict(list)
        for row in rows:
            by_currency[row[2]].append(row)
        for currency, own in by_currency.items():
            done = load_activities(sorted({row[0] for row in own}), currency)
            for customer_id, lot_id, _currency, text, earned_at, release_at, expires_at, left in own:
                idle = read_idle(text)
                end = lapse_of(idle, earned_at, idle.day_after(release_at), done.get(customer_id, ()))
                is_wrong = end != expires_at if left else end > expires_at
                if is_wrong and len(offenders) < MOST_OFFENDERS:
                    offenders.append(
                        {"customer_id": show_id(customer_id), "lot_id": show_id(lot_id),
                         "expires_at": expires_at.isoformat(), "computed": end.isoformat()}
                    )  # fmt: skip
        checked += len(rows)
    return Looked(checked, offenders)


def _pages() -> Iterator[list[_Row]]:
    """Yield the lots that lapse by inactivity, or have, some at a time."""
    lots = Lot.objects.filter(Q(left__gt=0) | Q(expired__gt=0), idle__isnull=False)
    lots = lots.order_by("customer_id", "id")
    after: tuple[Id, Id] | None = None
    while True:
        rest = lots if after is None else lots.filter(pk__gt=after)
        rows: list[_Row] = list(rest.values_list(*_LOT)[:_AT_ONCE])
        if rows:
            yield rows
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1][:2]
