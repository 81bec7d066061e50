"""Telling anew when points lapse by inactivity: an activity came late, was undone, or came with a merge.

From all activities, in whatever order they were heard of. A constant number of statements for any number of
customers.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from dangol.core.ledger.activities import load_activities, undo_activities
from dangol.core.ledger.booking import book
from dangol.core.ledger.models import Lot, Transfer
from dangol.core.ledger.store import load_wallets
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.idling import lapse_of
from dangol.domain.points import Kind
from dangol.domain.wallet import Wallet

# What lapsed: the transfer, its instant, and how many of its points are not taken back.
Lapses = Mapping[Id, Sequence[tuple[Id, datetime, int]]]


def undo(undone: Mapping[tuple[Id, Id], datetime], currency: str, *, recorded_at: datetime) -> None:
    """Let what (customer, order or transfer) did keep no points from an instant on."""
    realign(undo_activities(undone, currency), currency, recorded_at=recorded_at)


def realign(customer_ids: Iterable[Id], currency: str, *, recorded_at: datetime) -> None:
    """Let all points that lapse by inactivity lapse when they should, by all that is known now.

    What lapsed too soon comes back, dated when it lapsed. The customers must be locked.
    """
    wanted = sorted(set(customer_ids))
    if not wanted:
        return
    keys = [(customer_id, currency) for customer_id in wanted]
    lapsed = select_matching(
        Lot, ("customer_id", "id"), ("customer_id", "currency"), keys,
        where="t.idle IS NOT NULL AND t.expired > 0",
    )  # fmt: skip
    done = load_activities(wanted, currency)
    lapses = _load_lapses(lapsed)
    wallets = load_wallets(wanted, currency, lot_ids=lapsed)
    for customer_id, wallet in wallets.items():
        for lot in list(wallet.lots.values()):
            if lot.idle:
                end = lapse_of(lot.idle, lot.earned_at, lot.floor, done.get(customer_id, ()))
                if lot.expired and lot.expires_at < end:
                    wallet.revive(lot, end, lapses.get(lot.id, ()))
                elif lot.left:
                    wallet.slide(lot, end)
    book(wallets, currency, recorded_at)


def _load_lapses(lots: Sequence[tuple[Id, Id]]) -> Lapses:
    """Return the lapses of these (customer, lot) pairs, the last first."""
    rows = select_matching(
        Transfer,
        ("customer_id", "id", "subject_id", "occurred_at", "points"),
        ("customer_id", "subject_id"),
        lots,
        where="t.kind = %s",
        params=[Kind.EXPIRE.value],
    )
    taken: dict[Id, int] = defaultdict(int)
    for expire_id, points in select_matching(
        Transfer, ("reverses_id", "points"), ("customer_id", "reverses_id"), [row[:2] for row in rows]
    ):
        taken[expire_id] += points
    found: dict[Id, list[tuple[Id, datetime, int]]] = defaultdict(list)
    for _, expire_id, lot_id, at, points in sorted(rows, key=lambda row: (row[3], row[1]), reverse=True):
        if left := points - taken[expire_id]:
            found[lot_id].append((expire_id, at, left))
    return found


def is_sliding(wallet: Wallet) -> bool:
    """Say whether a wallet holds points that lapse by inactivity."""
    return any(lot.idle for lot in wallet.lots.values())
