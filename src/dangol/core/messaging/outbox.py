"""Sending what is in the outbox: claim a few under a lease, hand each over, write down what became of it.

A message is claimed, and its try written down, before anything leaves the house, so that a sender that is
killed at any moment loses nothing: the lease runs out and another one tries again. What was handed over just
before the kill goes out twice, under the same id.
"""

import logging
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import F, Q, QuerySet

from dangol.core.messaging.contents import write
from dangol.core.messaging.models import Attempt, Message, State
from dangol.core.messaging.sealed_contents import Opened, open_contents
from dangol.core.messaging.senders import Answer, Letter, Outcome, Sender, ready_senders
from dangol.core.people.selectors import find_shop
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.rows import insert_rows
from dangol.core.storage.spaces import LIVE, current_space
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.errors import describe_error
from dangol.domain.messages import MOST_TRIES, retry_at

logger = logging.getLogger(__name__)
# Longer than the slowest server may take over one letter; it is prolonged after each.
LEASE = timedelta(minutes=3)
CLAIMED_AT_ONCE = 20
VANISHED, TOO_LATE, ERASED_PERSON, EMPTIED = "vanished", "too_late", "erased", "emptied"


class _Lost(Exception):
    """Another sender has the messages by now."""


class _Claimed(NamedTuple):
    """A message that is ours to hand over, and which try this is."""

    customer_id: Id
    id: Id
    template: str
    language: str
    made_at: datetime
    sealed: bytes | None
    expires_at: datetime | None
    attempts: int


_COLUMNS = _Claimed._fields


@dataclass
class Outbox:
    """One sender's hands. `clock` tells the time, `chance` the share of jitter, `stopping` when to leave."""

    clock: Callable[[], datetime]
    chance: Callable[[], float] = random.random
    lease: timedelta = LEASE
    stopping: threading.Event = field(default_factory=threading.Event)

    def send_due(self) -> int:
        """Hand over what is due, up to 20 messages a channel; returns how many were dealt with.

        Nothing leaves a test space. Messages of a channel that nobody carries wait until somebody does.
        """
        if current_space() != LIVE:
            return 0
        done = self._end_late()
        for channel, sender in ready_senders().items():
            claim, batch = self._claim(channel, sender)
            self._hand_over(claim, batch, sender)
            done += len(batch)
        return done

    def send_one(self, message_id: Id, sender: Sender) -> None:
        """Hand over one message that is held, now and by this sender."""
        now, claim = self.clock(), new_id()
        with write_transaction():
            held = Message.objects.filter(id=message_id, claimable_at=None, ended_at=None)
            row = _Claimed(*held.values_list(*_COLUMNS).get())
            batch = [row._replace(attempts=row.attempts + 1)]
            self._take(claim, batch, sender, now)
        self._hand_over(claim, batch, sender)

    def _end_late(self) -> int:
        """Give up what nobody needs any more, whether or not its channel is carried."""
        now = self.clock()
        late = Message.objects.filter(claimable_at__lte=now, expires_at__lte=now)
        if not late.exists():
            return 0
        with write_transaction():
            return late.update(
                state=State.DEAD,
                last_error=TOO_LATE,
                ended_at=now,
                claimable_at=None,
                claim=None,
                sealed=None,
            )

    def _claim(self, channel: str, sender: Sender) -> tuple[Id, list[_Claimed]]:
        now, claim = self.clock(), new_id()
        due = Message.objects.filter(claimable_at__lte=now, channel=channel)
        # Look first: to ask for work must not cost the others a turn at writing.
        if not due.exists():
            return claim, []
        with write_transaction():
            locked = due.select_for_update(skip_locked=True).order_by("claimable_at", "id")
            rows = [_Claimed(*row) for row in locked.values_list(*_COLUMNS)[:CLAIMED_AT_ONCE]]
            self._note_vanished(rows, now)
            if spent := [row for row in rows if row.attempts >= MOST_TRIES]:
                Message.objects.filter(_is_one_of(spent)).update(
                    state=State.DEAD,
                    last_error=VANISHED,
                    ended_at=now,
                    sealed=None,
                    claimable_at=None,
                    claim=None,
                )
            batch = [row._replace(attempts=row.attempts + 1) for row in rows if row.attempts < MOST_TRIES]
            self._take(claim, batch, sender, now)
        return claim, batch

    def _note_vanished(self, rows: Sequence[_Claimed], now: datetime) -> None:
        """Write down of tries that have no end that whoever made them is gone."""
        for row in rows:
            begun = Attempt.objects.filter(customer_id=row.customer_id, message_id=row.id, ended_at=None)
            if row.attempts:
                begun.update(ended_at=now, outcome=Outcome.FAILED, error=VANISHED)

    def _take(self, claim: Id, batch: Sequence[_Claimed], sender: Sender, now: datetime) -> None:
        insert_rows(
            Attempt,
            ("customer_id", "message_id", "number", "sender", "began_at", "outcome", "error"),
            [(row.customer_id, row.id, row.attempts, sender.name, now, "", "") for row in batch],
        )
        taken = Message.objects.filter(_is_one_of(batch))
        taken.update(claim=claim, claimable_at=now + self.lease, attempts=F("attempts") + 1)

    def _hand_over(self, claim: Id, batch: Sequence[_Claimed], sender: Sender) -> None:
        if not batch:
            return
        left = list(batch)
        try:
            for row, answer in self._answers(batch, sender):
                self._record(row, claim, answer, left[1:])
                left.remove(row)
                if self.stopping.is_set():
                    break
        except _Lost:
            logger.warning("messages taken over by another sender: %d", len(left))
            return
        if left:
            self._hand_back(left, claim)

    def _answers(self, batch: Sequence[_Claimed], sender: Sender) -> Iterator[tuple[_Claimed, Answer]]:
        """Yield what became of each message; what cannot be opened or was erased goes to no sender."""
        opened = open_contents([(row.customer_id, row.id, row.template, row.sealed) for row in batch])
        whole: list[tuple[_Claimed, Opened]] = []
        for row, found in zip(batch, opened, strict=True):
            if isinstance(found, Opened):
                whole.append((row, found))
            else:
                yield row, Answer(Outcome.REFUSED, EMPTIED if found is None else ERASED_PERSON)
        shop = find_shop() if whole else None
        letters = [_letter(row, found, shop.color if shop else "") for row, found in whole]
        answered = 0
        try:
            for (row, _found), answer in zip(whole, sender.send(letters), strict=False):
                answered += 1
                yield row, answer
            error = "unanswered"
        except Exception as failure:
            logger.error("sender %s: %s", sender.name, describe_error(failure))
            error = type(failure).__name__
        for row, _found in whole[answered:]:
            yield row, Answer(Outcome.FAILED, error)

    def _record(self, row: _Claimed, claim: Id, answer: Answer, others: Sequence[_Claimed]) -> None:
        now = self.clock()
        again = None
        if answer.outcome is Outcome.FAILED:
            again = retry_at(row.attempts, at=now, chance=self.chance(), until=row.expires_at)
        handed = answer.outcome is Outcome.HANDED
        ended = {} if again else {"ended_at": now} | ({} if handed and answer.keep else {"sealed": None})
        state = State.FAILED if again else State.HANDED if handed else State.DEAD
        with write_transaction():
            if not _ours(row, claim).update(
                state=state, claimable_at=again, claim=None,
                last_error=answer.error[:64], receipt=answer.receipt[:200], **ended,
            ):  # fmt: skip
                raise _Lost
            tried = Attempt.objects.filter(
                customer_id=row.customer_id, message_id=row.id, number=row.attempts
            )
            tried.update(ended_at=now, outcome=answer.outcome, error=answer.error[:64])
            if others:
                waiting = Message.objects.filter(_is_one_of(others), claim=claim)
                waiting.update(claimable_at=now + self.lease)

    def _hand_back(self, rows: Sequence[_Claimed], claim: Id) -> None:
        """Give back what was not tried, as if it had never been taken."""
        with write_transaction():
            for row in rows:
                given = _ours(row, claim).update(
                    claim=None, claimable_at=self.clock(), attempts=F("attempts") - 1
                )
                if given:
                    Attempt.objects.filter(
                        customer_id=row.customer_id, message_id=row.id, number=row.attempts
                    ).delete()


def _letter(row: _Claimed, opened: Opened, color: str) -> Letter:
    written = write(opened.content, row.language, color=color)
    return Letter(row.id, opened.to, written.subject, written.text, row.language, row.made_at, written.html)


def _is_one_of(rows: Sequence[_Claimed]) -> Q:
    """Return the condition for these rows: their ids alone are unique, their owners lead their key."""
    return Q(customer_id__in={row.customer_id for row in rows}, id__in=[row.id for row in rows])


def _ours(row: _Claimed, claim: Id) -> QuerySet[Message]:
    """Return a message, as long as it is held under this claim."""
    return Message.objects.filter(customer_id=row.customer_id, id=row.id, claim=claim)
