"""What the shop owes for gift cards and store credit, at any instant: a sum over what had moved by then."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from dangol.core.ledger.selectors import sent
from dangol.core.people.selectors import shop
from dangol.core.storage.rows import table
from dangol.domain.calendars import day_of, start_of_day
from dangol.domain.gift_card_terms import first_claimable
from dangol.domain.stored_value import Holding, Kind
from dangol.rooms.rewards.stored_value.models import ValueAccount, ValueLot, ValueMove, ValuePart
from dangol.rooms.rewards.stored_value.settings import claim_months_so_far

_MOMENT = timedelta(microseconds=1)
_LAPSES = (Kind.LAPSED.value, Kind.REVIVED.value)


class Owed(NamedTuple):
    """What is on cards or on credit of one currency, in minor units; `is_bought`: money was received for it.

    `claimable_minor` of what was bought has lapsed and may still be claimed, at its face; the shop's terms
    say which share of it is handed out.
    """

    holding: Holding
    currency: str
    is_bought: bool
    minor: int
    claimable_minor: int


def owed_on(at: datetime) -> list[Owed]:
    """Return what was owed at an instant: the sum of all that had moved before it.

    What was given for nothing stands by itself: no money was received for it. What lapsed by then is in
    neither figure of it. What may be claimed is told by the settings of then.
    """
    zone = shop().tz
    months = [one.months for one in claim_months_so_far() if one.since < at][-1]
    first = first_claimable(day_of(at - _MOMENT, zone), months)
    claim_from = start_of_day(first, zone)
    lapses = ", ".join(f"'{one}'" for one in _LAPSES)
    sql = (
        "SELECT a.holding, a.currency, l.price_minor > 0, sum(p.minor),"  # noqa: S608 - our own names
        f" sum(CASE WHEN m.kind IN ({lapses}) AND l.price_minor > 0 AND l.opened_at >= %s"
        " THEN -p.minor ELSE 0 END)"
        f" FROM {table(ValuePart)} AS p"
        f" JOIN {table(ValueMove)} AS m ON m.account_id = p.account_id AND m.id = p.move_id"
        f" JOIN {table(ValueLot)} AS l ON l.account_id = p.account_id AND l.id = p.lot_id"
        f" JOIN {table(ValueAccount)} AS a ON a.id = p.account_id"
        " WHERE m.at < %s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [sent(claim_from), sent(at)])
        rows = cursor.fetchall()
    return [
        Owed(Holding(holding), currency, bool(is_bought), int(minor), int(claimable))
        for holding, currency, is_bought, minor, claimable in rows
    ]
