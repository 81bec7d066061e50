"""The ledger: each side of each transfer, for auditors; and the points left, to move a program elsewhere."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dangol.connectors.files.columns import Type
from dangol.connectors.files.exports.base import BATCH, name_customers
from dangol.connectors.files.exports.cells import Field
from dangol.connectors.files.exports.members import last_day
from dangol.core.ledger.models import Account, Entry, Lot, Transfer
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import Row, select_matching
from dangol.core.storage.walks import read_between, walk
from dangol.domain.points import Account as Place

_KEY = ("customer_id", "id")
_ENTRY_KEY = ("customer_id", "transfer_id", "number")
_ENTRY = (*_ENTRY_KEY, "currency", "account", "points", "lot_id")
_TRANSFER = (*_KEY, "kind", "occurred_at", "recorded_at", "reason", "key", "reverses_id", "subject_id")
_LOT = (*_KEY, "left", "earned_at", "expires_at", "is_pending", "release_at")


class Ledger:
    """Every entry in the order of customers and of their transfers; a transfer's entries sum to zero.

    `expires_at` is the first instant at which the points of the lot are gone.
    """

    fields = (
        Field("customer"), Field("transfer"), Field("kind"), Field("occurred_at", Type.INSTANT),
        Field("recorded_at", Type.INSTANT), Field("number", Type.POINTS), Field("points_currency"),
        Field("account"), Field("points", Type.POINTS), Field("lot"), Field("expires_at", Type.INSTANT),
        Field("reason"), Field("key"), Field("reverses"), Field("subject"),
    )  # fmt: skip

    def count(self) -> int:
        """Return how many entries there are."""
        return Entry.objects.count()

    def batches(self) -> Iterator[list[Row]]:
        """Yield the entries."""
        for entries in walk(Entry, _ENTRY, _ENTRY_KEY, size=BATCH):
            yield _entries(entries)


def _entries(entries: Sequence[Row]) -> list[Row]:
    customers = name_customers([entry[0] for entry in entries])
    transfers = {
        row[1]: row[2:]
        for row in read_between(Transfer, _TRANSFER, _KEY, entries[0][:2], entries[-1][:2], order_by=_KEY)
    }
    lots = {(entry[0], entry[6]) for entry in entries if entry[6]}
    expiries: dict[Id, datetime | None] = dict(select_matching(Lot, ("id", "expires_at"), _KEY, sorted(lots)))
    rows: list[Row] = []
    for owner, transfer_id, number, currency, account, points, lot_id in entries:
        kind, occurred_at, recorded_at, reason, key, reverses_id, subject_id = transfers[transfer_id]
        rows.append(
            (
                customers[owner], show_id(transfer_id), kind, occurred_at, recorded_at, number, currency,
                account, points, _shown(lot_id), expiries.get(lot_id), reason or None, key,
                _shown(reverses_id), _shown(subject_id),
            )
        )  # fmt: skip
    return rows


def _shown(value: Id | None) -> str | None:
    return show_id(value) if value else None


class Balances:
    """The lots that have points left, of one kind of points, as an import of balances takes them.

    `waits_until` is when points that are still pending may be spent: an import lets them be spent at once.
    """

    fields = (
        Field("customer"), Field("points", Type.POINTS), Field("earned_at", Type.INSTANT),
        Field("expires_on", Type.DAY), Field("lot"), Field("waits_until", Type.INSTANT),
    )  # fmt: skip

    def __init__(self, *, currency: str, zone: ZoneInfo) -> None:
        self._currency, self._zone = currency, zone

    def count(self) -> int:
        """Return how many such lots there are."""
        return Lot.objects.filter(currency=self._currency, left__gt=0).count()

    def owing(self) -> int:
        """Return how many members owe points: what no file of balances can say."""
        owed = Account.objects.filter(currency=self._currency, kind=Place.DEBT.value, balance__lt=0)
        return owed.count()

    def batches(self) -> Iterator[list[Row]]:
        """Yield the lots, each customer's in the order in which they were made."""
        where = 'currency = %s AND "left" > 0'
        params: list[Any] = [self._currency]
        for lots in walk(Lot, _LOT, _KEY, size=BATCH, where=where, params=params):
            customers = name_customers([lot[0] for lot in lots])
            yield [
                (
                    customers[owner], left, earned_at, last_day(expires_at, self._zone), show_id(lot_id),
                    release_at if is_pending else None,
                )
                for owner, lot_id, left, earned_at, expires_at, is_pending, release_at in lots
            ]  # fmt: skip
