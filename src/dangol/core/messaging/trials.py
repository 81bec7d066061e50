"""Trying whether mail leaves: one message, handed over while somebody waits."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from dangol.core.messaging.contents import Trial
from dangol.core.messaging.models import Message, State
from dangol.core.messaging.outbox import Outbox
from dangol.core.messaging.senders import EMAIL, find_sender
from dangol.core.messaging.services import MessageDraft, leave_messages
from dangol.core.people.identities import normalize_email
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError


class NoWayOut(DomainError):
    """Nobody is configured to carry messages of this channel (`channel`)."""

    code = "messaging.no_way_out"


class NotHandedOver(DomainError):
    """A trial message was not taken: `error` is the kind of failure."""

    code = "messaging.not_handed_over"


class TrialOutcome(NamedTuple):
    """What became of a trial: by whom it was taken, and under which id of theirs."""

    message_id: Id
    sender: str
    receipt: str


def send_trial(address: str, *, language: str, clock: Callable[[], datetime]) -> TrialOutcome:
    """Send a test message to an address and wait for the answer. Not to be called in a transaction.

    Raises RefusedValue for what is no address, NoWayOut, or NotHandedOver, after which nothing is sent again.
    """
    to, at = normalize_email(address), clock()
    sender = find_sender(EMAIL)
    if sender is None:
        raise NoWayOut(channel=EMAIL)
    with write_transaction():
        draft = MessageDraft(to, Trial(shop=shop().name), language)
        [message_id] = leave_messages([draft], at=at, held=True)
    Outbox(clock).send_one(message_id, sender)
    row = Message.objects.get(id=message_id)
    if row.state == State.HANDED:
        return TrialOutcome(message_id, sender.name, row.receipt)
    with write_transaction():
        Message.objects.filter(id=message_id, ended_at=None).update(
            state=State.DEAD, claimable_at=None, claim=None, sealed=None, ended_at=clock()
        )
    raise NotHandedOver(error=row.last_error)
