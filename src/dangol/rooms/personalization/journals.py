"""The daily journal of what is owed in points, as the books take it, made each night of the ledger."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.db import connection

from dangol.core.commerce.models import Order
from dangol.core.ledger.daily import day_flows
from dangol.core.ledger.flows import DAY, local_in
from dangol.core.ledger.models import PointCurrency, Transfer
from dangol.core.ledger.selectors import sent
from dangol.core.people.selectors import ShopView
from dangol.core.storage.rows import table
from dangol.domain.calendars import day_of, start_of_day
from dangol.domain.liability_journal import Earned, JournalDay, Terms, journal
from dangol.domain.points import Kind
from dangol.rooms.personalization.assumptions import PER_POINTS, WHOLE_MARGIN, Said, said_so_far
from dangol.rooms.personalization.models import JOURNAL
from dangol.rooms.personalization.reports import Rows


def journal_reports(shop: ShopView, *, as_of: date) -> dict[str, Rows]:
    """Return the journal of each kind of points up to the end of a day, by the report's name.

    A row is a `JournalDay` by column, its day as text.
    """
    codes = PointCurrency.objects.order_by("code").values_list("code", flat=True)
    return {
        f"{JOURNAL}{code}": [
            one._asdict() | {"day": one.day.isoformat()} for one in make_journal(shop, code, as_of=as_of)
        ]
        for code in codes
    }


def make_journal(
    shop: ShopView, currency: str, *, as_of: date, known_before: datetime | None = None
) -> list[JournalDay]:
    """Return the journal of a kind of points up to the end of a day of the shop's.

    `known_before`: as the books stood at that instant, without what was told later of earlier days.
    """
    before = start_of_day(as_of + timedelta(days=1), shop.tz)
    flows = day_flows(currency, before=before, zone=shop.tz, known_before=known_before)
    earned = _earned(shop, currency, before, known_before) if flows else {}
    return journal(flows, earned, _terms(shop), last=as_of)


def _earned(
    shop: ShopView, currency: str, before: datetime, known_before: datetime | None
) -> dict[date, Earned]:
    """Return what each day's purchases that earned points were paid, in the shop's currency."""
    day = local_in(shop.tz, day_of(before, shop.tz), DAY)
    known = " AND t.recorded_at < %s" if known_before else ""
    sql = (
        f"SELECT {day('first_at', 0)}, sum(net_minor), sum(points) FROM ("  # noqa: S608 - our own names
        " SELECT min(t.occurred_at) AS first_at, max(o.net_minor) AS net_minor, sum(t.points) AS points"
        f" FROM {table(Transfer)} AS t"
        f" JOIN {table(Order)} AS o ON o.customer_id = t.customer_id AND o.id = t.subject_id"
        f" WHERE t.currency = %s AND t.kind = '{Kind.EARN}' AND t.occurred_at < %s AND o.currency = %s{known}"
        " GROUP BY o.customer_id, o.id) AS paid GROUP BY 1"
    )
    bounds = [sent(known_before)] if known_before else []
    with connection.cursor() as cursor:
        cursor.execute(sql, [currency, sent(before), shop.currency, *bounds])
        rows = cursor.fetchall()
    return {date.fromisoformat(one): Earned(int(minor), int(points)) for one, minor, points in rows}


def _terms(shop: ShopView) -> Callable[[date], Terms | None]:
    """Return what holds on a day: the latest said by then; before anything was said, the first of it.

    Books that were begun go on: what is taken back holds until something else is said.
    """
    worths, shares = (_said(kind, shop) for kind in (Said.POINT_WORTH, Said.SPENT_SHARE))

    def terms_on(day: date) -> Terms | None:
        worth, share = _held(worths, day), _held(shares, day)
        if worth is None:
            return None
        spent = Fraction(1) if share is None else Fraction(share, WHOLE_MARGIN)
        return Terms(Fraction(worth, PER_POINTS), spent)

    return terms_on


def _said(kind: Said, shop: ShopView) -> list[tuple[date, int]]:
    return [
        (day_of(one.said_at, shop.tz), one.amount)
        for one in reversed(said_so_far())
        if one.kind == kind and one.amount is not None
    ]


def _held(said: list[tuple[date, int]], day: date) -> int | None:
    held = [amount for on, amount in said if on <= day]
    return held[-1] if held else (said[0][1] if said else None)
