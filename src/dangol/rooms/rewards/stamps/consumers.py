"""What stamp cards do when something happened: a sale gave stamps or brought some back, people became one.

One consumer does all of it, in the order of the timeline. Sales in a row are booked together; whoever became
somebody else in between is looked at one by one.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.people.events import CustomerErased, CustomerMerged, CustomerUnmerged
from dangol.rooms.rewards.promotions.events import SaleCanceled, SaleCommitted, SaleReturned
from dangol.rooms.rewards.stamps.people import close_cards, join_cards, part_cards
from dangol.rooms.rewards.stamps.sales import book_sales

_SALES = frozenset({SaleCommitted.event, SaleReturned.event, SaleCanceled.event})
_PEOPLE = frozenset({CustomerMerged.event, CustomerUnmerged.event, CustomerErased.event})


def follow(events: Sequence[Recorded]) -> None:
    """Book what sales gave and brought back, and follow people. Once or twice comes to the same."""
    for is_sale, run in groupby(_relevant(events), key=lambda one: one.name in _SALES):
        if is_sale:
            book_sales(list(run))
        else:
            _follow_people(run)


def _relevant(events: Sequence[Recorded]) -> Iterator[Recorded]:
    for event in events:
        payload = event.payload
        if isinstance(payload, SaleCommitted | SaleReturned) and not payload.stamps:
            continue
        if isinstance(payload, SaleCanceled) and not payload.was_committed:
            continue
        yield event


def _follow_people(events: Iterable[Recorded]) -> None:
    for event in events:
        # A merge is told to both; one of the two is enough.
        if isinstance(event.payload, CustomerMerged) and event.payload.is_kept:
            join_cards(event.customer_id, at=event.occurred_at)
        elif isinstance(event.payload, CustomerUnmerged) and not event.payload.is_kept:
            part_cards(event.customer_id, event.subject_id or b"", at=event.occurred_at)
        elif isinstance(event.payload, CustomerErased):
            close_cards(event.customer_id)


FOLLOW = Consumer("stamps.follow", _SALES | _PEOPLE, follow)
