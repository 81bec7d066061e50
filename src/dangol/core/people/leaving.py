"""Leaving: a member becomes a customer again, and nobody may write to them any more."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef

from dangol.core.events.models import Event
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.absences import begin_absences
from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.events import CustomerLeft
from dangol.core.people.models import Absence, Customer
from dangol.core.people.selectors import CUSTOMER, MEMBER, consents_of
from dangol.core.storage.ids import Id
from dangol.core.storage.reading import select_matching
from dangol.core.storage.rows import update_rows
from dangol.core.storage.transactions import require_write_transaction, write_transaction

_AT_ONCE = 5_000


def leave_members(customer_ids: Sequence[Id], *, source: str, recorded_at: datetime) -> int:
    """Let members leave; returns how many were members until now.

    Must be called inside a write transaction. Every consent they had given is taken back, and `customer.left`
    is recorded. Points, orders and what is known of them stay: points lapse when they would have lapsed,
    and whoever joins again goes on with them. What they buy until then earns nothing.
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
    begin_absences(leaving, at=recorded_at)
    record_batch(
        [Draft(owner, CustomerLeft(source=source), recorded_at) for owner in leaving], recorded_at=recorded_at
    )
    return len(leaving)


def note_absences(*, at: datetime) -> int:
    """Note as away from now on who left before absences were kept; returns how many.

    What they have earned until now stays theirs. Done again, or by two at once, it notes nothing twice.
    """
    told = Event.objects.filter(customer_id=OuterRef("customer_id"), name=CustomerLeft.event)
    noted = Absence.objects.filter(customer_id=OuterRef("customer_id"))
    waiting = Customer.objects.filter(Exists(told), ~Exists(noted), kind=CUSTOMER)
    done = 0
    while ids := list(waiting.values_list("customer_id", flat=True)[:_AT_ONCE]):
        with write_transaction():
            lock_customers(ids)
            still = list(waiting.filter(customer_id__in=ids).values_list("customer_id", flat=True))
            begin_absences(still, at=at)
        done += len(still)
    return done
