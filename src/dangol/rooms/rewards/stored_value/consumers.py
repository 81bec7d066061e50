"""What stored value does when somebody is erased: their credit is let go, and their cards are nobody's."""

from collections.abc import Sequence

from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.events.services import lock_customers
from dangol.core.people.events import CustomerErased
from dangol.core.people.merged import family_of
from dangol.domain.stored_value import Holding
from dangol.rooms.rewards.stored_value.models import ValueAccount
from dangol.rooms.rewards.stored_value.store import lock_accounts, save


def follow(events: Sequence[Recorded]) -> None:
    """Let the credit of who was erased go. A card stays good for whoever has it. Twice comes to the same."""
    people = {one for event in events for one in family_of(event.customer_id)}
    lock_customers(people)
    owned = ValueAccount.objects.filter(customer_id__in=people)
    accounts = lock_accounts(
        owned.filter(holding=Holding.CREDIT.value, balance__gt=0).values_list("id", flat=True)
    )
    at = max(event.occurred_at for event in events)
    for held in accounts.values():
        held.purse.forfeit(at)
    save(accounts.values(), recorded_at=at)
    owned.filter(holding=Holding.CARD.value).update(customer_id=None)


FOLLOW = Consumer("stored_value.follow", frozenset({CustomerErased.event}), follow)
