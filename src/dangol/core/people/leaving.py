"""Leaving: a member becomes a customer again, and nobody may write to them any more."""

from collections.abc import Sequence
from datetime import datetime

from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.events import CustomerLeft
from dangol.core.people.models import Customer
from dangol.core.people.selectors import CUSTOMER, MEMBER, consents_of
from dangol.core.storage.ids import Id
from dangol.core.storage.reading import select_matching
from dangol.core.storage.rows import update_rows
from dangol.core.storage.transactions import require_write_transaction


def leave_members(customer_ids: Sequence[Id], *, source: str, recorded_at: datetime) -> int:
    """Let members leave; returns how many were members until now.

    Must be called inside a write transaction. Every consent they had given is taken back, and `customer.left`
    is recorded. Points, orders and what is known of them stay: points lapse when they would have lapsed,
    and whoever joins again goes on with them.
    """
    require_write_transaction()
    lock_customers(customer_ids)
    keys = [(customer_id,) for customer_id in sorted(set(customer_ids))]
    rows = select_matching(Customer, ("customer_id", "kind"), ("customer_id",), keys)
    leaving = sorted(owner for owner, kind in rows if kind == MEMBER)
    withdrawn = [
        ConsentDraft(owner, state.channel, state.purpose, False, recorded_at, source, state.wording)
        for owner, states in sorted(consents_of(leaving).items())
        for state in states
        if state.granted
    ]
    record_consents(withdrawn, recorded_at=recorded_at)
    update_rows(
        Customer,
        ("customer_id",),
        ("kind", "joined_at"),
        [(owner, CUSTOMER, None) for owner in leaving],
    )
    record_batch(
        [Draft(owner, CustomerLeft(source=source), recorded_at) for owner in leaving], recorded_at=recorded_at
    )
    return len(leaving)
