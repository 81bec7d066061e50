"""Booking: what was done to wallets is written down and told to the timeline."""

from collections.abc import Mapping
from datetime import datetime

from dangol.core.events.records import Draft
from dangol.core.events.services import record_batch
from dangol.core.ledger.events import tell
from dangol.core.ledger.store import save_wallets
from dangol.core.storage.ids import Id
from dangol.domain.wallet import Wallet


def book(wallets: Mapping[Id, Wallet], currency: str, recorded_at: datetime) -> None:
    """Save these wallets, and record an event for each movement."""
    moved = save_wallets(wallets, currency, recorded_at=recorded_at)
    lots = {customer_id: wallet.lots for customer_id, wallet in wallets.items()}
    record_batch(
        [
            Draft(customer_id, tell(movement, currency, lots[customer_id]), movement.at, movement.id)
            for customer_id, movement in moved
        ],
        recorded_at=recorded_at,
    )
