"""What the ledger holds about one person."""

from collections.abc import Sequence

from dangol.core.ledger.models import Account, Lot, Transfer
from dangol.core.people.takeout import Fact, Section, rows_of
from dangol.core.storage.ids import Id
from dangol.domain.points import Account as Place

_TRANSFER = (
    "customer_id", "id", "currency", "kind", "points", "occurred_at", "recorded_at", "reason",
    "subject_id", "reverses_id",
)  # fmt: skip
_LOT = (
    "customer_id", "id", "currency", "transfer_id", "points", "left", "expired", "reversed", "is_pending",
    "earned_at", "release_at", "expires_at", "idle", "awaits",
)  # fmt: skip
_OWN = (Place.AVAILABLE.value, Place.PENDING.value, Place.DEBT.value)


def read_points(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return every movement of their points."""
    return rows_of(Transfer, _TRANSFER, customer_ids, order_by=("occurred_at", "id"))


def read_lots(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return what they earned together, with what is left of it and when it lapses."""
    return rows_of(Lot, _LOT, customer_ids, order_by=("earned_at", "id"))


def read_balances(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return what they have: points to be spent, points that wait, and points owed (negative)."""
    names = ("customer_id", "currency", "kind", "balance")
    rows = rows_of(Account, names, customer_ids, order_by=("customer_id", "currency", "kind"))
    return [row for row in rows if row["kind"] in _OWN]


POINTS = Section("points", read_points)
LOTS = Section("lots", read_lots)
BALANCES = Section("balances", read_balances)
