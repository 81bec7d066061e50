"""Whoever is written to elsewhere from now on is told so where they were written to before."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from dangol.core.messaging.contents import AddressChanged
from dangol.core.messaging.services import MessageDraft, leave_messages
from dangol.core.people.selectors import GUEST, names_of, profiles_of, shop
from dangol.core.storage.ids import Id
from dangol.core.storage.spaces import LIVE, current_space
from dangol.core.storage.transactions import require_write_transaction

# Later than that the news helps nobody.
WORTH_TELLING = timedelta(days=7)


@contextmanager
def telling_old_address(customer_id: Id, *, at: datetime) -> Iterator[None]:
    """Leave a mail at the address a member's codes went to, where what is done within takes it away.

    Joins the write transaction of the change. The mail names no new address. Guests are told nothing, and
    nobody out of a test space.
    """
    require_write_transaction()
    before = _address_of(customer_id)
    yield
    if not before or current_space() != LIVE or _address_of(customer_id) == before:
        return
    view = shop()
    draft = MessageDraft(
        before, AddressChanged(shop=view.name), profiles_of([customer_id])[customer_id].language,
        customer_id=customer_id, expires_at=at + WORTH_TELLING,
    )  # fmt: skip
    leave_messages([draft], at=at)


def _address_of(customer_id: Id) -> str:
    person = names_of([customer_id], unmasked=True).get(customer_id)
    return person.email or "" if person and person.kind != GUEST else ""
