"""Whoever is written to elsewhere from now on is told so where they were written to before."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta

from dangol.core.messaging.contents import AddressChanged
from dangol.core.messaging.services import MessageDraft, leave_messages
from dangol.core.people.held import emails_in_use, open_emails
from dangol.core.people.selectors import find_guests, languages_of, shop
from dangol.core.storage.ids import Id
from dangol.core.storage.spaces import LIVE, current_space
from dangol.core.storage.transactions import require_write_transaction

# Later than that the news helps nobody.
WORTH_TELLING = timedelta(days=7)


def telling_old_address(customer_id: Id, *, at: datetime) -> AbstractContextManager[None]:
    """Tell one member's old address, as `telling_old_addresses` does."""
    return telling_old_addresses([customer_id], at=at)


@contextmanager
def telling_old_addresses(customer_ids: Iterable[Id], *, at: datetime) -> Iterator[None]:
    """Leave a mail at each address that members' codes went to, where what is done within takes it away.

    Joins the write transaction of the change; a constant number of statements. The mail names no new
    address. Guests are told nothing, nor whose key is lost, and nobody out of a test space.
    """
    require_write_transaction()
    if current_space() != LIVE:
        yield
        return
    before = emails_in_use(customer_ids)
    guests = find_guests(before)
    yield
    now = emails_in_use(before)
    gone = {
        owner: email
        for owner, email in before.items()
        if owner not in guests and (owner not in now or now[owner].place != email.place)
    }
    if gone:
        _tell(open_emails(gone, unmasked=True), at)


def _tell(addresses: dict[Id, str], at: datetime) -> None:
    content, languages = AddressChanged(shop=shop().name), languages_of(addresses)
    drafts = [
        MessageDraft(address, content, languages[owner], customer_id=owner, expires_at=at + WORTH_TELLING)
        for owner, address in addresses.items()
    ]
    leave_messages(drafts, at=at)
