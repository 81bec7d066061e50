"""The daily journals of what is owed on cards and in credit, made of all that has ever moved."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from dangol.core.ledger.flows import DAY, local_in
from dangol.core.ledger.selectors import sent
from dangol.core.people.selectors import ShopView
from dangol.core.storage.rows import table
from dangol.domain.calendars import start_of_day
from dangol.domain.stored_value import Holding, Kind
from dangol.domain.value_journal import Cash, ValueDay, ValueFlow, value_journal
from dangol.rooms.rewards.stored_value.models import ValueAccount, ValueLot, ValueMove, ValuePart
from dangol.rooms.rewards.stored_value.settings import claim_months_so_far

_LAPSES = (Kind.LAPSED, Kind.REVIVED)


class Books(NamedTuple):
    """Which books: those of cards or of credit, in a currency."""

    holding: Holding
    currency: str


def value_journals(shop: ShopView, *, as_of: date) -> dict[Books, list[ValueDay]]:
    """Return the journal of each kind of stored value up to the end of a day of the shop's, cards first.

    The last day's books are what `owed.owed_on` says. Five statements, which read every movement.
    """
    before = start_of_day(as_of + timedelta(days=1), shop.tz)
    day = local_in(shop.tz, as_of + timedelta(days=1), DAY)
    flows, cash = _flows(day, before), _cash(day, before)
    months = _claim_months(shop)
    found = sorted(flows, key=lambda one: (one.holding is not Holding.CARD, one.currency))
    return {one: value_journal(flows[one], cash.get(one, {}), months, last=as_of) for one in found}


_Local = Callable[[str, int], str]


def _flows(day: _Local, before: datetime) -> dict[Books, list[ValueFlow]]:
    lapses = ", ".join(f"'{one.value}'" for one in _LAPSES)
    rows = _read(
        f"SELECT a.holding, a.currency, {day('m.at', 0)}, m.kind, l.price_minor > 0,"  # noqa: S608
        f" CASE WHEN m.kind IN ({lapses}) AND l.price_minor > 0 THEN {day('l.opened_at', 0)} END,"
        f" sum(p.minor) FROM {_PARTS} WHERE m.at < %s GROUP BY 1, 2, 3, 4, 5, 6",
        before,
    )
    found: dict[Books, list[ValueFlow]] = defaultdict(list)
    for holding, currency, on, kind, is_bought, opened, minor in rows:
        own = date.fromisoformat(opened) if opened else None
        flow = ValueFlow(date.fromisoformat(on), Kind(kind), bool(is_bought), int(minor), own)
        found[Books(Holding(holding), currency)].append(flow)
    return found


def _cash(day: _Local, before: datetime) -> dict[Books, Mapping[date, Cash]]:
    """Return what was paid for and handed out on each day."""
    found: dict[Books, dict[date, Cash]] = defaultdict(lambda: defaultdict(Cash))
    for name, rows in (
        ("received_minor", _received(day, before)),
        ("paid_out_minor", _paid_out(day, before)),
        ("crossed_minor", _crossed(day, before)),
        ("discount_minor", _let_off_again(day, before)),
    ):
        for holding, currency, on, minor in rows:
            own = found[Books(Holding(holding), currency)]
            when = date.fromisoformat(on)
            own[when] = own[when]._replace(**{name: getattr(own[when], name) + int(minor)})
    return dict(found)


_Rows = list[tuple[Any, ...]]


def _received(day: _Local, before: datetime) -> _Rows:
    # What is sold goes into one lot, whole.
    return _read(
        f"SELECT a.holding, a.currency, {day('m.at', 0)}, sum(l.price_minor) FROM {_PARTS}"  # noqa: S608
        f" WHERE m.at < %s AND m.kind = '{Kind.SOLD.value}' GROUP BY 1, 2, 3",
        before,
    )


def _paid_out(day: _Local, before: datetime) -> _Rows:
    return _read(
        f"SELECT a.holding, a.currency, {day('m.at', 0)}, sum(m.paid_out_minor)"  # noqa: S608 - our own names
        f" FROM {table(ValueMove)} AS m JOIN {table(ValueAccount)} AS a ON a.id = m.account_id"
        f" WHERE m.at < %s AND m.kind = '{Kind.CASHED.value}' AND m.paid_out_minor > 0 GROUP BY 1, 2, 3",
        before,
    )


def _crossed(day: _Local, before: datetime) -> _Rows:
    """Return what cards were paid out as store credit: for the books of both."""
    rows = _read(
        f"SELECT a.currency, {day('m.at', 0)}, sum(m.minor) FROM {table(ValueMove)} AS m"  # noqa: S608
        f" JOIN {table(ValueAccount)} AS a ON a.id = m.account_id"
        f" WHERE m.at < %s AND m.kind = '{Kind.REFUND.value}' AND m.key LIKE 'card:%%' GROUP BY 1, 2",
        before,
    )
    return [(holding.value, *row) for row in rows for holding in Holding]


def _let_off_again(day: _Local, before: datetime) -> _Rows:
    """Return what of the money handed out nobody had paid for: that of lots sold for less than their face."""
    rows = _read(
        f"SELECT a.holding, a.currency, {day('m.at', 0)}, l.price_minor, l.minor, -p.minor"  # noqa: S608
        f" FROM {_PARTS} WHERE m.at < %s AND m.kind = '{Kind.CASHED.value}'"
        " AND l.price_minor > 0 AND l.price_minor < l.minor",
        before,
    )
    return [(*place, gone - -(-price * gone // face)) for *place, price, face, gone in rows]


_PARTS = (
    f"{table(ValuePart)} AS p"
    f" JOIN {table(ValueMove)} AS m ON m.account_id = p.account_id AND m.id = p.move_id"
    f" JOIN {table(ValueLot)} AS l ON l.account_id = p.account_id AND l.id = p.lot_id"
    f" JOIN {table(ValueAccount)} AS a ON a.id = p.account_id"
)


def _read(sql: str, before: datetime) -> _Rows:
    with connection.cursor() as cursor:
        cursor.execute(sql, [sent(before)])
        return list(cursor.fetchall())


def _claim_months(shop: ShopView) -> Callable[[date], int]:
    """Return for how long money could be claimed as of the end of a day."""
    said = claim_months_so_far()

    def months_on(day: date) -> int:
        end = start_of_day(day + timedelta(days=1), shop.tz)
        return [one.months for one in said if one.since < end][-1]

    return months_on
